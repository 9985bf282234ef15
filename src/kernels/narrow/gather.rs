//! Columns to lanes and back.

use crate::element::Element;
use crate::kernels::shuffle::{Shuffle, deinterleave, interleave};

/// LEN columns of fewer values than a register has, and a register behind them.
const ROOM: usize = 16 * 16;

/// `columns` of `n` values to lanes: value i of column s goes to `into[i * stride + s]`. In a
/// register, lanes past the last column are 0.
#[inline(always)]
pub(crate) fn columns_to_lanes<V>(
    t: V::Token,
    columns: &[V::Elem],
    n: usize,
    stride: usize,
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    match n {
        1 => by_registers::<V, 1>(t, columns, stride, into),
        2 => by_registers::<V, 2>(t, columns, stride, into),
        4 => by_registers::<V, 4>(t, columns, stride, into),
        8 => by_registers::<V, 8>(t, columns, stride, into),
        // Too few values for squares.
        3 => scatter(&columns[..columns.len() / n / V::LEN * V::LEN * n], n, stride, into),
        _ => {
            let mut first = 0;
            while (first + V::LEN) * n <= columns.len() {
                squares::<V>(t, &columns[first * n..], n, stride, &mut into[first..]);
                first += V::LEN;
            }
        }
    }
    let first = columns.len() / n / V::LEN * V::LEN;
    let rest = &columns[first * n..];
    if !rest.is_empty() {
        let into = &mut into[first..];
        for i in 0..n {
            V::splat(t, V::Elem::ZERO).store(&mut into[i * stride..]);
        }
        scatter(rest, n, stride, into);
    }
}

/// LEN columns of n values, LEN values of each at a time: what is read past a column's end is not
/// kept. `columns` may be longer.
#[inline(always)]
fn squares<V>(t: V::Token, columns: &[V::Elem], n: usize, stride: usize, into: &mut [V::Elem])
where
    V: Shuffle,
{
    let mut value = 0;
    while value < n {
        let present = V::LEN.min(n - value);
        let (from, into) = (&columns[value..], &mut into[value * stride..]);
        if (V::LEN - 1) * n + V::LEN <= from.len() {
            square_of_lanes::<V>(t, from, (n, present), stride, into);
        } else if n < V::LEN {
            // Nothing may be read past the last column: it is copied to where reading on is
            // allowed.
            let mut copy = [V::Elem::ZERO; ROOM];
            copy[..V::LEN * n].copy_from_slice(&from[..V::LEN * n]);
            square_of_lanes::<V>(t, &copy, (n, present), stride, into);
        } else {
            for (s, column) in columns.chunks_exact(n).take(V::LEN).enumerate() {
                for (i, &x) in column[value..value + present].iter().enumerate() {
                    into[i * stride + s] = x;
                }
            }
        }
        value += V::LEN;
    }
}

/// [`square`], for the type's lanes.
#[inline(always)]
fn square_of_lanes<V>(
    t: V::Token,
    columns: &[V::Elem],
    n: (usize, usize),
    stride: usize,
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    match V::LEN {
        16 => square::<V, 16>(t, columns, n, stride, into),
        8 => square::<V, 8>(t, columns, n, stride, into),
        4 => square::<V, 4>(t, columns, n, stride, into),
        _ => unreachable!("registers have 4, 8 or 16 lanes"),
    }
}

/// N = LEN values of each of LEN columns; the first `present` values are kept.
#[inline(always)]
fn square<V, const N: usize>(
    t: V::Token,
    columns: &[V::Elem],
    (n, present): (usize, usize),
    stride: usize,
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    let mut values = [V::splat(t, V::Elem::ZERO); N];
    for s in 0..N {
        values[s] = V::load(t, &columns[s * n..]);
    }
    let values = deinterleave(values);
    for i in 0..N {
        if i < present {
            values[i].store(&mut into[i * stride..]);
        }
    }
}

