//! The weight gradient of a single panel with thousands of inputs, which memory bounds: dW +=
//! factor dZ A^T.
//!
//! ```text
//! for each block of inputs
//!   for each C columns
//!     for each input i of the block                  (or two, in one register: see `pairs`)
//!       dw[i] += (factor dz[c]) * a[c][i]            (C broadcasts, C FMAs; c one after the other)
//! ```
//!
//! Columns are read in long pieces as they lie, and the sums rest in the gradient between them.
//! Each is one chain over the columns, whatever C and the register.

use core::marker::PhantomData;
use core::ops::Range;

use super::flush;
use super::lanes::Lanes;
use super::shuffle::Paired;
use crate::element::{Element, Row};
use crate::kernels::block::{Block, GradientRows, Pass, Turn};

/// A single panel with this many inputs or more is computed this way.
pub(crate) const INPUTS: usize = 2048;

/// Inputs a block: at most 32 KiB of sums.
const BLOCK_INPUTS: usize = 512;

/// What a register of sums holds. V holds one input's units.
pub(crate) trait Streamed<V: Lanes> {
    type Sums: Lanes<Elem = V::Elem, Token = V::Token>;
    /// A register's sums, side by side.
    type Row: Row<V::Elem>;
    /// The inputs of a register.
    type Inputs: Row<V::Elem>;
    /// What computes an input that is left over.
    type Rest: Streamed<V>;

    /// A value for each unit.
    fn units(v: V) -> Self::Sums;
    /// A value for each input.
    fn inputs(t: V::Token, x: Self::Inputs) -> Self::Sums;
    fn load(t: V::Token, sums: &[V::Elem]) -> Self::Sums;
    fn store(sums: Self::Sums, into: &mut [V::Elem]);
}

/// One input a register, of weights in rows of R.
pub(crate) struct Singly<R>(PhantomData<R>);

impl<V, R> Streamed<V> for Singly<R>
where
    V: Lanes,
    R: Row<V::Elem>,
{
    type Sums = V;
    type Row = R;
    type Inputs = [V::Elem; 1];
    type Rest = Self;

    #[inline(always)]
    fn units(v: V) -> V {
        v
    }
    #[inline(always)]
    fn inputs(t: V::Token, [x]: [V::Elem; 1]) -> V {
        V::splat(t, x)
    }
    #[inline(always)]
    fn load(t: V::Token, sums: &[V::Elem]) -> V {
        V::load(t, sums)
    }
    #[inline(always)]
    fn store(sums: V, into: &mut [V::Elem]) {
        sums.store(into);
    }
}

/// Two inputs a register P. P should be one machine register: with two, bringing lanes into order
/// takes longer than it saves.
pub(crate) struct Pairwise<P>(PhantomData<P>);

impl<P: Paired> Streamed<P::Half> for Pairwise<P>
where
    P::Elem: Element,
{
    type Sums = P;
    type Row = <P::Elem as Element>::Panel;
    type Inputs = [P::Elem; 2];
    type Rest = Singly<<P::Elem as Element>::HalfPanel>;

    #[inline(always)]
    fn units(v: P::Half) -> P {
        P::twice(v)
    }
    #[inline(always)]
    fn inputs(t: P::Token, x: [P::Elem; 2]) -> P {
        P::splat_pair(t, x)
    }
    #[inline(always)]
    fn load(t: P::Token, sums: &[P::Elem]) -> P {
        P::load(t, sums).interleaved()
    }
    #[inline(always)]
    fn store(sums: P, into: &mut [P::Elem]) {
        sums.deinterleaved().store(into);
    }
}

/// The weights' gradient; see `weights::accumulate`. `registers` is the number of machine registers
/// that K's sums take.
#[inline(always)]
pub(crate) fn accumulate<V, K>(
    t: V::Token,
    registers: usize,
    tiles: &[Pass<'_, V::Elem>],
    factor: V,
    mut into: GradientRows<'_, V::Elem>,
    turn: Turn,
) where
    V: Lanes,
    K: Streamed<V>,
{
    let inputs = tiles[0].1.rows;
    let whole = inputs - inputs % K::Inputs::LEN;
    let mut from = 0;
    while from < whole {
        let to = whole.min(from + BLOCK_INPUTS);
        block::<V, K>(t, registers, tiles, factor, (from..to, &mut into), turn);
        from = to;
    }
    if whole < inputs {
        block::<V, K::Rest>(t, registers, tiles, factor, (whole..inputs, &mut into), turn);
    }
}

/// One block of inputs, of all columns.
#[inline(always)]
fn block<V, K>(
    t: V::Token,
    registers: usize,
    tiles: &[Pass<'_, V::Elem>],
    factor: V,
    (inputs, into): (Range<usize>, &mut GradientRows<'_, V::Elem>),
    turn: Turn,
) where
    V: Lanes,
    K: Streamed<V>,
{
    let weights = inputs.start * into.panel..inputs.end * into.panel;
    let sums = K::Row::rows_mut(&mut into.sums.0[weights.clone()]);
    let mut fresh = turn.first;
    for &(dz, a) in tiles {
        let a = Block { data: &a.data[inputs.start..], rows: inputs.len(), ..a };
        let mut job = Job::<V, K> { t, factor, unit: into.rows.start, dz, a, sums };
        let mut column = 0;
        while registers == 1 && column + 8 <= dz.columns {
            job.columns::<8>(column, fresh);
            (column, fresh) = (column + 8, false);
        }
        while column + 4 <= dz.columns {
            job.columns::<4>(column, fresh);
            (column, fresh) = (column + 4, false);
        }
        while column < dz.columns {
            job.columns::<1>(column, fresh);
            (column, fresh) = (column + 1, false);
        }
    }
    if let Some((w, _)) = into.parameters.as_mut().filter(|_| turn.last) {
        for (w, sum) in K::Row::rows_mut(&mut w[weights]).iter_mut().zip(sums) {
            let w = w.as_mut();
            let sum = K::Sums::load(t, w) + K::Sums::load(t, sum.as_ref());
            flush::parameter(t, sum).store(w);
        }
    }
}

/// A block of inputs of one tile.
struct Job<'a, V: Lanes, K: Streamed<V>> {
    t: V::Token,
    factor: V,
    /// The first unit.
    unit: usize,
    dz: Block<'a, V::Elem>,
    a: Block<'a, V::Elem>,
    sums: &'a mut [K::Row],
}

impl<V, K> Job<'_, V, K>
where
    V: Lanes,
    K: Streamed<V>,
{
    /// C columns added to the sums; `fresh` sums start at 0.
    #[inline(always)]
    fn columns<const C: usize>(&mut self, column: usize, fresh: bool) {
        let Self { t, factor, unit, dz, a, .. } = *self;
        let zero = K::Sums::splat(t, V::Elem::ZERO);
        let (mut d, mut x) = ([zero; C], [&[][..]; C]);
        for c in 0..C {
            d[c] = K::units(V::load(t, &dz.data[(column + c) * dz.stride + unit..]) * factor);
            let a = &a.data[(column + c) * a.stride..][..a.rows];
            x[c] = &K::Inputs::rows(a)[..self.sums.len()];
        }
        for i in 0..self.sums.len() {
            let sum = self.sums[i].as_mut();
            let before = K::load(t, sum);
            let mut acc = if fresh { zero } else { before };
            for c in 0..C {
                acc = d[c].mul_add(K::inputs(t, x[c][i]), acc);
            }
            K::store(acc, sum);
        }
    }
}
