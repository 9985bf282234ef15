//! [`Lanes`] over the vectors of `wide`.
//!
//! Unlike `fearless_simd`, `wide` chooses its instructions when the crate is
//! built: a build for plain x86-64 uses SSE2 and no fused multiply-add.

use core::ops::{Add, Div, Mul, Neg, Sub};

use super::constants::ExpElement;
use super::lanes::Lanes;
use crate::element::Element;

/// The vector of `wide` with eight lanes of `f32`.
#[derive(Clone, Copy, Debug)]
pub struct WideF32(pub(crate) wide::f32x8);
/// The vector of `wide` with four lanes of `f64`.
#[derive(Clone, Copy, Debug)]
pub struct WideF64(pub(crate) wide::f64x4);

/// `Lanes` for a newtype of `wide`: its vectors share names but no trait.
macro_rules! wide_lanes {
    ($name:ident, $vector:ty, $bits:ty, $elem:ty, $len:literal) => {
        wide_lanes!(@ $name, Add add, Sub sub, Mul mul, Div div);

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
                // The SSE2 path of `wide` loses the sign of a zero result.
                Self(self.0.round_ties_even()).copysign(self)
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
            fn any(mask: $vector) -> bool {
                mask.any()
            }
            #[cold]
            #[inline(never)]
            fn apart<R>(_: (), f: impl FnOnce() -> R) -> R {
                f()
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
            #[inline(always)]
            fn exponent_to_low_bits(self) -> Self {
                let exponent: $bits = self.0.to_bits() >> <$elem>::MANTISSA_BITS;
                let bias = <$vector>::splat(<$elem>::from_f64(<$elem>::LOW_BITS));
                Self(<$vector>::from_bits(exponent | bias.to_bits()))
            }
        }
    };
    (@ $name:ident, $($op:ident $method:ident),*) => {$(
        impl $op for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self($op::$method(self.0, other.0))
            }
        }
    )*};
}

wide_lanes!(WideF32, wide::f32x8, wide::u32x8, f32, 8);
wide_lanes!(WideF64, wide::f64x4, wide::u64x4, f64, 4);
