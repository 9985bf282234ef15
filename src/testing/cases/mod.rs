//! Networks, batches and trainings to try: shapes around lane counts, values at the ends of their
//! range, degenerate networks.
//!
//! [`strategies`] are proptest's, [`bytes`] makes the same out of a fuzzer's bytes, [`shapes`] lists
//! what takes a path of its own through the fused backend. A [`Case`] is small: its numbers follow
//! from a seed. A [`Problem`] is a case with all numbers written out, for who has no generator of
//! ours.

pub mod bytes;
mod case;
mod numbers;
mod problem;
pub mod shapes;
pub mod strategies;

pub use case::{Batch, Case};
pub use numbers::{Numbers, nested, widen};
pub use problem::{Dense, Parameters, Problem};
