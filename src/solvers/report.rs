//! What a solver says: after each iteration, and at its end.

use super::state::SolverState;
use super::stop::SolverStop;

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

/// What the callback sees after each iteration.
#[derive(Debug)]
#[non_exhaustive]
pub struct SolverIteration<'a> {
    /// The iteration, from 0.
    pub iteration: usize,
    /// The cost J after it, penalties not counted.
    pub cost: f64,
    /// All that is known after it.
    pub standing: Standing,
    /// What a later run needs to go on from here; the parameters are in it.
    pub state: &'a SolverState,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SolverReport {
    /// Iterations done, those of earlier runs included.
    pub iterations: usize,
    /// Passes over all samples, likewise.
    pub evaluations: usize,
    /// Why the run ended.
    pub stop: SolverStop,
    /// The cost J at the parameters that the network has now (for a network of f32, before they were
    /// rounded), penalties not counted.
    pub cost: f64,
    /// All that is known at the end.
    pub standing: Standing,
}
