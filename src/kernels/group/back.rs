//! Back through a layer of a group, of a block of C samples: dA of its inputs, and the sums for dW and db.
//!
//! `a` and `da` are `[input][sample]`, `dz` is `[unit][sample]`. Products are added unit by unit,
//! and sample by sample, from the first to the last.

use super::{Size, at, put};
use crate::element::Element;
use crate::kernels::lanes::Lanes;

/// dA = W^T dZ.
#[inline(always)]
pub(crate) fn inputs<V, const U: usize, const C: usize>(
    t: V::Token,
    size: Size,
    w: &[V::Elem],
    dz: &[V::Elem],
    da: &mut [V::Elem],
) where
    V: Lanes,
{
    let mut input = 0;
    while input + U <= size.inputs {
        inputs_tile::<V, U, C>(t, size, input, w, dz, da);
        input += U;
    }
    while input < size.inputs {
        inputs_tile::<V, 1, C>(t, size, input, w, dz, da);
        input += 1;
    }
}

#[inline(always)]
fn inputs_tile<V, const I: usize, const C: usize>(
    t: V::Token,
    size: Size,
    input: usize,
    w: &[V::Elem],
    dz: &[V::Elem],
    da: &mut [V::Elem],
) where
    V: Lanes,
{
    let mut sums = [[V::splat(t, V::Elem::ZERO); C]; I];
    for unit in 0..size.units {
        let row = unit * size.inputs + input;
        let dz = &dz[unit * C * V::LEN..(unit + 1) * C * V::LEN];
        for k in 0..I {
            let w = at::<V>(t, w, row + k, size.pitch);
            for s in 0..C {
                sums[k][s] = w.mul_add(at(t, dz, s, V::LEN), sums[k][s]);
            }
        }
    }
    let da = &mut da[input * C * V::LEN..(input + I) * C * V::LEN];
    for k in 0..I {
        for s in 0..C {
            put(sums[k][s], da, k * C + s, V::LEN);
        }
    }
}

/// Adds dZ A^T to the sums for dW, and dZ to those for db, or begins them if `fresh`. `sums` lie as
/// the layer's parameters.
#[inline(always)]
pub(crate) fn weights<V, const U: usize, const C: usize>(
    t: V::Token,
    size: Size,
    (a, dz): (&[V::Elem], &[V::Elem]),
    sums: &mut [V::Elem],
    fresh: bool,
) where
    V: Lanes,
{
    let mut unit = 0;
    while unit + U <= size.units {
        weights_tile::<V, U, C>(t, size, unit, (a, dz), sums, fresh);
        unit += U;
    }
    while unit < size.units {
        weights_tile::<V, 1, C>(t, size, unit, (a, dz), sums, fresh);
        unit += 1;
    }
}

#[inline(always)]
fn weights_tile<V, const U: usize, const C: usize>(
    t: V::Token,
    size: Size,
    unit: usize,
    (a, dz): (&[V::Elem], &[V::Elem]),
    sums: &mut [V::Elem],
    fresh: bool,
) where
    V: Lanes,
{
    let Size { inputs, units, pitch } = size;
    let zero = V::splat(t, V::Elem::ZERO);
    let mut d = [[zero; C]; U];
    let dz = &dz[unit * C * V::LEN..(unit + U) * C * V::LEN];
    for k in 0..U {
        let place = units * inputs + unit + k;
        let mut sum = if fresh { zero } else { at(t, sums, place, pitch) };
        for s in 0..C {
            d[k][s] = at(t, dz, k * C + s, V::LEN);
            sum = sum + d[k][s];
        }
        put(sum, sums, place, pitch);
    }
    let sums = &mut sums[unit * inputs * pitch..];
    for i in 0..inputs {
        let a = &a[i * C * V::LEN..(i + 1) * C * V::LEN];
        let mut sum = [zero; U];
        if !fresh {
            for k in 0..U {
                sum[k] = at(t, sums, k * inputs + i, pitch);
            }
        }
        for s in 0..C {
            let a = at::<V>(t, a, s, V::LEN);
            for k in 0..U {
                sum[k] = d[k][s].mul_add(a, sum[k]);
            }
        }
        for k in 0..U {
            put(sum[k], sums, k * inputs + i, pitch);
        }
    }
}
