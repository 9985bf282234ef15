//! The weight gradient of a single panel with thousands of inputs, which memory bounds: dW += factor
//! dZ A^T.
//!
//! ```text
//! for each block of inputs
//!   for each C columns
//!     for each input i of the block                  (or two, in one register: see `pairs`)
//!       dw[i] += (factor dz[c]) * a[c][i]            (C broadcasts, C FMAs; c one after the other)
//! ```
//!
//! Columns are read in long pieces as they lie, and the sums rest in the gradient between them. Each is
//! one chain over the columns, whatever C and the register.

use core::marker::PhantomData;

use super::epilogue::MAX_LANES;
use super::lanes::Lanes;
use super::shuffle::Paired;
use crate::engine::block::{Block, GradientRows, Pass, Turn};
use crate::engine::float::{Float, Row};
use crate::scalar::Scalar;

/// Inputs from which on a single panel goes this way.
pub(crate) const INPUTS: usize = 2048;

/// Inputs a block: at most 32 KiB of sums.
const BLOCK_INPUTS: usize = 512;

/// What a register of sums holds. V holds one input's units.
pub(crate) trait Streamed<V: Lanes> {
    type Sums: Lanes<Elem = V::Elem, Token = V::Token>;
    /// Its sums, side by side.
    type Row: Row<V::Elem>;
    /// Its inputs.
    type Inputs: Row<V::Elem>;

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
    V::Elem: Scalar,
    R: Row<V::Elem>,
{
    type Sums = V;
    type Row = R;
    type Inputs = [V::Elem; 1];

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

/// Two inputs a register P. It takes that to be one of the machine's: with two, to bring lanes into order
/// takes longer than it saves.
pub(crate) struct Pairwise<P>(PhantomData<P>);

impl<P: Paired> Streamed<P::Half> for Pairwise<P>
where
    P::Elem: Scalar,
{
    type Sums = P;
    type Row = <P::Elem as Float>::Panel;
    type Inputs = [P::Elem; 2];

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

/// The weights' gradient; see `weights::accumulate`. `registers` is how many of the machine's K's
/// sums take.
#[inline(always)]
pub(crate) fn accumulate<V, K>(
    t: V::Token,
    registers: usize,
    tiles: &[Pass<'_, V::Elem>],
    factor: V,
    into: GradientRows<'_, V::Elem>,
    turn: Turn,
) where
    V: Lanes,
    V::Elem: Scalar,
    K: Streamed<V>,
{
    let inputs = tiles[0].1.rows;
    let GradientRows { sums: (sums, _), mut parameters, rows, panel } = into;
    let mut from = 0;
    while from < inputs {
        let to = inputs.min(from + BLOCK_INPUTS);
        let block = from * panel..to * panel;
        let sums = &mut sums[block.clone()];
        let mut fresh = turn.first;
        for &(dz, a) in tiles {
            let a = Block { data: &a.data[from..], rows: to - from, ..a };
            let mut job = Job { t, factor, unit: rows.start, dz, a, sums };
            let mut column = 0;
            while registers == 1 && column + 8 <= dz.columns {
                job.columns::<K, 8>(column, fresh);
                (column, fresh) = (column + 8, false);
            }
            while column + 4 <= dz.columns {
                job.columns::<K, 4>(column, fresh);
                (column, fresh) = (column + 4, false);
            }
            while column < dz.columns {
                job.columns::<K, 1>(column, fresh);
                (column, fresh) = (column + 1, false);
            }
        }
        if let Some((w, _)) = parameters.as_mut().filter(|_| turn.last) {
            let w = &mut w[block];
            for (w, sum) in K::Row::rows_mut(w).iter_mut().zip(K::Row::rows(sums)) {
                let (w, sum) = (w.as_mut(), sum.as_ref());
                (K::Sums::load(t, w) + K::Sums::load(t, sum)).store(w);
            }
            if (to - from) % K::Inputs::LEN == 1 {
                let last = w.len() - panel;
                let w = &mut w[last..];
                (V::load(t, w) + V::load(t, &sums[last..])).store(w);
            }
        }
        from = to;
    }
}

/// A block of inputs of one tile.
struct Job<'a, V: Lanes> {
    t: V::Token,
    factor: V,
    /// The first unit.
    unit: usize,
    dz: Block<'a, V::Elem>,
    a: Block<'a, V::Elem>,
    sums: &'a mut [V::Elem],
}

impl<V> Job<'_, V>
where
    V: Lanes,
    V::Elem: Scalar,
{
    /// C columns added to the sums; `fresh` sums start at 0.
    #[inline(always)]
    fn columns<K: Streamed<V>, const C: usize>(&mut self, column: usize, fresh: bool) {
        let Self { t, factor, unit, dz, a, .. } = *self;
        let (mut d, mut x) = ([K::Sums::splat(t, V::Elem::ZERO); C], [&[][..]; C]);
        for c in 0..C {
            d[c] = K::units(V::load(t, &dz.data[(column + c) * dz.stride + unit..]) * factor);
            x[c] = &a.data[(column + c) * a.stride..][..a.rows];
        }
        let registers = K::Row::rows_mut(self.sums);
        let mut inputs = [&[][..]; C];
        for c in 0..C {
            inputs[c] = &K::Inputs::rows(x[c])[..registers.len()];
        }
        for i in 0..registers.len() {
            let mut now = [inputs[0][i]; C];
            for c in 1..C {
                now[c] = inputs[c][i];
            }
            add::<V, K, C>(t, &d, now, fresh, registers[i].as_mut());
        }
        if a.rows % K::Inputs::LEN == 1 {
            // The last input, and one that is 0.
            let mut last = [[V::Elem::ZERO; 2]; C];
            for c in 0..C {
                last[c][0] = x[c][a.rows - 1];
            }
            let mut now = [K::Inputs::rows(&last[0])[0]; C];
            for c in 1..C {
                now[c] = K::Inputs::rows(&last[c])[0];
            }
            let (mut row, at) = ([V::Elem::ZERO; MAX_LANES], registers.len() * K::Row::LEN);
            let sums = &mut self.sums[at..];
            row[..sums.len()].copy_from_slice(sums);
            add::<V, K, C>(t, &d, now, fresh, &mut row);
            sums.copy_from_slice(&row[..sums.len()]);
        }
    }
}

/// One register of sums, and C columns' products.
#[inline(always)]
fn add<V, K, const C: usize>(
    t: V::Token,
    d: &[K::Sums; C],
    x: [K::Inputs; C],
    fresh: bool,
    sums: &mut [V::Elem],
) where
    V: Lanes,
    V::Elem: Scalar,
    K: Streamed<V>,
{
    let before = K::load(t, sums);
    let mut acc = if fresh { K::Sums::splat(t, V::Elem::ZERO) } else { before };
    for c in 0..C {
        acc = d[c].mul_add(K::inputs(t, x[c]), acc);
    }
    K::store(acc, sums);
}
