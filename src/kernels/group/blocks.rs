//! Samples to lanes, and predictions back from them.

use super::put;
use crate::element::Element;
use crate::kernels::epilogue::MAX_LANES;
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::gather::columns_to_lanes;
use crate::kernels::shuffle::{Shuffle, deinterleave};

/// Where the samples of a group's networks lie.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Places<'a> {
    /// All networks see the samples of one batch.
    Shared,
    /// The networks' batches follow one another, each of `samples`; the group's first one is that of
    /// network `first`, and there are `present` of them.
    Own { samples: usize, first: usize, present: usize },
    /// Sample `s` of all networks is number `order[s]` of one batch.
    Ordered { order: &'a [usize] },
    /// The same with an order of its own for each network: that of lane `l` begins at `l * stride`.
    /// Lanes behind the last network stand still at its samples.
    OwnOrders { orders: &'a [usize], stride: usize },
}

impl Places<'_> {
    /// Those of the networks from a lane on, of a register that has `lanes`.
    #[inline(always)]
    pub(crate) fn starting_at(self, lane: usize, lanes: usize) -> Self {
        match self {
            Self::Own { samples, first, present } => {
                Self::Own { samples, first: first + lane, present: (present - lane).min(lanes) }
            }
            Self::OwnOrders { orders, stride } => {
                Self::OwnOrders { orders: &orders[lane * stride..], stride }
            }
            shared => shared,
        }
    }
}

/// Writes the first `valid` of C samples from `start` on, of `n` values each, as `[value][sample]`. The
/// block's other samples, and lanes without a network, become 0 or hold other finite numbers.
#[inline(always)]
pub(crate) fn gather<V, const C: usize>(
    t: V::Token,
    values: &[V::Elem],
    n: usize,
    places: Places<'_>,
    (start, valid): (usize, usize),
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    if valid < C {
        into[..n * C * V::LEN].fill(V::Elem::ZERO);
    }
    match places {
        Places::Shared => spread::<V, C>(
            t,
            (n, valid),
            #[inline(always)]
            |s| &values[(start + s) * n..(start + s + 1) * n],
            into,
        ),
        Places::Ordered { order } => spread::<V, C>(
            t,
            (n, valid),
            #[inline(always)]
            |s| &values[order[start + s] * n..][..n],
            into,
        ),
        Places::Own { samples, first, present } => {
            let (from, length) = ((first * samples + start) * n, samples * n);
            if present == V::LEN {
                return turn::<V, C>(t, &values[from..], length, (n, valid), into);
            }
            into[..n * C * V::LEN].fill(V::Elem::ZERO);
            for lane in 0..present {
                let of_lane = &values[from + lane * length..][..valid * n];
                for (s, sample) in of_lane.chunks_exact(n).enumerate() {
                    scatter::<V, C>(sample, s, lane, into);
                }
            }
        }
        Places::OwnOrders { orders, stride } => {
            for lane in 0..V::LEN {
                for s in 0..valid {
                    let sample = &values[orders[lane * stride + start + s] * n..][..n];
                    scatter::<V, C>(sample, s, lane, into);
                }
            }
        }
    }
}

/// Samples of `n` values for each lane, whose first ones lie `length` apart.
#[inline(always)]
fn turn<V, const C: usize>(
    t: V::Token,
    values: &[V::Elem],
    length: usize,
    (n, valid): (usize, usize),
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    let mut copy = [V::Elem::ZERO; MAX_LANES * MAX_LANES];
    let mut done = 0;
    let mut place = Place { s: 0, i: 0, n };
    while done < valid * n {
        let present = V::LEN.min(valid * n - done);
        let (mut from, mut stride) = (&values[done..], length);
        if (V::LEN - 1) * length + V::LEN > from.len() {
            // Nothing may be read past the last lane's samples.
            for (lane, row) in copy.chunks_exact_mut(V::LEN).take(V::LEN).enumerate() {
                row[..present].copy_from_slice(&from[lane * length..][..present]);
            }
            (from, stride) = (&copy, V::LEN);
        }
        match V::LEN {
            16 => square::<V, 16, C>(t, from, stride, present, &mut place, into),
            8 => square::<V, 8, C>(t, from, stride, present, &mut place, into),
            4 => square::<V, 4, C>(t, from, stride, present, &mut place, into),
            _ => unreachable!("registers have 4, 8 or 16 lanes"),
        }
        done += present;
    }
}

