//! The product that both directions of a pass are made of: panels of weights times columns.
//!
//! ```text
//! for each panel of LEN units                      (lanes run over units)
//!   for each tile of N columns
//!     acc[n] = start                               (the bias forward, 0 backward)
//!     for each input i
//!       acc[n] += w[panel][i] * x[n][i]            (one load, N scalar broadcasts, N FMAs)
//!     out[n][panel] = finish(acc[n])               (g forward, times g' backward)
//! ```
//!
//! 1. X is read in place: a broadcast needs no packing. Only where its columns lie a large power of
//!    two apart, so that they fight for the same lines of L1, each block is copied first.
//! 2. Each output is summed over the inputs from first to last with one rounding a term, whatever
//!    N and the register's width: so every level with FMA gives the same bits, and a column's
//!    result does not depend on the batch around it.
//! 3. N is BIG or SMALL, both enough chains to hide the FMA's latency. A rest is covered by a tile
//!    that overlaps the one before: it computes the same values again and stores them again.
//! 4. Fewer columns than SMALL have too few chains in one panel: several panels run at once.
//! 5. Many inputs are cut into blocks, so that a panel's block stays in L1 while all the tile's
//!    columns pass; between blocks the accumulators rest in `out`, unrounded.
//! 6. A layer of at most LEN/2 units takes registers of half the width (V::LEN lanes of a panel
//!    that is `width` wide).

use super::epilogue;
use super::exp::ExpElement;
use super::lanes::Lanes;
use crate::activation::Activation;
use crate::engine::block::{Block, BlockMut};
use crate::scalar::Scalar;

/// Inputs a block: 16 lanes of f32 or 8 of f64 make 64 bytes an input, so 16 KiB of a 32 KiB L1, beside as
/// many of a dozen columns.
const BLOCK_INPUTS: usize = 256;

/// The last block takes a rest shorter than half a block.
const LONGEST_BLOCK: usize = BLOCK_INPUTS + BLOCK_INPUTS / 2;

/// Elements a column of the room for copied blocks; no power of two.
pub(crate) const COPY_STRIDE: usize = LONGEST_BLOCK + 16;

/// Units side by side, as [`Shape`](crate::shape::Shape) lays them out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panels<'a, T> {
    /// [panels][inputs][width]
    pub(crate) w: &'a [T],
    /// [panels][width]: where the sums start; `None` for 0.
    pub(crate) start: Option<&'a [T]>,
    pub(crate) inputs: usize,
    pub(crate) width: usize,
}

/// What happens to a register of finished sums before it is stored. (A trait and not a closure:
/// a closure bound to a name can't be `inline(always)`, and without that its body would not be
/// compiled for the level.)
pub(crate) trait Finish<V> {
    /// `sums` belongs to `column` and to the units from `unit` on.
    fn finish(&self, sums: V, column: usize, unit: usize) -> V;
}

/// Forward: a = g(z).
pub(crate) struct Activate<V: Lanes> {
    pub(crate) t: V::Token,
    pub(crate) g: Activation,
}

impl<V> Finish<V> for Activate<V>
where
    V: Lanes,
    V::Elem: Scalar + ExpElement,
{
    #[inline(always)]
    fn finish(&self, sums: V, _: usize, _: usize) -> V {
        epilogue::g(self.t, self.g, sums)
    }
}

/// Backward: dz = da g'(z), read off a.
pub(crate) struct TimesDerivative<'a, V: Lanes> {
    pub(crate) t: V::Token,
    pub(crate) g: Activation,
    pub(crate) a: Block<'a, V::Elem>,
}

impl<V> Finish<V> for TimesDerivative<'_, V>
where
    V: Lanes,
    V::Elem: Scalar,
{
    #[inline(always)]
    fn finish(&self, sums: V, column: usize, unit: usize) -> V {
        let a = V::load(self.t, &self.a.data[column * self.a.stride + unit..]);
        epilogue::times_g_prime(self.t, self.g, a, sums)
    }
}

