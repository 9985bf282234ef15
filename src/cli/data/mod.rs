//! Files to samples, whatever their format; and the built-in set.

mod append;
mod arrays;
mod classes;
mod columns;
mod dialect;
mod files;
mod fingerprint;
mod gaps;
mod kind;
mod learning;
mod names;
mod near;
mod part;
#[cfg(feature = "mpi")]
mod places;
#[cfg(feature = "mpi")]
mod plain_files;
mod plausible;
mod prepared;
mod room;
mod samples;
mod scale;
mod source;
#[cfg(feature = "mpi")]
mod spellings;
mod stretch;
#[cfg(feature = "mpi")]
mod stretches;
mod suspicions;
mod table;

pub(crate) use learning::Learning;
pub(crate) use prepared::Prepared;
pub(crate) use room::with_room;
pub(crate) use samples::{Data, Targets, Want};
pub(crate) use source::Source;
pub(crate) use stretch::widened;
pub(crate) use table::planar_weights;
