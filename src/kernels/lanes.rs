//! One register of floats, so that every kernel is written once.
//!
//! [`Lanes`] is the small set of exactly rounded operations the vector math
//! needs. Two families of registers implement it: [`Vector`] wraps any float
//! vector of `fearless_simd` (its native widths `F32s`/`F64s` and every fixed
//! width), and [`WideF32`]/[`WideF64`] wrap the vectors of `wide`.
//!
//! Everything is `inline(always)`: the instructions a level allows are only
//! used inside the function that enabled it, so no call may stand between.

use core::fmt::Debug;
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Sub};

use fearless_simd::{ExtractToken, Select, Simd, SimdBase, SimdFloat, SimdFloatElement};

/// A float type with the layout facts that bit arithmetic needs.
pub trait Element: 'static + Copy + PartialOrd + Debug + Neg<Output = Self> {
    /// The unsigned integer of the same size.
    type Bits: Copy + BitAnd<Output = Self::Bits> + BitOr<Output = Self::Bits>;
    /// The sign bit alone.
    const SIGN: Self::Bits;
    /// Stored bits of the significand: the exponent begins above them.
    const MANTISSA_BITS: u32;
    /// One.
    const ONE: Self;
}

impl Element for f32 {
    type Bits = u32;
    const SIGN: u32 = 1 << 31;
    const MANTISSA_BITS: u32 = 23;
    const ONE: f32 = 1.0;
}

impl Element for f64 {
    type Bits = u64;
    const SIGN: u64 = 1 << 63;
    const MANTISSA_BITS: u32 = 52;
    const ONE: f64 = 1.0;
}

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
    type Elem: Element;
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

    /// The bits of the lane shifted left by `MANTISSA_BITS`, read as a float.
    ///
    /// A lane holding 1.5 * 2^MANTISSA_BITS + k has k in its low bits, so this
    /// gives exactly 2^(k - bias) for every biased exponent k.
    fn exponent_from_low_bits(self) -> Self;
    /// The same with the bits halved first (rounded down): 2^(k/2 - bias).
    fn exponent_from_low_bits_halved(self) -> Self;
}

/// A float vector of `fearless_simd`, of native or fixed width.
#[derive(Clone, Copy, Debug)]
pub struct Vector<V>(pub(crate) V);

/// Native width vector of `f32` of the level `S`.
pub type F32s<S> = Vector<<S as Simd>::f32s>;
/// Native width vector of `f64` of the level `S`.
pub type F64s<S> = Vector<<S as Simd>::f64s>;
/// Four lanes of `f32`.
pub type F32x4<S> = Vector<fearless_simd::f32x4<S>>;
/// Eight lanes of `f32`.
pub type F32x8<S> = Vector<fearless_simd::f32x8<S>>;
/// Sixteen lanes of `f32`.
pub type F32x16<S> = Vector<fearless_simd::f32x16<S>>;
/// Two lanes of `f64`.
pub type F64x2<S> = Vector<fearless_simd::f64x2<S>>;
/// Four lanes of `f64`.
pub type F64x4<S> = Vector<fearless_simd::f64x4<S>>;
/// Eight lanes of `f64`.
pub type F64x8<S> = Vector<fearless_simd::f64x8<S>>;

/// The vector of `wide` with eight lanes of `f32`.
#[derive(Clone, Copy, Debug)]
pub struct WideF32(pub(crate) wide::f32x8);
/// The vector of `wide` with four lanes of `f64`.
#[derive(Clone, Copy, Debug)]
pub struct WideF64(pub(crate) wide::f64x4);

/// The operators of a register type are those of its field.
macro_rules! operators {
    ($($op:ident $method:ident),*) => {$(
        impl<V: $op<Output = V>> $op for Vector<V> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self($op::$method(self.0, other.0))
            }
        }
        operators!(@ WideF32 $op $method);
        operators!(@ WideF64 $op $method);
    )*};
    (@ $name:ident $op:ident $method:ident) => {
        impl $op for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self($op::$method(self.0, other.0))
            }
        }
    };
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
    V::Element: Element<Bits = <V::Element as SimdFloatElement>::Bits>,
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
    fn exponent_from_low_bits(self) -> Self {
        Self(V::from_bits(self.0.to_bits() << V::Element::MANTISSA_BITS))
    }
    #[inline(always)]
    fn exponent_from_low_bits_halved(self) -> Self {
        let half = self.0.to_bits() >> 1;
        Self(V::from_bits(half << V::Element::MANTISSA_BITS))
    }
}

/// `Lanes` for a newtype of `wide`: its vectors share names but no trait.
macro_rules! wide_lanes {
    ($name:ident, $vector:ty, $bits:ty, $elem:ty, $len:literal) => {
        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl Lanes for $name {
            type Elem = $elem;
            type Token = ();
            type Mask = $vector;
            const LEN: usize = $len;

            #[inline(always)]
            fn token(self) {}
            #[inline(always)]
            fn splat(_: (), x: $elem) -> Self {
                Self(<$vector>::splat(x))
            }
            #[inline(always)]
            fn load(_: (), src: &[$elem]) -> Self {
                Self(<$vector>::new(*src.first_chunk().expect("a full register")))
            }
            #[inline(always)]
            fn store(self, dst: &mut [$elem]) {
                *dst.first_chunk_mut().expect("a full register") = self.0.to_array();
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                Self(self.0.mul_add(a.0, b.0))
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                Self(self.0.fast_min(other.0))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                Self(self.0.fast_max(other.0))
            }
            #[inline(always)]
            fn at_least(self, low: Self) -> Self {
                Self::select(self.lt(low), low, self)
            }
            #[inline(always)]
            fn at_most(self, high: Self) -> Self {
                Self::select(high.lt(self), high, self)
            }
            #[inline(always)]
            fn round_ties_even(self) -> Self {
                Self(self.0.round_ties_even())
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(self.0.abs())
            }
            #[inline(always)]
            fn neg_abs(self) -> Self {
                Self(self.0 | <$vector>::splat(-0.0))
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                Self(self.0.copysign(sign.0))
            }
            #[inline(always)]
            fn or_sign(self, sign: Self) -> Self {
                Self(self.0 | (sign.0 & <$vector>::splat(-0.0)))
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $vector {
                self.0.simd_lt(other.0)
            }
            #[inline(always)]
            fn le(self, other: Self) -> $vector {
                self.0.simd_le(other.0)
            }
            #[inline(always)]
            fn eq(self, other: Self) -> $vector {
                self.0.simd_eq(other.0)
            }
            #[inline(always)]
            fn select(mask: $vector, yes: Self, no: Self) -> Self {
                Self(mask.select(yes.0, no.0))
            }
            #[inline(always)]
            fn exponent_from_low_bits(self) -> Self {
                let bits: $bits = self.0.to_bits() << <$elem>::MANTISSA_BITS;
                Self(<$vector>::from_bits(bits))
            }
            #[inline(always)]
            fn exponent_from_low_bits_halved(self) -> Self {
                let half: $bits = self.0.to_bits() >> 1;
                Self(<$vector>::from_bits(half << <$elem>::MANTISSA_BITS))
            }
        }
    };
}

wide_lanes!(WideF32, wide::f32x8, wide::u32x8, f32, 8);
wide_lanes!(WideF64, wide::f64x4, wide::u64x4, f64, 4);
