//! What `train` can be told.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use shallownet::io::atomic;
use shallownet::{EarlyStopping, Optimizer, Training};

use super::class_weights::{self, ClassWeights};
use super::epoch_args::EpochArgs;
use super::files;
use super::solver_args::SolverArgs;
use crate::choices::{self, Course};
use crate::data::{Learning, Source};
use crate::failure::Failure;
use crate::network::{Defaults, NetworkArgs};
use crate::prepare::PreparationArgs;

/// Train a network.
///
/// With --data and --label nothing else is needed: columns may hold numbers, texts and missing
/// values; features and values to predict are standardized; one layer of 100 ReLU units is trained
/// by mini-batches, as long as the number of samples asks for. What was chosen is printed, and kept
/// in the model; every option changes one choice, and --plain all of them.
///
/// Without --data, trains the planar-flower network: 400 points of two classes that no line can
/// part, 2-4-1 tanh/sigmoid, from published starting weights (or from your --seed or --init).
/// It is trained by full-batch gradient descent, as is everything with --iterations, and with
/// --plain if no option for mini-batches is given.
///
/// Ctrl-C ends training with a checkpoint, or with the networks of an ensemble that had ended. Else nothing but --checkpoint is written unless all went
/// well.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shallownet train\n  shallownet train --data iris.csv --label species\n  shallownet train --data houses.csv --label price --regression --holdout 0.2\n  shallownet train --data iris.csv --label species --epochs 100 --batch 16 --validation 0.2 --early-stopping 10\n  shallownet train --data mnist --hidden 128 --precision f32 --epochs 20"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) source: Source,
    #[command(flatten)]
    pub(super) learning: Learning,
    #[command(flatten)]
    pub(super) preparation: PreparationArgs,
    /// How much samples count in training by their class: balanced (every class as much as any
    /// other), or NAME=WEIGHT, with commas between several, others 1
    #[arg(long, value_name = "WEIGHTS", value_parser = class_weights::parse, requires = "data",
          conflicts_with = "regression")]
    pub(super) class_weight: Option<ClassWeights>,
    /// Learn classes as less than sure: targets y become y (1 - E) + E / K, K the classes of a softmax
    /// (of a sigmoid 2). Those of samples that are measured alone stay as they are
    #[arg(long, value_name = "E", value_parser = choices::fraction, requires = "data",
          conflicts_with = "regression")]
    pub(super) label_smoothing: Option<f64>,
    /// Divide the logits by a number, found by the validation samples, or else those held out, that
    /// makes probabilities as sure as they are right (temperature scaling)
    #[arg(long, requires = "data", conflicts_with = "regression")]
    pub(super) calibrate: bool,
    /// Train this many networks, from one seed after another. Their mean (of logits) is one network,
    /// the model: a little better and that much larger; all of them are in ensemble.safetensors
    #[arg(long, value_name = "N", conflicts_with_all = ["checkpoint", "resume", "shards"])]
    pub(super) ensemble: Option<NonZeroUsize>,
    /// Hold out this fraction of the samples (of each class), to measure on them at the end
    #[arg(long, value_name = "FRACTION", value_parser = choices::fraction)]
    pub(super) holdout: Option<f64>,
    #[command(flatten)]
    pub(super) network: NetworkArgs,

    /// Step size [default: 0.003, sgd 0.1, momentum and nesterov 0.05; with --plain 0.001 instead of
    /// 0.003; with --iterations 0.1; without --data 1.2]
    #[arg(long, value_name = "RATE", value_parser = choices::positive)]
    pub(super) learning_rate: Option<f64>,
    /// Full-batch gradient descent: steps, each on all samples [default without --data, and with
    /// --plain: 10000]
    #[arg(long, value_name = "STEPS")]
    pub(super) iterations: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(super) solver: SolverArgs,
    #[command(flatten)]
    pub(super) epochs: EpochArgs,

    /// Folder for the model and the pictures; those of an earlier run are replaced
    #[arg(long, value_name = "FOLDER", default_value = "shallownet-run")]
    pub(super) out: PathBuf,
    /// Write the results as one JSON object on standard output, and all lines to standard error
    #[arg(long)]
    pub(crate) json: bool,
}

/// Networks of an ensemble.
const MOST_MEMBERS: usize = 1_000_000;

