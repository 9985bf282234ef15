//! Updates of parameters, elementwise over whole buffers.

use super::epilogue::combine_lanes;
use super::flush;
use super::lanes::Lanes;

/// W -= lr dW.
#[inline(always)]
pub(crate) fn descend<V>(
    t: V::Token,
    rate: V::Elem,
    gradients: &[V::Elem],
    parameters: &mut [V::Elem],
) where
    V: Lanes,
{
    let rate = V::splat(t, rate);
    combine_lanes::<V>(
        t,
        gradients,
        parameters,
        #[inline(always)]
        |d, w| flush::parameter(t, d.neg_mul_add(rate, w)),
    );
}

/// W += sums.
#[inline(always)]
pub(crate) fn add<V>(t: V::Token, sums: &[V::Elem], parameters: &mut [V::Elem])
where
    V: Lanes,
{
    combine_lanes::<V>(
        t,
        sums,
        parameters,
        #[inline(always)]
        |d, w| flush::parameter(t, w + d),
    );
}
