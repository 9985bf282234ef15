//! sigmoid(x) = 1 / (1 + e^-x), one path for all x.
//!
//! 1. x is clamped to the range outside which the result is 0 or 1.
//! 2. -x = n ln2 + r and p = expm1(r) as in `exp`.
//! 3. d = u + s + s p with u = 2^-64 and s = 2^(n-64): that is u (1 + e^-x).
//!    The factor u keeps d in the normal range where e^-x alone overflows.
//!    The greater of u and s is added last, so that only one rounding is large.
//! 4. sigmoid(x) = u / d. The division rounds correctly even where the result
//!    is subnormal.

use super::exp::{ExpElement, exp_neg_abs, expm1_tail, reduce};
use super::lanes::Lanes;

/// Greatest error of `sigmoid` in ULP where `mul_add` is fused. Tested on
/// all `f32` and on samples of `f64`.
pub const SIGMOID_MAX_ULP: f64 = 2.0;
/// The same where `mul_add` rounds twice.
pub const SIGMOID_MAX_ULP_UNFUSED: f64 = 2.0;

/// sigmoid(x).
///
/// At most [`SIGMOID_MAX_ULP`] from the exact value, subnormal results
/// included; 0 at -inf, 1 at inf, NaN at NaN.
#[inline(always)]
pub(crate) fn sigmoid<V>(x: V) -> V
where
    V: Lanes,
    V::Elem: ExpElement,
{
    let t = x.token();
    let x =
        x.at_least(V::splat(t, V::Elem::SIGMOID_LOW)).at_most(V::splat(t, V::Elem::SIGMOID_HIGH));
    let (shifted, r) = reduce(-x, V::Elem::SHIFT_LOWERED);
    let p = expm1_tail(r, r);
    let s = shifted.exponent_from_low_bits();
    let u = V::splat(t, V::Elem::UNLIFT);
    u / (u.max(s) + s.mul_add(p, u.min(s)))
}

/// `(sigmoid(x), e^-|x|)`, each with the bits of the function alone.
///
/// The second part is what a stable cross-entropy needs:
/// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).
///
/// The two share no work: e^-|x| would have to be the numerator of the first
/// for x < 0, and its rounding would push the error above the bound.
#[inline(always)]
pub(crate) fn sigmoid_parts<V>(x: V) -> (V, V)
where
    V: Lanes,
    V::Elem: ExpElement,
{
    (sigmoid(x), exp_neg_abs(x))
}

#[cfg(test)]
mod tests {
    use super::super::slices::Function::{ExpNegAbs, Sigmoid, SigmoidPart};
    use super::super::test_support::{Sample, check_bounds, check_value, greatest_fall, paths};
    use super::*;

    const BOUNDS: [f64; 2] = [SIGMOID_MAX_ULP, SIGMOID_MAX_ULP_UNFUSED];

    #[test]
    fn error_is_bounded() {
        check_bounds::<f32>(Sigmoid, BOUNDS);
        check_bounds::<f64>(Sigmoid, BOUNDS);
    }

    #[test]
    fn special_values() {
        check_value(Sigmoid, f32::NAN, f32::NAN);
        check_value(Sigmoid, f64::NAN, f64::NAN);
        check_value(Sigmoid, 0f32, 0.5);
        check_value(Sigmoid, -0f64, 0.5);
        check_value(Sigmoid, f32::INFINITY, 1.0);
        check_value(Sigmoid, f64::INFINITY, 1.0);
        check_value(Sigmoid, f32::NEG_INFINITY, 0.0);
        check_value(Sigmoid, f64::NEG_INFINITY, 0.0);
        // Subnormal: 27 * 2^-149 = 3.8e-44.
        check_value(Sigmoid, -100f32, f32::from_bits(27));
        check_value(Sigmoid, -103.5f32, f32::from_bits(1));
        check_value(Sigmoid, -745f64, f64::from_bits(1));
    }

    fn second_part_is_exp<T: Sample>() {
        let x = T::samples(20_000);
        for path in paths() {
            let part = path.apply(SigmoidPart, &x);
            let alone = path.apply(ExpNegAbs, &x);
            for ((x, a), b) in x.iter().zip(part).zip(alone) {
                assert_eq!(a.key(), b.key(), "{path:?} at {x:?}");
            }
        }
    }

    #[test]
    fn parts() {
        second_part_is_exp::<f32>();
        second_part_is_exp::<f64>();
    }

    #[test]
    fn monotone_across_seams() {
        let half = core::f64::consts::LN_2 / 2.0;
        assert_eq!(greatest_fall::<f32>(Sigmoid, half, 250), 0);
        assert_eq!(greatest_fall::<f64>(Sigmoid, half, 250), 0);
    }
}
