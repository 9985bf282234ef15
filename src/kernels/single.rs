//! One sample through a whole network, with units in lanes: a product of a matrix and a vector a
//! layer, all in one call.
//!
//! ```text
//! for each layer
//!   for each group of up to GROUP panels
//!     acc[p] = b[p]
//!     for each input i
//!       acc[p] += w[p][i] * x[i]                       (one broadcast, GROUP FMAs)
//!     out[p] = g(acc[p])
//! ```
//!
//! Each output is summed as in `panel`, so a sample has the same bits alone and in a batch.

use super::epilogue;
use super::exp::ExpElement;
use super::lanes::Lanes;
use crate::activation::Activation;
use crate::scalar::Scalar;

/// One layer's parameters in panels of LEN units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dense<'a, T> {
    pub(crate) w: &'a [T],
    pub(crate) b: &'a [T],
    pub(crate) g: Activation,
}

/// out = g(W x + b), for all panels of `b`; `out` is as long as `b`.
#[inline(always)]
pub(crate) fn forward<V>(t: V::Token, layer: Dense<'_, V::Elem>, x: &[V::Elem], out: &mut [V::Elem])
where
    V: Lanes,
    V::Elem: Scalar + ExpElement,
{
    let panel = x.len() * V::LEN;
    let mut w = layer.w;
    let mut b = layer.b;
    let mut out = &mut out[..layer.b.len()];
    while b.len() >= 4 * V::LEN {
        panels::<V, 4>(t, (w, b, layer.g), x, out);
        (w, b) = (&w[4 * panel..], &b[4 * V::LEN..]);
        out = &mut out[4 * V::LEN..];
    }
    while !b.is_empty() {
        panels::<V, 1>(t, (w, b, layer.g), x, out);
        (w, b) = (&w[panel..], &b[V::LEN..]);
        out = &mut out[V::LEN..];
    }
}

#[inline(always)]
fn panels<V, const P: usize>(
    t: V::Token,
    (w, b, g): (&[V::Elem], &[V::Elem], Activation),
    x: &[V::Elem],
    out: &mut [V::Elem],
) where
    V: Lanes,
    V::Elem: Scalar + ExpElement,
{
    let panel = x.len() * V::LEN;
    let (mut rows, mut acc) = ([&[][..]; P], [V::splat(t, V::Elem::ZERO); P]);
    for p in 0..P {
        rows[p] = &w[p * panel..][..panel];
        acc[p] = V::load(t, &b[p * V::LEN..]);
    }
    for (i, &x) in x.iter().enumerate() {
        let x = V::splat(t, x);
        for p in 0..P {
            acc[p] = V::load(t, &rows[p][i * V::LEN..]).mul_add(x, acc[p]);
        }
    }
    for p in 0..P {
        epilogue::g(t, g, acc[p]).store(&mut out[p * V::LEN..]);
    }
}
