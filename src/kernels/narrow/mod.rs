//! Whole narrow networks with samples in lanes: forward, loss, backward and gradient of a block of
//! samples without leaving L1.
//!
//! A layer of 1 to 15 units fills little of a register whose lanes are units. Here lanes are
//! samples: every buffer holds, for each unit, STEPS registers of samples side by side, and each
//! weight is broadcast.
//!
//! ```text
//! for each block of STEPS * LEN samples
//!   x, y: gathered so that samples lie in lanes       (`gather`)
//!   each layer forward; the loss; each layer back     (`dense`, `loss`)
//!   sums[w] += dz * a, lane by lane                   (`dense`)
//! dw = the sums over sums' lanes                      (`shuffle::lane_sums`)
//! ```
//!
//! The forward and backward products are summed in the order of `panel`, so a sample's activations
//! and errors have the same bits on both paths; the sum over samples has its own fixed order.

pub(crate) mod dense;
pub(crate) mod end;
pub(crate) mod gather;
pub(crate) mod loss;

/// Registers of samples a block: enough FMAs for each load and store of a gradient's sum.
pub(crate) const STEPS: usize = 4;
