//! How many samples a step sees.

/// Mini-batches, or the full batch. In files a number, or `"full"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "safetensors", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "safetensors",
    serde(untagged, expecting = "expected a batch size: a number of samples, or \"full\"")
)]
pub(crate) enum BatchSize {
    /// So many samples, shuffled anew for each epoch; the epoch's last batch may be smaller.
    Mini(usize),
    /// All samples, in their own order.
    Full(Full),
}

/// The word for it in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "safetensors", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "safetensors", serde(rename_all = "snake_case"))]
pub(crate) enum Full {
    Full,
}

impl BatchSize {
    pub(crate) const FULL: Self = Self::Full(Full::Full);

    /// Steps an epoch of so many samples; at least 1.
    pub(crate) fn steps(self, samples: usize) -> usize {
        match self {
            Self::Mini(size) => samples.div_ceil(size.max(1)).max(1),
            Self::Full(_) => 1,
        }
    }
}
