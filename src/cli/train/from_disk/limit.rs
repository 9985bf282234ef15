//! What `--memory` leaves for the training.

use shallownet::Error;

use crate::data::{Data, Targets};
use crate::failure::Failure;

/// Bytes of the program itself: its code, its threads' stacks, pictures.
const PROGRAM: usize = 32 << 20;

/// Bytes that samples may take while they are on their way from a file to a window.
pub(super) const ON_THE_WAY: usize = 8 << 20;

/// The bytes that the user allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    all: usize,
    /// Of what is neither samples nor the training of a network.
    besides: usize,
}

impl Limit {
    /// Of so many mebibytes, for the samples of `outline`: their targets, their rows, and what is
    /// predicted of them at the end stay in memory.
    pub(super) fn new(mebibytes: usize, outline: &Data) -> Self {
        let targets = match &outline.targets {
            Targets::Values { n_y, .. } => *n_y,
            Targets::Classes(_) | Targets::None => 1,
        };
        // A target and a row each while it is trained; then the targets once more, predictions, and
        // what these are compared as.
        let of_sample = 8_usize.saturating_mul(targets.saturating_mul(4).saturating_add(2));
        let besides = outline.len().saturating_mul(of_sample).saturating_add(PROGRAM);
        Self { all: mebibytes.saturating_mul(1 << 20), besides }
    }

    /// What there is for the training.
    pub(super) fn of_training(self) -> usize {
        self.all.saturating_sub(self.besides)
    }

    /// All that is taken if the training takes `bytes`.
    pub(super) fn with(self, bytes: usize) -> usize {
        self.besides.saturating_add(bytes)
    }

    /// Why a training can't be had.
    pub(super) fn refused(self, error: Error) -> Failure {
        match error {
            Error::Memory { bytes, .. } => {
                let least = self.with(bytes).div_ceil(1 << 20);
                let given = self.all >> 20;
                let problem = format!(
                    "--memory {given}: this training takes at least {least} MiB, of which {} are for the \
                     targets, rows and predictions of the samples",
                    (self.besides - PROGRAM.min(self.besides)).div_ceil(1 << 20)
                );
                Failure::Arguments(problem)
            }
            other => other.into(),
        }
    }
}
