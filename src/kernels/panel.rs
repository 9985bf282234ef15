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
//! 1. X is read in place: a broadcast needs no packing, whatever the stride.
//! 2. Each output is summed over the inputs from first to last with one rounding a term, whatever
//!    N and the register's width: so every level with FMA gives the same bits, and a column's
//!    result does not depend on the batch around it.
//! 3. N is BIG or SMALL, both enough chains to hide the FMA's latency. A rest is covered by a tile
//!    that overlaps the one before: it computes the same values again and stores them again.
//! 4. Fewer columns than SMALL have too few chains in one panel: several panels run at once.
//! 5. Many inputs are cut into blocks, so that a panel's block stays in L1 while all the tile's
//!    columns pass; between blocks the accumulators rest in `out`, unrounded.

use super::epilogue;
use super::exp::ExpElement;
use super::lanes::Lanes;
use crate::activation::Activation;
use crate::engine::block::{Block, BlockMut};
use crate::scalar::Scalar;

/// Inputs a block: 16 lanes of f32 or 8 of f64 make 64 bytes an input, so 24 KiB of a 32 KiB L1.
const BLOCK_INPUTS: usize = 384;

/// Units side by side, as [`Shape`](crate::shape::Shape) lays them out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panels<'a, T> {
    /// [panels][inputs][LEN]
    pub(crate) w: &'a [T],
    /// [panels][LEN]: where the sums start; `None` for 0.
    pub(crate) start: Option<&'a [T]>,
    pub(crate) inputs: usize,
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
/// `out` may be unpadded (its stride below the panels' units): the last panel is cut.
#[inline(always)]
pub(crate) fn multiply<V>(
    t: V::Token,
    registers: usize,
    panels: Panels<'_, V::Elem>,
    x: Block<'_, V::Elem>,
    out: BlockMut<'_, V::Elem>,
    finish: impl Finish<V>,
) where
    V: Lanes,
    V::Elem: Scalar,
{
    let mut job = Job { t, panels, x, out, finish };
    // With one machine register a panel (AVX-512) there are 32 of them; with two, 16.
    if registers == 1 { job.run::<12, 8, 8>() } else { job.run::<6, 4, 4>() }
}

struct Job<'a, V: Lanes, F> {
    t: V::Token,
    panels: Panels<'a, V::Elem>,
    x: Block<'a, V::Elem>,
    out: BlockMut<'a, V::Elem>,
    finish: F,
}

impl<V, F> Job<'_, V, F>
where
    V: Lanes,
    V::Elem: Scalar,
    F: Finish<V>,
{
    #[inline(always)]
    fn run<const BIG: usize, const SMALL: usize, const WIDE: usize>(&mut self) {
        let columns = self.x.columns;
        let count = self.panels.w.len() / (self.panels.inputs * V::LEN);
        if columns < SMALL {
            for column in 0..columns {
                let mut panel = 0;
                while panel + WIDE <= count {
                    self.vector::<WIDE>(panel, column);
                    panel += WIDE;
                }
                while panel + 2 <= count {
                    self.vector::<2>(panel, column);
                    panel += 2;
                }
                if panel < count {
                    self.vector::<1>(panel, column);
                }
            }
            return;
        }
        for panel in 0..count {
            let mut from = 0;
            while from < self.panels.inputs {
                let to = (from + BLOCK_INPUTS).min(self.panels.inputs);
                let to = if self.panels.inputs - to < BLOCK_INPUTS / 2 {
                    self.panels.inputs
                } else {
                    to
                };
                self.columns::<BIG, SMALL>(panel, from, to);
                from = to;
            }
        }
    }

    /// One block of one panel over all columns.
    #[inline(always)]
    fn columns<const BIG: usize, const SMALL: usize>(
        &mut self,
        panel: usize,
        from: usize,
        to: usize,
    ) {
        let columns = self.x.columns;
        let mut column = 0;
        while column < columns {
            let left = columns - column;
            // BIG + (BIG - SMALL) left over is two SMALL tiles; else BIG while it fits.
            if left >= BIG && (left.is_multiple_of(BIG) || left > 2 * SMALL) {
                self.tile::<BIG>(panel, column, from, to);
                column += BIG;
            } else if from == 0 && to == self.panels.inputs {
                // A single block may overlap: nothing of `out` is read.
                let at = column.min(columns - SMALL);
                self.tile::<SMALL>(panel, at, from, to);
                column = at + SMALL;
            } else if left >= SMALL {
                self.tile::<SMALL>(panel, column, from, to);
                column += SMALL;
            } else if left >= 2 {
                self.tile::<2>(panel, column, from, to);
                column += 2;
            } else {
                self.tile::<1>(panel, column, from, to);
                column += 1;
            }
        }
    }

    /// One block of one panel over N columns.
    #[inline(always)]
    fn tile<const N: usize>(&mut self, panel: usize, column: usize, from: usize, to: usize) {
        let Panels { w, inputs, .. } = self.panels;
        let w = &w[(panel * inputs + from) * V::LEN..(panel * inputs + to) * V::LEN];
        let (mut x, mut acc) = ([&[][..]; N], [self.start(panel); N]);
        for n in 0..N {
            x[n] = &self.x.data[(column + n) * self.x.stride..][from..to];
            if from > 0 {
                acc[n] = self.load(panel, column + n);
            }
        }
        for (i, w) in w.chunks_exact(V::LEN).enumerate() {
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
                let finished = self.finish.finish(sums, column + n, panel * V::LEN);
                self.store(panel, column + n, finished);
            }
        }
    }

    /// PANELS panels over one column, all inputs.
    #[inline(always)]
    fn vector<const PANELS: usize>(&mut self, panel: usize, column: usize) {
        let Panels { w, inputs, .. } = self.panels;
        let x = &self.x.data[column * self.x.stride..][..inputs];
        let (mut rows, mut acc) = ([&[][..]; PANELS], [V::splat(self.t, V::Elem::ZERO); PANELS]);
        for p in 0..PANELS {
            rows[p] = &w[(panel + p) * inputs * V::LEN..][..inputs * V::LEN];
            acc[p] = self.start(panel + p);
        }
        for (i, &x) in x.iter().enumerate() {
            let x = V::splat(self.t, x);
            for p in 0..PANELS {
                acc[p] = V::load(self.t, &rows[p][i * V::LEN..]).mul_add(x, acc[p]);
            }
        }
        for p in 0..PANELS {
            let finished = self.finish.finish(acc[p], column, (panel + p) * V::LEN);
            self.store(panel + p, column, finished);
        }
    }

    #[inline(always)]
    fn start(&self, panel: usize) -> V {
        match self.panels.start {
            Some(start) => V::load(self.t, &start[panel * V::LEN..]),
            None => V::splat(self.t, V::Elem::ZERO),
        }
    }

    #[inline(always)]
    fn load(&self, panel: usize, column: usize) -> V {
        let (unit, stride) = (panel * V::LEN, self.out.stride);
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
        let (unit, stride) = (panel * V::LEN, self.out.stride);
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
