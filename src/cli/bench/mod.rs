//! `shallownet bench`: how fast it is on this machine, beside what the core could do and beside
//! plain loops.
//!
//! `args` is what it can be told, `setting` what follows from that for all measurements, `run`
//! their course, `measure` the calls, `naive` the plain loops, `agreement` the check before the clock,
//! `row` the line; `population` measures many networks at once. Shapes, the clock and the core's limit
//! are those of `shallownet::testing::measure`.

mod agreement;
mod args;
mod measure;
mod naive;
mod population;
mod row;
mod run;
mod setting;
#[cfg(test)]
mod tests;

pub(crate) use args::Args;
pub(crate) use run::run;
