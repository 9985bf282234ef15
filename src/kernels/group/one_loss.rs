//! The end of a group of networks that see one sample each: L and dZ, with the bits that
//! [`single::loss`](crate::kernels::single) and [`head::loss`](crate::kernels::head) give a network
//! alone.

use super::{GROUP_LANES, at, put};
use crate::element::Element;
use crate::kernels::constants::ExpElement;
use crate::kernels::epilogue;
use crate::kernels::exp::exp_neg_abs;
use crate::kernels::flush;
use crate::kernels::head::{OutputHead, g as output_g, logit_loss};
use crate::kernels::lanes::Lanes;
use crate::kernels::losses::{ByDifference, gaussian, poisson};
use crate::kernels::narrow::loss::activate_register;
use crate::words::activation::Activation;
use crate::words::loss::Loss;

/// L of each network; dZ goes to `dz`. May overwrite `z`.
#[inline(always)]
pub(crate) fn loss<V>(
    t: V::Token,
    head: OutputHead,
    z: &mut [V::Elem],
    (y, weights): (&[V::Elem], Option<&[V::Elem]>),
    dz: &mut [V::Elem],
) -> [f64; GROUP_LANES]
where
    V: Lanes,
{
    let mut losses = match head.loss {
        Loss::BinaryCrossEntropy => each_output::<V>(
            t,
            head.n_y,
            (z, y),
            dz,
            #[inline(always)]
            |z, y| logit_loss(z, y),
        ),
        Loss::CategoricalCrossEntropy => categorical::<V>(t, head.n_y, z, y, dz),
        Loss::SquaredError => squared_error::<V>(t, head, z, y, dz),
        _ => V::apart(
            t,
            #[inline(always)]
            || rarer::<V>(t, head, z, y, dz),
        ),
    };
    if let Some(weights) = weights {
        let weight = V::load(t, weights);
        for k in 0..head.n_y {
            put(at::<V>(t, dz, k, V::LEN) * weight, dz, k, V::LEN);
        }
        for lane in 0..V::LEN {
            // From 0.0 on, as a network's sum: a negative loss of no weight is 0.0, not -0.0.
            losses[lane] = 0.0 + losses[lane] * weights[lane].to_f64();
        }
    }
    losses
}

