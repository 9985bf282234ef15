//! Training beyond plain gradient descent: mini-batches, optimisers, schedules, regularisation,
//! early stopping, and a state that can be put away and taken up again.
//!
//! | file | what it is |
//! | --- | --- |
//! | `optimizer.rs` | [`Optimizer`]: which rule, with the papers' constants |
//! | `state.rs` | [`OptimizerState`]: moments, penalty, clipping; from a step's number to its factors |
//! | `update.rs` | `Network::update` and `Network::step_with` |
//! | `schedule.rs` | [`Schedule`]: the learning rate's factor at each step |
//! | `options.rs` | [`Training`] and [`EarlyStopping`]: what is wanted |
//! | `samples.rs` | [`DataSet`], the order of an epoch, the gathering of a batch |
//! | `snapshot.rs` | the way back from divergence |
//! | `standing.rs` | [`TrainingState`]: all that a later run needs to go on |
//! | `trainer.rs` | [`Trainer`]: the loop over epochs and batches |

pub(crate) mod fit;
pub(crate) mod optimizer_state;
mod options;
mod rollback;
mod samples;
pub(crate) mod schedule;
mod trainer;
mod training_state;
mod update;

pub use fit::{Fit, Progress, Report};
pub use optimizer_state::OptimizerState;
pub use options::{EarlyStopping, Training};
pub use schedule::Schedule;
pub use trainer::{Epoch, Stop, Trainer, TrainingReport};
#[cfg(feature = "safetensors")]
pub(crate) use training_state::Done;
pub use training_state::{Best, TrainingState};
