//! The checks of the public border: finiteness, lengths, ranges.

use crate::element::Element;
use crate::error::{Error, Result};

/// Do all values satisfy `test`? In blocks without early exit, so that it becomes vector code.
pub(crate) fn all<T>(values: &[T], test: impl Fn(&T) -> bool) -> bool {
    values.chunks(256).all(|block| block.iter().fold(true, |ok, v| ok & test(v)))
}

/// Refuses NaN and infinities, naming the first.
pub(crate) fn finite<T: Element>(argument: &'static str, values: &[T]) -> Result<()> {
    if all(values, |v| v.is_finite()) {
        return Ok(());
    }
    let index = values.iter().position(|v| !v.is_finite()).unwrap_or(0);
    Err(Error::NotFinite { argument, index, value: values[index].to_f64() })
}

/// The value, or 0 if it is subnormal: with subnormal numbers many processors take a hundred times
/// as long.
pub(crate) fn normal<T: Element>(value: T) -> T {
    let size = if value < T::ZERO { -value } else { value };
    if size < T::MIN_POSITIVE { T::ZERO } else { value }
}

/// Refuses a slice of another length.
pub(crate) fn length(argument: &'static str, expected: usize, given: usize) -> Result<()> {
    if given == expected { Ok(()) } else { Err(Error::Length { argument, expected, given }) }
}

/// Refuses a learning rate that is negative or not finite. 0 is allowed: such a step moves no
/// parameter.
pub(crate) fn learning_rate<T: Element>(rate: T) -> Result<()> {
    if rate.is_finite() && rate >= T::ZERO {
        return Ok(());
    }
    Err(Error::Range {
        argument: "learning rate",
        expected: "finite and not negative",
        given: rate.to_f64(),
    })
}

/// The cost at this step (from 0), refused unless it is finite.
#[inline]
pub(crate) fn finite_cost(cost: f64, step: u64) -> Result<f64> {
    if cost.is_finite() { Ok(cost) } else { Err(Error::Diverged { step, cost }) }
}

/// T's largest number, in words.
pub(crate) fn largest<T: Element>() -> &'static str {
    match T::NAME {
        "f32" => "at most 3.4e38, the largest number of f32",
        _ => "a finite number",
    }
}

/// Refuses an option that is infinite as a T.
pub(crate) fn finite_as<T: Element>(argument: &'static str, given: f64) -> Result<()> {
    if T::from_f64(given).is_finite() {
        return Ok(());
    }
    Err(Error::Range { argument, expected: largest::<T>(), given })
}

/// Refuses an option that is 0 as a T, or subnormal.
pub(crate) fn least_as<T: Element>(argument: &'static str, given: f64) -> Result<()> {
    if T::from_f64(given) >= T::MIN_POSITIVE {
        return Ok(());
    }
    let expected = match T::NAME {
        "f32" => "at least 1.2e-38, the smallest normal number of f32",
        _ => "at least 2.3e-308, the smallest normal number of f64",
    };
    Err(Error::Range { argument, expected, given })
}
