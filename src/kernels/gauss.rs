//! The error function and GELU, by the tail of the normal distribution.
//!
//! 1. Phi(-u) = e^(-u^2/2) Q(u) for u >= 0, where Q falls from 1/2 like 1/u: a polynomial in
//!    t = (u - k) / (u + k), which takes the half line to [-1, 1) (after Shepherd and Laframboise,
//!    *Math. Comp.* 36, 1981).
//! 2. e^(-u^2/2): an error of u^2 would be one of the exponent, so u is cut into h of few bits, whose
//!    square is exact, and a rest: u^2 = h^2 + (u - h)(u + h).
//! 3. Phi(z) is the tail for z < 0, and 1 - tail above.
//! 4. erf x = x + x e(x^2) for |x| < 1, and 1 - 2 Phi(-sqrt(2) |x|) beyond.

use super::constants::ExpElement;
use super::curve_constants::CurveElement;
use super::exp::expm1_tail;
use super::lanes::Lanes;
use super::sine::polynomial;
use crate::element::Element;

/// Greatest error of `erf` in ULP where `mul_add` is fused. Tested on all `f32` and on samples of
/// `f64`.
pub const ERF_MAX_ULP: f64 = 2.0;
/// The same where `mul_add` rounds twice.
pub const ERF_MAX_ULP_UNFUSED: f64 = 2.0;

/// Q(u) for u >= 0.
#[inline(always)]
fn tail_factor<V: Lanes>(t: V::Token, u: V) -> V {
    let k = V::splat(t, V::Elem::TAIL_CENTRE);
    polynomial(t, V::Elem::TAIL, (u - k) / (u + k))
}

/// e^(-(u^2) scale), for u from 0 to `TAIL_END` and scale 1/2 or 1.
#[inline(always)]
fn exp_neg_square<V: Lanes>(t: V::Token, u: V, scale: f64) -> V {
    let (split, scale) = (V::splat(t, V::Elem::SPLIT), V::splat(t, V::Elem::from_f64(-scale)));
    let h = (u + split) - split;
    let high = h * h * scale;
    let low = (u - h) * (u + h) * scale;
    let shift = V::splat(t, V::Elem::SHIFT);
    let shifted = (high + low).mul_add(V::splat(t, V::Elem::LOG2_E), shift);
    let n = shifted - shift;
    let r = n.neg_mul_add(V::splat(t, V::Elem::LN2_HI), high)
        + n.neg_mul_add(V::splat(t, V::Elem::LN2_LO), low);
    let s = shifted.exponent_from_low_bits();
    s.mul_add(expm1_tail(r, r), s)
}

/// Phi(-|z|) and e^(-z^2/2); both 0 where the second is below `least`.
#[inline(always)]
pub(crate) fn tail<V: Lanes>(t: V::Token, z: V, least: V) -> (V, V) {
    let zero = V::splat(t, V::Elem::ZERO);
    let u = z.abs().at_most(V::splat(t, V::Elem::TAIL_END));
    let e = exp_neg_square(t, u, 0.5);
    let vanishes = e.lt(least);
    (V::select(vanishes, zero, e * tail_factor(t, u)), V::select(vanishes, zero, e))
}

/// erf x.
///
/// At most [`ERF_MAX_ULP`] from the exact value; 1 and -1 at the infinities, NaN at NaN, exactly odd.
#[inline(always)]
pub(crate) fn erf<V: Lanes>(x: V) -> V {
    let t = x.token();
    let one = V::splat(t, V::Elem::ONE);
    let size = x.abs();
    let x2 = size * size;
    let near = polynomial(t, V::Elem::ERF, x2).mul_add(size, size);
    // erf rounds to 1 long before the end of the tail.
    let end = V::splat(t, V::Elem::from_f64(6.5));
    let far = size.at_most(end);
    let root = V::splat(t, V::Elem::from_f64(core::f64::consts::SQRT_2));
    let twice = V::splat(t, V::Elem::from_f64(-2.0));
    let rest = exp_neg_square(t, far, 1.0) * tail_factor(t, far * root);
    let far = rest.mul_add(twice, one);
    V::select(size.lt(one), near, far).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::super::slices::Function::Erf;
    use super::super::test_support::{check_bounds, check_value, greatest_fall};
    use super::*;

    const BOUNDS: [f64; 2] = [ERF_MAX_ULP, ERF_MAX_ULP_UNFUSED];

    #[test]
    fn error_is_bounded() {
        check_bounds::<f32>(Erf, BOUNDS);
        check_bounds::<f64>(Erf, BOUNDS);
    }

    #[test]
    fn special_values() {
        check_value(Erf, f32::NAN, f32::NAN);
        for sign in [1.0, -1.0] {
            check_value(Erf, sign * f32::INFINITY, sign);
            check_value(Erf, sign * 0.0_f32, sign * 0.0);
            check_value(Erf, f64::from(sign) * 10.0, f64::from(sign));
        }
    }

    /// The two ways meet at 1.
    #[test]
    fn the_seam_is_flat() {
        assert!(greatest_fall::<f32>(Erf, 1.0, 1) <= 1);
        assert!(greatest_fall::<f64>(Erf, 1.0, 1) <= 1);
    }
}
