//! Forward through a layer of at most half a panel's units and of many inputs: two inputs a
//! register.
//!
//! ```text
//! for each block of inputs                         (lanes: unit 0 of i and i + 1, unit 1 of i ...)
//!   for each tile of N columns
//!     for each piece of the block
//!       acc[n] = 0
//!       for each pair of inputs i, i + 1
//!         acc[n] += w[i, i + 1] * x[n][i, i + 1]     (N broadcasts of a pair, N FMAs)
//!       block[n] += acc[n]
//!     sums[n] += block[n]                            (these rest in `out`)
//! out[n] = finish((even lanes of sums[n]) + (odd lanes of sums[n]) + b)
//! ```
//!
//! 1. With one input a register, each FMA fills half of one and waits for a broadcast: a core has
//!    no more loads a cycle than FMAs. A pair of inputs fills a register with one broadcast.
//! 2. X is read in place, at most eight columns at once: see `panel`.
//! 3. The order of the sums is the same at every level and for any number of columns. Pieces are
//!    short enough that a core works on several of a single column at once.

use super::epilogue::MAX_LANES;
use super::finish::Finish;
use super::finite;
use super::lanes::Lanes;
use super::shuffle::Paired;
use crate::element::Element;
use crate::kernels::block::{Block, BlockMut};

/// Inputs a block: 256 KiB of weights, which stay in L2 while all columns pass.
const BLOCK_INPUTS: usize = 8192;

/// Pairs a piece.
const PIECE_PAIRS: usize = 16;

/// out = finish(W x + b), column by column. Were all sums finite? W is one panel of half the usual
/// units; b is padded to a whole one, and `out`'s columns have room for it. `registers` is the
/// number of machine registers that a P takes.
#[inline(always)]
pub(crate) fn multiply<P>(
    t: P::Token,
    registers: usize,
    (w, b): (&[P::Elem], &[P::Elem]),
    x: Block<'_, P::Elem>,
    out: BlockMut<'_, P::Elem>,
    finish: &impl Finish<P::Half>,
) -> bool
where
    P: Paired,
    P::Elem: Element,
{
    let mut job = Job::<P> { t, w, x, out, from: 0, to: 0 };
    while job.to < x.rows {
        job.from = job.to;
        job.to = (job.from + BLOCK_INPUTS).min(x.rows);
        let mut column = 0;
        while registers == 1 && column + 8 <= x.columns {
            job.tile::<8>(column);
            column += 8;
        }
        while column + 4 <= x.columns {
            job.tile::<4>(column);
            column += 4;
        }
        while column < x.columns {
            job.tile::<1>(column);
            column += 1;
        }
    }
    let (b, zero) = (P::Half::load(t, b), P::Half::splat(t, P::Elem::ZERO));
    let mut zeros = zero;
    for (column, out) in job.out.data.chunks_mut(job.out.stride).take(x.columns).enumerate() {
        let z = P::load(t, out).fold() + b;
        zeros = z.mul_add(zero, zeros);
        finish.finish(z, column, 0).store(out);
    }
    finite::lanes_finite(zeros)
}

struct Job<'a, P: Paired>
where
    P::Elem: Element,
{
    t: P::Token,
    /// A row of half a panel an input.
    w: &'a [P::Elem],
    x: Block<'a, P::Elem>,
    out: BlockMut<'a, P::Elem>,
    /// The block of inputs.
    from: usize,
    to: usize,
}

impl<P> Job<'_, P>
where
    P: Paired,
    P::Elem: Element,
{
    /// One block of the N columns from `column` on.
    #[inline(always)]
    fn tile<const N: usize>(&mut self, column: usize) {
        let (block, x) = (self.from..self.to, self.x);
        let units = P::Half::LEN;
        let rows = &self.w[block.start * units..block.end * units];
        let w = P::Elem::panels(rows);
        let (mut pairs, mut last) = ([&[][..]; N], [&[][..]; N]);
        for n in 0..N {
            let x = &x.data[(column + n) * x.stride..][block.clone()];
            (pairs[n], last[n]) = x.as_chunks::<2>();
        }
        let zero = P::splat(self.t, P::Elem::ZERO);
        let mut sums = [zero; N];
        for start in (0..w.len()).step_by(PIECE_PAIRS) {
            let piece = start..w.len().min(start + PIECE_PAIRS);
            let w = &w[piece.clone()];
            let mut x = [&[][..]; N];
            for n in 0..N {
                x[n] = &pairs[n][piece.clone()];
            }
            let mut acc = [zero; N];
            for i in 0..w.len() {
                let w = P::load(self.t, w[i].as_ref()).interleaved();
                for n in 0..N {
                    acc[n] = w.mul_add(P::splat_pair(self.t, x[n][i]), acc[n]);
                }
            }
            for n in 0..N {
                sums[n] = sums[n] + acc[n];
            }
        }
        if block.len() % 2 == 1 {
            // The last input, paired with one of weight 0.
            let mut row = [P::Elem::ZERO; MAX_LANES];
            row[..units].copy_from_slice(&rows[rows.len() - units..]);
            let w = P::load(self.t, &row).interleaved();
            for n in 0..N {
                let x = P::splat_pair(self.t, [last[n][0], P::Elem::ZERO]);
                sums[n] = w.mul_add(x, sums[n]);
            }
        }
        for n in 0..N {
            let out = &mut self.out.data[(column + n) * self.out.stride..];
            if block.start > 0 {
                sums[n] = P::load(self.t, out) + sums[n];
            }
            sums[n].store(out);
        }
    }
}
