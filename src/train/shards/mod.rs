//! Training in shards: the same bits on any number of ranks.

mod agreement;
mod among;
mod full;
mod pass;
mod reduction;
mod tree;

pub(crate) use agreement::{agreed, on_any};
pub(super) use among::Sharded;
pub(crate) use full::FullBatch;
