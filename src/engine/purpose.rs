//! What memory is made for.

/// What a workspace is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Keep every layer's activations and output errors for the backward pass.
    Training,
    /// The same, but the caller comes between the passes: so nothing of a batch that the backward
    /// pass reads may be written over before.
    Tape,
    /// Keep two layers' activations, the one read and the one written, and the predictions; the
    /// loss, if asked for, uses the one read as scratch.
    Prediction,
}
