//! What `train` can be told.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use shallownet::io::atomic;
use shallownet::{EarlyStopping, Optimizer, Training};

use crate::choices::{self, Course};
use crate::data::{Source, Want};
use crate::failure::Failure;
use crate::network::NetworkArgs;
use crate::targets::TargetTransform;

/// Train a network: by full batches, or by mini-batches with an optimiser.
///
/// Without --data, trains the planar-flower network: 400 points of two classes that no line can
/// part, 2-4-1 tanh/sigmoid, from published starting weights (or from your --seed or --init).
///
/// Full-batch gradient descent runs for --iterations. Any of the options for epochs (or a folder as
/// data) makes it mini-batches instead. Ctrl-C ends training with a checkpoint. Else nothing but
/// --checkpoint is written unless all went well.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shallownet train\n  shallownet train --data iris.csv --label species --standardize --hidden 8 --holdout 0.2\n  shallownet train --data iris.csv --label species --standardize --epochs 100 --batch 16 --validation 0.2 --early-stopping 10\n  shallownet train --data mnist --hidden 128 --activation relu --init he_normal --precision f32 --epochs 20 --schedule cosine"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) source: Source,
    /// The label is a number to be predicted (regression), not a class
    #[arg(long, requires = "data")]
    pub(super) regression: bool,
    /// The label is a class, though it looks like a number to be predicted: many different numbers
    /// of few samples each
    #[arg(long, requires = "data", conflicts_with = "regression")]
    pub(super) classification: bool,
    /// Give every feature mean 0 and standard deviation 1; the model remembers how
    #[arg(long)]
    pub(super) standardize: bool,
    /// What is done to the numbers to be predicted; the model remembers it, and predictions are
    /// turned back. Costs are those of what was learned [default: standardize, unless the output
    /// can't take any value]
    #[arg(long, value_name = "NAME", requires = "regression")]
    pub(super) target_transform: Option<TargetTransform>,
    /// Hold out this fraction of the samples (of each class), to measure on them at the end
    #[arg(long, value_name = "FRACTION", value_parser = choices::fraction)]
    pub(super) holdout: Option<f64>,
    #[command(flatten)]
    pub(super) network: NetworkArgs,

    /// Step size [default: 1.2; with --data 0.1; by epochs: 0.001, sgd 0.1, momentum and nesterov
    /// 0.05]
    #[arg(long, value_name = "RATE", value_parser = choices::positive)]
    pub(super) learning_rate: Option<f64>,
    /// Steps, each on all samples [default: 10000]
    #[arg(long, value_name = "STEPS")]
    pub(super) iterations: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(super) epochs: EpochArgs,

    /// Folder for the model and the pictures; those of an earlier run are replaced
    #[arg(long, value_name = "FOLDER", default_value = "shallownet-run")]
    pub(super) out: PathBuf,
    /// Write the results as one JSON object on standard output, and all lines to standard error
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Mini-batches")]
pub(super) struct EpochArgs {
    /// Passes over the samples, shuffled; with --resume, all in all, those done included [default:
    /// 20, or the checkpoint's]
    #[arg(long, value_name = "N", conflicts_with = "iterations")]
    pub(super) epochs: Option<NonZeroUsize>,
    /// Samples a step [default: 64]
    #[arg(long, value_name = "SAMPLES", conflicts_with = "iterations")]
    batch: Option<NonZeroUsize>,
    /// sgd, momentum, nesterov, rms_prop, adam or adam_w [default: adam]
    #[arg(long, value_name = "NAME", conflicts_with = "iterations", value_parser = choices::optimizer)]
    optimizer: Option<Optimizer>,
    /// The learning rate's course: constant, cosine, cosine:FLOOR or step:EPOCHS:FACTOR; a cosine
    /// ends with the last epoch, and if --resume asks for more, with the new last one [default:
    /// constant]
    #[arg(long, value_name = "COURSE", conflicts_with = "iterations", value_parser = choices::course)]
    schedule: Option<Course>,
    /// Let the learning rate rise from 0 over this many epochs first
    #[arg(long, value_name = "EPOCHS", conflicts_with = "iterations", value_parser = choices::not_negative)]
    warm_up: Option<f64>,
    /// Penalty on the squares of the weights
    #[arg(long, value_name = "LAMBDA", conflicts_with = "iterations", value_parser = choices::not_negative)]
    l2: Option<f64>,
    /// Scale gradients down to this norm
    #[arg(long, value_name = "NORM", conflicts_with = "iterations", value_parser = choices::positive)]
    clip_norm: Option<f64>,
    /// Measure on this fraction of the samples (of each class) after every epoch; they are not
    /// trained on
    #[arg(long, value_name = "FRACTION", conflicts_with = "iterations", value_parser = choices::fraction)]
    pub(super) validation: Option<f64>,
    /// Stop after this many epochs without a better validation cost, and keep the best parameters
    #[arg(long, value_name = "EPOCHS", conflicts_with = "iterations", requires = "validation")]
    early_stopping: Option<NonZeroUsize>,
    /// Save the training here after every epoch [default, on Ctrl-C only: checkpoint.safetensors in
    /// --out]
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Go on from a checkpoint, with the same data, --holdout, --validation, --standardize,
    /// --target-transform and features: the same bits as without a break. With --epochs also from
    /// the end of a training; patience then begins anew
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "iterations", "batch", "optimizer", "schedule", "warm_up", "l2", "clip_norm",
        "early_stopping", "learning_rate",
    ])]
    pub(super) resume: Option<PathBuf>,
    /// Go on though the samples are not those that the checkpoint's training began with
    #[arg(long, requires = "resume")]
    pub(super) other_data: bool,
}