/// The losses that are seldom wanted.
#[inline(always)]
fn rarer<V>(
    t: V::Token,
    head: OutputHead,
    z: &mut [V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> [f64; GROUP_LANES]
where
    V: Lanes,
{
    match head.loss {
        Loss::Poisson => each_output::<V>(
            t,
            head.n_y,
            (z, y),
            dz,
            #[inline(always)]
            |z, y| poisson(z, y),
        ),
        Loss::GaussianNll => {
            let (mut totals, targets) = ([0.0; GROUP_LANES], head.targets());
            for k in 0..targets {
                let (mu, s) = (at(t, z, k, V::LEN), at(t, z, targets + k, V::LEN));
                let (loss, dmu, ds) = gaussian::<V>(mu, s, at(t, y, k, V::LEN));
                put(dmu, dz, k, V::LEN);
                put(ds, dz, targets + k, V::LEN);
                let loss = lanes_of(loss);
                for lane in 0..V::LEN {
                    totals[lane] += loss[lane].to_f64();
                }
            }
            totals
        }
        _ => by_difference::<V>(t, head, z, y, dz),
    }
}

/// L and the derivatives, of a loss whose (L, derivative) is `f` of an output's own z (or a) and y.
#[inline(always)]
fn each_output<V>(
    t: V::Token,
    n_y: usize,
    (z, y): (&[V::Elem], &[V::Elem]),
    dz: &mut [V::Elem],
    f: impl Fn(V, V) -> (V, V),
) -> [f64; GROUP_LANES]
where
    V: Lanes,
{
    let mut totals = [0.0; GROUP_LANES];
    for k in 0..n_y {
        let (loss, d) = f(at(t, z, k, V::LEN), at(t, y, k, V::LEN));
        put(d, dz, k, V::LEN);
        let loss = lanes_of(loss);
        for lane in 0..V::LEN {
            totals[lane] += loss[lane].to_f64();
        }
    }
    totals
}

#[inline(always)]
fn categorical<V>(
    t: V::Token,
    n_y: usize,
    z: &[V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> [f64; GROUP_LANES]
where
    V: Lanes,
{
    let mut max = at::<V>(t, z, 0, V::LEN);
    for k in 1..n_y {
        let z = at(t, z, k, V::LEN);
        max = V::select(max.lt(z), z, max);
    }
    let mut sum = V::splat(t, V::Elem::ZERO);
    let mut of_targets = [0.0; GROUP_LANES];
    for k in 0..n_y {
        let z = at::<V>(t, z, k, V::LEN) - max;
        let e = exp_neg_abs(z, V::Elem::DELTA_LOW);
        put(e, dz, k, V::LEN);
        sum = sum + e;
        let (z, y) = (lanes_of(z), &y[k * V::LEN..(k + 1) * V::LEN]);
        for lane in 0..V::LEN {
            of_targets[lane] += z[lane].to_f64() * y[lane].to_f64();
        }
    }
    let share = V::splat(t, <V::Elem as Element>::ONE) / sum;
    for k in 0..n_y {
        put(at::<V>(t, dz, k, V::LEN) * share - at(t, y, k, V::LEN), dz, k, V::LEN);
    }
    let (sums, mut losses) = (lanes_of(sum), [0.0; GROUP_LANES]);
    for lane in 0..V::LEN {
        losses[lane] = -of_targets[lane] + sums[lane].to_f64().ln();
    }
    losses
}

#[inline(always)]
fn squared_error<V>(
    t: V::Token,
    head: OutputHead,
    z: &mut [V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> [f64; GROUP_LANES]
where
    V: Lanes,
{
    let mut squares = [0.0; GROUP_LANES];
    let mut mean = V::splat(t, V::Elem::ZERO);
    if head.g == Activation::Softmax {
        activate_register::<V>(t, head, V::LEN, z);
    }
    for k in 0..head.n_y {
        let z = at::<V>(t, z, k, V::LEN);
        let a = if head.g == Activation::Softmax { z } else { output_g(t, head.g, z) };
        let d = a - at(t, y, k, V::LEN);
        let differences = lanes_of(d);
        for lane in 0..V::LEN {
            squares[lane] += differences[lane].to_f64() * differences[lane].to_f64();
        }
        mean = mean + d * a;
        put(flush::subnormal(t, epilogue::times_g_prime(t, head.g, a, d)), dz, k, V::LEN);
    }
    if head.g == Activation::Softmax {
        // dz_k = a_k (d_k - sum_j a_j d_j)
        for k in 0..head.n_y {
            let a = at::<V>(t, z, k, V::LEN);
            put(flush::subnormal(t, a * (a - at(t, y, k, V::LEN) - mean)), dz, k, V::LEN);
        }
    }
    squares.map(
        #[inline(always)]
        |square| square / 2.0,
    )
}

/// A loss by differences d = a - y that is not squared error.
#[inline(always)]
fn by_difference<V>(
    t: V::Token,
    head: OutputHead,
    z: &mut [V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> [f64; GROUP_LANES]
where
    V: Lanes,
{
    activate_register::<V>(t, head, V::LEN, z);
    let loss = ByDifference::new(t, head.loss);
    let totals = each_output::<V>(
        t,
        head.n_y,
        (z, y),
        dz,
        #[inline(always)]
        |a, y| loss.of(a - y),
    );
    let mut mean = V::splat(t, V::Elem::ZERO);
    for k in 0..head.n_y {
        mean = mean + at::<V>(t, dz, k, V::LEN) * at(t, z, k, V::LEN);
    }
    for k in 0..head.n_y {
        let (a, d) = (at::<V>(t, z, k, V::LEN), at::<V>(t, dz, k, V::LEN));
        let d = match head.g {
            // dz_k = a_k (d_k - sum_j a_j d_j)
            Activation::Softmax => a * (d - mean),
            g => epilogue::times_g_prime(t, g, a, d),
        };
        put(flush::subnormal(t, d), dz, k, V::LEN);
    }
    totals
}

/// A register's lanes.
#[inline(always)]
fn lanes_of<V: Lanes>(v: V) -> [V::Elem; GROUP_LANES] {
    let mut lanes = [V::Elem::ZERO; GROUP_LANES];
    v.store(&mut lanes);
    lanes
}
