//! sigmoid(x) = 1 / (1 + e^-x), by e^-|x| so that both tails keep their digits.
//!
//! 1. t = e^-|x| in (0, 1], as in `exp`; it may be subnormal.
//! 2. d = 1 + t.
//! 3. sigmoid(x) = 1 / d for x >= 0 and t / d for x < 0.

use super::exp::{ExpElement, exp_neg_abs};
use super::lanes::{Element, Lanes};

/// Greatest error of [`sigmoid`] in ULP where `mul_add` is fused. Tested on
/// all `f32` and on samples of `f64`.
pub const SIGMOID_MAX_ULP: f64 = 2.0;
/// The same where `mul_add` rounds twice.
pub const SIGMOID_MAX_ULP_UNFUSED: f64 = 3.0;

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
    sigmoid_parts(x).0
}

/// `(sigmoid(x), e^-|x|)`.
///
/// The second part is what a stable cross-entropy needs:
/// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|).
#[inline(always)]
pub(crate) fn sigmoid_parts<V>(x: V) -> (V, V)
where
    V: Lanes,
    V::Elem: ExpElement,
{
    let token = x.token();
    let one = V::splat(token, V::Elem::ONE);
    let t = exp_neg_abs(x);
    let zero = one - one;
    let num = V::select(x.lt(zero), t, one);
    (num / (one + t), t)
}
