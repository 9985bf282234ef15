//! The weight gradient of a layer over a turn's columns: dW += factor dZ A^T, db += factor sum dZ.
//!
//! ```text
//! for each P panels of LEN units                     (lanes run over units, as in the weights)
//!   for each R inputs
//!     acc[p][r] = 0
//!     for each column s
//!       acc[p][r] += dz[s][p] * a[s][i + r]          (P loads, R scalar broadcasts, P R FMAs)
//!     dw[p][i + r] = dw + factor acc[p][r]           (at first: factor acc[p][r])
//! ```
//!
//! 1. The sums lie as the weights do. With the factor -lr/m, the last turn adds them to the weights
//!    instead of storing them: with one turn, a step of gradient descent writes no gradient.
//! 2. dZ's panels (columns * P * 64 bytes) stay in L1 while A streams by. Where many units read A,
//!    it is packed first: see `strips`.
//! 3. Each element is summed over the columns in order, with one rounding a term, at every
//!    register width, packed or not.
//! 4. A panel with thousands of inputs that is left over by pairs is left to `streamed`.
//! 5. db is four such sums, added pair by pair.

use core::marker::PhantomData;
use core::ops::Range;

use super::flush;
use super::lanes::Lanes;
use super::streamed::{self, Streamed};
use super::strips::{self, Strips};
use crate::element::{Element, Row};
use crate::kernels::block::{Block, GradientRows, Pass, Turn};

/// Both `dz` and the parameters are padded to whole panels, the weights to W's; `into.rows` starts
/// at one. `registers` is the number of machine registers that a V takes, and a sum of K, which
/// computes a single panel with very many inputs. With PACKED, A is packed first, for a turn that
/// [`strips::pays`].
#[inline(always)]
pub(crate) fn accumulate<V, W, K, const PACKED: bool>(
    t: V::Token,
    registers: usize,
    tiles: &[Pass<'_, V::Elem>],
    factor: V::Elem,
    into: GradientRows<'_, V::Elem>,
    turn: Turn,
) where
    V: Lanes,
    W: Row<V::Elem>,
    K: Streamed<V>,
{
    let (inputs, factor) = (tiles[0].1.rows, V::splat(t, factor));
    Job { t, tiles, inputs, factor, turn, rows: PhantomData::<W> }
        .run::<K, PACKED>(registers, into);
}

struct Job<'a, V: Lanes, W> {
    t: V::Token,
    tiles: &'a [Pass<'a, V::Elem>],
    inputs: usize,
    factor: V,
    turn: Turn,
    rows: PhantomData<W>,
}

