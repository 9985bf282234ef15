//! Samples to lanes, and predictions back from them.

use super::put;
use crate::element::Element;
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::gather::columns_to_lanes;
use crate::kernels::shuffle::Shuffle;

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
    pub(crate) fn from_lane(self, lane: usize, lanes: usize) -> Self {
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

/// Writes C samples from `start` on, of `n` values each, as `[value][sample]`; lanes without a
/// network become 0.
#[inline(always)]
pub(crate) fn gather<V, const C: usize>(
    t: V::Token,
    values: &[V::Elem],
    n: usize,
    places: Places<'_>,
    start: usize,
    into: &mut [V::Elem],
) where
    V: Lanes,
{
    match places {
        Places::Shared => spread::<V, C>(
            t,
            n,
            #[inline(always)]
            |s| &values[(start + s) * n..(start + s + 1) * n],
            into,
        ),
        Places::Ordered { order } => spread::<V, C>(
            t,
            n,
            #[inline(always)]
            |s| &values[order[start + s] * n..][..n],
            into,
        ),
        Places::Own { samples, first, present } => {
            if present < V::LEN {
                into[..n * C * V::LEN].fill(V::Elem::ZERO);
            }
            for lane in 0..present {
                let at = ((first + lane) * samples + start) * n;
                for (s, sample) in values[at..at + C * n].chunks_exact(n).enumerate() {
                    scatter::<V, C>(sample, s, lane, into);
                }
            }
        }
        Places::OwnOrders { orders, stride } => {
            for lane in 0..V::LEN {
                for s in 0..C {
                    let sample = &values[orders[lane * stride + start + s] * n..][..n];
                    scatter::<V, C>(sample, s, lane, into);
                }
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

/// C samples that all networks see.
#[inline(always)]
fn spread<'a, V, const C: usize>(
    t: V::Token,
    n: usize,
    sample: impl Fn(usize) -> &'a [V::Elem],
    into: &mut [V::Elem],
) where
    V: Lanes,
{
    for s in 0..C {
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

/// Writes C columns of `n` predictions for each network, from sample `start` on of the batches of
/// `samples` that lie one behind the other in `out`.
#[inline(always)]
pub(crate) fn scatter_out<V, const C: usize>(
    from: &[V::Elem],
    n: usize,
    samples: usize,
    start: usize,
    out: &mut [V::Elem],
) where
    V: Lanes,
{
    for (lane, out) in out.chunks_exact_mut(samples * n).enumerate() {
        for s in 0..C {
            let column = &mut out[(start + s) * n..(start + s + 1) * n];
            for (k, a) in column.iter_mut().enumerate() {
                *a = from[(k * C + s) * V::LEN + lane];
            }
        }
    }
}
