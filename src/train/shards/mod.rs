//! Training in shards: the same bits on any number of ranks.

mod among;
mod full;
mod pass;
mod reduction;
mod tree;

pub(super) use among::Sharded;
pub(crate) use full::{FullBatch, on_any};
