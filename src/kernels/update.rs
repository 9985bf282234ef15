//! Updates of parameters, elementwise over whole buffers.

use super::epilogue::combine_lanes;
use super::flush;
use super::lanes::Lanes;
use crate::element::Element;

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

/// p = (1 - tau) p + tau other, for tau between 0 and 1, written from the nearer end:
///
/// * p + (tau other - tau p) up to one half,
/// * other + ((1 - tau) p - (1 - tau) other) above.
///
/// So p is kept where both are equal, and no step overflows where both are finite. Every product
/// and sum is rounded: no FMA, for the same bits as [`blended`].
#[inline(always)]
pub(crate) fn blend<V>(t: V::Token, tau: f64, other: &[V::Elem], parameters: &mut [V::Elem])
where
    V: Lanes,
{
    let from_p = tau <= 0.5;
    let share = V::splat(t, share::<V::Elem>(tau));
    combine_lanes::<V>(
        t,
        other,
        parameters,
        #[inline(always)]
        |other, p| {
            let (near, far) = if from_p { (p, other) } else { (other, p) };
            flush::parameter(t, near + (share * far - share * near))
        },
    );
}

/// [`blend`] of one parameter.
pub(crate) fn blended<T: Element>(tau: f64, p: T, other: T) -> T {
    let (near, far) = if tau <= 0.5 { (p, other) } else { (other, p) };
    let share = share::<T>(tau);
    let w = near + (share * far - share * near);
    let size = if w < T::ZERO { -w } else { w };
    if size < T::MIN_POSITIVE / T::EPSILON { T::ZERO } else { w }
}

/// The share of the farther end.
fn share<T: Element>(tau: f64) -> T {
    T::from_f64(if tau <= 0.5 { tau } else { 1.0 - tau })
}
