//! The product that both directions of a pass are made of: panels of weights times columns.
//!
//! ```text
//! for each P panels of LEN units                   (lanes run over units)
//!   for each tile of N columns
//!     acc[p][n] = start[p]                         (the bias forward, 0 backward)
//!     for each input i
//!       acc[p][n] += w[p][i] * x[n][i]             (P loads, N scalar broadcasts, P N FMAs)
//!     out[n][p] = acc[p][n]
//!   out[n][p] = finish(out[n][p])                  (g forward, times g' backward)
//! ```
//!
//! 1. X is read in place: a broadcast needs no packing. At most eight columns are read at once, as
//!    many as any L1 has ways: columns a large power of two apart fight for the same lines.
//! 2. Each output is summed over a piece's inputs from first to last with one rounding a term, then
//!    the pieces' sums and the blocks' sums in their order, whatever N and the register's width: so
//!    every level with FMA gives the same bits, and a column's result does not depend on the batch
//!    around it.
//! 3. With 32 registers, P = 3 panels run at once (4 at the end, rather than 3 and 1): each
//!    broadcast serves three FMAs, each panel's weights eight columns, and a core that starts two
//!    FMAs a cycle does not wait for loads. N is BIG or SMALL, both enough chains to hide the FMA's
//!    latency. A rest is covered by a tile that overlaps the one before; what that one has stored
//!    already is not stored again.
//! 4. A few columns alone have too few chains in one panel: see `column`.
//! 5. Many inputs are cut into blocks, so that a panel's block stays in L1 (three panels' nearly, or in L2)
//!    while all the tile's columns pass; between blocks the sums rest in `out`. A layer of a single
//!    panel has its blocks summed piece by piece, so that a sample alone is not one long chain of
//!    FMAs: see `column`.
//! 6. Inputs are not read once more to see whether they are finite. A sum with an input that is not
//!    finite is not finite either, whatever the weight (0 times infinity is NaN, so this holds of
//!    the padding's weights of 0, too). So it is enough to check the sums, which are in registers.
//! 7. A layer of at most PANEL/2 units takes registers of half the width; with many inputs, `pairs`
//!    computes it.

use core::ops::Range;

use super::blocks::{Panels, block_end, piece_end};
use super::finish::Finish;
use super::lanes::Lanes;
use super::{column, finite};
use crate::element::Element;
use crate::kernels::block::{Block, BlockMut};

/// out = finish(panels * x + start), column by column. `finish` gets a register of sums, and the
/// column and first unit they belong to. Were all sums finite?
///
/// `out`'s columns have room for whole panels.
#[inline(always)]
pub(crate) fn multiply<V>(
    t: V::Token,
    registers: usize,
    panels: Panels<'_, V::Elem>,
    x: Block<'_, V::Elem>,
    out: BlockMut<'_, V::Elem>,
    finish: impl Finish<V>,
) -> bool
where
    V: Lanes,
{
    let mut zeros = V::splat(t, V::Elem::ZERO);
    let count = panels.count;
    // Fewer columns than the smallest tile has.
    if x.columns < 4 {
        for column in 0..x.columns {
            let x = &x.data[column * x.stride..][..panels.inputs];
            let out = &mut out.data[column * out.stride..];
            zeros = zeros + column::multiply(t, panels, (column, x), out, &finish);
        }
        return finite::lanes_finite(zeros);
    }
    let mut job = Job { t, panels, out, finish, zeros };
    let mut from = 0;
    while from < panels.inputs {
        let to = block_end(count, panels.inputs, from);
        let x = Block { data: &x.data[from..], ..x };
        let block = Inputs { x, from, to };
        // With one machine register a panel (AVX-512) there are 32 of them; with two, 16.
        if registers == 1 {
            job.in_32(count, block)
        } else {
            job.in_16(count, block)
        }
        from = to;
    }
    finite::lanes_finite(job.zeros)
}

struct Job<'a, V: Lanes, F> {
    t: V::Token,
    panels: Panels<'a, V::Elem>,
    out: BlockMut<'a, V::Elem>,
    finish: F,
    /// The sum of 0 times each sum.
    zeros: V,
}

/// A block of inputs: x's rows `from..to`, found at row 0 of `x`.
#[derive(Clone, Copy)]
struct Inputs<'a, T> {
    x: Block<'a, T>,
    from: usize,
    to: usize,
}

