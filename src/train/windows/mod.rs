//! Training on samples that are read from a source, window by window, while others are trained on.
//!
//! | file | what it is |
//! | --- | --- |
//! | `data.rs` | [`SourceData`]: which samples are trained on, which are held out |
//! | `plan.rs` | blocks and windows, and their order |
//! | `sizes.rs` | the memory that a training takes, and the window that a limit allows |
//! | `reader.rs` | reads a window: its values, their checks, their fingerprint |
//! | `feed.rs` | two windows: one is read by a thread of its own while the other is trained on |
//! | `batch.rs` | a batch out of windows |
//! | `pass.rs` | an epoch |
//! | `trainer.rs` | [`SourceTrainer`] |

mod batch;
mod data;
mod feed;
mod pass;
mod plan;
mod reader;
mod sizes;
mod trainer;

pub use data::SourceData;
pub use trainer::SourceTrainer;
