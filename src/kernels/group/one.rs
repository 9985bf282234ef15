//! One sample of each network of a group: the sums have the order that a single network's have in
//! [`tiny`](crate::kernels::tiny) and [`single`](crate::kernels::single), and so the same bits.

use super::{Size, at, put};
use crate::element::Element;
use crate::kernels::flush;
use crate::kernels::lanes::Lanes;

/// dA = W^T dZ. There a register's lanes are the units: each adds its own products over the panels,
/// then neighbouring lanes are added, pair by pair.
#[inline(always)]
pub(crate) fn inputs<V>(
    t: V::Token,
    size: Size,
    w: &[V::Elem],
    dz: &[V::Elem],
    da: &mut [V::Elem],
) where
    V: Lanes,
{
    match size.units {
        1 => inputs_of::<V, 1>(t, size, w, dz, da),
        2 => inputs_of::<V, 2>(t, size, w, dz, da),
        3..=4 => inputs_of::<V, 4>(t, size, w, dz, da),
        5..=8 => inputs_of::<V, 8>(t, size, w, dz, da),
        _ => inputs_of::<V, 16>(t, size, w, dz, da),
    }
}

/// The same, by N lanes: as many as hold the units, at most a panel.
#[inline(always)]
fn inputs_of<V, const N: usize>(
    t: V::Token,
    Size { inputs, units, pitch }: Size,
    w: &[V::Elem],
    dz: &[V::Elem],
    da: &mut [V::Elem],
) where
    V: Lanes,
{
    let zero = V::splat(t, V::Elem::ZERO);
    // f64's panels have 8 lanes.
    let lanes = N.min(V::Elem::PANEL);
    for i in 0..inputs {
        let mut sums = [zero; N];
        let mut panel = 0;
        while panel < units {
            for lane in 0..lanes {
                let unit = panel + lane;
                // A lane without a unit adds 0 * 0, which turns -0.0 into 0.0.
                sums[lane] = if unit < units {
                    at::<V>(t, dz, unit, V::LEN)
                        .mul_add(at(t, w, unit * inputs + i, pitch), sums[lane])
                } else {
                    sums[lane] + zero
                };
            }
            panel += lanes;
        }
        let mut left = lanes;
        while left > 1 {
            left /= 2;
            for k in 0..left {
                sums[k] = sums[2 * k] + sums[2 * k + 1];
            }
        }
        // The lanes that are empty in every panel.
        put(if lanes < V::Elem::PANEL { sums[0] + zero } else { sums[0] }, da, i, V::LEN);
    }
}

/// dW = factor dZ A^T and db = factor dZ; with ADD, added to the parameters in their place.
#[inline(always)]
pub(crate) fn weights<V, const ADD: bool>(
    t: V::Token,
    Size { inputs, units, pitch }: Size,
    factor: V,
    (a, dz): (&[V::Elem], &[V::Elem]),
    into: &mut [V::Elem],
) where
    V: Lanes,
{
    let (w, b) = into.split_at_mut(units * inputs * pitch);
    for unit in 0..units {
        let d = at::<V>(t, dz, unit, V::LEN) * factor;
        let b_new = if ADD { flush::parameter(t, at::<V>(t, b, unit, pitch) + d) } else { d };
        put(b_new, b, unit, pitch);
        let w = &mut w[unit * inputs * pitch..];
        for i in 0..inputs {
            let a = at::<V>(t, a, i, V::LEN);
            let w_new =
                if ADD { flush::parameter(t, d.mul_add(a, at(t, w, i, pitch))) } else { d * a };
            put(w_new, w, i, pitch);
        }
    }
}
