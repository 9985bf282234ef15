//! `shallownet select`: which network to take, by cross-validation.
//!
//! `run` leads from samples and candidates to scores; `table` tells them. With `--shard` the scores
//! go to a part file (`part`), and `merge` makes one table of all parts. `ranks` does the same at once,
//! a part a rank.

mod args;
mod baseline;
mod command;
mod compare;
mod fold;
mod merge;
mod part;
#[cfg(feature = "mpi")]
pub(crate) mod ranks;
mod read;
mod run;
mod score;
mod selection;
mod shard;
mod table;

pub(crate) use args::Args;
pub(crate) use run::run;
