//! sin x and cos x, by one path for all |x| below `SIN_LIMIT`.
//!
//! 1. n = the integer nearest to x / pi; its parity, 0 or 1, gives the sign (-1)^n.
//! 2. r = x - n pi, with pi in five parts. Products of n and the first four are exact, without FMA,
//!    too; so are the first two differences. What the others round off is kept in a second number,
//!    so that r has all its digits however near x is to a multiple of pi.
//! 3. sin r = r + r^3 s(r^2), cos r = 1 - r^2/2 + r^4 c(r^2). For the second number, lo,
//!    sin(r + lo) = sin r + lo cos r.
//!
//! The sine keeps its relative accuracy; the cosine, which is wanted as a derivative, an absolute
//! one. Larger x, of which a network has none unless it is lost, are computed one by one by `libm`.

use super::constants::ExpElement;
use super::curve_constants::CurveElement;
use super::lanes::{Lanes, MAX_LANES};
use super::ln_1p::constant;
use crate::element::Element;

/// Greatest error of `sin` in ULP where `mul_add` is fused. Tested on all `f32` and on samples of
/// `f64`.
pub const SIN_MAX_ULP: f64 = 2.0;
/// The same where `mul_add` rounds twice.
pub const SIN_MAX_ULP_UNFUSED: f64 = 2.0;

/// p(x) of coefficients, lowest power first.
#[inline(always)]
pub(super) fn polynomial<V: Lanes>(t: V::Token, coefficients: &[V::Elem], x: V) -> V {
    let mut sum = V::splat(t, V::Elem::ZERO);
    for &c in coefficients.iter().rev() {
        sum = sum.mul_add(x, V::splat(t, c));
    }
    sum
}

/// (sin x, cos x); NaN at the infinities.
///
/// The sine is at most [`SIN_MAX_ULP`] from the exact value; x itself where x is 0 or subnormal, NaN
/// at NaN, exactly odd.
#[inline(always)]
pub(crate) fn sin_and_cos<V: Lanes>(x: V) -> (V, V) {
    let t = x.token();
    let (mut sin, mut cos) = near(x);
    if V::any(V::splat(t, V::Elem::SIN_LIMIT).le(x.abs())) {
        let mut lanes = [[V::Elem::ZERO; MAX_LANES]; 3];
        let [x_lanes, sines, cosines] = &mut lanes;
        x.store(x_lanes);
        sin.store(sines);
        cos.store(cosines);
        far(x_lanes, sines, cosines);
        (sin, cos) = (V::load(t, sines), V::load(t, cosines));
    }
    (sin, cos)
}

/// Replaces the sines and cosines of what is too large for [`near`]. By the functions of f64 for both
/// types: an f32's are then rounded twice, which costs next to nothing.
#[inline(never)]
fn far<T: ExpElement>(x: &[T], sin: &mut [T], cos: &mut [T]) {
    for ((x, sin), cos) in x.iter().zip(sin).zip(cos) {
        if x.to_f64().abs() >= T::SIN_LIMIT.to_f64() {
            let (s, c) = libm::sincos(x.to_f64());
            (*sin, *cos) = (T::from_f64(s), T::from_f64(c));
        }
    }
}

/// The same for |x| below `SIN_LIMIT`.
#[inline(always)]
fn near<V: Lanes>(x: V) -> (V, V) {
    let t = x.token();
    let (one, half, two) = (constant::<V>(t, 1.0), constant(t, 0.5), constant(t, 2.0));
    let shift = V::splat(t, V::Elem::SHIFT);
    let n = x.mul_add(V::splat(t, V::Elem::INVERSE_PI), shift) - shift;
    let pairs = n.mul_add(half, shift) - shift;
    let parity = pairs.neg_mul_add(two, n).abs();
    let sign = parity.neg_mul_add(two, one);

    let [a, b, c, d, e] = V::Elem::PI;
    let exact = (x - n * V::splat(t, a)) - n * V::splat(t, b);
    let (c, d) = (n * V::splat(t, c), n * V::splat(t, d));
    let (high, low) = difference(exact, c);
    let (high, rest) = difference(high, d);
    let low = n.neg_mul_add(V::splat(t, e), low + rest);
    let r = high + low;
    let low = (high - r) + low;

    let r2 = r * r;
    let half_r2 = r2 * half;
    let s = polynomial(t, V::Elem::SIN, r2);
    let c = polynomial(t, V::Elem::COS, r2);
    let lost = half_r2.neg_mul_add(low, low);
    let sin = (r2 * r).mul_add(s, lost) + r;
    let cos = (one - half_r2) + (r2 * r2) * c;
    // A zero keeps its sign: without a multiple of pi, r is x.
    let odd = V::select(n.eq(V::splat(t, V::Elem::ZERO)), x, r);
    (sin.copysign(odd) * sign, cos * sign)
}

/// a - b, and what is rounded off (Knuth, *Seminumerical Algorithms*, 4.2.2, theorem B).
#[inline(always)]
fn difference<V: Lanes>(a: V, b: V) -> (V, V) {
    let sum = a - b;
    let of_b = sum - a;
    let of_a = sum - of_b;
    (sum, (a - of_a) - (b + of_b))
}

#[cfg(test)]
mod tests {
    use super::super::slices::Function::Sin;
    use super::super::test_support::{check_bounds, check_value};
    use super::*;

    const BOUNDS: [f64; 2] = [SIN_MAX_ULP, SIN_MAX_ULP_UNFUSED];

    #[test]
    fn error_is_bounded() {
        check_bounds::<f32>(Sin, BOUNDS);
        check_bounds::<f64>(Sin, BOUNDS);
    }

    #[test]
    fn special_values() {
        for sign in [1.0, -1.0] {
            for x in [0.0, f32::from_bits(1), f32::MIN_POSITIVE, 1e-20, 1e-5] {
                check_value(Sin, sign * x, sign * x);
            }
            check_value(Sin, sign * f32::INFINITY, f32::NAN);
            check_value(Sin, f64::from(sign) * f64::INFINITY, f64::NAN);
            // Nearer to a multiple of pi than any other: 2^-60.9 (Kahan and Ng).
            check_value(Sin, f64::from(sign) * 355.0, f64::from(sign) * -3.014_435_335_948_845e-5);
        }
        check_value(Sin, f32::NAN, f32::NAN);
    }
}
