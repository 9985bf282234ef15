//! `shallownet train --memory`: samples that are read from their files in every epoch, since they need
//! not fit in memory.
//!
//! | file | what it is |
//! | --- | --- |
//! | `limit.rs` | what `--memory` leaves for the training |
//! | `samples.rs` | the rows of a file, prepared, as a source |
//! | `survey.rs` | what the samples are, found in one pass over them |
//! | `epochs.rs` | the training, watched epoch by epoch |
//! | `measure.rs` | how good the network is on samples that are read once more |
//! | `course.rs` | from samples to a model |

mod course;
mod epochs;
mod limit;
mod measure;
mod samples;
mod survey;

pub(super) use course::run;
