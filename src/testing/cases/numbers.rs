//! Pseudo-random numbers that are the same everywhere, and values as the reference takes them.

use crate::Scalar;

/// Columns as one vector a sample.
pub fn nested<T: Scalar>(values: &[T], features: usize) -> Vec<Vec<f64>> {
    values.chunks(features).map(|c| c.iter().map(|v| v.to_f64()).collect()).collect()
}

/// An f32 as the type under test, exactly.
pub fn widen<T: Scalar>(x: f32) -> T {
    T::from_f64(f64::from(x))
}

/// SplitMix64 (Steele, Lea and Flood 2014): a few lines, and the same numbers everywhere.
#[derive(Debug, Clone)]
pub struct Numbers(pub u64);

impl Numbers {
    /// Any 64 bits.
    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A whole number below `end`, which is small.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Uniform in [-1, 1).
    pub fn signed(&mut self) -> f32 {
        2.0 * self.unit() - 1.0
    }

    /// So many, uniform in [-1, 1).
    pub fn list<T: Scalar>(&mut self, length: usize) -> Vec<T> {
        (0..length).map(|_| widen(self.signed())).collect()
    }

    /// Mostly uniform in [-size, size); one in sixteen is 0, one -0.
    pub fn ordinary<T: Scalar>(&mut self, size: f32) -> T {
        let value = size * self.signed();
        widen(match self.below(16) {
            0 => 0.0,
            1 => -0.0,
            _ => value,
        })
    }

    /// An f32 that was widened, with digits of its own beyond those of f32; about the smallest normal
    /// number of `T` if it was about that of f32. 0 and all f32 stay as they are.
    pub fn refined<T: Scalar>(&mut self, v: T) -> T {
        let wide = v.to_f64();
        if T::EPSILON.to_f64() == f64::from(f32::EPSILON) || wide == 0.0 {
            return v;
        }
        let is_smallest = wide.abs() <= 2.0 * f64::from(f32::MIN_POSITIVE);
        let scale = T::MIN_POSITIVE.to_f64() / f64::from(f32::MIN_POSITIVE);
        let digits = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let fine = wide * (1.0 + digits * f64::from(f32::EPSILON));
        T::from_f64(if is_smallest { fine * scale } else { fine })
    }

    /// About the smallest normal f32, above and below, of either sign.
    pub fn smallest<T: Scalar>(&mut self) -> T {
        widen(2.0 * self.signed() * f32::MIN_POSITIVE)
    }
}
