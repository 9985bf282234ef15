//! sigmoid(x) = 1 / (1 + e^-x), one path for all x.
//!
//! 1. x is clamped to the range outside which the result is 0 or 1.
//! 2. -x = n ln2 + r and p = expm1(r) as in `exp`.
//! 3. d = u + s + s p with u = 2^-64 and s = 2^(n-64): that is u (1 + e^-x).
//!    The factor u keeps d in the normal range where e^-x alone overflows.
//!    The greater of u and s is added last, so that only one rounding is large.
//! 4. sigmoid(x) = u / d. The division rounds correctly even where the result
//!    is subnormal.

use super::constants::ExpElement;
use super::exp::{exp_neg_abs, expm1_tail, reduce};
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
{
    sigmoid_clamped(x, V::Elem::SIGMOID_LOW)
}

/// sigmoid(max(x, low)).
#[inline(always)]
fn sigmoid_clamped<V>(x: V, low: V::Elem) -> V
where
    V: Lanes,
{
    let t = x.token();
    let x = x.at_least(V::splat(t, low)).at_most(V::splat(t, V::Elem::SIGMOID_HIGH));
    let (shifted, r) = reduce(-x, V::Elem::SHIFT_LOWERED);
    let p = expm1_tail(r, r);
    let s = shifted.exponent_from_low_bits();
    let u = V::splat(t, V::Elem::UNLIFT);
    u / (u.max(s) + s.mul_add(p, u.min(s)))
}

/// [`sigmoid`], but 0 for x < low: at `NORMAL_LOW`, where it would be subnormal. NaN at NaN.
#[inline(always)]
pub(crate) fn sigmoid_from<V>(x: V, low: V::Elem) -> V
where
    V: Lanes,
{
    let t = x.token();
    let vanishes = x.lt(V::splat(t, low));
    V::select(vanishes, V::splat(t, V::Elem::VANISHED), sigmoid_clamped(x, low))
}

/// What a stable cross-entropy needs: sigmoid(x), but 0 below `DELTA_LOW`; and e^-|x|, but 0 below
/// `NORMAL_LOW`, since ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).
///
/// The two share no work: e^-|x| would have to be the numerator of the first
/// for x < 0, and its rounding would push the error above the bound.
#[inline(always)]
pub(crate) fn sigmoid_parts<V>(x: V) -> (V, V)
where
    V: Lanes,
{
    (sigmoid_from(x, V::Elem::DELTA_LOW), exp_neg_abs(x, V::Elem::NORMAL_LOW))
}

#[cfg(test)]
mod tests {
    use super::super::slices::Function::{
        ExpNegAbs, Sigmoid, SigmoidDelta, SigmoidNormal, SigmoidPart,
    };
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

    /// The variants have the bits of the function from their limit on, and below it 0.
    fn variants<T: Sample>() {
        let (normal, delta) = (T::NORMAL_LOW.to_f64(), T::DELTA_LOW.to_f64());
        let mut x = T::samples(20_000);
        for low in [T::NORMAL_LOW, T::DELTA_LOW] {
            let below = T::from_f64(-T::from_f64(-low.to_f64()).up().to_f64());
            x.extend([low, low.up(), below]);
        }
        for path in paths() {
            let (sigmoid, e) = (path.apply(Sigmoid, &x), path.apply(ExpNegAbs, &x));
            let outputs = path.apply(SigmoidNormal, &x);
            let (deltas, parts) = (path.apply(SigmoidDelta, &x), path.apply(SigmoidPart, &x));
            for (i, x) in x.iter().enumerate() {
                let at = format!("{path:?} at {x:?}");
                let unless = |vanishes: bool, value: T| if vanishes { 0 } else { value.key() };
                assert_eq!(outputs[i].key(), unless(x.to_f64() < normal, sigmoid[i]), "{at}");
                assert_eq!(deltas[i].key(), unless(x.to_f64() < delta, sigmoid[i]), "{at}");
                assert_eq!(parts[i].key(), e[i].key(), "{at}");
                let values = [outputs[i], deltas[i], e[i], parts[i]];
                assert!(values.iter().all(|v| !v.is_subnormal()), "{at}: {values:?}");
            }
        }
    }

    #[test]
    fn results_that_would_be_subnormal_vanish() {
        variants::<f32>();
        variants::<f64>();
        let limits = [
            (f64::from(f32::DELTA_LOW), -63.0),
            (f64::DELTA_LOW, -511.0),
            (f64::from(f32::NORMAL_LOW), -126.0),
            (f64::NORMAL_LOW, -1022.0),
        ];
        for (low, root) in limits {
            let above: f64 = low - root * core::f64::consts::LN_2;
            assert!((0.0..1e-3).contains(&above), "{low}");
        }
    }

    #[test]
    fn monotone_across_seams() {
        let half = core::f64::consts::LN_2 / 2.0;
        assert_eq!(greatest_fall::<f32>(Sigmoid, half, 250), 0);
        assert_eq!(greatest_fall::<f64>(Sigmoid, half, 250), 0);
    }
}
