//! How a network is trained: by full batches, by a solver, by epochs, or from a checkpoint on.

use std::num::NonZeroUsize;

use shallownet::solvers::Solving;
use shallownet::{Training, TrainingState};

use super::args::Args;
use crate::network::Defaults;

pub(super) enum Plan<T> {
    Full { iterations: usize, learning_rate: f64 },
    Solve(Solving),
    Epochs(Training),
    Resume(Box<TrainingState<T>>),
}

impl<T> Plan<T> {
    /// As the options say, for a number of samples.
    pub(super) fn of(args: &Args, defaults: Defaults, samples: usize, seed: u64) -> Self {
        let l2 = args.epochs.l2.unwrap_or(0.0);
        if let Some(solving) = args.solver.solving(args.iterations, (l2, args.shards())) {
            return Self::Solve(solving);
        }
        if let Some(training) = args.training(defaults, samples) {
            return Self::Epochs(training.seed(seed));
        }
        let by_default = if defaults == Defaults::Lecture { 1.2 } else { 0.1 };
        Self::Full {
            iterations: args.iterations.map_or(10_000, NonZeroUsize::get),
            learning_rate: args.learning_rate.unwrap_or(by_default),
        }
    }
}
