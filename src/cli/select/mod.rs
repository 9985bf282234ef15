//! `shallownet select`: which network to take, by cross-validation.

mod args;
mod baseline;
mod fold;
mod run;

pub(crate) use args::Args;
pub(crate) use run::run;
