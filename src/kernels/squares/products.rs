//! H += J J^T (above the diagonal and on it) and g += J r, of one block.
//!
//! ```text
//! for each R rows
//!   their products with each other, and with r
//!   for each R rows below: the products of these with those
//! ```
//! A product is a register of sums, one a lane; eight such registers are summed over their lanes
//! together.

use crate::kernels::shuffle::{Shuffle, lane_sums};

/// What products are added to: H, `[row][column]` with rows `pitch` apart; g is its column `g_at`.
pub(crate) struct Into<'a> {
    pub(crate) h: &'a mut [f64],
    pub(crate) pitch: usize,
    pub(crate) g_at: usize,
}

/// `j` has rows of `row` samples, a multiple of R of them (rows without a parameter are 0), `r` has
/// one. R is 2 or 4.
#[inline(always)]
pub(crate) fn add<V, const R: usize>(
    t: V::Token,
    j: &[f64],
    r: &[f64],
    row: usize,
    into: &mut Into<'_>,
) where
    V: Shuffle<Elem = f64>,
{
    let rows = j.len() / row;
    let mut a = 0;
    while a < rows {
        let of_a = &j[a * row..(a + R) * row];
        diagonal::<V, R>(t, of_a, r, row, a, into);
        let mut b = a + R;
        while b < rows {
            tile::<V, R>(t, (of_a, &j[b * row..(b + R) * row]), row, (a, b), into);
            b += R;
        }
        a += R;
    }
}

/// The products of R rows with each other, and with r.
#[inline(always)]
fn diagonal<V, const R: usize>(
    t: V::Token,
    j: &[f64],
    r: &[f64],
    row: usize,
    a: usize,
    into: &mut Into<'_>,
) where
    V: Shuffle<Elem = f64>,
{
    let zero = V::splat(t, 0.0);
    let (mut sums, mut of_r) = ([[zero; R]; R], [zero; R]);
    let mut at = 0;
    while at < row {
        let mut rows = [zero; R];
        for u in 0..R {
            rows[u] = V::load(t, &j[u * row + at..]);
        }
        let error = V::load(t, &r[at..]);
        for u in 0..R {
            for v in u..R {
                sums[u][v] = rows[u].mul_add(rows[v], sums[u][v]);
            }
            of_r[u] = rows[u].mul_add(error, of_r[u]);
        }
        at += V::LEN;
    }
    let (mut all, mut n) = ([zero; 16], 0);
    for u in 0..R {
        for v in u..R {
            all[n] = sums[u][v];
            n += 1;
        }
        all[n] = of_r[u];
        n += 1;
    }
    let summed = over_lanes::<V>(&all, R == 4);
    let mut n = 0;
    for u in 0..R {
        let h = &mut into.h[(a + u) * into.pitch..(a + u + 1) * into.pitch];
        for v in u..R {
            h[a + v] += summed[n];
            n += 1;
        }
        h[into.g_at] += summed[n];
        n += 1;
    }
}

/// The products of R rows with R others.
#[inline(always)]
fn tile<V, const R: usize>(
    t: V::Token,
    (of_a, of_b): (&[f64], &[f64]),
    row: usize,
    (a, b): (usize, usize),
    into: &mut Into<'_>,
) where
    V: Shuffle<Elem = f64>,
{
    let zero = V::splat(t, 0.0);
    let mut sums = [[zero; R]; R];
    let mut at = 0;
    while at < row {
        let mut rows = [zero; R];
        for v in 0..R {
            rows[v] = V::load(t, &of_b[v * row + at..]);
        }
        for u in 0..R {
            let left = V::load(t, &of_a[u * row + at..]);
            for v in 0..R {
                sums[u][v] = left.mul_add(rows[v], sums[u][v]);
            }
        }
        at += V::LEN;
    }
    let mut all = [zero; 16];
    for u in 0..R {
        for v in 0..R {
            all[u * R + v] = sums[u][v];
        }
    }
    let summed = over_lanes::<V>(&all, R == 4);
    for u in 0..R {
        let at = (a + u) * into.pitch + b;
        let h = &mut into.h[at..at + R];
        for v in 0..R {
            h[v] += summed[u * R + v];
        }
    }
}

/// The sums over the lanes of 16 registers, or of the first 8.
#[inline(always)]
fn over_lanes<V>(all: &[V; 16], both: bool) -> [f64; 16]
where
    V: Shuffle<Elem = f64>,
{
    let mut out = [0.0; 16];
    let [a, b, c, d, e, f, g, h, rest @ ..] = *all;
    lane_sums::<V, 8>([a, b, c, d, e, f, g, h]).store(&mut out);
    if both {
        lane_sums::<V, 8>(rest).store(&mut out[8..]);
    }
    out
}
