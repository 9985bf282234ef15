//! Numbers out of a fuzzer's bytes. Where the bytes end, zeros follow: so the first choice is
//! always the plainest.

use crate::{Element, Scalar};
use arbitrary::{Arbitrary, Result, Unstructured};

/// Any number: ordinary ones, those at the ends of f32's and f64's ranges, and what is no number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wild(pub f64);

impl<'a> Arbitrary<'a> for Wild {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let kind = u.arbitrary::<u8>()?;
        let sign = if kind & 1 == 0 { 1.0 } else { -1.0 };
        let smallest = f64::from(f32::from_bits(1));
        Ok(Self(match kind / 2 % 16 {
            0 => sign * f64::from(u.arbitrary::<u8>()?) / 16.0,
            1 => sign * f64::from(u.arbitrary::<u16>()?),
            2 => sign,
            3 => sign * f64::INFINITY,
            4 => sign * f64::NAN,
            5 => sign * f64::from(f32::MAX),
            6 => sign * f64::MAX,
            7 => sign * f64::from(f32::MIN_POSITIVE),
            8 => sign * smallest * f64::from(u.arbitrary::<u8>()?),
            9 => sign * f64::MIN_POSITIVE,
            10 => sign * f64::from_bits(u64::from(u.arbitrary::<u16>()?)),
            11 | 12 => sign * 2.0_f64.powi(i32::from(u.arbitrary::<i8>()?)),
            13 => f64::from(u.arbitrary::<f32>()?),
            14 => u.arbitrary()?,
            _ => sign * 2.0_f64.powi(i32::from(u.arbitrary::<i16>()?) / 30),
        }))
    }
}

impl Wild {
    /// In this type: what f32 can't hold becomes infinite, or 0.
    pub fn to<T: Scalar>(self) -> T {
        T::from_f64(self.0)
    }
}

/// One of these, the first where the bytes have ended.
pub fn pick<T: Copy>(u: &mut Unstructured<'_>, from: &[T]) -> Result<T> {
    Ok(from[usize::from(u.arbitrary::<u8>()?) % from.len()])
}

/// From `least` to `most`.
pub fn within(u: &mut Unstructured<'_>, least: usize, most: usize) -> Result<usize> {
    Ok(least + usize::from(u.arbitrary::<u16>()?) % (most - least + 1))
}

/// One in `n`.
pub fn rarely(u: &mut Unstructured<'_>, n: u8) -> Result<bool> {
    Ok(u.arbitrary::<u8>()? % n == n - 1)
}

/// The values of T that overflow begins beyond.
pub fn largest<T: Scalar>() -> f64 {
    if T::NAME == f32::NAME { f64::from(f32::MAX) } else { f64::MAX }
}

/// A size that is asked for: small as a rule, or one that no machine has. (Sizes between, which a
/// machine may have, would only take its memory.)
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size(pub usize);

impl<'a> Arbitrary<'a> for Size {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        const ABSURD: [usize; 5] = [0, usize::MAX, usize::MAX - 1, usize::MAX / 2, 1 << 55];
        Ok(Self(match u.arbitrary::<u8>()? {
            size @ 0..=199 => 1 + usize::from(size) % 7,
            size @ 200..=247 => 1 + usize::from(size) % 40,
            size => ABSURD[usize::from(size) % ABSURD.len()],
        }))
    }
}

/// A learning rate, mostly one that may be taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate(pub f64);

impl<'a> Arbitrary<'a> for Rate {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(if rarely(u, 6)? {
            u.arbitrary::<Wild>()?.0
        } else {
            (1.0 + f64::from(u.arbitrary::<u8>()?)) / 128.0
        }))
    }
}
