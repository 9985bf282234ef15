//! Panels of weights times one column, with units in lanes.
//!
//! ```text
//! for each group of panels
//!   for each block of inputs, piece by piece         (see `panel`)
//!     acc[p] = b[p] at first, or 0
//!     for each input i of the piece
//!       acc[p] += w[p][i] * x[i]                     (one broadcast, an FMA a panel)
//!     block[p] += acc[p]
//!   out[p] = finish(the sum of the blocks)
//! ```
//!
//! An FMA waits about four cycles for the one before it in its sum, and a core starts two a cycle:
//! eight sums keep it busy. They come from four panels side by side (of one or two machine
//! registers each; eight panels would be no faster, since weights then come from the second-level
//! cache). A single panel has pieces, short enough that a core which executes out of order works on
//! several at once. Each sum has the order that it has in `panel`, so a column has the same bits
//! alone and in a batch.

use super::blocks::{Panels, block_end, piece_end};
use super::finish::Finish;
use super::lanes::Lanes;
use crate::element::Element;

/// out = finish(panels * x + start). `x` is the batch's column `column`; `out` has room for whole
/// panels. Returns 0 in each lane, or NaN where a sum was not finite.
#[inline(always)]
pub(crate) fn multiply<V>(
    t: V::Token,
    panels: Panels<'_, V::Elem>,
    (column, x): (usize, &[V::Elem]),
    out: &mut [V::Elem],
    finish: &impl Finish<V>,
) -> V
where
    V: Lanes,
{
    let job = Job { t, panels, x };
    let mut zeros = V::splat(t, V::Elem::ZERO);
    // A tiny layer: setting up the loops below would take longer than the sum.
    if panels.count == 1 && piece_end(1, x.len(), 0) == x.len() {
        return job.store(0, job.sums([(0, 0)], x.len()), finish, column, out);
    }
    let mut panel = 0;
    while panel + 4 <= panels.count {
        zeros = zeros + job.store(panel, job.panels::<4>(panel), finish, column, out);
        panel += 4;
    }
    while panel < panels.count {
        zeros = zeros + job.store(panel, [job.panel(panel)], finish, column, out);
        panel += 1;
    }
    zeros
}

struct Job<'a, V: Lanes> {
    t: V::Token,
    panels: Panels<'a, V::Elem>,
    x: &'a [V::Elem],
}

impl<V> Job<'_, V>
where
    V: Lanes,
{
    /// P panels, block after block.
    #[inline(always)]
    fn panels<const P: usize>(&self, panel: usize) -> [V; P] {
        let inputs = self.x.len();
        let mut sums = [V::splat(self.t, V::Elem::ZERO); P];
        let mut from = 0;
        while from < inputs {
            let to = block_end(self.panels.count, inputs, from);
            let mut parts = [(panel, from); P];
            for p in 0..P {
                parts[p].0 += p;
            }
            let acc = self.sums(parts, to - from);
            for p in 0..P {
                sums[p] = if from == 0 { acc[p] } else { sums[p] + acc[p] };
            }
            from = to;
        }
        sums
    }

    /// One panel, piece by piece where it is the only one.
    #[inline(always)]
    fn panel(&self, panel: usize) -> V {
        let (count, inputs) = (self.panels.count, self.x.len());
        let (mut sum, mut from) = (V::splat(self.t, V::Elem::ZERO), 0);
        while from < inputs {
            let block = block_end(count, inputs, from) - from;
            let mut end = piece_end(count, block, 0);
            let [mut acc] = self.sums([(panel, from)], end);
            while end < block {
                let start = end;
                end = piece_end(count, block, start);
                let [piece] = self.sums([(panel, from + start)], end - start);
                acc = acc + piece;
            }
            sum = if from == 0 { acc } else { sum + acc };
            from += block;
        }
        sum
    }

    #[inline(always)]
    fn store<const P: usize>(
        &self,
        panel: usize,
        sums: [V; P],
        finish: &impl Finish<V>,
        column: usize,
        out: &mut [V::Elem],
    ) -> V {
        let zero = V::splat(self.t, V::Elem::ZERO);
        let mut zeros = zero;
        for p in 0..P {
            let unit = (panel + p) * V::Elem::PANEL;
            zeros = sums[p].mul_add(zero, zeros);
            finish.finish(sums[p], column, unit).store(&mut out[unit..]);
        }
        zeros
    }

    /// Sums side by side, each of one panel over `len` inputs, from a first input of its own.
    #[inline(always)]
    fn sums<const N: usize>(&self, parts: [(usize, usize); N], len: usize) -> [V; N] {
        let w = self.panels.w;
        let (mut rows, mut xs) = ([&[][..]; N], [&[][..]; N]);
        let mut acc = [V::splat(self.t, V::Elem::ZERO); N];
        for (n, (panel, from)) in parts.into_iter().enumerate() {
            rows[n] = &w[panel * self.x.len() + from..][..len];
            xs[n] = &self.x[from..][..len];
            if from == 0 {
                acc[n] = self.panels.start(self.t, panel);
            }
        }
        for i in 0..len {
            for n in 0..N {
                let x = V::splat(self.t, xs[n][i]);
                acc[n] = V::load(self.t, rows[n][i].as_ref()).mul_add(x, acc[n]);
            }
        }
        acc
    }
}
