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
/// | Huber | sum_k of d_k^2 / 2 where \|d_k\| <= delta, else delta (\|d_k\| - delta / 2) | any | clamp(d, -delta, delta) g'(z) |
/// | absolute | sum_k \|d_k\| | any | sign(d) g'(z) |
/// | quantile | sum_k of (1 - tau) d_k where d_k > 0, else -tau d_k | any | (1 - tau or -tau) g'(z) |
/// | Poisson | sum_k (a_k - y_k ln a_k) | exp | a - y |
/// | Gaussian NLL | 1/2 sum_k (s_k + (y_k - mu_k)^2 e^-s_k) | identity | see below |
///
/// with d = a - y.
///
/// Both cross-entropies and Poisson's are computed from the logits z, not from the activations, so
/// that they stay finite and accurate however sure the network is:
///
/// * binary: L = max(z, 0) - z y + ln(1 + e^-|z|)
/// * categorical: L = ln sum_j e^(z_j - max z) - sum_k y_k (z_k - max z)
/// * Poisson: L = sum_k (e^z_k - y_k z_k)
///
/// For categorical cross-entropy the derivative is dZ = a sum_k y_k - y. It is a - y exactly only
/// where a target column sums to exactly 1. Columns whose sum differs from 1 by up to 1e-3 are
/// accepted too (distributions written with a few decimals): dZ = a - y is used for them as well,
/// and differs from the derivative of the cost by the sum's difference from 1 times a.
///
/// Squared error carries the 1/2 of Bishop, *Pattern Recognition and Machine Learning*, equation
/// 5.11, so that its derivative is a - y; with softmax, dz_k = a_k (d_k - sum_j a_j d_j), d = a -
/// y. So are the three after it, with their own derivative in place of d.
///
/// Huber's loss (1964, *Robust Estimation of a Location Parameter*) is squared error near the target
/// and grows linearly far from it, so that a wild target pulls no harder than `delta`. The absolute
/// loss is least at the median of the targets, the quantile loss (Koenker and Bassett 1978,
/// *Regression Quantiles*) at their `tau`-quantile: it is half the absolute one at tau = 1/2. Both
/// have a kink at d = 0, where the derivative is taken as 0.
///
/// Poisson's is the negative logarithm of the probability of a count y, at a rate a = e^z, without
/// the term ln y! which no parameter changes: so it can be negative. Targets need not be whole
/// numbers. The output activation is the exponential, so that predictions are rates.
///
/// The Gaussian loss learns how uncertain each prediction is, too (Nix and Weigend 1994, *Estimating the
/// Mean and Variance of the Target Probability Distribution*): a network of 2 n outputs predicts n
/// means mu, its first half, and the logarithms s of n variances, its second half, for n targets a
/// sample. It is the negative logarithm of the targets' density without the constant ln(2 pi) / 2, so
/// it can be negative, too. With q = (mu - y) e^(-s / 2), L = (s + q^2) / 2, dmu = q e^(-s / 2) and ds
/// = (1 - q^2) / 2. Where targets can be met exactly, s falls without end: an L2 penalty, or early
/// stopping, ends that.
///
/// ```
/// use shallownet::{Activation, Loss};
///
/// assert_eq!(Loss::default_for(Activation::Sigmoid), Loss::BinaryCrossEntropy);
/// assert_eq!(Loss::default_for(Activation::Softmax), Loss::CategoricalCrossEntropy);
/// assert_eq!(Loss::default_for(Activation::Identity), Loss::SquaredError);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Loss {
    /// For sigmoid outputs; targets in [0, 1], one per output.
    BinaryCrossEntropy,
    /// For a softmax output; each target column is a distribution (one-hot, as a rule).
    CategoricalCrossEntropy,
    /// For any output activation; any finite targets.
    SquaredError,
    /// Squared error up to a difference of `delta`, linear beyond; as [`SquaredError`](Self::SquaredError)
    /// for any output activation and finite targets. See [`Loss::HUBER`].
    Huber {
        /// Where it becomes linear; more than 0.
        delta: f64,
    },
    /// For any output activation; any finite targets.
    Absolute,
    /// The pinball loss: for any output activation, and any finite targets. See [`Loss::MEDIAN`].
    Quantile {
        /// The share of targets that shall lie below the prediction; strictly between 0 and 1.
        tau: f64,
    },
    /// For outputs of [`Activation::Exp`]: counts, and other targets that are not negative.
    Poisson,
    /// For an even number of [`Activation::Identity`] outputs, means and then the logarithms of
    /// variances; half as many targets, any finite numbers.
    GaussianNll,
}

impl Loss {
    /// Huber's loss with the usual delta, 1.
    pub const HUBER: Self = Self::Huber { delta: 1.0 };
    /// The quantile loss of the median, tau = 1/2.
    pub const MEDIAN: Self = Self::Quantile { tau: 0.5 };

    /// The loss that fits an output activation: the matching cross-entropy for sigmoid and
    /// softmax, Poisson's for the exponential, squared error for all others.
    pub fn default_for(output: Activation) -> Self {
        match output {
            Activation::Sigmoid => Self::BinaryCrossEntropy,
            Activation::Softmax => Self::CategoricalCrossEntropy,
            Activation::Exp => Self::Poisson,
            _ => Self::SquaredError,
        }
    }

