//! What is asked of the normal equations.

/// A job on a [`Room`](super::room::Room). The parameters are all of a network's, in the textbook's
/// order: layer by layer, W row-major, then b.
#[derive(Debug)]
pub enum Job<'a> {
    /// Forward: leaves activations and errors, returns the weighted sum of the squared errors.
    Errors { parameters: &'a [f64] },
    /// From what [`Errors`](Self::Errors) left at the same parameters: H = scale J^T J and g = scale
    /// J^T r, and the penalties on weights and on biases.
    Equations { parameters: &'a [f64], scale: f64, penalties: Penalties },
    /// x of (H + damping I) x = g; `None` if that matrix is not positive definite. x has the
    /// parameters' values first, and is filled up to whole panels (`Plan::n`).
    Solve { damping: f64, x: &'a mut [f64] },
    /// The trace of (H + damping I)^-1, of the last that was solved.
    Trace,
}

/// Penalties of 1/2 p w^2 a parameter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Penalties {
    pub(crate) weights: f64,
    pub(crate) biases: f64,
}
