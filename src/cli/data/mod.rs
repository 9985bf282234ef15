//! Files to samples, whatever their format; and the built-in set.

mod arrays;
mod classes;
mod columns;
mod dialect;
mod fingerprint;
mod gaps;
mod kind;
mod learning;
mod part;
mod plausible;
mod prepared;
mod samples;
mod scale;
mod source;
mod suspicions;
mod table;

pub(crate) use learning::Learning;
pub(crate) use part::widened;
pub(crate) use prepared::Prepared;
pub(crate) use samples::{Data, Targets, Want, with_room};
pub(crate) use source::Source;
pub(crate) use table::planar_weights;
