//! e^x, and the two pieces of it that tanh and sigmoid share.
//!
//! 1. x is clamped to the range outside which the result is 0 or infinity.
//! 2. n = the integer nearest to x log2(e), found by adding `SHIFT`
//!    (1.5 * 2^MANTISSA_BITS plus the exponent bias): n + bias then stands in
//!    the low bits of the sum, ready to become an exponent, and subtracting
//!    `SHIFT` again gives n as a float. No conversion to integers is needed.
//! 3. r = x - n ln2 with ln2 in two parts. n * LN2_HI is exact on every level,
//!    so only the small second part is rounded.
//! 4. p = expm1(r) = r + r^2 q(r), q a polynomial in two chains (even and odd
//!    powers), which halves the latency and costs no operation more than one.
//! 5. e^x = s (1 + p) s', where s s' = 2^n. Two factors, because 2^n itself
//!    leaves the range of normal floats before e^x overflows or vanishes.
//!
//! The coefficients and constants come from tools/coefficients.py.

use super::constants::ExpElement;
use super::lanes::Lanes;
use crate::element::Element;

/// Greatest error of `exp` and `exp_neg_abs` in ULP where `mul_add` is
/// fused. Tested on all `f32` and on samples of `f64`.
pub const EXP_MAX_ULP: f64 = 2.0;
/// The same where `mul_add` rounds twice.
pub const EXP_MAX_ULP_UNFUSED: f64 = 2.0;

/// q(r) r^2 + last for |r| <= ln2/2: step 4, which is expm1(r) if `last` is r.
#[inline(always)]
pub(crate) fn expm1_tail<V>(r: V, last: V) -> V
where
    V: Lanes,
{
    let t = r.token();
    let c = V::Elem::EXPM1_TAIL;
    let r2 = r * r;
    let mut high = V::splat(t, c[c.len() - 1]);
    let mut low = V::splat(t, c[c.len() - 2]);
    let mut i = c.len() - 2;
    while i >= 2 {
        high = high.mul_add(r2, V::splat(t, c[i - 1]));
        low = low.mul_add(r2, V::splat(t, c[i - 2]));
        i -= 2;
    }
    let q = if i == 1 {
        let even = high.mul_add(r2, V::splat(t, c[0]));
        low.mul_add(r, even)
    } else {
        high.mul_add(r, low)
    };
    q.mul_add(r2, last)
}

/// `(x log2(e) + shift, r)`: steps 2 and 3.
#[inline(always)]
pub(crate) fn reduce<V>(x: V, shift: V::Elem) -> (V, V)
where
    V: Lanes,
{
    let t = x.token();
    let shift = V::splat(t, shift);
    let shifted = x.mul_add(V::splat(t, V::Elem::LOG2_E), shift);
    let n = shifted - shift;
    let r = n.neg_mul_add(V::splat(t, V::Elem::LN2_HI), x);
    (shifted, n.neg_mul_add(V::splat(t, V::Elem::LN2_LO), r))
}

/// e^x.
///
/// At most [`EXP_MAX_ULP`] from the exact value, subnormal results included;
/// 0 at -inf, inf at inf and above the range, NaN at NaN.
#[inline(always)]
pub(crate) fn exp<V>(x: V) -> V
where
    V: Lanes,
{
    let t = x.token();
    let x = x.at_least(V::splat(t, V::Elem::EXP_LOW)).at_most(V::splat(t, V::Elem::EXP_HIGH));
    let (shifted, r) = reduce(x, V::Elem::SHIFT_HALVED);
    let p = expm1_tail(r, r);
    // n = floor(n/2) + floor((n+1)/2).
    let s = shifted.exponent_from_low_bits_halved();
    let s2 = (shifted + V::splat(t, V::Elem::ONE)).exponent_from_low_bits_halved();
    s.mul_add(p, s) * s2
}

/// e^-|x|, for arguments known not to be positive (as in a softmax after the greatest logit is
/// subtracted), and without subnormal results: 0 where |x| > -low. `low` is `NORMAL_LOW` or more.
///
/// At most [`EXP_MAX_ULP`] from the exact value where it is not 0; NaN at NaN.
#[inline(always)]
pub(crate) fn exp_neg_abs<V>(x: V, low: V::Elem) -> V
where
    V: Lanes,
{
    let t = x.token();
    let x = x.neg_abs();
    let least = V::splat(t, low);
    let (shifted, r) = reduce(x.at_least(least), V::Elem::SHIFT);
    let p = expm1_tail(r, r);
    // 2^n is normal, since low is.
    let s = shifted.exponent_from_low_bits();
    V::select(x.lt(least), V::splat(t, V::Elem::VANISHED), s.mul_add(p, s))
}

#[cfg(test)]
mod tests {
    use super::super::slices::Function::{Exp, ExpNegAbs};
    use super::super::test_support::{check_bounds, check_value, greatest_fall};
    use super::*;

    const BOUNDS: [f64; 2] = [EXP_MAX_ULP, EXP_MAX_ULP_UNFUSED];

    #[test]
    fn error_is_bounded() {
        check_bounds::<f32>(Exp, BOUNDS);
        check_bounds::<f64>(Exp, BOUNDS);
        check_bounds::<f32>(ExpNegAbs, BOUNDS);
        check_bounds::<f64>(ExpNegAbs, BOUNDS);
    }

    #[test]
    fn special_values() {
        for f in [Exp, ExpNegAbs] {
            check_value(f, 0f32, 1.0);
            check_value(f, -0f64, 1.0);
            check_value(f, f32::NAN, f32::NAN);
            check_value(f, -f64::NAN, f64::NAN);
            check_value(f, f32::NEG_INFINITY, 0.0);
            check_value(f, f64::NEG_INFINITY, 0.0);
            check_value(f, f32::MIN, 0.0);
            check_value(f, -746f64, 0.0);
        }
        // The least subnormal number, and one in between.
        check_value(Exp, -103.5f32, f32::from_bits(1));
        check_value(Exp, -745f64, f64::from_bits(1));
        check_value(Exp, -100f32, f32::from_bits(27));
        check_value(ExpNegAbs, -100f32, 0.0);
        check_value(ExpNegAbs, -745f64, 0.0);
        check_value(Exp, f32::INFINITY, f32::INFINITY);
        check_value(Exp, f64::INFINITY, f64::INFINITY);
        check_value(Exp, f64::MAX, f64::INFINITY);
        check_value(Exp, 88.722_84f32, f32::INFINITY);
        check_value(Exp, 709.8f64, f64::INFINITY);
        check_value(ExpNegAbs, f32::INFINITY, 0.0);
        check_value(ExpNegAbs, f64::INFINITY, 0.0);
    }

    #[test]
    fn monotone_across_seams() {
        let half = core::f64::consts::LN_2 / 2.0;
        assert_eq!(greatest_fall::<f32>(Exp, half, 250), 0);
        assert_eq!(greatest_fall::<f64>(Exp, half, 250), 0);
    }
}
