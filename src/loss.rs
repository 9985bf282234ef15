//! The losses: what each is defined for, and which targets it accepts.

use crate::activation::Activation;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::view::Columns;

/// What training minimises: the cost J = (1/m) sum_i L(a_i, y_i) over the m samples of a batch.
///
/// | loss | L of one sample | output | dZ at the output |
/// | --- | --- | --- | --- |
/// | binary cross-entropy | sum_k -(y_k ln a_k + (1 - y_k) ln(1 - a_k)) | sigmoid | a - y |
/// | categorical cross-entropy | -sum_k y_k ln a_k | softmax | a - y |
/// | squared error | 1/2 sum_k (a_k - y_k)^2 | any | (a - y) g'(z) |
///
/// Both cross-entropies are computed from the logits z, not from the activations, so that they
/// stay finite and accurate however sure the network is:
///
/// * binary: L = max(z, 0) - z y + ln(1 + e^-|z|)
/// * categorical: L = ln sum_j e^(z_j - max z) - sum_k y_k (z_k - max z)
///
/// For categorical cross-entropy the derivative is dZ = a sum_k y_k - y. It is a - y exactly only
/// where a target column sums to exactly 1. Columns whose sum differs from 1 by up to 1e-3 are
/// accepted too (distributions written with a few decimals): dZ = a - y is used for them as well,
/// and differs from the derivative of the cost by the sum's difference from 1 times a.
///
/// Squared error carries the 1/2 of Bishop, *Pattern Recognition and Machine Learning*, equation
/// 5.11, so that its derivative is a - y; with softmax, dz_k = a_k (d_k - sum_j a_j d_j), d = a - y.
///
/// ```
/// use shallownet::{Activation, Loss};
///
/// assert_eq!(Loss::default_for(Activation::Sigmoid), Loss::BinaryCrossEntropy);
/// assert_eq!(Loss::default_for(Activation::Softmax), Loss::CategoricalCrossEntropy);
/// assert_eq!(Loss::default_for(Activation::Identity), Loss::SquaredError);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// For sigmoid outputs; targets in [0, 1], one per output.
    BinaryCrossEntropy,
    /// For a softmax output; each target column is a distribution (one-hot, as a rule).
    CategoricalCrossEntropy,
    /// For any output activation; any finite targets.
    SquaredError,
}

/// How far a target column's sum may be from 1: distributions written with a few decimals pass,
/// a column that is none does not.
const SUM_TOLERANCE: f64 = 1e-3;

impl Loss {
    /// The loss that fits an output activation: the matching cross-entropy for sigmoid and
    /// softmax, squared error for all others.
    pub fn default_for(output: Activation) -> Self {
        match output {
            Activation::Sigmoid => Self::BinaryCrossEntropy,
            Activation::Softmax => Self::CategoricalCrossEntropy,
            _ => Self::SquaredError,
        }
    }

    /// The name, as the command line, errors and model files write it.
    ///
    /// ```
    /// # use shallownet::Loss;
    /// assert_eq!(Loss::SquaredError.name(), "squared_error");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::BinaryCrossEntropy => "binary_cross_entropy",
            Self::CategoricalCrossEntropy => "categorical_cross_entropy",
            Self::SquaredError => "squared_error",
        }
    }

    /// The loss of that name, or `None`.
    ///
    /// ```
    /// # use shallownet::Loss;
    /// assert_eq!(Loss::from_name("squared_error"), Some(Loss::SquaredError));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::BinaryCrossEntropy, Self::CategoricalCrossEntropy, Self::SquaredError]
            .into_iter()
            .find(|loss| loss.name() == name)
    }

    pub(crate) fn check_output(self, output: Activation) -> Result<()> {
        let expected = match self {
            Self::BinaryCrossEntropy => Activation::Sigmoid,
            Self::CategoricalCrossEntropy => Activation::Softmax,
            Self::SquaredError => return Ok(()),
        };
        if output == expected {
            return Ok(());
        }
        Err(Error::LossActivation {
            loss: self.name(),
            expected: expected.name(),
            given: output.name(),
        })
    }

    /// Refuses targets outside the loss's domain.
    pub(crate) fn check_targets<T: Scalar>(self, y: Columns<'_, T>) -> Result<()> {
        let target = |sample, output, value: f64, expected| Error::Target {
            loss: self.name(),
            sample,
            output,
            value,
            expected,
        };
        if self == Self::SquaredError {
            return crate::checks::finite("y", y.as_slice());
        }
        let inside = |v: &T| *v >= T::ZERO && *v <= T::ONE;
        if !crate::checks::all(y.as_slice(), inside) {
            let at = y.as_slice().iter().position(|v| !inside(v)).unwrap_or(0);
            let (sample, output) = (at / y.features(), at % y.features());
            return Err(target(sample, output, y.as_slice()[at].to_f64(), "a value in [0, 1]"));
        }
        if self == Self::CategoricalCrossEntropy {
            for (sample, column) in y.as_slice().chunks_exact(y.features()).enumerate() {
                let sum: f64 = column.iter().map(|v| v.to_f64()).sum();
                if (sum - 1.0).abs() > SUM_TOLERANCE {
                    return Err(target(sample, 0, sum, "a column that sums to 1"));
                }
            }
        }
        Ok(())
    }
}
