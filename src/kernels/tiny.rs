//! One sample through a layer of a single panel, in registers. The sums have the order that they
//! have in `column` and in `single`, and so the same bits.
//!
//! What a layer hands to the next never lies in memory: lanes are spread from the register. Reading
//! single values of a vector that was just stored is slow on some processors (on Zen 4, twenty
//! cycles, in which the next call can't begin).

use super::blocks::piece_end;
use super::epilogue::{self, MAX_LANES};
use super::flush;
use super::lanes::Lanes;
use super::shuffle::{Shuffle, lane_sums};
use super::single::first_lanes;
use crate::element::Element;
use crate::words::activation::Activation;

/// z = W x + b. `panels` are W's, and b behind them.
#[inline(always)]
pub(crate) fn logits<V>(t: V::Token, panels: &[<V::Elem as Element>::Panel], x: &[V::Elem]) -> V
where
    V: Lanes,
{
    let mut end = piece_end(1, x.len(), 0);
    let b = V::load(t, panels[x.len()].as_ref());
    let mut z = products(t, &panels[..end], &x[..end], b);
    while end < x.len() {
        let piece = end..piece_end(1, x.len(), end);
        end = piece.end;
        let zero = V::splat(t, V::Elem::ZERO);
        z = z + products(t, &panels[piece.clone()], &x[piece], zero);
    }
    z
}

/// `z` and a piece's products.
#[inline(always)]
fn products<V>(t: V::Token, w: &[<V::Elem as Element>::Panel], x: &[V::Elem], mut z: V) -> V
where
    V: Lanes,
{
    for (w, &x) in w.iter().zip(x) {
        z = V::load(t, w.as_ref()).mul_add(V::splat(t, x), z);
    }
    z
}

/// The same, for the inputs that the layer before has left in lanes 0..inputs: at most one piece.
#[inline(always)]
pub(crate) fn logits_of<V>(t: V::Token, panels: &[<V::Elem as Element>::Panel], x: V) -> V
where
    V: Lanes,
{
    let Some((b, w)) = panels.split_last() else { return x };
    let x = lanes(x);
    let mut z = V::load(t, b.as_ref());
    for i in 0..V::LEN {
        if i == w.len() {
            break;
        }
        z = V::load(t, w[i].as_ref()).mul_add(V::splat(t, x[i]), z);
    }
    z
}

/// A register's lanes. Where the loop is unrolled the indices are constants, and no memory is
/// touched.
#[inline(always)]
fn lanes<V>(v: V) -> [V::Elem; MAX_LANES]
where
    V: Lanes,
{
    let mut lanes = [V::Elem::ZERO; MAX_LANES];
    v.store(&mut lanes);
    lanes
}

/// dz_prev = W^T dz * g_prev'(a_prev), for at most LEN inputs; 0 behind them. `dz` is 0 past the
/// last unit, and so are W's panels.
#[inline(always)]
pub(crate) fn backward<V>(
    t: V::Token,
    (w, units): (&[<V::Elem as Element>::Panel], usize),
    g_prev: Activation,
    dz: V,
    a_prev: V,
) -> V
where
    V: Shuffle,
{
    let sums = match w.len() {
        0..=4 => input_sums::<V, 4>(t, w, units, dz),
        5..=8 => input_sums::<V, 8>(t, w, units, dz),
        _ => input_sums::<V, 16>(t, w, units, dz),
    };
    first_lanes(t, w.len(), epilogue::times_g_prime_of_a(t, g_prev, a_prev, sums))
}

/// W^T dz in lanes 0..N; past the last input, anything.
#[inline(always)]
fn input_sums<V, const N: usize>(
    t: V::Token,
    w: &[<V::Elem as Element>::Panel],
    units: usize,
    dz: V,
) -> V
where
    V: Shuffle,
{
    let zero = V::splat(t, V::Elem::ZERO);
    let mut rows = [zero; N];
    for (k, row) in rows.iter_mut().enumerate() {
        *row = V::load(t, w[k.min(w.len() - 1)].as_ref());
    }
    if units == 1 {
        // The one unit's weights, side by side: known before dz is.
        return V::splat(t, lanes(dz)[0]).mul_add(lane_sums(rows), zero);
    }
    for row in &mut rows {
        *row = dz.mul_add(*row, zero);
    }
    lane_sums(rows)
}

/// dW = dz x^T and db = dz; with ADD, added to W and b in their place. `dz` comes with its factor;
/// `panels` are dW's, and db behind them.
#[inline(always)]
pub(crate) fn weights<V, const ADD: bool>(
    t: V::Token,
    dz: V,
    x: &[V::Elem],
    panels: &mut [<V::Elem as Element>::Panel],
) where
    V: Lanes,
{
    let Some((b, w)) = panels.split_last_mut() else { return };
    bias::<V, ADD>(t, dz, b.as_mut());
    for (w, &x) in w.iter_mut().zip(x) {
        product::<V, ADD>(t, dz, x, w.as_mut());
    }
}

/// The same with what the layer before has left in lanes 0..inputs.
#[inline(always)]
pub(crate) fn weights_of<V, const ADD: bool>(
    t: V::Token,
    dz: V,
    x: V,
    panels: &mut [<V::Elem as Element>::Panel],
) where
    V: Lanes,
{
    let Some((b, w)) = panels.split_last_mut() else { return };
    bias::<V, ADD>(t, dz, b.as_mut());
    let x = lanes(x);
    for i in 0..V::LEN {
        if i == w.len() {
            break;
        }
        product::<V, ADD>(t, dz, x[i], w[i].as_mut());
    }
}

#[inline(always)]
fn bias<V, const ADD: bool>(t: V::Token, dz: V, b: &mut [V::Elem])
where
    V: Lanes,
{
    let b_new = if ADD { flush::parameter(t, V::load(t, b) + dz) } else { dz };
    b_new.store(b);
}

#[inline(always)]
fn product<V, const ADD: bool>(t: V::Token, dz: V, x: V::Elem, w: &mut [V::Elem])
where
    V: Lanes,
{
    let x = V::splat(t, x);
    let w_new = if ADD { flush::parameter(t, dz.mul_add(x, V::load(t, w))) } else { dz * x };
    w_new.store(w);
}
