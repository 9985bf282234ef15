//! The checks of the public border: finiteness, lengths, ranges.

use crate::error::{Error, Result};
use crate::scalar::Scalar;

/// Which checks of *values* the public calls make. Shapes are always checked.
///
/// ```
/// use shallownet::{Activation, Checks, Columns, Error, Network, Workspace};
///
/// let net = Network::<f32>::builder(1).layer(1, Activation::Identity).build()?;
/// let mut workspace = Workspace::prediction(&net, 1)?;
/// let x = [f32::NAN];
/// let refused = net.predict(Columns::new(&x, 1)?, &mut [0.0], &mut workspace);
/// assert!(matches!(refused, Err(Error::NotFinite { argument: "x", index: 0, .. })));
///
/// let trusting = Network::<f32>::builder(1)
///     .layer(1, Activation::Identity)
///     .checks(Checks::ShapesOnly)
///     .build()?;
/// let mut workspace = Workspace::prediction(&trusting, 1)?;
/// trusting.predict(Columns::new(&x, 1)?, &mut [0.0], &mut workspace)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checks {
    /// Data and parameters must be finite, targets in the loss's domain: at each call (each `fit`,
    /// not each of its steps). That x is finite is seen on the way through the first layer, or takes
    /// a pass over x of its own.
    #[default]
    Full,
    /// Only shapes are checked; NaN and infinities flow through as IEEE 754 says. A cost that is
    /// not finite still stops training.
    ShapesOnly,
}

/// Do all values satisfy `test`? In blocks without early exit, so that it becomes vector code.
pub(crate) fn all<T>(values: &[T], test: impl Fn(&T) -> bool) -> bool {
    values.chunks(256).all(|block| block.iter().fold(true, |ok, v| ok & test(v)))
}

/// Refuses NaN and infinities, naming the first.
pub(crate) fn finite<T: Scalar>(argument: &'static str, values: &[T]) -> Result<()> {
    if all(values, |v| v.is_finite()) {
        return Ok(());
    }
    let index = values.iter().position(|v| !v.is_finite()).unwrap_or(0);
    Err(Error::NotFinite { argument, index, value: values[index].to_f64() })
}

/// The value, or 0 if it is subnormal: many processors take a hundred times as long over those.
pub(crate) fn normal<T: Scalar>(value: T) -> T {
    let size = if value < T::ZERO { -value } else { value };
    if size < T::MIN_POSITIVE { T::ZERO } else { value }
}

/// Refuses a slice of another length.
pub(crate) fn length(argument: &'static str, expected: usize, given: usize) -> Result<()> {
    if given == expected { Ok(()) } else { Err(Error::Length { argument, expected, given }) }
}

/// Refuses a learning rate that is not a positive, finite number.
pub(crate) fn learning_rate<T: Scalar>(rate: T) -> Result<()> {
    if rate.is_finite() && rate > T::ZERO {
        return Ok(());
    }
    Err(Error::Range {
        argument: "learning rate",
        expected: "finite and more than 0",
        given: rate.to_f64(),
    })
}

/// T's largest number, in words.
pub(crate) fn largest<T: Scalar>() -> &'static str {
    match T::NAME {
        "f32" => "at most 3.4e38, the largest number of f32",
        _ => "a finite number",
    }
}

/// Refuses an option that is infinite as a T.
pub(crate) fn finite_as<T: Scalar>(argument: &'static str, given: f64) -> Result<()> {
    if T::from_f64(given).is_finite() {
        return Ok(());
    }
    Err(Error::Range { argument, expected: largest::<T>(), given })
}

/// Refuses an option that is 0 as a T, or subnormal.
pub(crate) fn least_as<T: Scalar>(argument: &'static str, given: f64) -> Result<()> {
    if T::from_f64(given) >= T::MIN_POSITIVE {
        return Ok(());
    }
    let expected = match T::NAME {
        "f32" => "at least 1.2e-38, the smallest normal number of f32",
        _ => "at least 2.3e-308, the smallest normal number of f64",
    };
    Err(Error::Range { argument, expected, given })
}
