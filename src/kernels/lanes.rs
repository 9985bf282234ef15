//! One register of floats, so that every kernel is written once.
//!
//! [`Lanes`] is the small set of exactly rounded operations the vector math
//! needs. Two families of registers implement it: [`Vector`] wraps any float
//! vector of `fearless_simd` (its native widths `F32s`/`F64s` and every fixed
//! width), and `WideF32`/`WideF64` of `wide_lanes` wrap the vectors of `wide`.
//!
//! Everything is `inline(always)`: the instructions a level allows are only
//! used inside the function that enabled it, so no call may stand between.

use core::fmt::Debug;
use core::ops::{Add, Div, Mul, Neg, Sub};

use super::constants::ExpElement;
use crate::element::Element;

use fearless_simd::{ExtractToken, Select, Simd, SimdBase, SimdFloat, SimdFloatElement, SimdMask};

/// The most lanes a register has.
pub(crate) const MAX_LANES: usize = 16;

/// One register of floats.
///
/// Every operation is exactly rounded, so a kernel gives the same bits on all
/// levels that agree on whether [`mul_add`](Lanes::mul_add) is fused.
pub trait Lanes:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// Type of one lane.
    type Elem: ExpElement;
    /// Proof that the instructions of this register may be used.
    type Token: Copy;
    /// Result of a comparison, one truth value per lane.
    type Mask: Copy;
    /// Number of lanes.
    const LEN: usize;

    /// The proof carried by this register.
    fn token(self) -> Self::Token;
    /// All lanes equal to `x`.
    fn splat(t: Self::Token, x: Self::Elem) -> Self;
    /// The first `LEN` elements of `src`. Panics if `src` is shorter.
    fn load(t: Self::Token, src: &[Self::Elem]) -> Self;
    /// Writes the first `LEN` elements of `dst`. Panics if `dst` is shorter.
    fn store(self, dst: &mut [Self::Elem]);

    /// `self * a + b`, rounded once where the level has a fused instruction
    /// and twice elsewhere.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `b - self * a`, rounded like [`mul_add`](Lanes::mul_add).
    #[inline(always)]
    fn neg_mul_add(self, a: Self, b: Self) -> Self {
        (-self).mul_add(a, b)
    }
    /// The smaller of two lanes that are not NaN.
    fn min(self, other: Self) -> Self;
    /// The greater of two lanes that are not NaN.
    fn max(self, other: Self) -> Self;
    /// `self`, but at least `low`. A lane that is NaN stays NaN.
    fn at_least(self, low: Self) -> Self;
    /// `self`, but at most `high`. A lane that is NaN stays NaN.
    fn at_most(self, high: Self) -> Self;
    /// Nearest integer, ties to even. Slow below SSE4.1: inside the range of
    /// the integers adding and subtracting 1.5 * 2^MANTISSA_BITS is faster.
    fn round_ties_even(self) -> Self;

    /// Square root; NaN below 0, and -0 at -0.
    fn sqrt(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// `-|self|`: cheaper than two operations, and NaN stays NaN.
    fn neg_abs(self) -> Self;
    /// Magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// Like [`copysign`](Lanes::copysign) for a `self` whose sign bit is clear.
    fn or_sign(self, sign: Self) -> Self;

    /// `self < other`; false where either is NaN.
    fn lt(self, other: Self) -> Self::Mask;
    /// `self <= other`; false where either is NaN.
    fn le(self, other: Self) -> Self::Mask;
    /// `self == other`; false where either is NaN.
    fn eq(self, other: Self) -> Self::Mask;
    /// Lanes of `yes` where `mask` is true, of `no` elsewhere.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// Is `mask` true in any lane?
    fn any(mask: Self::Mask) -> bool;

    /// Runs `f`, an `inline(always)` closure, as a function of its own that has the level's
    /// instructions: for what is seldom wanted, so that the code around it keeps its registers (the
    /// rarer losses within a step cost the others up to a tenth of it).
    fn apart<R>(t: Self::Token, f: impl FnOnce() -> R) -> R;

    /// The bits of the lane shifted left by `MANTISSA_BITS`, read as a float.
    ///
    /// A lane holding 1.5 * 2^MANTISSA_BITS + k has k in its low bits, so this
    /// gives exactly 2^(k - bias) for every biased exponent k.
    fn exponent_from_low_bits(self) -> Self;
    /// The same with the bits halved first (rounded down): 2^(k/2 - bias).
    fn exponent_from_low_bits_halved(self) -> Self;
    /// The way back: 1.5 * 2^MANTISSA_BITS + the biased exponent of a lane that is not negative.
    fn exponent_to_low_bits(self) -> Self;
}

