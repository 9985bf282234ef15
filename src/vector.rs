//! The vector functions that the engines use, over your own slices.
//!
//! Each takes the SIMD level to run at; levels with FMA give the same bits. The error bounds are in
//! [`accuracy`](crate::accuracy).
//!
//! ```
//! use shallownet::{Level, vector};
//!
//! let mut z = [-1.0_f32, 0.0, 100.0];
//! vector::sigmoid(Level::detect(), &mut z)?;
//! assert_eq!(z, [0.26894143, 0.5, 1.0]);
//! # Ok::<(), shallownet::Error>(())
//! ```

use crate::engine::passes::Function;
use crate::error::Result;
use crate::scalar::Scalar;
use crate::words::level::Level;

/// e^x of each value, in place: at most 2 ULP from the exact value, subnormal results included; 0
/// at -inf, inf at inf and above the range, NaN at NaN. O(n).
///
/// ```
/// # use shallownet::{Level, vector};
/// let mut x = [0.0_f64, f64::NEG_INFINITY, 1000.0];
/// vector::exp(Level::detect(), &mut x)?;
/// assert_eq!(x, [1.0, 0.0, f64::INFINITY]);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Level`](crate::Error::Level) for a level that this machine does not have.
pub fn exp<T: Scalar>(level: Level, values: &mut [T]) -> Result<()> {
    T::elementwise(level)?.apply(Function::Exp, values);
    Ok(())
}

/// tanh x of each value, in place: at most 2 ULP (2.1 without FMA) from the exact value, exactly
/// odd; NaN at NaN. O(n).
///
/// ```
/// # use shallownet::{Level, vector};
/// let mut x = [-0.0_f32, f32::INFINITY];
/// vector::tanh(Level::detect(), &mut x)?;
/// assert_eq!(x.map(f32::to_bits), [(-0.0_f32).to_bits(), 1.0_f32.to_bits()]);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// As [`exp`].
pub fn tanh<T: Scalar>(level: Level, values: &mut [T]) -> Result<()> {
    T::elementwise(level)?.apply(Function::Tanh, values);
    Ok(())
}

/// 1 / (1 + e^-x) of each value, in place: at most 2 ULP from the exact value, subnormal results
/// included; NaN at NaN. O(n).
///
/// ```
/// # use shallownet::{Level, vector};
/// let mut x = [0.0_f64, -800.0, f64::INFINITY];
/// vector::sigmoid(Level::detect(), &mut x)?;
/// assert_eq!(x, [0.5, 0.0, 1.0]);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// As [`exp`].
pub fn sigmoid<T: Scalar>(level: Level, values: &mut [T]) -> Result<()> {
    T::elementwise(level)?.apply(Function::Sigmoid, values);
    Ok(())
}

/// erf x of each value, in place: at most 2 ULP from the exact value, exactly odd; NaN at NaN. O(n).
///
/// ```
/// # use shallownet::{Level, vector};
/// let mut x = [0.5_f64, f64::NEG_INFINITY];
/// vector::erf(Level::detect(), &mut x)?;
/// assert!((x[0] - 0.5204998778130465).abs() < 3e-16 && x[1] == -1.0);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// As [`exp`].
pub fn erf<T: Scalar>(level: Level, values: &mut [T]) -> Result<()> {
    T::elementwise(level)?.apply(Function::Erf, values);
    Ok(())
}

/// sin x of each value, in place: at most 2 ULP from the exact value for x of any size, exactly odd;
/// NaN at the infinities and at NaN. O(n); values of more than 12,800 (f64: 2.1e8) take several times
/// as long.
///
/// ```
/// # use shallownet::{Level, vector};
/// let mut x = [3.0_f32, -0.0, 1e30];
/// vector::sin(Level::detect(), &mut x)?;
/// assert_eq!(x, [0.14112, 0.0, -0.79116344]);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// As [`exp`].
pub fn sin<T: Scalar>(level: Level, values: &mut [T]) -> Result<()> {
    T::elementwise(level)?.apply(Function::Sin, values);
    Ok(())
}

/// ln(1 + x) of each value, in place: at most 2 ULP from the exact value, however small x is; -inf at
/// -1, NaN below and at NaN, inf at inf. O(n).
///
/// ```
/// # use shallownet::{Level, vector};
/// let mut x = [1e-20_f64, -1.0, f64::INFINITY];
/// vector::ln_1p(Level::detect(), &mut x)?;
/// assert_eq!(x, [1e-20, f64::NEG_INFINITY, f64::INFINITY]);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// As [`exp`].
pub fn ln_1p<T: Scalar>(level: Level, values: &mut [T]) -> Result<()> {
    T::elementwise(level)?.apply(Function::Ln1p, values);
    Ok(())
}
