//! `shallownet bench`: how fast it is on this machine, beside what the core could do and beside
//! plain loops.
//!
//! `args` is what it can be told, `setting` what follows from that for all measurements, `run`
//! their course, `shapes` the table of what is measured, `measure` the calls, `timing` the clock,
//! `peak` the core's limit, `naive` the plain loops, `agreement` the check before the clock, `row`
//! the line; `population` measures many networks at once.

mod agreement;
mod args;
mod measure;
mod naive;
mod peak;
mod population;
mod row;
mod run;
mod setting;
mod shapes;
#[cfg(test)]
mod tests;
mod timing;

pub(crate) use args::Args;
pub(crate) use run::run;
