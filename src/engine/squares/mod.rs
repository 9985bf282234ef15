//! Levenberg-Marquardt's arithmetic, in f64 whatever the network's type: errors of a batch, the
//! normal equations, and their solution.
//!
//! | file | what it is |
//! | --- | --- |
//! | `plan.rs` | how the samples are cut into blocks, and what memory that takes |
//! | `room.rs` | the memory |
//! | `job.rs` | what can be asked for |
//! | `pass.rs` | errors and equations, block by block |
//! | `run.rs` | a job at a level |

pub(crate) mod job;
mod pass;
pub(crate) mod plan;
pub(crate) mod room;
pub(super) mod run;
