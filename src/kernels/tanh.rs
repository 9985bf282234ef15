//! tanh(x) = (1 - E) / (1 + E) with E = e^(-2|x|), by one path for all x.
//!
//! 1. y = -2|x|, clamped where tanh rounds to 1.
//! 2. y = n ln2 + r as in `exp`. For `f32` one constant for ln2 is enough: its
//!    error counts as n 2^n, and n <= 0. For `f64` the rest of ln2 is added to
//!    p, and n is chosen with a bias so that p lies about between -1/4 and 1/2: both
//!    take rounding errors off p where tanh |x| is just below 1/4 or 1/2, the
//!    worst places.
//! 3. p = expm1(r) and s = 2^n, so that E = s + s p.
//! 4. tanh |x| = ((1 - s) - s p) / ((1 + s) + s p). For small x, n = 0 and the
//!    numerator is exactly -p: no digits are lost, so no second path is
//!    needed near 0.
//! 5. The sign of x is put back, which makes the oddness exact.

use super::constants::ExpElement;
use super::exp::expm1_tail;
use super::lanes::Lanes;
use crate::element::Element;

/// Greatest error of `tanh` in ULP where `mul_add` is fused. Tested on all
/// `f32` and on samples of `f64`.
pub const TANH_MAX_ULP: f64 = 2.0;
/// The same where `mul_add` rounds twice.
pub const TANH_MAX_ULP_UNFUSED: f64 = 2.1;

/// tanh(x).
///
/// At most [`TANH_MAX_ULP`] from the exact value; x itself where x is 0 or
/// subnormal, 1 and -1 at the infinities, NaN at NaN, exactly odd.
#[inline(always)]
pub(crate) fn tanh<V>(x: V) -> V
where
    V: Lanes,
{
    let t = x.token();
    let one = V::splat(t, V::Elem::ONE);
    let y = x.neg_abs();
    let y = (y + y).at_least(V::splat(t, V::Elem::TANH_LOW));
    let shift = V::splat(t, V::Elem::SHIFT);
    let log2_e = V::splat(t, V::Elem::LOG2_E);
    let shifted = match V::Elem::TANH_EXTRA {
        None => y.mul_add(log2_e, shift),
        Some((bias, _)) => y.mul_add(log2_e, V::splat(t, bias)) + shift,
    };
    let n = shifted - shift;
    let r = n.neg_mul_add(V::splat(t, V::Elem::LN2), y);
    let p = match V::Elem::TANH_EXTRA {
        None => expm1_tail(r, r),
        Some((_, rest)) => r + expm1_tail(r, -n * V::splat(t, rest)),
    };
    let s = shifted.exponent_from_low_bits();
    let num = s.neg_mul_add(p, one - s);
    let den = s.mul_add(p, one + s);
    (num / den).or_sign(x)
}

#[cfg(test)]
mod tests {
    use super::super::slices::Function::Tanh;
    use super::super::test_support::{Sample, check_bounds, check_value, greatest_fall, paths};
    use super::*;

    const BOUNDS: [f64; 2] = [TANH_MAX_ULP, TANH_MAX_ULP_UNFUSED];

    #[test]
    fn error_is_bounded() {
        check_bounds::<f32>(Tanh, BOUNDS);
        check_bounds::<f64>(Tanh, BOUNDS);
    }

    #[test]
    fn special_values() {
        check_value(Tanh, f32::NAN, f32::NAN);
        check_value(Tanh, f64::NAN, f64::NAN);
        for sign in [1.0, -1.0] {
            check_value(Tanh, sign * f32::INFINITY, sign);
            check_value(Tanh, f64::from(sign) * f64::INFINITY, f64::from(sign));
            check_value(Tanh, sign * 10.0, sign);
            check_value(Tanh, f64::from(sign) * 20.0, f64::from(sign));
            // tanh(x) is x for all that is small enough.
            for x in [0.0, f32::from_bits(1), f32::MIN_POSITIVE, 1e-20, 1e-5] {
                check_value(Tanh, sign * x, sign * x);
            }
            for x in [0.0, f64::from_bits(1), f64::MIN_POSITIVE, 1e-200, 1e-10] {
                check_value(Tanh, f64::from(sign) * x, f64::from(sign) * x);
            }
        }
    }

    fn exactly_odd<T: Sample>() {
        let x = T::samples(20_000);
        let minus: Vec<T> = x.iter().map(|x| T::from_f64(-x.to_f64())).collect();
        for path in paths() {
            let y = path.apply(Tanh, &x);
            let z = path.apply(Tanh, &minus);
            for ((x, y), z) in x.iter().zip(y).zip(z) {
                let mirrored = T::from_f64(-z.to_f64());
                assert_eq!(y.key(), mirrored.key(), "{path:?} at {x:?}");
            }
        }
    }

    #[test]
    fn odd() {
        exactly_odd::<f32>();
        exactly_odd::<f64>();
    }

    #[test]
    fn monotone_across_seams() {
        // y = 2x changes its n at odd multiples of ln2/2.
        let quarter = core::f64::consts::LN_2 / 4.0;
        assert_eq!(greatest_fall::<f32>(Tanh, quarter, 60), 0);
        assert_eq!(greatest_fall::<f64>(Tanh, quarter, 120), 0);
    }
}
