//! Training beyond one step of gradient descent: full batches and mini-batches, optimisers,
//! schedules, regularisation, early stopping, and a state that can be saved and continued.
//!
//! | file | what it is |
//! | --- | --- |
//! | `power.rs` | whole powers, the same bits everywhere |
//! | `schedule.rs` | [`Schedule`]: the learning rate's factor at each step |
//! | `batch_size.rs` | full batch or mini-batches |
//! | `early_stopping.rs` | [`EarlyStopping`]: when to stop before the last epoch |
//! | `window.rs` | blocks and windows of samples that are not in memory |
//! | `options.rs` | [`Training`]: what is wanted |
//! | `window_option.rs` | [`Training::window`], of samples from a source |
//! | `clipping.rs` | the norm of a gradient, and the factor that brings it down to a limit |
//! | `optimizer_state.rs` | [`OptimizerState`]: moments, penalty, clipping |
//! | `factors.rs` | from a step's number to its factors |
//! | `update.rs` | `Network::update` and `Network::step_with` |
//! | `best.rs` | [`Best`], and its parameters |
//! | `training_state.rs` | [`TrainingState`]: all that a later run needs to go on |
//! | `report.rs` | [`Epoch`] and [`TrainingReport`]: what a run says |
//! | `rollback.rs` | the way back from divergence |
//! | `epochs.rs` | the loop over epochs |
//! | `samples.rs` | the order of an epoch, the gathering of a mini-batch |
//! | `validation.rs` | the cost of the validation set |
//! | `shards/` | the same in shards, with the same bits on any number of ranks |
//! | `one_step.rs` | a step of a training on a batch |
//! | `trainer.rs` | [`Trainer`]: a run with memory of its own |
//! | `windows/` | the same of samples that are read from a [`Source`](crate::source::Source) |
//! | `fit.rs` | [`Fit`]: full batches of gradient descent on memory of the caller's |
//!
//! A file imports only what stands above it.

pub(crate) mod batch_size;
pub(crate) mod best;
mod clipping;
pub(crate) mod early_stopping;
mod epochs;
pub(crate) mod factors;
pub(crate) mod fit;
mod one_step;
pub(crate) mod optimizer_state;
pub(crate) mod options;
pub(crate) mod order;
mod power;
mod recipe;
pub(crate) mod report;
mod rollback;
mod samples;
pub(crate) mod schedule;
pub(crate) mod shards;
mod trainer;
pub(crate) mod training_state;
mod update;
mod validation;
pub(crate) mod window;
mod window_option;
mod windows;

pub use best::Best;
pub use early_stopping::EarlyStopping;
pub use fit::Fit;
pub use optimizer_state::OptimizerState;
pub use options::Training;
pub use report::{Epoch, Stop, TrainingReport};
pub use schedule::{Decay, Schedule};
pub use trainer::Trainer;
#[cfg(feature = "safetensors")]
pub(crate) use training_state::Done;
pub use training_state::TrainingState;
pub use windows::{SourceData, SourceTrainer};
