//! What a number is: the ground floor, which names nothing else of this crate.

use core::fmt::{Debug, Display};
use core::iter::Sum;
use core::ops::{Add, AddAssign, BitAnd, BitOr, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A kind of numbers, `f32` or `f64`: its constants, its conversions, its layout. Sealed. Every
/// [`Scalar`](crate::Scalar) is one.
///
/// ```
/// use shallownet::Element;
///
/// assert_eq!(f32::from_f64(0.1).to_f64(), f64::from(0.1_f32));
/// assert_eq!((f32::NAME, f64::EPSILON.to_f64()), ("f32", 2.0_f64.powi(-52)));
/// ```
pub trait Element:
    sealed::Sealed
    + Copy
    + Default
    + PartialOrd
    + Debug
    + Display
    + Send
    + Sync
    + Sum
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + bytemuck::Pod
{
    /// The type's name, `"f32"` or `"f64"`.
    const NAME: &'static str;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// The smallest positive number that is not subnormal.
    const MIN_POSITIVE: Self;

    /// The unsigned integer of the same size.
    #[doc(hidden)]
    type Bits: Copy + BitAnd<Output = Self::Bits> + BitOr<Output = Self::Bits>;
    /// The sign bit alone.
    #[doc(hidden)]
    const SIGN: Self::Bits;
    /// Stored bits of the significand: the exponent begins above them.
    #[doc(hidden)]
    const MANTISSA_BITS: u32;

    /// Units a panel of weights: what fills 64 bytes.
    #[doc(hidden)]
    const PANEL: usize;
    /// A panel's weights of one input.
    #[doc(hidden)]
    type Panel: Row<Self>;
    /// The same, where a panel has half as many units.
    #[doc(hidden)]
    type HalfPanel: Row<Self>;

    /// Rounds to the nearest value of this type.
    fn from_f64(x: f64) -> Self;
    /// Widens; exact for both types.
    fn to_f64(self) -> f64;
    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;

    /// Weights as panels; a rest is left out.
    #[doc(hidden)]
    #[inline(always)]
    fn panels(weights: &[Self]) -> &[Self::Panel] {
        Self::Panel::rows(weights)
    }

    /// The same, writable.
    #[doc(hidden)]
    #[inline(always)]
    fn panels_mut(weights: &mut [Self]) -> &mut [Self::Panel] {
        Self::Panel::rows_mut(weights)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// Weights of one input, side by side: an array.
pub trait Row<T>: Copy + Send + Sync + Debug + AsRef<[T]> + AsMut<[T]> {
    /// Units.
    const LEN: usize;

    /// Weights as rows; a rest is left out.
    fn rows(weights: &[T]) -> &[Self];

    /// The same, writable.
    fn rows_mut(weights: &mut [T]) -> &mut [Self];
}

impl<T: Copy + Send + Sync + Debug, const N: usize> Row<T> for [T; N] {
    const LEN: usize = N;

    #[inline(always)]
    fn rows(weights: &[T]) -> &[Self] {
        weights.as_chunks().0
    }

    #[inline(always)]
    fn rows_mut(weights: &mut [T]) -> &mut [Self] {
        weights.as_chunks_mut().0
    }
}

macro_rules! element {
    ($t:ident, $bits:ident) => {
        impl Element for $t {
            const NAME: &'static str = stringify!($t);
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const EPSILON: Self = $t::EPSILON;
            const MIN_POSITIVE: Self = $t::MIN_POSITIVE;
            type Bits = $bits;
            const SIGN: $bits = 1 << ($bits::BITS - 1);
            const MANTISSA_BITS: u32 = $t::MANTISSA_DIGITS - 1;
            const PANEL: usize = 64 / size_of::<$t>();
            type Panel = [$t; 64 / size_of::<$t>()];
            type HalfPanel = [$t; 32 / size_of::<$t>()];

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }
        }
    };
}
element!(f32, u32);
element!(f64, u64);
