//! `shallownet select`: which network to take, by cross-validation.
//!
//! `run` leads from samples and candidates to scores; `table` tells them. With `--shard` the scores
//! go to a part file (`part`), and `merge` makes one table of all parts.

mod args;
mod baseline;
mod command;
mod compare;
mod fold;
mod merge;
mod part;
mod read;
mod run;
mod score;
mod selection;
mod shard;
mod table;

pub(crate) use args::Args;
pub(crate) use run::run;