impl<V, F> Job<'_, V, F>
where
    V: Lanes,
    F: Finish<V>,
{
    /// One block over all panels and columns, with 32 registers: up to 24 sums.
    #[inline(always)]
    fn in_32(&mut self, count: usize, block: Inputs<'_, V::Elem>) {
        let mut panel = 0;
        while panel + 3 <= count && panel + 4 != count {
            self.columns::<3, 8, 4, false>(panel, block);
            panel += 3;
        }
        if panel + 4 == count {
            self.columns::<4, 6, 4, false>(panel, block);
            panel += 4;
        }
        if panel + 2 <= count {
            self.columns::<2, 8, 4, false>(panel, block);
            panel += 2;
        }
        if count == 1 {
            self.columns::<1, 8, 4, true>(panel, block);
        } else if panel < count {
            self.columns::<1, 8, 4, false>(panel, block);
        }
    }

    /// One block over all panels and columns, with 16 registers, two a panel: 12 sums.
    #[inline(always)]
    fn in_16(&mut self, count: usize, block: Inputs<'_, V::Elem>) {
        if count == 1 {
            return self.columns::<1, 6, 4, true>(0, block);
        }
        for panel in 0..count {
            self.columns::<1, 6, 4, false>(panel, block);
        }
    }

    /// One block of P panels over all columns, BIG or SMALL at a time; with CUT, piece by piece.
    #[inline(always)]
    fn columns<const P: usize, const BIG: usize, const SMALL: usize, const CUT: bool>(
        &mut self,
        panel: usize,
        block: Inputs<'_, V::Elem>,
    ) {
        let columns = block.x.columns;
        let mut column = 0;
        while column < columns {
            let left = columns - column;
            // What BIG leaves over should be whole SMALL tiles where possible.
            if left >= BIG && (left.is_multiple_of(BIG) || left > 2 * SMALL) {
                self.tile::<P, BIG, CUT>(panel, column, column, block);
                column += BIG;
            } else {
                // A rest is the end of a tile that has been computed in part already.
                let at = column.min(columns - SMALL);
                self.tile::<P, SMALL, CUT>(panel, at, column, block);
                column = at + SMALL;
            }
        }
        if block.to == self.panels.inputs {
            let zero = V::splat(self.t, V::Elem::ZERO);
            for panel in panel..panel + P {
                for column in 0..columns {
                    let sums = self.load(panel, column);
                    let unit = panel * V::Elem::PANEL;
                    self.zeros = sums.mul_add(zero, self.zeros);
                    let finished = self.finish.finish(sums, column, unit);
                    self.store(panel, column, finished);
                }
            }
        }
    }

    /// One block of P panels over the N columns from `column` on; sums are kept from the column
    /// `keep` on.
    #[inline(always)]
    fn tile<const P: usize, const N: usize, const CUT: bool>(
        &mut self,
        panel: usize,
        column: usize,
        keep: usize,
        block: Inputs<'_, V::Elem>,
    ) {
        let Panels { w, inputs, .. } = self.panels;
        let Inputs { x: columns, from, to } = block;
        let len = to - from;
        let (mut rows, mut x) = ([&[][..]; P], [&[][..]; N]);
        for p in 0..P {
            rows[p] = &w[(panel + p) * inputs + from..][..len];
        }
        for n in 0..N {
            x[n] = &columns.data[(column + n) * columns.stride..][..len];
        }
        let zero = [[V::splat(self.t, V::Elem::ZERO); N]; P];
        let mut start = zero;
        for p in 0..P {
            if from == 0 {
                start[p] = [self.panels.start::<V>(self.t, panel + p); N];
            }
        }
        let mut end = if CUT { piece_end(1, len, 0) } else { len };
        let mut acc = self.piece(rows, x, 0..end, start);
        while end < len {
            let piece = end..piece_end(1, len, end);
            end = piece.end;
            let sums = self.piece(rows, x, piece, zero);
            for p in 0..P {
                for n in 0..N {
                    acc[p][n] = acc[p][n] + sums[p][n];
                }
            }
        }
        for n in 0..N {
            if column + n >= keep {
                for p in 0..P {
                    let mut sums = acc[p][n];
                    if from > 0 {
                        sums = self.load(panel + p, column + n) + sums;
                    }
                    self.store(panel + p, column + n, sums);
                }
            }
        }
    }

    /// `acc` and a piece of the product of P panels' rows and N columns.
    #[inline(always)]
    fn piece<const P: usize, const N: usize>(
        &self,
        mut rows: [&[<V::Elem as Element>::Panel]; P],
        mut x: [&[V::Elem]; N],
        piece: Range<usize>,
        mut acc: [[V; N]; P],
    ) -> [[V; N]; P] {
        for rows in &mut rows {
            *rows = &rows[piece.clone()];
        }
        for x in &mut x {
            *x = &x[piece.clone()];
        }
        for i in 0..piece.len() {
            let mut w = [V::splat(self.t, V::Elem::ZERO); P];
            for p in 0..P {
                w[p] = V::load(self.t, rows[p][i].as_ref());
            }
            for n in 0..N {
                let x = V::splat(self.t, x[n][i]);
                for p in 0..P {
                    acc[p][n] = w[p].mul_add(x, acc[p][n]);
                }
            }
        }
        acc
    }

    #[inline(always)]
    fn load(&self, panel: usize, column: usize) -> V {
        V::load(self.t, &self.out.data[column * self.out.stride + panel * V::Elem::PANEL..])
    }

    #[inline(always)]
    fn store(&mut self, panel: usize, column: usize, v: V) {
        let at = column * self.out.stride + panel * V::Elem::PANEL;
        v.store(&mut self.out.data[at..]);
    }
}