/// Value `i` of sample `s`, of `n` each.
struct Place {
    s: usize,
    i: usize,
    n: usize,
}

/// N = LEN values of each lane, of which the first `present` are kept.
#[inline(always)]
fn square<V, const N: usize, const C: usize>(
    t: V::Token,
    values: &[V::Elem],
    stride: usize,
    present: usize,
    place: &mut Place,
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    let mut rows = [V::splat(t, V::Elem::ZERO); N];
    for lane in 0..N {
        rows[lane] = V::load(t, &values[lane * stride..]);
    }
    let rows = deinterleave(rows);
    for row in 0..N {
        if row < present {
            put(rows[row], into, place.i * C + place.s, V::LEN);
            place.i += 1;
            if place.i == place.n {
                (place.i, place.s) = (0, place.s + 1);
            }
        }
    }
}

/// Writes the one sample of each network of a group that has `lanes`, as `[value]`; lanes without a
/// network become 0.
#[inline(always)]
pub(crate) fn gather_one<V>(
    t: V::Token,
    values: &[V::Elem],
    n: usize,
    places: Places<'_>,
    lanes: usize,
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    let shared = match places {
        Places::Shared => 0,
        Places::Ordered { order } => order[0],
        Places::Own { first, present, .. } => {
            if present < lanes {
                into[..n * lanes].fill(V::Elem::ZERO);
            }
            let columns = &values[first * n..(first + present) * n];
            return columns_to_lanes::<V>(t, columns, n, lanes, into);
        }
        Places::OwnOrders { orders, stride } => {
            for lane in 0..lanes {
                let sample = &values[orders[lane * stride] * n..][..n];
                for (i, &x) in sample.iter().enumerate() {
                    into[i * lanes + lane] = x;
                }
            }
            return;
        }
    };
    for (into, &x) in into.chunks_exact_mut(lanes).zip(&values[shared * n..(shared + 1) * n]) {
        into.fill(x);
    }
}

/// Samples that all networks see.
#[inline(always)]
fn spread<'a, V, const C: usize>(
    t: V::Token,
    (n, valid): (usize, usize),
    sample: impl Fn(usize) -> &'a [V::Elem],
    into: &mut [V::Elem],
) where
    V: Lanes,
{
    for s in 0..valid {
        for (i, &x) in sample(s)[..n].iter().enumerate() {
            put(V::splat(t, x), into, i * C + s, V::LEN);
        }
    }
}

#[inline(always)]
fn scatter<V: Lanes, const C: usize>(
    sample: &[V::Elem],
    s: usize,
    lane: usize,
    into: &mut [V::Elem],
) {
    for (i, &x) in sample.iter().enumerate() {
        into[(i * C + s) * V::LEN + lane] = x;
    }
}

/// Zeros in place of the samples from `valid` on, of C: what they add to a sum is 0 then, even where
/// a parameter is infinite.
#[inline(always)]
pub(crate) fn clear<V: Lanes, const C: usize>(rows: &mut [V::Elem], valid: usize) {
    for row in rows.chunks_exact_mut(C * V::LEN) {
        row[valid * V::LEN..].fill(V::Elem::ZERO);
    }
}

/// Writes `valid` columns of `n` predictions for each network, from sample `start` on of the batches
/// of `samples` that lie one behind the other in `out`. Values are `row` samples apart in `from`.
#[inline(always)]
pub(crate) fn scatter_out<V>(
    from: &[V::Elem],
    (n, row): (usize, usize),
    samples: usize,
    (start, valid): (usize, usize),
    out: &mut [V::Elem],
) where
    V: Lanes,
{
    if samples * n == 1 {
        let present = out.len().min(V::LEN);
        return out[..present].copy_from_slice(&from[..present]);
    }
    for (lane, out) in out.chunks_exact_mut(samples * n).take(V::LEN).enumerate() {
        for s in 0..valid {
            let column = &mut out[(start + s) * n..(start + s + 1) * n];
            for (k, a) in column.iter_mut().enumerate() {
                *a = from[(k * row + s) * V::LEN + lane];
            }
        }
    }
}
