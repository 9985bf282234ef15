//! How many samples a step sees.

/// Mini-batches, or the full batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchSize {
    /// This many samples, shuffled anew for each epoch; the epoch's last batch may be smaller.
    Mini(usize),
    /// All samples, in their own order.
    Full,
}

impl BatchSize {
    /// Steps an epoch of this many samples; at least 1.
    pub(crate) fn steps(self, samples: usize) -> usize {
        match self {
            Self::Mini(size) => samples.div_ceil(size.max(1)).max(1),
            Self::Full => 1,
        }
    }
}
