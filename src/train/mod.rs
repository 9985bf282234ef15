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

mod optimizer;
mod options;
mod samples;
mod schedule;
mod snapshot;
mod standing;
mod state;
mod trainer;
mod update;

pub use optimizer::Optimizer;
pub use options::{EarlyStopping, Training};
pub use samples::DataSet;
pub use schedule::Schedule;
#[cfg(feature = "safetensors")]
pub(crate) use standing::Done;
pub use standing::{Best, TrainingState};
pub use state::OptimizerState;
pub use trainer::{Epoch, Stop, Trainer, TrainingReport};