/// A float vector of `fearless_simd`, of native or fixed width.
#[derive(Clone, Copy, Debug)]
pub struct Vector<V>(pub(crate) V);

/// Eight lanes of `f32`.
pub(crate) type F32x8<S> = Vector<fearless_simd::f32x8<S>>;
/// Sixteen lanes of `f32`.
pub(crate) type F32x16<S> = Vector<fearless_simd::f32x16<S>>;
/// Four lanes of `f64`.
pub(crate) type F64x4<S> = Vector<fearless_simd::f64x4<S>>;
/// Eight lanes of `f64`.
pub(crate) type F64x8<S> = Vector<fearless_simd::f64x8<S>>;

/// The operators of the newtype are those of its field.
macro_rules! operators {
    ($($op:ident $method:ident),*) => {$(
        impl<V: $op<Output = V>> $op for Vector<V> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self($op::$method(self.0, other.0))
            }
        }
    )*};
}

operators!(Add add, Sub sub, Mul mul, Div div);

impl<V: Neg<Output = V>> Neg for Vector<V> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

/// Whether `max` and `min` of this level keep a NaN of their second operand.
/// The vector instructions of x86 and NEON do; the scalar functions of the
/// fallback drop it, and the relaxed ones of wasm may.
#[inline(always)]
fn keeps_nan<S: Simd>(t: S) -> bool {
    !(t.level().is_fallback() || cfg!(target_arch = "wasm32"))
}