impl Args {
    pub(super) fn want(&self) -> Want {
        if self.regression { Want::Values } else { Want::Classes }
    }

    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.out.exists() && !self.out.is_dir() {
            let file = self.out.display().to_string();
            return Err(Failure::File { file, problem: "is a file: expected a folder".to_owned() });
        }
        // Checked before the work, not after it.
        if let Some(path) = &self.epochs.checkpoint {
            check_folder(path)?;
        }
        atomic::check(&self.out.join("model.safetensors"))?;
        atomic::check(&self.checkpoint())?;
        match &self.epochs.resume {
            Some(_) => self.network.must_be_absent("--resume"),
            None => Ok(()),
        }
    }

    /// The options for epochs, if training is by mini-batches.
    pub(super) fn training(&self) -> Option<Training> {
        let given = &self.epochs;
        let is_folder = self.source.data.as_ref().is_some_and(|path| path.is_dir());
        let is_wanted = given.epochs.is_some()
            || given.batch.is_some()
            || given.optimizer.is_some()
            || given.schedule.is_some()
            || given.warm_up.is_some()
            || given.l2.is_some()
            || given.clip_norm.is_some()
            || given.validation.is_some()
            || given.checkpoint.is_some()
            || is_folder && self.iterations.is_none();
        if !is_wanted {
            return None;
        }
        let epochs = given.epochs.map_or(20, NonZeroUsize::get);
        let batch = given.batch.map_or(64, NonZeroUsize::get);
        let optimizer = given.optimizer.unwrap_or(Optimizer::adam());
        let schedule = given.schedule.unwrap_or(Course::Constant);
        let mut training = Training::new(epochs, batch)
            .optimizer(optimizer)
            .learning_rate(self.learning_rate.unwrap_or(default_rate(optimizer)))
            .schedule(schedule.schedule(epochs, given.warm_up.unwrap_or(0.0)))
            .l2(given.l2.unwrap_or(0.0))
            .seed(self.network.seed());
        if let Some(norm) = given.clip_norm {
            training = training.clip_norm(norm);
        }
        if let Some(patience) = given.early_stopping {
            training = training.early_stopping(EarlyStopping::new(patience.get()));
        }
        Some(training)
    }

    /// A training that diverged at this learning rate, with the options against it that were not
    /// given.
    pub(super) fn diverged(&self, (iteration, cost): (u64, f64), learning_rate: f64) -> Failure {
        let mut hints = vec![format!("a --learning-rate below {learning_rate}")];
        hints.extend(self.scaling());
        let is_resumed = self.epochs.resume.is_some();
        if !is_resumed && self.training().is_some() && self.epochs.clip_norm.is_none() {
            hints.push("--clip-norm 1".to_owned());
        }
        // A checkpoint has its options for good.
        let anew = if is_resumed { "to begin anew with " } else { "" };
        let hint = format!("{anew}{}", hints.join(", or "));
        let written = if self.epochs.checkpoint.is_some() { "no model" } else { "nothing" };
        Failure::Diverged { iteration, cost, written, hint }
    }

    /// What may help a network that has learned nothing from its training samples.
    pub(super) fn against_nothing_learned(&self) -> String {
        let longer = match (&self.epochs.resume, self.training()) {
            (None, None) => "more --iterations",
            _ => "more --epochs",
        };
        let mut hints = self.scaling();
        hints.extend([longer, "another --learning-rate", "other features"].map(str::to_owned));
        hints.join(", ")
    }

    /// The options that standardize features and targets, unless they were given.
    fn scaling(&self) -> Vec<String> {
        let mut hints = Vec::new();
        if !self.standardize {
            hints.push("--standardize".to_owned());
        }
        if self.target_transform == Some(TargetTransform::None) {
            hints.push("--target-transform standardize".to_owned());
        }
        hints
    }

    /// Where Ctrl-C leaves the training.
    pub(super) fn checkpoint(&self) -> PathBuf {
        let default = || self.out.join("checkpoint.safetensors");
        self.epochs.checkpoint.clone().unwrap_or_else(default)
    }
}

fn default_rate(optimizer: Optimizer) -> f64 {
    match optimizer {
        Optimizer::Sgd => 0.1,
        Optimizer::Momentum { .. } | Optimizer::Nesterov { .. } => 0.05,
        _ => 0.001,
    }
}

/// Checked before hours of training: the folder of a file to be written must exist.
fn check_folder(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let there = std::fs::metadata(folder).and_then(|folder| {
        if folder.is_dir() { Ok(()) } else { Err(std::io::ErrorKind::NotADirectory.into()) }
    });
    let file = path.display().to_string();
    there.map_err(|source| atomic::WriteError { file, source }.into())
}
