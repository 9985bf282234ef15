//! One sample of each network of a group: the sums have the order that a single network's have in
//! [`tiny`](crate::kernels::tiny) and [`single`](crate::kernels::single), and so the same bits.

use super::{Size, at, put};
use crate::element::Element;
use crate::kernels::epilogue::MAX_LANES;
use crate::kernels::flush;
use crate::kernels::lanes::Lanes;

/// dA = W^T dZ. There a register's lanes are the units: each adds its own products over the panels,
/// then neighbouring lanes are added, pair by pair.
#[inline(always)]
pub(crate) fn inputs<V>(t: V::Token, size: Size, w: &[V::Elem], dz: &[V::Elem], da: &mut [V::Elem])
where
    V: Lanes,
{
    let Size { inputs, units, pitch } = size;
    let zero = V::splat(t, V::Elem::ZERO);
    let lanes = units.next_power_of_two().min(V::Elem::PANEL);
    let mut sums = [zero; MAX_LANES];
    for i in 0..inputs {
        for lane in 0..lanes {
            sums[lane] = zero;
            let mut unit = lane;
            while unit < units {
                let w = at(t, w, unit * inputs + i, pitch);
                sums[lane] = at::<V>(t, dz, unit, V::LEN).mul_add(w, sums[lane]);
                unit += lanes;
            }
            if !units.is_multiple_of(lanes) && lane >= units % lanes {
                // The last panel's lanes without a unit add 0 * 0, which turns -0.0 into 0.0.
                sums[lane] = sums[lane] + zero;
            }
        }
        let mut left = lanes;
        while left > 1 {
            left /= 2;
            for k in 0..left {
                sums[k] = sums[2 * k] + sums[2 * k + 1];
            }
        }
        // The lanes that are empty in every panel.
        let sum = if lanes < V::Elem::PANEL { sums[0] + zero } else { sums[0] };
        put(sum, da, i, V::LEN);
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
