//! The end of a network: predictions, loss and output error from logits.
//!
//! `z`, `y` and `dz` hold whole columns of n_y values, one behind the other.

use super::constants::ExpElement;
use super::epilogue::{self, MAX_LANES, activate, times_derivative, update_lanes};
use super::exp::exp_neg_abs;
use super::flush;
use super::lanes::Lanes;
use super::ln_1p::ln_1p_unit;
use super::losses::{ByDifference, exp_from, gaussian, poisson};
use super::sigmoid::{sigmoid_from, sigmoid_parts};
use crate::element::Element;
use crate::words::activation::Activation;

use crate::words::loss::Loss;

/// What the end of a network needs to know: its loss, and its output activation and width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutputHead {
    pub(crate) loss: Loss,
    pub(crate) g: Activation,
    pub(crate) n_y: usize,
}

impl OutputHead {
    /// Targets of a sample.
    #[inline(always)]
    pub(crate) fn targets(self) -> usize {
        self.loss.targets(self.n_y)
    }

    /// Does L, or dZ, take more of a sample than each output by itself?
    #[inline(always)]
    pub(crate) fn needs_columns(self) -> bool {
        self.g == Activation::Softmax || matches!(self.loss, Loss::GaussianNll)
    }
}

/// Logits to predictions, in place.
#[inline(always)]
pub(crate) fn activate_output<V>(t: V::Token, head: OutputHead, z: &mut [V::Elem])
where
    V: Lanes,
{
    elementwise::<V>(t, head.g, z);
    finish_output::<V>(t, head, z);
}

/// a = g(z) of an output, but for softmax: a sigmoid that is a normal number is kept, and so is an
/// exponential, which hidden layers don't have.
#[inline(always)]
fn elementwise<V>(t: V::Token, g: Activation, z: &mut [V::Elem])
where
    V: Lanes,
{
    match g {
        Activation::Sigmoid => update_lanes::<V>(
            t,
            z,
            #[inline(always)]
            |z| self::g(t, Activation::Sigmoid, z),
        ),
        Activation::Exp => V::apart(
            t,
            #[inline(always)]
            move || {
                update_lanes::<V>(
                    t,
                    z,
                    #[inline(always)]
                    |z| exp_from(z, V::Elem::NORMAL_LOW),
                );
            },
        ),
        g => activate::<V>(t, g, z),
    }
}

/// g(z) of one register of an output: see `epilogue` for what the ReLUs leave.
#[inline(always)]
pub(crate) fn g<V>(t: V::Token, g: Activation, z: V) -> V
where
    V: Lanes,
{
    match g {
        Activation::Exp => V::apart(
            t,
            #[inline(always)]
            move || exp_from(z, V::Elem::NORMAL_LOW),
        ),
        g => usual_g(t, g, z),
    }
}

/// The same of all activations but the exponential.
#[inline(always)]
pub(crate) fn usual_g<V>(t: V::Token, g: Activation, z: V) -> V
where
    V: Lanes,
{
    match g {
        Activation::Sigmoid => sigmoid_from(z, V::Elem::NORMAL_LOW),
        g => epilogue::g(t, g, z),
    }
}

/// What is left to do after an elementwise activation: softmax, which needs whole columns; and the
/// ReLUs' marked zeros, which are for the backward pass and become +0.0.
#[inline(always)]
pub(crate) fn finish_output<V>(t: V::Token, head: OutputHead, a: &mut [V::Elem])
where
    V: Lanes,
{
    let zero = V::splat(t, V::Elem::ZERO);
    match head.g {
        Activation::Softmax => softmax::<V>(t, head.n_y, a),
        Activation::Relu | Activation::LeakyRelu { .. } => update_lanes::<V>(
            t,
            a,
            #[inline(always)]
            |a| a + zero,
        ),
        _ => {}
    }
}

/// The sum of L over all columns; dZ goes to `dz`. May overwrite `z`. With weights, L and dZ of
/// each column are multiplied by its own.
///
/// Of an output activation that is computed apart, `z` holds a and `dz` holds g' before.
#[inline(always)]
pub(crate) fn loss<V>(
    t: V::Token,
    head: OutputHead,
    z: &mut [V::Elem],
    (y, weights): (&[V::Elem], Option<&[V::Elem]>),
    dz: &mut [V::Elem],
) -> f64
where
    V: Lanes,
{
    let Some(weights) = weights else { return unweighted::<V>(t, head, z, y, dz) };
    let columns = z.chunks_exact_mut(head.n_y).zip(y.chunks_exact(head.targets()));
    let mut total = 0.0;
    for (((z, y), dz), &weight) in columns.zip(dz.chunks_exact_mut(head.n_y)).zip(weights) {
        total += weight.to_f64() * unweighted::<V>(t, head, z, y, dz);
        dz.iter_mut().for_each(|dz| *dz *= weight);
    }
    total
}

