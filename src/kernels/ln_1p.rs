//! ln(1 + t) for t in [0, 1], as the binary cross-entropy needs it, and for all t.
//!
//! 1. ln(1 + t) = 2 artanh(s) with s = t / (2 + t), which lies in [0, 1/3].
//! 2. artanh(s) = s + s^3/3 + s^5/5 + ... (Abramowitz and Stegun 4.6.33): s^2 <= 1/9, so n terms
//!    leave out less than a share of 9^-n / (2n + 1): 1.4e-8 of the result after 7 terms, an
//!    eighth of f32's epsilon; 1.7e-17 after 16, a thirteenth of f64's.
//!
//! For all t:
//!
//! 1. k = the exponent for which u = 2^-k (1 + t) lies between the roots of 1/2 and 2.
//! 2. f = u - 1 = 2^-k t + (2^-k - 1), in which nothing is rounded but where k = 1 and t < 1/2: there
//!    an eighth of an ULP of the result. A t so large that 1 + t is t is scaled by 2^-64 first, and
//!    2^-k alone then stands for 2^-k t's 1.
//! 3. ln u = f - (f^2/2 - s (f^2/2 + r)) with s = f / (2 + f), where 2 artanh(s) = 2 s + s r: the
//!    leading f is exact, and what is rounded is small beside it. s^2 is at most 0.0295: 4 terms of r
//!    leave out 2e-9 of the result, 10 terms 7e-19.
//! 4. ln(1 + t) = k ln 2 + ln u, with ln 2 in two parts of which k times the first is exact.

use super::constants::ExpElement;
use super::lanes::Lanes;
use crate::element::Element;

/// Greatest error of `ln_1p` in ULP where `mul_add` is fused. Tested on all `f32` and on samples of
/// `f64`.
pub const LN_1P_MAX_ULP: f64 = 2.0;
/// The same where `mul_add` rounds twice.
pub const LN_1P_MAX_ULP_UNFUSED: f64 = 2.0;

#[inline(always)]
pub(super) fn constant<V>(token: V::Token, x: f64) -> V
where
    V: Lanes,
{
    V::splat(token, V::Elem::from_f64(x))
}

/// ln(1 + t) for t in [0, 1], with small relative error also where t is tiny; NaN for NaN.
#[inline(always)]
pub(crate) fn ln_1p_unit<V>(t: V) -> V
where
    V: Lanes,
{
    let token = t.token();
    let terms = if <V::Elem as Element>::MANTISSA_BITS > 23 { 16 } else { 7 };
    let s = t / (constant::<V>(token, 2.0) + t);
    let s2 = s * s;
    let mut sum = constant::<V>(token, 1.0 / (2 * terms - 1) as f64);
    for k in (1..terms - 1).rev() {
        sum = sum.mul_add(s2, constant::<V>(token, 1.0 / (2 * k + 1) as f64));
    }
    // 2 s (1 + s^2 sum), the 1 last so that small t keeps all digits.
    let twice = s + s;
    twice.mul_add(s2 * sum, twice)
}

/// ln(1 + x).
///
/// At most [`LN_1P_MAX_ULP`] from the exact value; x itself where x is 0 or subnormal, -inf at -1, NaN
/// below it and at NaN, inf at inf.
#[inline(always)]
pub(crate) fn ln_1p<V>(x: V) -> V
where
    V: Lanes,
{
    let t = x.token();
    let (zero, half) = (V::splat(t, V::Elem::ZERO), constant::<V>(t, 0.5));
    let one = V::splat(t, V::Elem::ONE);
    let shift = V::splat(t, V::Elem::SHIFT);

    let mantissa = <V::Elem as Element>::MANTISSA_BITS as i32;
    let large = constant::<V>(t, 2.0_f64.powi(mantissa + 2)).le(x);
    let scaled = V::select(large, x * V::splat(t, V::Elem::UNLIFT), x);
    let sum = V::select(large, scaled, one + x);
    let root = constant::<V>(t, core::f64::consts::SQRT_2);
    let exponent = (sum * root).exponent_to_low_bits() - shift;
    let scale = (shift - exponent).exponent_from_low_bits();
    let f = scaled.mul_add(scale, V::select(large, zero, scale) - one);
    let k = V::select(large, exponent + constant(t, 64.0), exponent);

    let half_square = half * f * f;
    let s = f / (constant::<V>(t, 2.0) + f);
    let s2 = s * s;
    let terms = if mantissa > 23 { 10 } else { 4 };
    let mut r = zero;
    for j in (1..=terms).rev() {
        r = r.mul_add(s2, constant(t, 2.0 / (2 * j + 1) as f64));
    }
    let small = s.mul_add(s2.mul_add(r, half_square), k * V::splat(t, V::Elem::LN2_LO));
    let value = k.mul_add(V::splat(t, V::Elem::LN2_HI), f - (half_square - small));

    let infinity = constant::<V>(t, f64::INFINITY);
    // -0 keeps its sign; so does a small x, of which f^2 vanishes.
    let value = V::select(x.eq(zero), x, value);
    let value = V::select(x.eq(infinity), infinity, value);
    let value = V::select(x.eq(-one), -infinity, value);
    V::select((-one).le(x), value, constant(t, f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::super::slices::Function::Ln1p;
    use super::super::test_support::{check_bounds, check_value};
    use super::*;
    use crate::kernels::wide_lanes::{WideF32, WideF64};

    #[test]
    fn error_is_bounded() {
        let bounds = [LN_1P_MAX_ULP, LN_1P_MAX_ULP_UNFUSED];
        check_bounds::<f32>(Ln1p, bounds);
        check_bounds::<f64>(Ln1p, bounds);
    }

    #[test]
    fn special_values() {
        for x in [0.0, -0.0, f32::from_bits(1), -f32::from_bits(1), f32::MIN_POSITIVE, 1e-20] {
            check_value(Ln1p, x, x);
            check_value(Ln1p, f64::from(x), f64::from(x));
        }
        for (x, want) in [
            (-1.0, f64::NEG_INFINITY),
            (f64::INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, f64::NAN),
            (-1.5, f64::NAN),
            (f64::NAN, f64::NAN),
        ] {
            check_value(Ln1p, x, want);
            check_value(Ln1p, x as f32, want as f32);
        }
        check_value(Ln1p, f64::MAX, 709.782_712_893_384);
        check_value(Ln1p, f32::MAX, 88.722_84);
        check_value(Ln1p, (-1.0_f64).next_up(), -36.736_800_569_677_1);
        check_value(Ln1p, (-1.0_f32).next_up(), -16.635_532);
    }

    fn worst<V>(token: V::Token) -> f64
    where
        V: Lanes,
    {
        let mut worst = 0.0_f64;
        let points = (0..=20_000).map(|k| k as f64 / 20_000.0);
        for t in points.chain((1..300).map(|k| 0.87_f64.powi(k))) {
            let t = V::Elem::from_f64(t);
            let mut out = [V::Elem::ZERO; 16];
            ln_1p_unit(V::splat(token, t)).store(&mut out);
            let exact = t.to_f64().ln_1p();
            let error = (out[0].to_f64() - exact).abs();
            worst = worst.max(error / (exact * <V::Elem as Element>::EPSILON.to_f64()).max(1e-300));
        }
        worst
    }

    /// Three roundings of one epsilon/2 each and the left-out terms: below 2 epsilon.
    #[test]
    fn relative_error_is_below_two_epsilon() {
        assert!(worst::<WideF32>(()) < 2.0);
        assert!(worst::<WideF64>(()) < 2.0);
    }
}
