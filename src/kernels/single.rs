//! One sample through a whole network, with units in lanes: a product of a matrix and a vector a
//! layer, all in one call.
//!
//! ```text
//! forward, for each layer
//!   for each group of up to GROUP panels
//!     acc[p] = b[p]
//!     for each input i
//!       acc[p] += w[p][i] * x[i]                       (one broadcast, GROUP FMAs)
//!     out[p] = g(acc[p])
//! back to the input, for each LEN inputs
//!   acc[i] = sum over p of w[p][i] * dz[p]             (lane by lane)
//!   dz_prev = sums over acc's lanes * g_prev'(a_prev)  (`shuffle::lane_sums`)
//! weights, for each panel
//!   dw[p][i] = dz[p] * a[i]                            (one broadcast, one FMA with the update)
//! ```
//!
//! Each output is summed as in `panel`, so a sample has the same bits alone and in a batch. W is
//! read as it lies: no transposed copy, which a single sample could not pay back.

use super::epilogue;
use super::exp::ExpElement;
use super::lanes::Lanes;
use super::shuffle::{Shuffle, lane_sums};
use crate::activation::Activation;
use crate::engine::float::Float;
use crate::scalar::Scalar;

/// One layer's parameters in panels of `width` units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dense<'a, T> {
    pub(crate) w: &'a [T],
    pub(crate) b: &'a [T],
    pub(crate) g: Activation,
}

/// out = g(W x + b), for all panels of `b`; `out` is as long as `b`. A layer of one panel may take
/// registers of half its width, if its units fit.
#[inline(always)]
pub(crate) fn forward<V>(t: V::Token, layer: Dense<'_, V::Elem>, x: &[V::Elem], out: &mut [V::Elem])
where
    V: Lanes,
    V::Elem: Scalar + ExpElement,
{
    let count = layer.b.len() / V::Elem::PANEL;
    let mut panel = 0;
    while panel + 4 <= count {
        panels::<V, 4>(t, layer, panel, x, out);
        panel += 4;
    }
    while panel < count {
        panels::<V, 1>(t, layer, panel, x, out);
        panel += 1;
    }
}

/// P panels.
#[inline(always)]
fn panels<V, const P: usize>(
    t: V::Token,
    layer: Dense<'_, V::Elem>,
    panel: usize,
    x: &[V::Elem],
    out: &mut [V::Elem],
) where
    V: Lanes,
    V::Elem: Scalar + ExpElement,
{
    let width = V::Elem::PANEL;
    let w = &V::Elem::panels(layer.w)[panel * x.len()..];
    let (b, out) = (&layer.b[panel * width..], &mut out[panel * width..]);
    let (mut rows, mut acc) = ([&[][..]; P], [V::splat(t, V::Elem::ZERO); P]);
    for p in 0..P {
        rows[p] = &w[p * x.len()..][..x.len()];
        acc[p] = V::load(t, &b[p * width..]);
    }
    for i in 0..x.len() {
        let x = V::splat(t, x[i]);
        for p in 0..P {
            acc[p] = V::load(t, rows[p][i].as_ref()).mul_add(x, acc[p]);
        }
    }
    for p in 0..P {
        epilogue::g(t, layer.g, acc[p]).store(&mut out[p * width..]);
    }
}

/// dz_prev = W^T dz * g_prev'(a_prev). All but `w` are padded to whole panels; dz's padding is 0.
#[inline(always)]
pub(crate) fn backward<V>(
    t: V::Token,
    w: &[V::Elem],
    inputs: usize,
    g_prev: Activation,
    dz: &[V::Elem],
    a_prev: &[V::Elem],
    dz_prev: &mut [V::Elem],
) where
    V: Shuffle,
    V::Elem: Scalar,
{
    let w = V::Elem::panels(w);
    let zero = V::splat(t, V::Elem::ZERO);
    let mut input = 0;
    while input < inputs {
        let present = (inputs - input).min(V::LEN);
        let mut acc = [zero; 16];
        for (w, dz) in w.chunks_exact(inputs).zip(dz.chunks_exact(V::LEN)) {
            let dz = V::load(t, dz);
            for (acc, w) in acc.iter_mut().zip(&w[input..input + present]) {
                *acc = dz.mul_add(V::load(t, w.as_ref()), *acc);
            }
        }
        let sums = lane_sums(&mut acc, present);
        let a = V::load(t, &a_prev[input..]);
        let into = &mut dz_prev[input..input + V::LEN];
        epilogue::times_g_prime(t, g_prev, a, sums).store(into);
        into[present..].fill(V::Elem::ZERO);
        input += V::LEN;
    }
}

/// dW = factor dz a^T and db = factor dz; with `add`, added to what is there.
#[inline(always)]
pub(crate) fn weights<V>(
    t: V::Token,
    factor: V::Elem,
    dz: &[V::Elem],
    a: &[V::Elem],
    (w, b): (&mut [V::Elem], &mut [V::Elem]),
    add: bool,
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let factor = V::splat(t, factor);
    let w = V::Elem::panels_mut(w).chunks_exact_mut(a.len());
    for ((w, b), dz) in w.zip(b.chunks_exact_mut(V::LEN)).zip(dz.chunks_exact(V::LEN)) {
        let dz = V::load(t, dz) * factor;
        if add {
            (V::load(t, b) + dz).store(b);
            for (w, &a) in w.iter_mut().zip(a) {
                let w = w.as_mut();
                dz.mul_add(V::splat(t, a), V::load(t, w)).store(w);
            }
        } else {
            dz.store(b);
            for (w, &a) in w.iter_mut().zip(a) {
                (dz * V::splat(t, a)).store(w.as_mut());
            }
        }
    }
}
