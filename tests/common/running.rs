//! Numbers with a running bound of their error: what a formula gives in f64, and how far another
//! evaluation of it, in any order of its sums and with or without FMA, may be from that.
//!
//! (J. Wilkinson's running error analysis; Higham, *Accuracy and Stability of Numerical Algorithms*,
//! section 3.3. Both evaluations err, so every operation counts twice.)

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::bounds::Approx;

const U: f64 = f64::EPSILON;

/// A value and the bound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    pub(crate) value: f64,
    pub(crate) error: f64,
}

impl Running {
    pub(crate) fn exact(value: f64) -> Self {
        Self { value, error: 0.0 }
    }

    pub(crate) fn of(approx: Approx) -> Self {
        Self { value: approx.value, error: approx.error }
    }

    fn rounded(value: f64, inherited: f64) -> Self {
        let error = inherited + U * (value.abs() + inherited) + f64::MIN_POSITIVE;
        Self { value, error: error * (1.0 + 4.0 * U) }
    }

    /// sum a_i b_i: gamma_n of the sum of the sizes, whatever the order.
    pub(crate) fn dot(a: &[Self], b: &[Self]) -> Self {
        let (mut value, mut inherited, mut size) = (0.0, 0.0, 0.0);
        for (a, b) in a.iter().zip(b) {
            let (x, y) = (a.value.abs() + a.error, b.value.abs() + b.error);
            value += a.value * b.value;
            inherited += a.value.abs() * b.error + a.error * y;
            size += x * y;
        }
        let error = inherited + (a.len() + 2) as f64 * U * size + f64::MIN_POSITIVE;
        Self { value, error: error * (1.0 + 1e-10) }
    }

    pub(crate) fn admits(self, given: f64) -> bool {
        (given - self.value).abs() <= self.error
    }
}

impl Add for Running {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        Self::rounded(self.value + b.value, self.error + b.error)
    }
}

impl Neg for Running {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, error: self.error }
    }
}

impl Sub for Running {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        self + -b
    }
}

impl Mul for Running {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        let inherited = self.value.abs() * b.error + self.error * (b.value.abs() + b.error);
        Self::rounded(self.value * b.value, inherited)
    }
}

impl Div for Running {
    type Output = Self;
    /// |a'/b' - a/b| <= (e_a + |a/b| e_b) / (|b| - e_b)
    fn div(self, b: Self) -> Self {
        let value = self.value / b.value;
        let least = b.value.abs() - b.error;
        let inherited =
            if least > 0.0 { (self.error + value.abs() * b.error) / least } else { f64::INFINITY };
        Self::rounded(value, inherited)
    }
}
