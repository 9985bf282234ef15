//! What a training is asked for, and how far it has come.

use serde::{Deserialize, Serialize};

use super::written_as;
use crate::data::standardization::Standardization;
use crate::train::batch_size::BatchSize;
use crate::train::best::Best;
use crate::train::early_stopping::EarlyStopping;
use crate::train::options::Training;
use crate::train::schedule::{Decay, Schedule};
use crate::train::window::Window;
use crate::words::optimizer::Optimizer;

/// What checkpoints hold. Fields that are added later need a default, so that old files still load.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Training", deny_unknown_fields)]
struct TrainingForm {
    epochs: usize,
    #[serde(with = "Samples")]
    batch_size: BatchSize,
    #[serde(default = "default::optimizer")]
    optimizer: Optimizer,
    #[serde(default = "default::learning_rate")]
    learning_rate: f64,
    #[serde(default)]
    schedule: Schedule,
    #[serde(default)]
    l2: f64,
    #[serde(default)]
    clip_norm: Option<f64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    dropout: f64,
    #[serde(default)]
    early_stopping: Option<EarlyStopping>,
    #[serde(default)]
    seed: u64,
    #[serde(default = "default::shards", skip_serializing_if = "is_one")]
    shards: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
}

/// Left out, so that a form without it can be read by programs that don't know it.
fn is_zero(rate: &f64) -> bool {
    *rate == 0.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
pub(super) fn is_one(shards: &usize) -> bool {
    *shards == 1
}

/// The defaults of options that are not set.
mod default {
    use super::{EarlyStopping, Optimizer, Training};

    pub(super) fn optimizer() -> Optimizer {
        Training::new(1, 1).optimizer
    }

    pub(super) fn learning_rate() -> f64 {
        Training::new(1, 1).learning_rate
    }

    pub(super) fn shards() -> usize {
        1
    }

    pub(super) fn restore_best() -> bool {
        EarlyStopping::new(1).restore_best
    }
}

/// Samples a step: a number, or `"full"`.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a batch size: a number of samples, or \"full\"")]
enum Samples {
    Mini(usize),
    Full(Full),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Full {
    Full,
}

impl Samples {
    fn serialize<S: serde::Serializer>(size: &BatchSize, writer: S) -> Result<S::Ok, S::Error> {
        let form = match *size {
            BatchSize::Mini(size) => Self::Mini(size),
            BatchSize::Full => Self::Full(Full::Full),
        };
        Serialize::serialize(&form, writer)
    }

    fn deserialize<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<BatchSize, D::Error> {
        Ok(match Deserialize::deserialize(reader)? {
            Self::Mini(size) => BatchSize::Mini(size),
            Self::Full(Full::Full) => BatchSize::Full,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Window", deny_unknown_fields)]
struct WindowForm {
    block: usize,
    blocks: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "EarlyStopping", deny_unknown_fields)]
struct EarlyStoppingForm {
    patience: usize,
    #[serde(default)]
    min_delta: f64,
    #[serde(default = "default::restore_best")]
    restore_best: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Schedule", deny_unknown_fields)]
struct ScheduleForm {
    #[serde(default)]
    warm_up: f64,
    #[serde(default)]
    decay: Decay,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Decay", rename_all = "snake_case", deny_unknown_fields)]
enum DecayForm {
    Constant,
    Step { every: usize, factor: f64 },
    Cosine { epochs: usize, floor: f64 },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Best", deny_unknown_fields)]
struct BestForm {
    epoch: usize,
    cost: f64,
}

/// What models hold.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Standardization")]
struct StandardizationForm {
    means: Vec<f64>,
    stds: Vec<f64>,
}

written_as!(
    Training = TrainingForm,
    EarlyStopping = EarlyStoppingForm,
    Window = WindowForm,
    Schedule = ScheduleForm,
    Decay = DecayForm,
    Best = BestForm,
    Standardization = StandardizationForm,
);
