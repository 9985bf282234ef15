//! Training in shards: the same bits on any number of ranks.

mod among;
mod pass;
mod reduction;
mod tree;

pub(super) use among::Sharded;
