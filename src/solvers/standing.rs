//! Where a solver stands: what its iterations are judged by.

/// Where a solver stands.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Standing {
    /// The cost J, penalties not counted.
    pub cost: f64,
    /// What is minimised: J and the penalties.
    pub objective: f64,
    /// The Euclidean norm of its gradient.
    pub gradient_norm: f64,
    /// The Euclidean norm of the last iteration's step; infinite before the first.
    pub step_norm: f64,
    /// Levenberg-Marquardt's mu, or the lambda of scaled conjugate gradients: what the next step is
    /// taken with.
    pub damping: Option<f64>,
    /// The last line search's step length of L-BFGS; RPROP's mean step size.
    pub step_length: Option<f64>,
    /// With Bayesian regularisation, gamma: the effective number of parameters.
    pub effective_parameters: Option<f64>,
    /// Forward passes over all samples, with or without a gradient, of all runs.
    pub evaluations: usize,
}
