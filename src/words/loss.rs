//! The losses: what each is defined for, and which targets it accepts.

use super::activation::Activation;
use super::names::names;

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
/// 5.11, so that its derivative is a - y; with softmax, dz_k = a_k (d_k - sum_j a_j d_j), d = a -
/// y.
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

    const ALL: [Self; 3] =
        [Self::BinaryCrossEntropy, Self::CategoricalCrossEntropy, Self::SquaredError];

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
        Self::ALL.into_iter().find(|loss| loss.name() == name)
    }
}

names!(Loss, "loss", Self::ALL);
