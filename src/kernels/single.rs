//! One sample on its way back through a network, with units in lanes. (Forward: `column`.)
//!
//! ```text
//! back to the input, for each LEN inputs
//!   acc[i] = sum over p of w[p][i] * dz[p]             (lane by lane)
//!   dz_prev = sums over acc's lanes * g_prev'(a_prev)  (`shuffle::lane_sums`)
//! weights, for each panel
//!   dw[p][i] = dz[p] * a[i]                            (one broadcast, one FMA with the update)
//! ```
//!
//! W is read as it lies: no transposed copy, which a single sample could not pay back.

use super::epilogue::{self, MAX_LANES};
use super::flush;
use super::head::{g as output_g, lane_sum, logit_loss, usual_g};
use super::lanes::Lanes;
use super::losses::{ByDifference, poisson};
use super::shuffle::{Shuffle, lane_sums};
use crate::element::{Element, Row};
use crate::kernels::head::OutputHead;
use crate::words::activation::Activation;
use crate::words::loss::Loss;

/// L and dZ of the sample where every output's is its own: not through a softmax. The outputs fit
/// one register; dz is 0 behind them.
#[inline(always)]
pub(crate) fn loss<V>(
    t: V::Token,
    head: OutputHead,
    z: V,
    (y, weights): (&[V::Elem], Option<&[V::Elem]>),
) -> (f64, V)
where
    V: Lanes,
{
    let y = match *y {
        [y] => V::splat(t, y),
        _ => {
            let mut lanes = [V::Elem::ZERO; MAX_LANES];
            lanes[..y.len()].copy_from_slice(y);
            V::load(t, &lanes)
        }
    };
    let (cost, d) = match head.loss {
        Loss::SquaredError if head.g != Activation::Exp => {
            let a = usual_g(t, head.g, z);
            let d = a - y;
            let dz = epilogue::times_g_prime_of_a(t, head.g, a, d);
            (half_squares(head, d), flush::subnormal(t, dz))
        }
        Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy => {
            let (losses, d) = logit_loss(z, y);
            (lane_sum(losses, head.n_y), d)
        }
        Loss::Poisson => V::apart(
            t,
            #[inline(always)]
            move || {
                let (losses, d) = poisson(z, y);
                (lane_sum(losses, head.n_y), d)
            },
        ),
        _ => V::apart(
            t,
            #[inline(always)]
            move || {
                let a = output_g(t, head.g, z);
                let (loss, d) = if head.loss == Loss::SquaredError {
                    (half_squares(head, a - y), a - y)
                } else {
                    let (losses, d) = ByDifference::new(t, head.loss).of(a - y);
                    (lane_sum(losses, head.n_y), d)
                };
                let d = epilogue::times_g_prime(t, head.g, a, d);
                (loss, flush::subnormal(t, d))
            },
        ),
    };
    let (weight, d) = match weights {
        Some(weights) => (weights[0].to_f64(), d * V::splat(t, weights[0])),
        None => (1.0, d),
    };
    (weight * cost, first_lanes(t, head.n_y, d))
}

/// Half the sum of the squares of the first lanes, one an output.
#[inline(always)]
fn half_squares<V: Lanes>(head: OutputHead, d: V) -> f64 {
    let mut differences = [V::Elem::ZERO; MAX_LANES];
    d.store(&mut differences);
    let squares = differences[..head.n_y].iter().map(|d| d.to_f64() * d.to_f64());
    squares.sum::<f64>() / 2.0
}

/// The first `n` lanes of `v`, and zeros.
#[inline(always)]
pub(crate) fn first_lanes<V>(t: V::Token, n: usize, v: V) -> V
where
    V: Lanes,
{
    let numbers = V::load(t, &LANE_NUMBERS.map(V::Elem::from_f64));
    let n = V::splat(t, V::Elem::from_f64(n as f64));
    V::select(numbers.lt(n), v, V::splat(t, V::Elem::ZERO))
}

