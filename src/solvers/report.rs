//! What a solver says: after each iteration, and at its end.

use super::standing::Standing;
use super::state::SolverState;
use super::stop::SolverStop;

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
