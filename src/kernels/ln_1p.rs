//! ln(1 + t) for t in [0, 1], as the binary cross-entropy needs it.
//!
//! 1. ln(1 + t) = 2 artanh(s) with s = t / (2 + t), which lies in [0, 1/3].
//! 2. artanh(s) = s + s^3/3 + s^5/5 + ... (Abramowitz and Stegun 4.6.33): s^2 <= 1/9, so n terms
//!    leave out less than a share of 9^-n / (2n + 1): 1.4e-8 of the result after 7 terms, an
//!    eighth of f32's epsilon; 1.7e-17 after 16, a thirteenth of f64's.

use super::lanes::Lanes;
use crate::element::Element;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::wide_lanes::{WideF32, WideF64};

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
