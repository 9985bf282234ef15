//! What `train` can be told about mini-batches.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use shallownet::Optimizer;

use crate::choices::{self, Course};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Mini-batches")]
pub(super) struct EpochArgs {
    /// Passes over the samples, shuffled; with --resume, all in all, those done included [default:
    /// as many as make 3000 steps, but 60 to 1000; with --plain 20; or the checkpoint's]
    #[arg(long, value_name = "N", conflicts_with = "iterations")]
    pub(super) epochs: Option<NonZeroUsize>,
    /// Samples a step [default: about a 32nd of the samples, 8 to 64; with --plain 64]
    #[arg(long, value_name = "SAMPLES", conflicts_with = "iterations")]
    pub(super) batch: Option<NonZeroUsize>,
    /// sgd, momentum, nesterov, rms_prop, adam or adam_w [default: adam]
    #[arg(long, value_name = "NAME", conflicts_with = "iterations", value_parser = choices::optimizer)]
    pub(super) optimizer: Option<Optimizer>,
    /// The learning rate's course: constant, cosine, cosine:FLOOR or step:EPOCHS:FACTOR; a cosine
    /// ends with the last epoch, and if --resume asks for more, with the new last one [default:
    /// cosine; with --plain constant]
    #[arg(long, value_name = "COURSE", conflicts_with = "iterations", value_parser = choices::course)]
    pub(super) schedule: Option<Course>,
    /// Let the learning rate rise from 0 over this many epochs first
    #[arg(long, value_name = "EPOCHS", conflicts_with = "iterations", value_parser = choices::not_negative)]
    pub(super) warm_up: Option<f64>,
    /// Penalty on the squares of the weights [default: 3 / samples; with --plain 0]
    #[arg(long, value_name = "LAMBDA", value_parser = choices::not_negative)]
    pub(super) l2: Option<f64>,
    /// Scale gradients down to this norm
    #[arg(long, value_name = "NORM", conflicts_with = "iterations", value_parser = choices::positive)]
    pub(super) clip_norm: Option<f64>,
    /// Leave out units of the hidden layers in every step, each with this probability [default: 0]
    #[arg(long, value_name = "RATE", conflicts_with = "iterations", value_parser = choices::fraction)]
    pub(super) dropout: Option<f64>,
    /// Cut the samples into N shards, each shuffled by itself, and add their gradients as a tree: the
    /// bits of the same training by N processes or fewer [default: 1]
    #[arg(long, value_name = "N")]
    pub(super) shards: Option<NonZeroUsize>,
    /// Read the samples from their file in every epoch, within so many MiB of memory in all: for .npy
    /// and IDX files that are larger. They are shuffled in blocks, and within as many blocks as there
    /// is room for
    #[arg(long, value_name = "MIB", requires = "data", conflicts_with = "iterations")]
    pub(super) memory: Option<NonZeroUsize>,
    /// Measure on this fraction of the samples (of each class) after every epoch; they are not
    /// trained on
    #[arg(long, value_name = "FRACTION", value_parser = choices::fraction)]
    pub(super) validation: Option<f64>,
    /// Stop after this many epochs without a better validation cost, and keep the best parameters
    #[arg(long, value_name = "EPOCHS", conflicts_with = "iterations", requires = "validation")]
    pub(super) early_stopping: Option<NonZeroUsize>,
    /// Save the training here after every epoch [default, on Ctrl-C only: checkpoint.safetensors in
    /// --out]
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Go on from a checkpoint, with the same data, --holdout, --validation, features, weights and
    /// options of preparation: the same bits as without a break. With --epochs also from
    /// the end of a training; patience then begins anew
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "iterations", "batch", "optimizer", "schedule", "warm_up", "l2", "clip_norm", "dropout",
        "early_stopping", "learning_rate", "shards",
    ])]
    pub(super) resume: Option<PathBuf>,
    /// Go on though the samples are not those that the checkpoint's training began with
    #[arg(long, requires = "resume")]
    pub(super) other_data: bool,
}

impl EpochArgs {
    /// Was anything asked for that only mini-batches have?
    pub(super) fn are_given(&self) -> bool {
        self.epochs.is_some()
            || self.batch.is_some()
            || self.optimizer.is_some()
            || self.schedule.is_some()
            || self.warm_up.is_some()
            || self.l2.is_some()
            || self.clip_norm.is_some()
            || self.dropout.is_some()
            || self.shards.is_some()
            || self.memory.is_some()
            || self.validation.is_some()
            || self.checkpoint.is_some()
    }
}