    /// The only output activation that the loss is defined for; `None` if it is for any.
    ///
    /// ```
    /// # use shallownet::{Activation, Loss};
    /// assert_eq!(Loss::Poisson.output(), Some(Activation::Exp));
    /// assert_eq!(Loss::HUBER.output(), None);
    /// ```
    pub fn output(self) -> Option<Activation> {
        match self {
            Self::BinaryCrossEntropy => Some(Activation::Sigmoid),
            Self::CategoricalCrossEntropy => Some(Activation::Softmax),
            Self::Poisson => Some(Activation::Exp),
            Self::GaussianNll => Some(Activation::Identity),
            Self::SquaredError | Self::Huber { .. } | Self::Absolute | Self::Quantile { .. } => {
                None
            }
        }
    }

    /// Each once, with its usual number.
    const ALL: [Self; 8] = [
        Self::BinaryCrossEntropy,
        Self::CategoricalCrossEntropy,
        Self::SquaredError,
        Self::HUBER,
        Self::Absolute,
        Self::MEDIAN,
        Self::Poisson,
        Self::GaussianNll,
    ];

    /// The targets a sample of a network with so many outputs: as many, but half of them for
    /// [`GaussianNll`](Self::GaussianNll).
    ///
    /// ```
    /// # use shallownet::Loss;
    /// assert_eq!((Loss::SquaredError.targets(6), Loss::GaussianNll.targets(6)), (6, 3));
    /// ```
    pub fn targets(self, outputs: usize) -> usize {
        if let Self::GaussianNll = self { outputs / 2 } else { outputs }
    }

    /// The loss's number and what it is called, if it has one.
    ///
    /// ```
    /// # use shallownet::Loss;
    /// assert_eq!(Loss::MEDIAN.parameter(), Some(("tau", 0.5)));
    /// assert_eq!(Loss::Absolute.parameter(), None);
    /// ```
    pub fn parameter(self) -> Option<(&'static str, f64)> {
        match self {
            Self::Huber { delta } => Some(("delta", delta)),
            Self::Quantile { tau } => Some(("tau", tau)),
            _ => None,
        }
    }

    /// The same loss with another number; unchanged if it has none. [`Builder::build`](crate::Builder::build)
    /// checks it.
    ///
    /// ```
    /// # use shallownet::Loss;
    /// assert_eq!(Loss::HUBER.with_parameter(2.5), Loss::Huber { delta: 2.5 });
    /// ```
    pub fn with_parameter(self, value: f64) -> Self {
        match self {
            Self::Huber { .. } => Self::Huber { delta: value },
            Self::Quantile { .. } => Self::Quantile { tau: value },
            other => other,
        }
    }

    /// L of one output and dL/da, by its difference d = a - y; `None` for a loss that is no function
    /// of it. In f64, as the formulas have it.
    ///
    /// ```
    /// # use shallownet::Loss;
    /// assert_eq!(Loss::HUBER.of_difference(-3.0), Some((2.5, -1.0)));
    /// assert_eq!(Loss::Quantile { tau: 0.75 }.of_difference(2.0), Some((0.5, 0.25)));
    /// assert_eq!(Loss::Absolute.of_difference(0.0), Some((0.0, 0.0)));
    /// assert_eq!(Loss::Poisson.of_difference(1.0), None);
    /// ```
    pub fn of_difference(self, d: f64) -> Option<(f64, f64)> {
        // A difference of 0 has no sign, and NaN stays NaN.
        let slopes = |below: f64, above: f64| {
            let slope = if d < 0.0 {
                -below
            } else if d > 0.0 {
                above
            } else {
                d
            };
            (slope * d, slope)
        };
        match self {
            Self::SquaredError => Some((d * d / 2.0, d)),
            Self::Huber { delta } if d.abs() > delta => {
                Some((delta * (d.abs() - delta / 2.0), delta.copysign(d)))
            }
            Self::Huber { .. } => Some((d * d / 2.0, d)),
            Self::Absolute => Some(slopes(1.0, 1.0)),
            Self::Quantile { tau } => Some(slopes(tau, 1.0 - tau)),
            Self::BinaryCrossEntropy
            | Self::CategoricalCrossEntropy
            | Self::Poisson
            | Self::GaussianNll => None,
        }
    }

    /// The second derivative by d = a - y of the losses of a difference; 0 of the others. Of straight
    /// lines it is 0, also where two meet.
    pub(crate) fn bend_of_difference(self, d: f64) -> f64 {
        match self {
            Self::SquaredError => 1.0,
            Self::Huber { delta } if d.abs() <= delta => 1.0,
            _ => 0.0,
        }
    }

    /// Which of the loss's pieces the difference d lies in: between two of them is a kink of L or of
    /// its derivative.
    pub(crate) fn piece(self, d: f64) -> i8 {
        let width = match self {
            Self::Huber { delta } => delta,
            Self::Absolute | Self::Quantile { .. } => 0.0,
            _ => f64::INFINITY,
        };
        i8::from(d > width) - i8::from(d < -width)
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
            Self::Huber { .. } => "huber",
            Self::Absolute => "absolute",
            Self::Quantile { .. } => "quantile",
            Self::Poisson => "poisson",
            Self::GaussianNll => "gaussian_nll",
        }
    }

    /// The loss of that name (Huber's and the quantile loss with their usual numbers), or `None`.
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
