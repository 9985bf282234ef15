//! The end of a wide network with samples in lanes, for outputs that fit one register: its columns
//! are turned, so that softmax's sums and logarithms are taken for LEN samples at once.

use super::Rows;
use super::gather::{columns_to_lanes, lanes_to_columns};
use super::loss::{LossSum, output};
use crate::element::Element;
use crate::kernels::block::{Block, BlockMut};
use crate::kernels::head::OutputHead;
use crate::kernels::shuffle::{Shuffle, deinterleave};

/// Registers a row of a block, and elements of a block with LEN = 16 outputs.
const STEPS: usize = 4;
const ROOM: usize = 16 * STEPS * 16;

/// The sum of L over all columns; dZ goes to `dz`, whose padding becomes 0. At most LEN outputs.
#[inline(always)]
pub(crate) fn loss<V>(
    t: V::Token,
    head: OutputHead,
    z: Block<'_, V::Elem>,
    (y, weights): (&[V::Elem], Option<&[V::Elem]>),
    dz: BlockMut<'_, V::Elem>,
) -> f64
where
    V: Shuffle,
{
    let (n_y, targets, block) = (head.n_y, head.targets(), STEPS * V::LEN);
    let zero = V::Elem::ZERO;
    let (mut z_lanes, mut y_lanes, mut dz_lanes) = ([zero; ROOM], [zero; ROOM], [zero; ROOM]);
    let mut sum = LossSum::<V>::new(t);
    let mut first = 0;
    while first < z.columns {
        let end = z.columns.min(first + block);
        turn::<V>(t, &z.data[first * z.stride..end * z.stride], z.stride, n_y, &mut z_lanes);
        let of_block = &y[first * targets..end * targets];
        columns_to_lanes::<V>(t, of_block, targets, block, &mut y_lanes);
        let weights = weights.map(
            #[inline(always)]
            |weights| &weights[first..end],
        );
        sum.block(t, head, (end - first, block), &mut z_lanes, (&y_lanes, weights), &mut dz_lanes);
        turn_back::<V>(
            t,
            (&dz_lanes, block),
            n_y,
            &mut dz.data[first * dz.stride..end * dz.stride],
            dz.stride,
        );
        first = end;
    }
    sum.total(t)
}

/// Logits to predictions, in place; `z` holds whole columns of at most LEN outputs.
#[inline(always)]
pub(crate) fn activate_output<V>(t: V::Token, head: OutputHead, z: &mut [V::Elem])
where
    V: Shuffle,
{
    let mut lanes = [V::Elem::ZERO; ROOM];
    let stride = STEPS * V::LEN;
    for z in z.chunks_mut(stride * head.n_y) {
        columns_to_lanes::<V>(t, z, head.n_y, stride, &mut lanes);
        let rows = Rows { stride, steps: (z.len() / head.n_y).div_ceil(V::LEN) };
        output::<V>(t, head, rows, &mut lanes);
        lanes_to_columns::<V>(t, &lanes, head.n_y, stride, z);
    }
}

/// Columns that are `stride` >= LEN apart to lanes, as [`columns_to_lanes`]: their first `n`
/// values.
#[inline(always)]
fn turn<V>(t: V::Token, columns: &[V::Elem], stride: usize, n: usize, into: &mut [V::Elem])
where
    V: Shuffle,
{
    for (index, columns) in columns.chunks(V::LEN * stride).enumerate() {
        let into = &mut into[index * V::LEN..];
        match V::LEN {
            16 => square::<V, 16>(t, columns, stride, n, into),
            8 => square::<V, 8>(t, columns, stride, n, into),
            _ => unreachable!("registers have 8 or 16 lanes"),
        }
    }
}

/// Up to N = LEN columns; lanes past the last are 0.
#[inline(always)]
fn square<V, const N: usize>(
    t: V::Token,
    columns: &[V::Elem],
    stride: usize,
    n: usize,
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    let mut values = [V::splat(t, V::Elem::ZERO); N];
    for (value, column) in values.iter_mut().zip(columns.chunks_exact(stride)) {
        *value = V::load(t, column);
    }
    let values = deinterleave(values);
    for i in 0..N {
        if i < n {
            values[i].store(&mut into[i * STEPS * V::LEN..]);
        }
    }
}

/// The reverse of [`turn`], of rows that lie `row` apart, for as many columns as `into` holds; what
/// a column has behind its first `n` values becomes 0.
#[inline(always)]
pub(super) fn turn_back<V>(
    t: V::Token,
    (lanes, row): (&[V::Elem], usize),
    n: usize,
    into: &mut [V::Elem],
    stride: usize,
) where
    V: Shuffle,
{
    for (index, columns) in into.chunks_mut(V::LEN * stride).enumerate() {
        let lanes = &lanes[index * V::LEN..];
        match V::LEN {
            16 => square_back::<V, 16>(t, (lanes, row), n, columns, stride),
            8 => square_back::<V, 8>(t, (lanes, row), n, columns, stride),
            _ => unreachable!("registers have 8 or 16 lanes"),
        }
    }
}

#[inline(always)]
fn square_back<V, const N: usize>(
    t: V::Token,
    (lanes, row): (&[V::Elem], usize),
    n: usize,
    columns: &mut [V::Elem],
    stride: usize,
) where
    V: Shuffle,
{
    let mut values = [V::splat(t, V::Elem::ZERO); N];
    for i in 0..N {
        if i < n {
            values[i] = V::load(t, &lanes[i * row..]);
        }
    }
    let values = deinterleave(values);
    for (value, column) in values.iter().zip(columns.chunks_exact_mut(stride)) {
        value.store(column);
        column[V::LEN..].fill(V::Elem::ZERO);
    }
}