impl<V, W> Job<'_, V, W>
where
    V: Lanes,
    W: Row<V::Elem>,
{
    #[inline(always)]
    fn run<K: Streamed<V>, const PACKED: bool>(
        &self,
        registers: usize,
        mut into: GradientRows<'_, V::Elem>,
    ) {
        for panel in 0..into.rows.len().div_ceil(V::Elem::PANEL) {
            self.bias(panel, &mut into);
        }
        let panels = self.panels(&into);
        let rest = if PACKED { self.packed(registers, panels, &mut into) } else { 0 };
        self.unpacked(registers, rest..self.inputs, panels, &mut into);
        if panels < into.rows.len().div_ceil(V::Elem::PANEL) {
            self.streamed::<K>(registers, panels, into);
        }
    }

    /// Panels from the first on that are computed here; the others are left to `streamed`. (A part
    /// of a layer has an even number of panels, unless it is the last: so this does not depend on
    /// the parts.)
    #[inline(always)]
    fn panels(&self, into: &GradientRows<'_, V::Elem>) -> usize {
        let panels = into.rows.len().div_ceil(V::Elem::PANEL);
        if self.inputs >= streamed::INPUTS { panels - panels % 2 } else { panels }
    }

    /// Panels 0..`panels` over some inputs, read as they lie.
    #[inline(always)]
    fn unpacked(
        &self,
        registers: usize,
        inputs: Range<usize>,
        panels: usize,
        into: &mut GradientRows<'_, V::Elem>,
    ) {
        let mut panel = 0;
        if registers > 1 {
            // 16 registers, two a panel: 12 sums.
            while panel < panels {
                self.inputs::<1, 6>(panel, inputs.clone(), into);
                panel += 1;
            }
            return;
        }
        // 32 registers: 24 sums.
        while panel + 4 <= panels {
            self.inputs::<4, 6>(panel, inputs.clone(), into);
            panel += 4;
        }
        if panel + 2 <= panels {
            self.inputs::<2, 12>(panel, inputs.clone(), into);
            panel += 2;
        }
        if panel < panels {
            self.inputs::<1, 12>(panel, inputs, into);
        }
    }

    /// Panels 0..`panels` over the inputs that fill strips; returns the first of the others.
    #[inline(always)]
    fn packed(
        &self,
        registers: usize,
        panels: usize,
        into: &mut GradientRows<'_, V::Elem>,
    ) -> usize {
        let mut strips = Strips::new();
        let mut input = 0;
        while input + strips::INPUTS <= self.inputs {
            let columns = strips.pack(self.tiles, input);
            let mut panel = 0;
            while registers == 1 && panel + 4 <= panels {
                self.strips::<4>(panel, input, (&strips, columns), into);
                panel += 4;
            }
            while registers == 1 && panel + 2 <= panels {
                self.strips::<2>(panel, input, (&strips, columns), into);
                panel += 2;
            }
            while panel < panels {
                self.strips::<1>(panel, input, (&strips, columns), into);
                panel += 1;
            }
            input += strips::INPUTS;
        }
        input
    }

    /// P panels of the inputs from `input` on that are packed.
    #[inline(always)]
    fn strips<const P: usize>(
        &self,
        panel: usize,
        input: usize,
        (strips, columns): (&Strips<V::Elem>, usize),
        into: &mut GradientRows<'_, V::Elem>,
    ) {
        let unit = into.rows.start + panel * V::Elem::PANEL;
        for k in 0..strips::COUNT {
            let mut acc = [[V::splat(self.t, V::Elem::ZERO); strips::WIDTH]; P];
            let mut rest = strips.strip(k, columns);
            for (dz, _) in self.tiles {
                let (a, behind) = rest.split_at(dz.columns * strips::WIDTH);
                self.add_products(&mut acc, *dz, unit, (a, strips::WIDTH, 0));
                rest = behind;
            }
            let input = input + k * strips::WIDTH;
            self.keep((panel, input, input), &acc, into);
        }
    }

    /// One panel over very many inputs.
    #[inline(always)]
    fn streamed<K: Streamed<V>>(
        &self,
        registers: usize,
        panel: usize,
        into: GradientRows<'_, V::Elem>,
    ) {
        let (_, into) = into.split_at(panel * V::Elem::PANEL, self.inputs);
        streamed::accumulate::<V, K>(self.t, registers, self.tiles, self.factor, into, self.turn);
    }

    /// P panels over some inputs.
    #[inline(always)]
    fn inputs<const P: usize, const BIG: usize>(
        &self,
        panel: usize,
        inputs: Range<usize>,
        into: &mut GradientRows<'_, V::Elem>,
    ) {
        const SMALL: usize = 4;
        let mut input = inputs.start;
        while input < inputs.end {
            if inputs.end - input >= BIG {
                self.tile::<P, BIG>((panel, input, input), into);
                input += BIG;
            } else if inputs.end >= SMALL {
                // A rest is the end of a tile whose beginning is done.
                let at = input.min(inputs.end - SMALL);
                self.tile::<P, SMALL>((panel, at, input), into);
                input = at + SMALL;
            } else {
                self.tile::<P, 1>((panel, input, input), into);
                input += 1;
            }
        }
    }

    /// P panels from one on, of the R inputs from an input on; those from another on are kept.
    #[inline(always)]
    fn tile<const P: usize, const R: usize>(
        &self,
        (panel, input, keep): (usize, usize, usize),
        into: &mut GradientRows<'_, V::Elem>,
    ) {
        let unit = into.rows.start + panel * V::Elem::PANEL;
        let mut acc = [[V::splat(self.t, V::Elem::ZERO); R]; P];
        for (dz, a) in self.tiles {
            self.add_products(&mut acc, *dz, unit, (a.data, a.stride, input));
        }
        self.keep((panel, input, keep), &acc, into);
    }

    /// Adds the products of P panels of dZ, from `unit` on, and R values of A's columns: those from
    /// the place `at` on, in columns `stride` apart.
    #[inline(always)]
    fn add_products<const P: usize, const R: usize>(
        &self,
        acc: &mut [[V; R]; P],
        dz: Block<'_, V::Elem>,
        unit: usize,
        (a, stride, at): (&[V::Elem], usize, usize),
    ) {
        // Checked once, and not for each column.
        assert!(unit + P * V::Elem::PANEL <= dz.stride && at + R <= stride);
        let mut columns = a.chunks_exact(stride);
        for dz in dz.data.chunks_exact(dz.stride) {
            let Some(a) = columns.next() else { break };
            let (dz, a) = (&dz[unit..unit + P * V::Elem::PANEL], &a[at..at + R]);
            let mut d = [V::splat(self.t, V::Elem::ZERO); P];
            for p in 0..P {
                d[p] = V::load(self.t, &dz[p * V::Elem::PANEL..]);
            }
            for r in 0..R {
                let a = V::splat(self.t, a[r]);
                for p in 0..P {
                    acc[p][r] = d[p].mul_add(a, acc[p][r]);
                }
            }
        }
    }

    /// Sums of P panels and R inputs, from `input` on, to where they go; those from `keep` on.
    #[inline(always)]
    fn keep<const P: usize, const R: usize>(
        &self,
        (panel, input, keep): (usize, usize, usize),
        acc: &[[V; R]; P],
        into: &mut GradientRows<'_, V::Elem>,
    ) {
        let at = (panel * self.inputs + input) * W::LEN;
        let parameters = into.parameters.as_mut().map(|p| &mut p.0[at..]);
        self.finish(acc, keep - input, &mut into.sums.0[at..], parameters);
    }

    /// Finished sums of P panels, without the first `skip` inputs, to where they go.
    #[inline(always)]
    fn finish<const P: usize, const R: usize>(
        &self,
        acc: &[[V; R]; P],
        skip: usize,
        sums: &mut [V::Elem],
        parameters: Option<&mut [V::Elem]>,
    ) {
        let (t, factor) = (self.t, self.factor);
        // The choice is made outside the loops: inside, it would keep the sums out of registers.
        match (self.turn.first, parameters.filter(|_| self.turn.last)) {
            (true, None) => self.each(
                acc,
                skip,
                sums,
                #[inline(always)]
                |acc, sum, _| (acc * factor).store(sum),
            ),
            (false, None) => self.each(
                acc,
                skip,
                sums,
                #[inline(always)]
                |acc, sum, _| acc.mul_add(factor, V::load(t, sum)).store(sum),
            ),
            (true, Some(w)) => self.each(
                acc,
                skip,
                w,
                #[inline(always)]
                |acc, w, _| flush::parameter(t, acc.mul_add(factor, V::load(t, w))).store(w),
            ),
            (false, Some(w)) => {
                let sums = W::rows(sums);
                self.each(
                    acc,
                    skip,
                    w,
                    #[inline(always)]
                    |acc, w, at| {
                        let sum = acc.mul_add(factor, V::load(t, sums[at].as_ref()));
                        flush::parameter(t, V::load(t, w) + sum).store(w);
                    },
                );
            }
        }
    }

    /// `store` of each finished sum, its place in `into`, and the number of that place; without
    /// the first `skip` inputs.
    #[inline(always)]
    fn each<const P: usize, const R: usize>(
        &self,
        acc: &[[V; R]; P],
        skip: usize,
        into: &mut [V::Elem],
        store: impl Fn(V, &mut [V::Elem], usize),
    ) {
        let into = W::rows_mut(into);
        for p in 0..P {
            let first = p * self.inputs;
            let into = &mut into[first..][..R];
            for r in 0..R {
                if r >= skip {
                    store(acc[p][r], into[r].as_mut(), first + r);
                }
            }
        }
    }

    /// A panel's biases. Four sums, so that a column does not wait for the one before.
    #[inline(always)]
    fn bias(&self, panel: usize, into: &mut GradientRows<'_, V::Elem>) {
        let unit = into.rows.start + panel * V::Elem::PANEL;
        let mut acc = [V::splat(self.t, V::Elem::ZERO); 4];
        for (dz, _) in self.tiles {
            let mut four = dz.data.chunks_exact(4 * dz.stride);
            for columns in &mut four {
                for c in 0..4 {
                    acc[c] = acc[c] + V::load(self.t, &columns[c * dz.stride + unit..]);
                }
            }
            for dz in four.remainder().chunks_exact(dz.stride) {
                acc[0] = acc[0] + V::load(self.t, &dz[unit..]);
            }
        }
        let sum = [[(acc[0] + acc[1]) + (acc[2] + acc[3])]];
        let at = panel * V::Elem::PANEL;
        let parameters = into.parameters.as_mut().map(|p| &mut p.1[at..]);
        self.finish(&sum, 0, &mut into.sums.1[at..], parameters);
    }
}