impl Args {
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.out.exists() && !self.out.is_dir() {
            let file = self.out.display().to_string();
            return Err(Failure::File { file, problem: "is a file: expected a folder".to_owned() });
        }
        if self.calibrate && self.holdout.or(self.epochs.validation).is_none() {
            let problem =
                "--calibrate needs samples that are not trained on: --validation or --holdout";
            return Err(Failure::Arguments(problem.to_owned()));
        }
        if let Some(members) = self.ensemble.filter(|members| members.get() > MOST_MEMBERS) {
            let problem = format!("--ensemble {members}: expected at most {MOST_MEMBERS} networks");
            return Err(Failure::Arguments(problem));
        }
        self.solver.check(self.shards())?;
        self.check_full_batches()?;
        // Checked before the work, not after it.
        if let Some(path) = &self.epochs.checkpoint {
            check_folder(path)?;
        }
        atomic::check(&self.out.join(files::MODEL))?;
        if self.ensemble.is_some() {
            atomic::check(&self.out.join(files::ENSEMBLE))?;
        }
        atomic::check(&self.checkpoint())?;
        match &self.epochs.resume {
            Some(_) => self.network.must_be_absent("--resume"),
            None => Ok(()),
        }
    }

    /// Full-batch gradient descent has neither penalty nor validation samples nor
    /// shards; a solver has.
    fn check_full_batches(&self) -> Result<(), Failure> {
        let given = &self.epochs;
        let options = [
            ("--l2", given.l2.is_some()),
            ("--validation", given.validation.is_some()),
            ("--shards", given.shards.is_some()),
        ];
        for (option, is_given) in options {
            if is_given && self.iterations.is_some() && self.solver.solver.is_none() {
                let problem =
                    format!("--iterations cannot be used with {option}, but with --solver");
                return Err(Failure::Arguments(problem));
            }
        }
        Ok(())
    }

    /// The options for epochs, if training is by mini-batches, of so many samples.
    pub(super) fn training(&self, defaults: Defaults, samples: usize) -> Option<Training> {
        let given = &self.epochs;
        if !self.has_epochs() {
            return None;
        }
        let is_table = defaults == Defaults::Table;
        let by_default = match is_table {
            true => Training::for_samples(samples),
            false => Training::new(20, 64).optimizer(Optimizer::adam()),
        };
        let epochs = given.epochs.map_or(by_default.get_epochs(), NonZeroUsize::get);
        let batch = given.batch.map(NonZeroUsize::get).or(by_default.get_batch_size());
        let optimizer = given.optimizer.unwrap_or(by_default.get_optimizer());
        let course = if is_table { Course::Cosine { floor: 0.0 } } else { Course::Constant };
        let schedule = given.schedule.unwrap_or(course);
        // AdamW has a decay of its own.
        let has_decay = matches!(optimizer, Optimizer::AdamW { .. });
        let l2 = if has_decay { 0.0 } else { by_default.get_l2() };
        let rate = self.learning_rate.unwrap_or(match optimizer {
            Optimizer::Sgd => 0.1,
            Optimizer::Momentum { .. } | Optimizer::Nesterov { .. } => 0.05,
            _ if is_table => by_default.get_learning_rate(),
            _ => 0.001,
        });
        let mut training = Training::new(epochs, batch.unwrap_or(64))
            .optimizer(optimizer)
            .learning_rate(rate)
            .schedule(schedule.schedule(epochs, given.warm_up.unwrap_or(0.0)))
            .l2(given.l2.unwrap_or(l2))
            .dropout(given.dropout.unwrap_or(0.0))
            .shards(self.shards())
            .seed(self.network.seed());
        if let Some(norm) = given.clip_norm {
            training = training.clip_norm(norm);
        }
        if let Some(patience) = given.early_stopping {
            training = training.early_stopping(EarlyStopping::new(patience.get()));
        }
        Some(training)
    }

    /// Into how many shards the samples are cut, where no checkpoint says it.
    pub(super) fn shards(&self) -> usize {
        self.epochs.shards.map_or(1, NonZeroUsize::get)
    }

    fn is_folder(&self) -> bool {
        self.source.data.iter().any(|path| path.is_dir())
    }

    /// Is it trained by epochs, for all that the options say?
    fn has_epochs(&self) -> bool {
        let is_table = self.source.is_given() && !self.preparation.plain;
        let by_default = self.iterations.is_none() && (is_table || self.is_folder());
        self.solver.solver.is_none() && (self.epochs.are_given() || by_default)
    }

    /// A training that diverged at this learning rate, with the options against it that were not
    /// given.
    pub(super) fn diverged(&self, (iteration, cost): (u64, f64), learning_rate: f64) -> Failure {
        let mut hints = vec![format!("a --learning-rate below {learning_rate}")];
        hints.extend(self.scaling());
        let is_resumed = self.epochs.resume.is_some();
        if !is_resumed && self.has_epochs() && self.epochs.clip_norm.is_none() {
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
        let has_epochs = self.epochs.resume.is_some() || self.has_epochs();
        let longer = if has_epochs { "more --epochs" } else { "more --iterations" };
        let is_solved = self.solver.solver.is_some();
        let other = if is_solved { "another --solver" } else { "another --learning-rate" };
        let mut hints = self.scaling();
        hints.extend([longer, other, "other features"].map(str::to_owned));
        hints.join(", ")
    }

    /// What may help a network whose units are saturated.
    pub(super) fn against_saturation(&self) -> String {
        let mut hints = self.scaling();
        hints.push("--activation relu".to_owned());
        if self.solver.solver.is_none() {
            hints.push("a smaller --learning-rate".to_owned());
        }
        hints.push("a smaller --scale of --init".to_owned());
        hints.join(", ")
    }

    /// The options that standardize features and targets, unless they were given.
    fn scaling(&self) -> Vec<String> {
        self.preparation.against_scales(self.source.is_given())
    }

    /// Where Ctrl-C leaves the training.
    pub(super) fn checkpoint(&self) -> PathBuf {
        let default = || self.out.join("checkpoint.safetensors");
        self.epochs.checkpoint.clone().unwrap_or_else(default)
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
