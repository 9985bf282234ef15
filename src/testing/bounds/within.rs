//! The comparison of answers with their bounds.

use super::rounding::Approx;
use crate::Scalar;

/// An answer that rounding does not explain.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Disagreement {
    /// There are more values, or fewer.
    #[error("{what}: {given} values instead of {expected}")]
    Length {
        /// What is compared: "predictions", "dW\[0\]".
        what: String,
        /// Values of the reference.
        expected: usize,
        /// Values of the tested code.
        given: usize,
    },
    /// A value is further off than its bound.
    #[error(
        "{what}[{index}] is {given:e}, the reference {:e}: off by {:e}, bound {:e}",
        .expected.value, (.given - .expected.value).abs(), .expected.error
    )]
    Value {
        /// What is compared: "predictions", "dW\[0\]".
        what: String,
        /// Which value of it.
        index: usize,
        /// What the tested code says.
        given: f64,
        /// What the reference says.
        expected: Approx,
    },
    /// There is no answer, only an error.
    #[error("{what}: {message}")]
    Refused {
        /// What was asked for.
        what: String,
        /// What the tested code says instead.
        message: String,
    },
}

impl Disagreement {
    /// The same without the layer: "predictions", "cost", "dW".
    pub fn quantity(&self) -> &str {
        self.what().split('[').next().unwrap_or_default()
    }

    /// What is compared: "predictions", "cost", "dW\[0\]".
    pub fn what(&self) -> &str {
        match self {
            Self::Length { what, .. } | Self::Value { what, .. } | Self::Refused { what, .. } => {
                what
            }
        }
    }
}

/// Is every value within its bound? A bound that says nothing (infinite or NaN) is none that holds.
///
/// ```
/// use shallownet::testing::bounds::{Approx, within};
///
/// let one = Approx { value: 1.0, error: 0.5 };
/// assert_eq!(within("two", &[one, one], &[1.0_f32, 1.5]), Ok(()));
/// let off = within("two", &[one, one], &[1.0, 1.75]).unwrap_err();
/// assert_eq!(off.to_string(), "two[1] is 1.75e0, the reference 1e0: off by 7.5e-1, bound 5e-1");
/// ```
///
/// # Errors
/// The first [`Disagreement`].
pub fn within<T: Scalar>(what: &str, expected: &[Approx], given: &[T]) -> Result<(), Disagreement> {
    if expected.len() != given.len() {
        let (expected, given) = (expected.len(), given.len());
        return Err(Disagreement::Length { what: what.to_owned(), expected, given });
    }
    for (index, (&expected, given)) in expected.iter().zip(given).enumerate() {
        let given = given.to_f64();
        if !expected.error.is_finite() || !expected.admits(given) {
            return Err(Disagreement::Value { what: what.to_owned(), index, given, expected });
        }
    }
    Ok(())
}
