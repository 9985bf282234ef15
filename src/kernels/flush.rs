//! Numbers that decay become 0 before they are subnormal.
//!
//! A weight under a penalty, the probability of a wrong class, a moment of a dead unit: each
//! shrinks by some factor a step, and ends among the subnormal numbers, on which many processors
//! take a hundred times as long. So where such a number is written, one that is too small is
//! written as 0:
//!
//! * a parameter that a step has updated, below the smallest normal number divided by epsilon: so
//!   its product with a number of the size of epsilon is still normal;
//! * a moment of an optimiser, a delta of squared error and of the other losses by differences, or a
//!   probability or rate that is predicted, if it is subnormal;
//! * a sigmoid of a hidden layer, and a delta of it, of an exponential, of a cross-entropy or of
//!   Poisson's loss, below the [`root`]: so that the product of two is normal;
//! * a gradient whose square would go into a moment, below the least whose term is normal.
//!
//! The rule looks at the value alone, so it is the same at all levels and on all threads. (The
//! processor's own flag for this may not be set under Rust's rules.)

use super::lanes::Lanes;
use crate::element::Element;

/// The least number whose square is normal: 2^-63 for f32, 2^-511 for f64.
#[inline(always)]
pub(crate) fn root<T: Element>() -> f64 {
    T::MIN_POSITIVE.to_f64().sqrt()
}

/// `v`, or 0 in lanes that are closer to 0 than `least`. NaN stays NaN.
#[inline(always)]
pub(crate) fn below<V>(t: V::Token, least: V, v: V) -> V
where
    V: Lanes,
{
    V::select(v.abs().lt(least), V::splat(t, V::Elem::ZERO), v)
}

/// `v`, or 0 where it is subnormal.
#[inline(always)]
pub(crate) fn subnormal<V>(t: V::Token, v: V) -> V
where
    V: Lanes,
{
    below(t, V::splat(t, V::Elem::MIN_POSITIVE), v)
}

/// A parameter after its update.
#[inline(always)]
pub(crate) fn parameter<V>(t: V::Token, w: V) -> V
where
    V: Lanes,
{
    below(t, V::splat(t, V::Elem::MIN_POSITIVE / V::Elem::EPSILON), w)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::wide_lanes::{WideF32, WideF64};

    fn check<V: Lanes<Token = ()>>() {
        let of = |f: fn((), V) -> V, x: V::Elem| {
            let mut lanes = [V::Elem::ZERO; 16];
            f((), V::splat((), x)).store(&mut lanes);
            lanes[0]
        };
        let (smallest, epsilon) = (V::Elem::MIN_POSITIVE, V::Elem::EPSILON);
        let half = V::Elem::from_f64(0.5);
        for sign in [1.0, -1.0].map(V::Elem::from_f64) {
            assert_eq!(of(subnormal, sign * smallest), sign * smallest);
            assert_eq!(of(subnormal, sign * smallest * half), V::Elem::ZERO);
            let least = sign * (smallest / epsilon);
            assert_eq!(of(parameter, least), least);
            assert_eq!(of(parameter, least * half), V::Elem::ZERO);
            assert_eq!(of(parameter, sign), sign);
        }
        for f in [subnormal, parameter] {
            assert!(of(f, V::Elem::from_f64(f64::NAN)).to_f64().is_nan());
            assert!(!of(f, V::Elem::from_f64(f64::NEG_INFINITY)).is_finite());
        }
        let root = V::Elem::from_f64(root::<V::Elem>());
        assert_eq!(root * root, smallest);
    }

    #[test]
    fn small_values_become_0_and_no_others() {
        check::<WideF32>();
        check::<WideF64>();
    }
}
