//! Whole narrow networks with samples in lanes: forward, loss, backward and gradient of a block of
//! samples without leaving L1.
//!
//! A layer of 1 to 15 units fills little of a register whose lanes are units. Here lanes are
//! samples: every buffer holds, for each unit, a row of registers of samples side by side, and each
//! weight is broadcast.
//!
//! ```text
//! for each block of as many samples as a row holds
//!   x, y: gathered so that samples lie in lanes       (`gather`)
//!   each layer forward; the loss; each layer back     (`dense`, `loss`)
//!   sums[w] += dz * a, lane by lane                   (`dense`; or dw itself, `by_units`)
//! dw = the sums over sums' lanes                      (`sums`)
//! ```
//!
//! The forward and backward products are summed in the order of `panel`, so a sample's activations
//! and errors have the same bits on both paths; the sum over samples has its own fixed order.

pub(crate) mod by_units;
pub(crate) mod dense;
pub(crate) mod end;
pub(crate) mod gather;
pub(crate) mod loss;
pub(crate) mod start;
pub(crate) mod sums;

use crate::element::Element;

/// How many units, or inputs, a product has side by side: as many as keep their sums in registers.
/// Where a `V` takes four (SSE, WebAssembly), those of x86 are 16, for sums and all else; those of
/// ARM are 32.
#[inline(always)]
const fn side_by_side(registers: usize) -> usize {
    if registers > 2 && !cfg!(target_arch = "aarch64") { 2 } else { 4 }
}

/// How a block of samples lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    /// Elements from one value's samples to the next value's: whole registers.
    pub(crate) stride: usize,
    /// Registers of each row that hold samples.
    pub(crate) steps: usize,
}

impl Rows {
    /// The first N rows of `block`, as far as they hold samples.
    #[inline(always)]
    pub(crate) fn each<T: Element, const N: usize>(self, block: &[T]) -> [&[T::Panel]; N] {
        let mut rows = [&[][..]; N];
        for n in 0..N {
            rows[n] = &T::panels(&block[n * self.stride..])[..self.steps];
        }
        rows
    }
}