#[inline(always)]
fn unweighted<V>(
    t: V::Token,
    head: OutputHead,
    z: &mut [V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> f64
where
    V: Lanes,
{
    match head.loss {
        Loss::BinaryCrossEntropy => each_output::<V>(
            t,
            (z, y),
            dz,
            false,
            #[inline(always)]
            |z, y| logit_loss(z, y),
        ),
        Loss::CategoricalCrossEntropy => categorical_cross_entropy::<V>(t, head.n_y, z, y, dz),
        Loss::SquaredError => by_difference::<V>(
            t,
            head,
            z,
            dz,
            #[inline(always)]
            |a, dz, apart| squares(a, y, dz, apart),
        ),
        _ => V::apart(
            t,
            #[inline(always)]
            move || rarer::<V>(t, head, z, y, dz),
        ),
    }
}

/// The losses that are seldom wanted.
#[inline(always)]
fn rarer<V>(
    t: V::Token,
    head: OutputHead,
    z: &mut [V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> f64
where
    V: Lanes,
{
    match head.loss {
        Loss::Poisson => each_output::<V>(
            t,
            (z, y),
            dz,
            false,
            #[inline(always)]
            |z, y| poisson(z, y),
        ),
        Loss::GaussianNll => gaussians::<V>(t, head.targets(), z, y, dz),
        _ => by_difference::<V>(
            t,
            head,
            z,
            dz,
            #[inline(always)]
            |a, dz, apart| {
                let loss = ByDifference::<V>::new(t, head.loss);
                each_output::<V>(
                    t,
                    (a, y),
                    dz,
                    apart,
                    #[inline(always)]
                    |a, y| loss.of(a - y),
                )
            },
        ),
    }
}

/// The sum of L and the derivatives, of columns of means, then logarithms of variances: some pairs at
/// a time.
#[inline(always)]
fn gaussians<V>(
    t: V::Token,
    targets: usize,
    z: &[V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> f64
where
    V: Lanes,
{
    let mut total = 0.0;
    let columns = z.chunks_exact(2 * targets).zip(y.chunks_exact(targets));
    for ((z, y), dz) in columns.zip(dz.chunks_exact_mut(2 * targets)) {
        let ((mu, s), (dmu, ds)) = (z.split_at(targets), dz.split_at_mut(targets));
        for start in (0..targets).step_by(V::LEN) {
            let range = start..targets.min(start + V::LEN);
            let (mut values, mut of) =
                ([V::Elem::ZERO; MAX_LANES], [V::splat(t, V::Elem::ZERO); 3]);
            for (v, from) in of.iter_mut().zip([mu, s, y]) {
                values[..range.len()].copy_from_slice(&from[range.clone()]);
                *v = V::load(t, &values);
            }
            let [mu, s, y] = of;
            let (loss, of_mu, of_s) = gaussian(mu, s, y);
            for (v, into) in [(of_mu, &mut *dmu), (of_s, &mut *ds)] {
                v.store(&mut values);
                into[range.clone()].copy_from_slice(&values[..range.len()]);
            }
            // One after the other, as a group of networks adds them.
            loss.store(&mut values);
            for loss in &values[..range.len()] {
                total += loss.to_f64();
            }
        }
    }
    total
}

/// The sum of L and the derivatives, of outputs whose (L, derivative) is `f` of their own z (or a) and
/// y; the last, partial register padded with zeros. With `times`, dz is what it was times the
/// derivative.
#[inline(always)]
fn each_output<V>(
    t: V::Token,
    (z, y): (&[V::Elem], &[V::Elem]),
    dz: &mut [V::Elem],
    times: bool,
    f: impl Fn(V, V) -> (V, V),
) -> f64
where
    V: Lanes,
{
    let zero = V::splat(t, V::Elem::ZERO);
    let mut sums = zero;
    let (mut zs, mut ys) = (z.chunks_exact(V::LEN), y.chunks_exact(V::LEN));
    let mut dzs = dz.chunks_exact_mut(V::LEN);
    for ((z, y), dz) in (&mut zs).zip(&mut ys).zip(&mut dzs) {
        let (loss, d) = f(V::load(t, z), V::load(t, y));
        sums = sums + loss;
        if times { d * V::load(t, dz) } else { d }.store(dz);
    }
    let mut total = lane_sum(sums, V::LEN);
    let (z, y, dz) = (zs.remainder(), ys.remainder(), dzs.into_remainder());
    if !z.is_empty() {
        let (mut z_lanes, mut y_lanes) = ([V::Elem::ZERO; MAX_LANES], [V::Elem::ZERO; MAX_LANES]);
        z_lanes[..z.len()].copy_from_slice(z);
        y_lanes[..y.len()].copy_from_slice(y);
        let (loss, d) = f(V::load(t, &z_lanes), V::load(t, &y_lanes));
        total += lane_sum(loss, z.len());
        let d = if times {
            z_lanes[..dz.len()].copy_from_slice(dz);
            d * V::load(t, &z_lanes)
        } else {
            d
        };
        d.store(&mut z_lanes);
        dz.copy_from_slice(&z_lanes[..dz.len()]);
    }
    total
}

/// L = max(z, 0) - z y + ln(1 + e^-|z|) and dz = a - y of one register of logits and targets. An a
/// below the root counts as 0 in dz: see `flush`.
#[inline(always)]
pub(crate) fn logit_loss<V>(z: V, y: V) -> (V, V)
where
    V: Lanes,
{
    let zero = V::splat(z.token(), V::Elem::ZERO);
    let (a, e) = sigmoid_parts(z);
    // z where z >= 0 or NaN: a NaN must reach the cost.
    let positive = V::select(z.lt(zero), zero, z);
    (z.neg_mul_add(y, positive) + ln_1p_unit(e), a - y)
}

/// The sum of the first `lanes` lanes, in f64.
#[inline(always)]
pub(crate) fn lane_sum<V>(v: V, lanes: usize) -> f64
where
    V: Lanes,
{
    let mut values = [V::Elem::ZERO; MAX_LANES];
    v.store(&mut values);
    values[..lanes].iter().map(|v| v.to_f64()).sum()
}

/// L = ln sum_j e^(z_j - max z) - sum_k y_k (z_k - max z), dz = a - y, where an a below the root
/// counts as 0: see `flush`.
#[inline(always)]
fn categorical_cross_entropy<V>(
    t: V::Token,
    n_y: usize,
    z: &mut [V::Elem],
    y: &[V::Elem],
    dz: &mut [V::Elem],
) -> f64
where
    V: Lanes,
{
    let mut total = 0.0;
    for (z, y) in z.chunks_exact_mut(n_y).zip(y.chunks_exact(n_y)) {
        subtract_max(z);
        total -= z.iter().zip(y).map(|(z, y)| z.to_f64() * y.to_f64()).sum::<f64>();
    }
    dz.copy_from_slice(z);
    update_lanes::<V>(
        t,
        dz,
        #[inline(always)]
        |z| exp_neg_abs(z, V::Elem::DELTA_LOW),
    );
    for (dz, y) in dz.chunks_exact_mut(n_y).zip(y.chunks_exact(n_y)) {
        let sum = column_sum(dz);
        total += sum.to_f64().ln();
        let share = V::Elem::ONE / sum;
        for (dz, &y) in dz.iter_mut().zip(y) {
            *dz = *dz * share - y;
        }
    }
    total
}

/// a_k = e^(z_k - max z) / sum_j e^(z_j - max z), column by column; 0 where that is subnormal.
#[inline(always)]
fn softmax<V>(t: V::Token, n_y: usize, z: &mut [V::Elem])
where
    V: Lanes,
{
    z.chunks_exact_mut(n_y).for_each(subtract_max);
    update_lanes::<V>(
        t,
        z,
        #[inline(always)]
        |z| exp_neg_abs(z, V::Elem::NORMAL_LOW),
    );
    for a in z.chunks_exact_mut(n_y) {
        let share = V::Elem::ONE / column_sum(a);
        a.iter_mut().for_each(|a| *a *= share);
    }
    update_lanes::<V>(
        t,
        z,
        #[inline(always)]
        |a| flush::subnormal(t, a),
    );
}

#[inline(always)]
fn subtract_max<T: Element>(column: &mut [T]) {
    let max = column.iter().copied().fold(column[0], |m, z| if z > m { z } else { m });
    column.iter_mut().for_each(|z| *z -= max);
}

/// At least 1, since the largest term is e^0.
#[inline(always)]
fn column_sum<T: Element>(column: &[T]) -> T {
    column.iter().copied().sum()
}

/// L = 1/2 sum d^2 and dL/da = d of d = a - y; with `apart` times what dz was.
#[inline(always)]
fn squares<T: Element>(a: &[T], y: &[T], dz: &mut [T], apart: bool) -> f64 {
    let mut total = 0.0;
    for ((d, &a), &y) in dz.iter_mut().zip(a).zip(y) {
        let difference = a - y;
        *d = if apart { difference * *d } else { difference };
        total += difference.to_f64() * difference.to_f64();
    }
    total / 2.0
}

/// A loss by differences d = a - y, dz = dL/da g'(z). `differences` gives the sum of L and dL/da of
/// predictions; of an activation that is computed apart, times what dz was, its g'.
#[inline(always)]
fn by_difference<V>(
    t: V::Token,
    head: OutputHead,
    z: &mut [V::Elem],
    dz: &mut [V::Elem],
    differences: impl FnOnce(&[V::Elem], &mut [V::Elem], bool) -> f64,
) -> f64
where
    V: Lanes,
{
    match head.g {
        Activation::Softmax => softmax::<V>(t, head.n_y, z),
        g => elementwise::<V>(t, g, z),
    }
    let apart = head.g.is_apart();
    let total = differences(z, dz, apart);
    if head.g == Activation::Softmax {
        for (d, a) in dz.chunks_exact_mut(head.n_y).zip(z.chunks_exact(head.n_y)) {
            // dz_k = a_k (d_k - sum_j a_j d_j)
            let mean: V::Elem = d.iter().zip(a).map(|(&d, &a)| d * a).sum();
            d.iter_mut().zip(a).for_each(|(d, &a)| *d = a * (*d - mean));
        }
    } else if !apart {
        times_derivative::<V>(t, head.g, z, dz);
    }
    update_lanes::<V>(
        t,
        dz,
        #[inline(always)]
        |d| flush::subnormal(t, d),
    );
    total
}