/// out = finish(panels * x + start), column by column. `finish` gets a register of sums, and the
/// column and first unit they belong to.
///
/// `out` may be unpadded (its stride below the panels' units): the last panel is cut. `copies` has
/// COPY_STRIDE elements a column if x is to be copied block by block, else it is empty.
#[inline(always)]
pub(crate) fn multiply<V>(
    t: V::Token,
    registers: usize,
    panels: Panels<'_, V::Elem>,
    x: Block<'_, V::Elem>,
    (out, copies): (BlockMut<'_, V::Elem>, &mut [V::Elem]),
    finish: impl Finish<V>,
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let mut job = Job { t, panels, out, finish };
    // With one machine register a panel (AVX-512) there are 32 of them; with two, 16.
    if registers == 1 { job.run::<12, 8, 8>(x, copies) } else { job.run::<6, 4, 4>(x, copies) }
}

struct Job<'a, V: Lanes, F> {
    t: V::Token,
    panels: Panels<'a, V::Elem>,
    out: BlockMut<'a, V::Elem>,
    finish: F,
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
    V::Elem: Scalar,
    F: Finish<V>,
{
    #[inline(always)]
    fn run<const BIG: usize, const SMALL: usize, const WIDE: usize>(
        &mut self,
        x: Block<'_, V::Elem>,
        copies: &mut [V::Elem],
    ) {
        let count = self.panels.w.len() / (self.panels.inputs * self.panels.width);
        if x.columns < SMALL {
            for column in 0..x.columns {
                let x = &x.data[column * x.stride..][..self.panels.inputs];
                let mut panel = 0;
                while panel + WIDE <= count {
                    self.vector::<WIDE>(panel, column, x);
                    panel += WIDE;
                }
                while panel + 2 <= count {
                    self.vector::<2>(panel, column, x);
                    panel += 2;
                }
                if panel < count {
                    self.vector::<1>(panel, column, x);
                }
            }
            return;
        }
        let mut from = 0;
        while from < self.panels.inputs {
            let left = self.panels.inputs - from;
            let to = from + if left <= LONGEST_BLOCK { left } else { BLOCK_INPUTS };
            let block = if copies.is_empty() {
                Block { data: &x.data[from..], ..x }
            } else {
                for (column, copy) in
                    copies.chunks_exact_mut(COPY_STRIDE).enumerate().take(x.columns)
                {
                    copy[..to - from].copy_from_slice(&x.data[column * x.stride..][from..to]);
                }
                Block { data: copies, stride: COPY_STRIDE, ..x }
            };
            for panel in 0..count {
                self.columns::<BIG, SMALL>(panel, Inputs { x: block, from, to });
            }
            from = to;
        }
    }

    /// One block of one panel over all columns.
    #[inline(always)]
    fn columns<const BIG: usize, const SMALL: usize>(
        &mut self,
        panel: usize,
        inputs: Inputs<'_, V::Elem>,
    ) {
        let columns = inputs.x.columns;
        let whole = inputs.from == 0 && inputs.to == self.panels.inputs;
        let mut column = 0;
        while column < columns {
            let left = columns - column;
            // BIG + (BIG - SMALL) left over is two SMALL tiles; else BIG while it fits.
            if left >= BIG && (left.is_multiple_of(BIG) || left > 2 * SMALL) {
                self.tile::<BIG>(panel, column, inputs);
                column += BIG;
            } else if whole {
                // A single block may overlap: nothing of `out` is read.
                let at = column.min(columns - SMALL);
                self.tile::<SMALL>(panel, at, inputs);
                column = at + SMALL;
            } else if left >= SMALL {
                self.tile::<SMALL>(panel, column, inputs);
                column += SMALL;
            } else if left >= 2 {
                self.tile::<2>(panel, column, inputs);
                column += 2;
            } else {
                self.tile::<1>(panel, column, inputs);
                column += 1;
            }
        }
    }

    /// One block of one panel over N columns.
    #[inline(always)]
    fn tile<const N: usize>(&mut self, panel: usize, column: usize, block: Inputs<'_, V::Elem>) {
        let Panels { w, inputs, width, .. } = self.panels;
        let Inputs { x: columns, from, to } = block;
        let w = &w[(panel * inputs + from) * width..(panel * inputs + to) * width];
        let (mut x, mut acc) = ([&[][..]; N], [self.start(panel); N]);
        for n in 0..N {
            x[n] = &columns.data[(column + n) * columns.stride..][..to - from];
            if from > 0 {
                acc[n] = self.load(panel, column + n);
            }
        }
        for (i, w) in w.chunks_exact(width).enumerate() {
            let w = V::load(self.t, w);
            for n in 0..N {
                acc[n] = w.mul_add(V::splat(self.t, x[n][i]), acc[n]);
            }
        }
        for n in 0..N {
            self.store(panel, column + n, acc[n]);
        }
        if to == inputs {
            for n in 0..N {
                let sums = self.load(panel, column + n);
                let finished = self.finish.finish(sums, column + n, panel * width);
                self.store(panel, column + n, finished);
            }
        }
    }

    /// PANELS panels over one column, all inputs.
    #[inline(always)]
    fn vector<const PANELS: usize>(&mut self, panel: usize, column: usize, x: &[V::Elem]) {
        let Panels { w, inputs, width, .. } = self.panels;
        let (mut rows, mut acc) = ([&[][..]; PANELS], [V::splat(self.t, V::Elem::ZERO); PANELS]);
        for p in 0..PANELS {
            rows[p] = &w[(panel + p) * inputs * width..][..inputs * width];
            acc[p] = self.start(panel + p);
        }
        for (i, &x) in x.iter().enumerate() {
            let x = V::splat(self.t, x);
            for p in 0..PANELS {
                acc[p] = V::load(self.t, &rows[p][i * width..]).mul_add(x, acc[p]);
            }
        }
        for p in 0..PANELS {
            let finished = self.finish.finish(acc[p], column, (panel + p) * width);
            self.store(panel + p, column, finished);
        }
    }

    #[inline(always)]
    fn start(&self, panel: usize) -> V {
        match self.panels.start {
            Some(start) => V::load(self.t, &start[panel * self.panels.width..]),
            None => V::splat(self.t, V::Elem::ZERO),
        }
    }

    #[inline(always)]
    fn load(&self, panel: usize, column: usize) -> V {
        let (unit, stride) = (panel * self.panels.width, self.out.stride);
        let from = &self.out.data[column * stride..][unit..stride];
        if from.len() >= V::LEN {
            return V::load(self.t, from);
        }
        let mut lanes = [V::Elem::ZERO; epilogue::MAX_LANES];
        lanes[..from.len()].copy_from_slice(from);
        V::load(self.t, &lanes)
    }

    #[inline(always)]
    fn store(&mut self, panel: usize, column: usize, v: V) {
        let (unit, stride) = (panel * self.panels.width, self.out.stride);
        let into = &mut self.out.data[column * stride..][unit..stride];
        if into.len() >= V::LEN {
            return v.store(into);
        }
        let mut lanes = [V::Elem::ZERO; epilogue::MAX_LANES];
        v.store(&mut lanes);
        let len = into.len();
        into.copy_from_slice(&lanes[..len]);
    }
}