impl<S, V> Lanes for Vector<V>
where
    S: Simd,
    V: ExtractToken<S = S> + SimdFloat<S>,
    V::Element: ExpElement<Bits = <V::Element as SimdFloatElement>::Bits>,
    // Implied by the definition of `Bits`, but the compiler needs it spelled out.
    V::Bits: SimdBase<S, Element = <V::Element as SimdFloatElement>::Bits>,
{
    type Elem = V::Element;
    type Token = S;
    type Mask = V::Mask;
    const LEN: usize = V::LEN;

    #[inline(always)]
    fn token(self) -> S {
        ExtractToken::token(&self.0)
    }
    #[inline(always)]
    fn splat(t: S, x: V::Element) -> Self {
        Self(V::splat(t, x))
    }
    #[inline(always)]
    fn load(t: S, src: &[V::Element]) -> Self {
        Self(V::from_slice(t, &src[..V::LEN]))
    }
    #[inline(always)]
    fn store(self, dst: &mut [V::Element]) {
        self.0.store_slice(&mut dst[..V::LEN]);
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self(self.0.mul_add(a.0, b.0))
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }
    #[inline(always)]
    fn at_least(self, low: Self) -> Self {
        if keeps_nan(self.token()) { low.max(self) } else { Self::select(self.lt(low), low, self) }
    }
    #[inline(always)]
    fn at_most(self, high: Self) -> Self {
        if keeps_nan(self.token()) {
            high.min(self)
        } else {
            Self::select(high.lt(self), high, self)
        }
    }
    #[inline(always)]
    fn round_ties_even(self) -> Self {
        Self(self.0.round_ties_even())
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs())
    }
    #[inline(always)]
    fn neg_abs(self) -> Self {
        let sign = V::Bits::splat(self.token(), V::Element::SIGN);
        Self(V::from_bits(self.0.to_bits() | sign))
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        Self(self.0.copysign(sign.0))
    }
    #[inline(always)]
    fn or_sign(self, sign: Self) -> Self {
        let bit = V::Bits::splat(self.token(), V::Element::SIGN);
        Self(V::from_bits(self.0.to_bits() | (sign.0.to_bits() & bit)))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> V::Mask {
        self.0.simd_lt(other.0)
    }
    #[inline(always)]
    fn le(self, other: Self) -> V::Mask {
        self.0.simd_le(other.0)
    }
    #[inline(always)]
    fn eq(self, other: Self) -> V::Mask {
        self.0.simd_eq(other.0)
    }
    #[inline(always)]
    fn select(mask: V::Mask, yes: Self, no: Self) -> Self {
        Self(mask.select(yes.0, no.0))
    }
    #[inline(always)]
    fn any(mask: V::Mask) -> bool {
        mask.any_true()
    }
    #[cold]
    #[inline(never)]
    fn apart<R>(t: S, f: impl FnOnce() -> R) -> R {
        t.vectorize(f)
    }
    #[inline(always)]
    fn exponent_from_low_bits(self) -> Self {
        Self(V::from_bits(self.0.to_bits() << V::Element::MANTISSA_BITS))
    }
    #[inline(always)]
    fn exponent_from_low_bits_halved(self) -> Self {
        let half = self.0.to_bits() >> 1;
        Self(V::from_bits(half << V::Element::MANTISSA_BITS))
    }
    #[inline(always)]
    fn exponent_to_low_bits(self) -> Self {
        let exponent = self.0.to_bits() >> V::Element::MANTISSA_BITS;
        let bias = V::splat(self.token(), V::Element::from_f64(V::Element::LOW_BITS));
        Self(V::from_bits(exponent | bias.to_bits()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::wide_lanes::WideF32;
    use super::*;

    use fearless_simd::{Level, dispatch};

    /// Every operation of one register type, against scalar arithmetic.
    #[inline(always)]
    fn check<V: Lanes<Elem = f32>>(t: V::Token) {
        let a: Vec<f32> = (0..V::LEN).map(|i| i as f32 * 1.5 - 3.25).collect();
        let b: Vec<f32> = (0..V::LEN).map(|i| 2.0 - i as f32).collect();
        let (x, y) = (V::load(t, &a), V::load(t, &b));
        let test = |got: V, want: fn(f32, f32) -> f32, what: &str| {
            let mut out = vec![0.0; V::LEN];
            got.store(&mut out);
            for i in 0..V::LEN {
                let want = want(a[i], b[i]);
                assert_eq!(out[i].to_bits(), want.to_bits(), "{what} of {} and {}", a[i], b[i]);
            }
        };
        test(x + y, |a, b| a + b, "add");
        test(x - y, |a, b| a - b, "sub");
        test(x * y, |a, b| a * b, "mul");
        test(x / V::splat(t, 3.0), |a, _| a / 3.0, "div");
        test(-x, |a, _| -a, "neg");
        test(x.mul_add(y, x), |a, b| a * b + a, "mul_add");
        test(x.neg_mul_add(y, x), |a, b| a - a * b, "neg_mul_add");
        test(x.min(y), f32::min, "min");
        test(x.max(y), f32::max, "max");
        test(x.at_least(y), f32::max, "at_least");
        test(x.at_most(y), f32::min, "at_most");
        test(x.round_ties_even(), |a, _| a.round_ties_even(), "round");
        test(x.abs().sqrt(), |a, _| a.abs().sqrt(), "sqrt");
        test(x.abs(), |a, _| a.abs(), "abs");
        test(x.neg_abs(), |a, _| -a.abs(), "neg_abs");
        test(x.copysign(y), f32::copysign, "copysign");
        test(x.abs().or_sign(y), f32::copysign, "or_sign");
        test(V::select(x.lt(y), x, y), |a, b| if a < b { a } else { b }, "lt");
        test(V::select(x.le(x), x, y), |a, _| a, "le");
        test(V::select(x.eq(y), x, y), |_, b| b, "eq");
        let last = V::splat(t, a[V::LEN - 1]);
        assert!(V::any(x.eq(last)) && !V::any(last.lt(x)));
        let nan = V::splat(t, f32::NAN);
        test(nan.at_least(y).at_most(x), |_, _| f32::NAN, "NaN in at_least and at_most");
        let shifted = V::splat(t, 12_582_912.0 + 127.0 + 5.0);
        test(shifted.exponent_from_low_bits(), |_, _| 32.0, "exponent");
        let shifted = V::splat(t, 12_582_912.0 + 254.0 - 7.0);
        test(shifted.exponent_from_low_bits_halved(), |_, _| 0.0625, "halved exponent");
        for (x, exponent) in
            [(0.0, 0.0), (1e-40, 0.0), (0.75, 126.0), (3.0, 128.0), (f32::MAX, 254.0)]
        {
            let low = V::splat(t, x).exponent_to_low_bits() - V::splat(t, 12_582_912.0 + exponent);
            test(low, |_, _| 0.0, "exponent in the low bits");
        }
    }

    #[inline(always)]
    fn check_level<S: Simd>(simd: S) {
        check::<Vector<S::f32s>>(simd);
        check::<Vector<fearless_simd::f32x4<S>>>(simd);
        check::<Vector<fearless_simd::f32x8<S>>>(simd);
        check::<F32x16<S>>(simd);
        assert_eq!(Vector::<S::f64s>::LEN * 2, Vector::<S::f32s>::LEN);
        assert_eq!(
            [
                Vector::<fearless_simd::f64x2<S>>::LEN,
                Vector::<fearless_simd::f64x4<S>>::LEN,
                F64x8::<S>::LEN
            ],
            [2, 4, 8]
        );
    }

    #[test]
    fn operations_agree_with_scalars() {
        for level in [Level::new(), Level::baseline()] {
            dispatch!(level, simd => check_level(simd));
        }
        check::<WideF32>(());
    }

    /// Exactly rounded, like the scalar one that IEEE 754 makes so: over all exponents, subnormal
    /// numbers, and what has no square root.
    #[inline(always)]
    fn check_sqrt<V: Lanes<Elem = T>, T: Element>(t: V::Token, bits: impl Fn(T) -> u64) {
        let special = [0.0, -0.0, f64::INFINITY, -1.0, f64::NAN, 5e-324, 1e-45, 1.0, 2.0];
        let mut x: Vec<T> = special.into_iter().map(T::from_f64).collect();
        x.extend((0..4096).map(|i| T::from_f64((f64::from(i) * 0.35 - 716.8).exp())));
        x.resize(x.len().next_multiple_of(16), T::ZERO);
        for chunk in x.chunks_exact(V::LEN) {
            let mut out = [T::ZERO; 16];
            V::load(t, chunk).sqrt().store(&mut out);
            for (&x, &root) in chunk.iter().zip(&out) {
                // f64's root of an f32, rounded to f32, is the f32's root (Figueroa 1995).
                let want = T::from_f64(x.to_f64().sqrt());
                let both_nan = want.to_f64().is_nan() && root.to_f64().is_nan();
                let same = bits(root) == bits(want) || both_nan;
                assert!(same, "the root of {x} is {want}, not {root}");
            }
        }
    }

    #[inline(always)]
    fn check_sqrt_level<S: Simd>(simd: S) {
        check_sqrt::<Vector<S::f32s>, f32>(simd, |x| u64::from(x.to_bits()));
        check_sqrt::<F32x16<S>, f32>(simd, |x| u64::from(x.to_bits()));
        check_sqrt::<Vector<S::f64s>, f64>(simd, f64::to_bits);
        check_sqrt::<F64x8<S>, f64>(simd, f64::to_bits);
    }

    #[test]
    fn square_roots_are_exactly_rounded() {
        for level in [Level::new(), Level::baseline()] {
            dispatch!(level, simd => check_sqrt_level(simd));
        }
        check_sqrt::<WideF32, f32>((), |x| u64::from(x.to_bits()));
        check_sqrt::<super::super::wide_lanes::WideF64, f64>((), f64::to_bits);
    }

    #[test]
    #[should_panic(expected = "range")]
    fn short_slices_are_refused() {
        dispatch!(Level::new(), simd => {
            #[inline(always)]
            fn load<S: Simd>(simd: S) {
                let _ = Vector::<S::f32s>::load(simd, &[1.0; 3]);
            }
            load(simd);
        });
    }
}
