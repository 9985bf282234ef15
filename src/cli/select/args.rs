//! What `select` can be told.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use shallownet::select::Better;
use shallownet::{Activation, Optimizer, Schedule, Training};

use crate::choices::{self, InitName, Precision};
use crate::data::{Learning, Source};
use crate::failure::Failure;
use crate::network::{Defaults, Machine};
use crate::prepare::PreparationArgs;

use super::shard::{Shard, shard};

/// Compare networks by k-fold cross-validation: every combination of the lists is a candidate.
///
/// Each candidate is trained by mini-batches once a fold, without that fold's samples, and scored
/// on them. Folds have the classes in the same shares; features, missing values and categories are
/// prepared as train does it, by the samples to train on. Without --data, on the built-in set.
///
/// --shard makes one part of the table, for jobs that run side by side; --merge makes the table of
/// all parts, with the bits of a run that was not divided.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  shallownet select --data iris.csv --label species --activation tanh,relu --hidden 4,16,16-8 --learning-rate 0.003,0.03\n  shallownet select --data iris.csv --label species --shard 3/8 --out parts\n  shallownet select --merge parts"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) source: Source,
    #[command(flatten)]
    pub(super) learning: Learning,
    #[command(flatten)]
    pub(super) preparation: PreparationArgs,

    /// Activations of the hidden layers
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "tanh,relu", value_parser = choices::hidden_activation)]
    pub(super) activation: Vec<Activation>,
    /// Hidden layers: commas between candidates, hyphens between the layers of one; or none
    #[arg(long, value_name = "SIZES", value_delimiter = ',', default_value = "4,16", value_parser = choices::layers)]
    pub(super) hidden: Vec<choices::Hidden>,
    /// Learning rates
    #[arg(long, value_name = "RATES", value_delimiter = ',', default_value = "0.01", value_parser = choices::positive)]
    pub(super) learning_rate: Vec<f64>,
    /// How weights begin
    #[arg(long, value_delimiter = ',', default_value = "auto")]
    pub(super) init: Vec<InitName>,

    /// Parts that the samples are dealt to
    #[arg(long, value_name = "K", default_value = "5")]
    pub(super) folds: usize,
    /// Passes over the samples [default: as many as make 3000 steps, but 60 to 1000; with --plain, and
    /// without --data, 50]
    #[arg(long, value_name = "N")]
    epochs: Option<NonZeroUsize>,
    /// Samples a step [default: about a 32nd of the samples, 8 to 64; with --plain, and without
    /// --data, 32]
    #[arg(long, value_name = "SAMPLES")]
    batch: Option<NonZeroUsize>,
    /// sgd, momentum, nesterov, rms_prop, adam or adam_w
    #[arg(long, value_name = "NAME", default_value = "adam", value_parser = choices::optimizer)]
    pub(super) optimizer: Optimizer,
    /// Judge by accuracy, by cost or, of values, by mean_squared_error, in the values' own units
    /// [default: accuracy; of values mean_squared_error]
    #[arg(long, value_name = "NAME")]
    pub(super) score: Option<ScoreName>,
    /// Seed of the folds, the weights and the order of the samples
    #[arg(long, default_value = "0")]
    pub(super) seed: u64,
    /// Numbers to compute with
    #[arg(long, default_value = "f64")]
    pub(super) precision: Precision,
    #[command(flatten)]
    pub(super) machine: Machine,
    /// Run the I-th (from 1) of N parts of the trainings alone, and write their scores to --out;
    /// the same part again replaces its file. At most as many parts as candidates times folds
    #[arg(long, value_name = "I/N", value_parser = shard, requires = "out")]
    pub(super) shard: Option<Shard>,
    /// Train nothing: make the table of all parts in these folders, or of these part files
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = OF_TRAINING.split(' '))]
    pub(super) merge: Vec<PathBuf>,
    /// Folder for the box plot; with --shard, for the part
    #[arg(long, value_name = "FOLDER")]
    pub(super) out: Option<PathBuf>,
    /// Write one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The options that a merge would not look at.
const OF_TRAINING: &str = "data label array labels inputs memory_limit no_header delimiter decimal \
    thousands skip_rows ignore features regression classification categories most_categories \
    weights standardize target_transform missing rare plain activation hidden learning_rate init \
    folds epochs batch optimizer score seed precision backend threads shard";

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
#[value(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum ScoreName {
    Accuracy,
    Cost,
    MeanSquaredError,
}

impl Args {
    /// A candidate's training on so many samples, by these defaults; its rate is the candidate's.
    pub(super) fn training(&self, defaults: Defaults, samples: usize) -> Training {
        let is_table = defaults == Defaults::Table;
        let by_default = match is_table {
            true => Training::for_samples(samples),
            false => Training::new(50, 32),
        };
        let epochs = self.epochs.map_or(by_default.get_epochs(), NonZeroUsize::get);
        let batch = self.batch.map(NonZeroUsize::get).or(by_default.get_batch_size());
        let schedule = if is_table { Schedule::cosine(epochs, 0.0) } else { Schedule::constant() };
        Training::new(epochs, batch.unwrap_or(32))
            .optimizer(self.optimizer)
            .schedule(schedule)
            .l2(by_default.get_l2())
            .seed(self.seed)
    }
}

impl ScoreName {
    /// The score to judge by: as asked for, or the usual one for what is predicted.
    pub(super) fn of(args: &Args) -> Result<Self, Failure> {
        let refused = |what| Err(Failure::Arguments(format!("--score {what} only")));
        match (args.score, args.learning.regression) {
            (Some(Self::Accuracy), true) => refused("accuracy is for classes"),
            (Some(Self::MeanSquaredError), false) => refused("mean_squared_error is for values"),
            (Some(score), _) => Ok(score),
            (None, true) => Ok(Self::MeanSquaredError),
            (None, false) => Ok(Self::Accuracy),
        }
    }

    pub(super) fn better(self) -> Better {
        if self == Self::Accuracy { Better::Higher } else { Better::Lower }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Cost => "cost",
            Self::MeanSquaredError => "mean_squared_error",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    #[test]
    fn every_option_of_a_training_is_refused_beside_a_merge() {
        let command = super::Args::augment_args(clap::Command::new("select"));
        let mut ids: Vec<&str> = command.get_arguments().map(|arg| arg.get_id().as_str()).collect();
        ids.retain(|id| !["merge", "out", "json"].contains(id));
        ids.sort_unstable();
        let mut refused: Vec<&str> = super::OF_TRAINING.split(' ').collect();
        refused.sort_unstable();
        assert_eq!(ids, refused);
    }
}
