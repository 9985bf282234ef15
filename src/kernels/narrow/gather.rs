//! Columns to lanes and back.

use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::STEPS;
use crate::kernels::shuffle::{Shuffle, deinterleave};
use crate::scalar::Scalar;

/// Values a column that are rearranged in registers; more, or no power of two, go one by one.
const IN_REGISTERS: usize = 8;

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
    let mut step = 0;
    let mut full = columns.chunks_exact(n * V::LEN);
    for chunk in &mut full {
        if n.is_power_of_two() && n <= IN_REGISTERS {
            let zero = V::splat(t, V::Elem::ZERO);
            let (mut values, mut spare) = ([zero; IN_REGISTERS], [zero; IN_REGISTERS]);
            for i in 0..n {
                values[i] = V::load(t, &chunk[i * V::LEN..]);
            }
            match n {
                1 => {}
                2 => deinterleave::<V>(&mut values[..2], &mut spare),
                4 => deinterleave::<V>(&mut values[..4], &mut spare),
                _ => deinterleave::<V>(&mut values[..8], &mut spare),
            }
            for i in 0..n {
                values[i].store(&mut into[i * row + step..]);
            }
        } else {
            scatter(chunk, n, row, &mut into[step..]);
        }
        step += V::LEN;
    }
    let rest = full.remainder();
    if !rest.is_empty() {
        for i in 0..n {
            V::splat(t, V::Elem::ZERO).store(&mut into[i * row + step..]);
        }
        scatter(rest, n, row, &mut into[step..]);
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