/// A register, and zeros up to the end of the panel.
#[inline(always)]
pub(crate) fn store_panel<V>(t: V::Token, v: V, panel: &mut [V::Elem])
where
    V: Lanes,
{
    v.store(panel);
    if V::LEN < V::Elem::PANEL {
        V::splat(t, V::Elem::ZERO).store(&mut panel[V::LEN..]);
    }
}

const LANE_NUMBERS: [f64; MAX_LANES] =
    [0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.];

/// dz_prev = W^T dz * g_prev'(a_prev), of weights in rows R. (Where g_prev is computed apart, dz_prev
/// holds g_prev' before.) All but `w` are padded to whole panels,
/// dz and dz_prev with zeros. Half a panel's registers will do where units and inputs fit, or where
/// the rows are of that length.
#[inline(always)]
pub(crate) fn backward<V, R>(
    t: V::Token,
    w: &[V::Elem],
    inputs: usize,
    g_prev: Activation,
    dz: &[V::Elem],
    a_prev: &[V::Elem],
    dz_prev: &mut [V::Elem],
) where
    V: Shuffle,
    R: Row<V::Elem>,
{
    let w = R::rows(w);
    let mut input = 0;
    while input < inputs {
        let present = (inputs - input).min(V::LEN);
        let sums = match present {
            0..=4 => input_sums::<V, R, 4>(t, w, inputs, input, dz),
            5..=8 => input_sums::<V, R, 8>(t, w, inputs, input, dz),
            _ => input_sums::<V, R, 16>(t, w, inputs, input, dz),
        };
        let d = match g_prev.is_apart() {
            true => sums * V::load(t, &dz_prev[input..]),
            false => epilogue::times_g_prime_of_a(t, g_prev, V::load(t, &a_prev[input..]), sums),
        };
        let (d, into) = (first_lanes(t, present, d), &mut dz_prev[input..]);
        if into.len() < V::Elem::PANEL {
            // The second half of the last panel.
            d.store(into);
        } else {
            store_panel(t, d, into);
        }
        input += V::LEN;
    }
}

/// (W^T dz) of N inputs from `input` on, in lanes 0..N; past the last input, anything.
#[inline(always)]
fn input_sums<V, R, const N: usize>(
    t: V::Token,
    w: &[R],
    inputs: usize,
    input: usize,
    dz: &[V::Elem],
) -> V
where
    V: Shuffle,
    R: Row<V::Elem>,
{
    let mut acc = [V::splat(t, V::Elem::ZERO); N];
    for (w, dz) in w.chunks_exact(inputs).zip(R::rows(dz)) {
        let dz = V::load(t, dz.as_ref());
        for (k, acc) in acc.iter_mut().enumerate() {
            *acc = dz.mul_add(V::load(t, w[(input + k).min(inputs - 1)].as_ref()), *acc);
        }
    }
    lane_sums(acc)
}

/// dW = factor dz a^T and db = factor dz; with `add`, added to the parameters in their place.
#[inline(always)]
pub(crate) fn weights<V, R>(
    t: V::Token,
    factor: V::Elem,
    dz: &[V::Elem],
    a: &[V::Elem],
    (w, b): (&mut [V::Elem], &mut [V::Elem]),
    add: bool,
) where
    V: Lanes,
    R: Row<V::Elem>,
{
    let factor = V::splat(t, factor);
    let w = R::rows_mut(w).chunks_exact_mut(a.len());
    for ((w, b), dz) in w.zip(V::Elem::panels_mut(b)).zip(V::Elem::panels(dz)) {
        let (dz, b) = (V::load(t, dz.as_ref()) * factor, b.as_mut());
        if add {
            flush::parameter(t, V::load(t, b) + dz).store(b);
            for (w, &a) in w.iter_mut().zip(a) {
                let w = w.as_mut();
                flush::parameter(t, dz.mul_add(V::splat(t, a), V::load(t, w))).store(w);
            }
        } else {
            dz.store(b);
            for (w, &a) in w.iter_mut().zip(a) {
                (dz * V::splat(t, a)).store(w.as_mut());
            }
        }
    }
}
