//! Columns to lanes and back.

use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::STEPS;
use crate::kernels::shuffle::{Shuffle, deinterleave};
use crate::scalar::Scalar;

/// `columns` of `n` values to lanes: value i of column s goes to `into[i * STEPS * LEN + s]`.
/// A single column fills all lanes; else lanes past the last column are 0.
#[inline(always)]
pub(crate) fn columns_to_lanes<V>(t: V::Token, columns: &[V::Elem], n: usize, into: &mut [V::Elem])
where
    V: Shuffle,
    V::Elem: Scalar,
{
    let row = STEPS * V::LEN;
    if columns.len() == n {
        for (&x, into) in columns.iter().zip(into.chunks_exact_mut(row)) {
            V::splat(t, x).store(into);
        }
        return;
    }
    let count = columns.len() / n;
    let mut first = 0;
    while first < count {
        let (chunk, into) = (&columns[first * n..], &mut into[first..]);
        if first + V::LEN > count {
            for i in 0..n {
                V::splat(t, V::Elem::ZERO).store(&mut into[i * row..]);
            }
            scatter(chunk, n, row, into);
        } else {
            match n {
                1 => in_registers::<V, 1>(t, chunk, into),
                2 => in_registers::<V, 2>(t, chunk, into),
                4 => in_registers::<V, 4>(t, chunk, into),
                8 => in_registers::<V, 8>(t, chunk, into),
                3 => scatter(&chunk[..n * V::LEN], n, row, into),
                _ => squares::<V>(t, chunk, n, into),
            }
        }
        first += V::LEN;
    }
}

/// LEN columns of n values, LEN values of each at a time: what is read past a column's end is not
/// kept. `columns` may go on behind them.
#[inline(always)]
fn squares<V>(t: V::Token, columns: &[V::Elem], n: usize, into: &mut [V::Elem])
where
    V: Shuffle,
    V::Elem: Scalar,
{
    let row = STEPS * V::LEN;
    let mut value = 0;
    while value < n {
        let present = V::LEN.min(n - value);
        if (V::LEN - 1) * n + value + V::LEN > columns.len() {
            // Nothing is behind the last column.
            for (s, column) in columns.chunks_exact(n).take(V::LEN).enumerate() {
                for (i, &x) in column[value..value + present].iter().enumerate() {
                    into[(value + i) * row + s] = x;
                }
            }
        } else {
            let (from, into) = (&columns[value..], &mut into[value * row..]);
            match V::LEN {
                16 => square::<V, 16>(t, from, n, present, into),
                8 => square::<V, 8>(t, from, n, present, into),
                _ => unreachable!("registers have 8 or 16 lanes"),
            }
        }
        value += V::LEN;
    }
}

/// N = LEN values of each of LEN columns; the first `present` values are kept.
#[inline(always)]
fn square<V, const N: usize>(
    t: V::Token,
    columns: &[V::Elem],
    n: usize,
    present: usize,
    into: &mut [V::Elem],
) where
    V: Shuffle,
    V::Elem: Scalar,
{
    let mut values = [V::splat(t, V::Elem::ZERO); N];
    for s in 0..N {
        values[s] = V::load(t, &columns[s * n..]);
    }
    let values = deinterleave(values);
    for (i, value) in values.iter().enumerate().take(present) {
        value.store(&mut into[i * STEPS * V::LEN..]);
    }
}

/// LEN columns of N values.
#[inline(always)]
fn in_registers<V, const N: usize>(t: V::Token, columns: &[V::Elem], into: &mut [V::Elem])
where
    V: Shuffle,
    V::Elem: Scalar,
{
    let mut values = [V::splat(t, V::Elem::ZERO); N];
    for i in 0..N {
        values[i] = V::load(t, &columns[i * V::LEN..]);
    }
    let values = deinterleave(values);
    for i in 0..N {
        values[i].store(&mut into[i * STEPS * V::LEN..]);
    }
}

#[inline(always)]
fn scatter<T: Copy>(columns: &[T], n: usize, row: usize, into: &mut [T]) {
    for (s, column) in columns.chunks_exact(n).enumerate() {
        for (i, &x) in column.iter().enumerate() {
            into[i * row + s] = x;
        }
    }
}

/// The reverse of [`columns_to_lanes`], for as many columns as `into` holds.
#[inline(always)]
pub(crate) fn lanes_to_columns<V>(from: &[V::Elem], n: usize, into: &mut [V::Elem])
where
    V: Lanes,
    V::Elem: Scalar,
{
    if n == 1 {
        return into.copy_from_slice(&from[..into.len()]);
    }
    let row = STEPS * V::LEN;
    for (s, column) in into.chunks_exact_mut(n).enumerate() {
        for (i, x) in column.iter_mut().enumerate() {
            *x = from[i * row + s];
        }
    }
}
