//! Sums of a register of networks to gradients, and into parameters.

use super::{at, put};
use crate::kernels::epilogue::combine_lanes;
use crate::kernels::flush;
use crate::kernels::lanes::Lanes;

/// total += part.
#[inline(always)]
pub(crate) fn add<V: Lanes>(t: V::Token, part: &[V::Elem], total: &mut [V::Elem]) {
    combine_lanes::<V>(
        t,
        part,
        total,
        #[inline(always)]
        |part, total| total + part,
    );
}

/// Gradients from sums: each network's multiplied by its own factor, and `pitch` apart.
#[inline(always)]
pub(crate) fn scale<V: Lanes>(
    t: V::Token,
    factor: V,
    sums: &[V::Elem],
    (into, pitch): (&mut [V::Elem], usize),
) {
    for p in 0..sums.len() / V::LEN {
        put(at::<V>(t, sums, p, V::LEN) * factor, into, p, pitch);
    }
}

/// w += factor sum, of parameters that lie `pitch` apart.
#[inline(always)]
pub(crate) fn descend<V: Lanes>(
    t: V::Token,
    factor: V,
    sums: &[V::Elem],
    (parameters, pitch): (&mut [V::Elem], usize),
) {
    for p in 0..sums.len() / V::LEN {
        let w = at::<V>(t, sums, p, V::LEN).mul_add(factor, at(t, parameters, p, pitch));
        put(flush::parameter(t, w), parameters, p, pitch);
    }
}
