//! tanh(x) = (1 - E) / (1 + E) with E = e^(-2|x|), by one path for all x.
//!
//! 1. y = -2|x|, clamped where tanh rounds to 1.
//! 2. y = n ln2 + r as in `exp`. One constant for ln2 is enough: its error
//!    counts n 2^n in units of E, and n <= 0.
//! 3. p = expm1(r) and s = 2^n, so that E = s + s p.
//! 4. tanh |x| = ((1 - s) - s p) / ((1 + s) + s p). For small x, n = 0 and the
//!    numerator is exactly -p: no digits are lost, so no second path is
//!    needed near 0.
//! 5. The sign of x is put back, which makes the oddness exact.

use super::exp::{ExpElement, expm1_reduced};
use super::lanes::{Element, Lanes};

/// Greatest error of [`tanh`] in ULP where `mul_add` is fused. Tested on all
/// `f32` and on samples of `f64`.
pub const TANH_MAX_ULP: f64 = 2.0;
/// The same where `mul_add` rounds twice.
pub const TANH_MAX_ULP_UNFUSED: f64 = 3.0;

/// tanh(x).
///
/// At most [`TANH_MAX_ULP`] from the exact value; x itself where x is 0 or
/// subnormal, 1 and -1 at the infinities, NaN at NaN, exactly odd.
#[inline(always)]
pub(crate) fn tanh<V>(x: V) -> V
where
    V: Lanes,
    V::Elem: ExpElement,
{
    let t = x.token();
    let one = V::splat(t, V::Elem::ONE);
    let y = x.neg_abs();
    let y = (y + y).at_least(V::splat(t, V::Elem::TANH_LOW));
    let shift = V::splat(t, V::Elem::SHIFT);
    let shifted = y.mul_add(V::splat(t, V::Elem::LOG2_E), shift);
    let n = shifted - shift;
    let r = n.neg_mul_add(V::splat(t, V::Elem::LN2), y);
    let p = expm1_reduced(r);
    let s = shifted.exponent_from_low_bits();
    let num = s.neg_mul_add(p, one - s);
    let den = s.mul_add(p, one + s);
    (num / den).or_sign(x)
}