/// Columns of N values, LEN at a time, as long as there are LEN.
#[inline(always)]
fn by_registers<V, const N: usize>(
    t: V::Token,
    columns: &[V::Elem],
    stride: usize,
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    for (chunk, columns) in columns.chunks_exact(N * V::LEN).enumerate() {
        let mut values = [V::splat(t, V::Elem::ZERO); N];
        for i in 0..N {
            values[i] = V::load(t, &columns[i * V::LEN..]);
        }
        let values = deinterleave(values);
        for i in 0..N {
            values[i].store(&mut into[i * stride + chunk * V::LEN..]);
        }
    }
}

#[inline(always)]
fn scatter<T: Copy>(columns: &[T], n: usize, stride: usize, into: &mut [T]) {
    for (s, column) in columns.chunks_exact(n).enumerate() {
        for (i, &x) in column.iter().enumerate() {
            into[i * stride + s] = x;
        }
    }
}

/// The reverse of [`columns_to_lanes`], for as many columns as `into` holds.
#[inline(always)]
pub(crate) fn lanes_to_columns<V>(
    t: V::Token,
    from: &[V::Elem],
    n: usize,
    stride: usize,
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    let first = match n {
        1 => {
            into.copy_from_slice(&from[..into.len()]);
            return;
        }
        2 => registers_back::<V, 2>(t, from, stride, into),
        4 => registers_back::<V, 4>(t, from, stride, into),
        8 => registers_back::<V, 8>(t, from, stride, into),
        _ => 0,
    };
    for (s, column) in into.chunks_exact_mut(n).enumerate().skip(first) {
        for (i, x) in column.iter_mut().enumerate() {
            *x = from[i * stride + s];
        }
    }
}

/// Columns of N values, LEN at a time, as long as `into` has room for LEN. Returns their number.
#[inline(always)]
fn registers_back<V, const N: usize>(
    t: V::Token,
    from: &[V::Elem],
    stride: usize,
    into: &mut [V::Elem],
) -> usize
where
    V: Shuffle,
{
    let mut first = 0;
    for columns in into.chunks_exact_mut(N * V::LEN) {
        let mut values = [V::splat(t, V::Elem::ZERO); N];
        for i in 0..N {
            values[i] = V::load(t, &from[i * stride + first..]);
        }
        let values = interleave(values);
        for i in 0..N {
            values[i].store(&mut columns[i * V::LEN..]);
        }
        first += V::LEN;
    }
    first
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, Simd, dispatch};

    use super::*;
    use crate::kernels::lanes::{F32x16, F64x4, F64x8};

    #[inline(always)]
    fn check<V>(t: V::Token)
    where
        V: Shuffle,
    {
        for n in 1..40 {
            for columns in [1, V::LEN - 1, V::LEN, V::LEN + 1, 2 * V::LEN, 3 * V::LEN + 5] {
                let stride = columns.next_multiple_of(V::LEN);
                let number = |i: usize| V::Elem::from_f64(1.0 + i as f64);
                let given: Vec<_> = (0..n * columns).map(number).collect();
                let mut lanes = vec![number(9999); n * stride];
                columns_to_lanes::<V>(t, &given, n, stride, &mut lanes);
                for (i, row) in lanes.chunks_exact(stride).enumerate() {
                    for (s, &found) in row.iter().enumerate() {
                        let there = s < columns;
                        let expected = if there { number(s * n + i) } else { V::Elem::ZERO };
                        assert_eq!(found, expected, "value {i} of {n}, column {s} of {columns}");
                    }
                }
                let mut back = vec![V::Elem::ZERO; n * columns];
                lanes_to_columns::<V>(t, &lanes, n, stride, &mut back);
                assert_eq!(back, given, "{n} values, {columns} columns");
            }
        }
    }

    #[inline(always)]
    fn check_all<S: Simd>(simd: S) {
        check::<F32x16<S>>(simd);
        check::<F64x8<S>>(simd);
        check::<F64x4<S>>(simd);
    }

    #[test]
    fn columns_go_to_lanes_and_back() {
        for level in [Level::new(), Level::baseline()] {
            dispatch!(level, simd => check_all(simd));
        }
    }
}
