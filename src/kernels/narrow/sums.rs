//! Lane sums to gradients: a register a parameter in, a panel's units side by side out.

use crate::element::Element;
use crate::kernels::shuffle::{Shuffle, lane_sums};

/// The sums over the lanes of `sums`, a register for each parameter of `units` units in panels of
/// `inputs` inputs, go to `into`, whose padding becomes 0. (Biases are panels of one input.)
#[inline(always)]
pub(crate) fn reduce<V>(
    t: V::Token,
    inputs: usize,
    units: usize,
    sums: &[V::Elem],
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    let len = inputs * V::LEN;
    for panel in 0..units.div_ceil(V::LEN) {
        let units = (units - panel * V::LEN).min(V::LEN);
        let into = &mut into[panel * len..][..len];
        let sums = &sums[panel * len * V::LEN..][..len * V::LEN];
        match V::LEN {
            16 => panel_sums::<V, 16>(t, units, sums, into),
            8 => panel_sums::<V, 8>(t, units, sums, into),
            _ => unreachable!("registers have 8 or 16 lanes"),
        }
    }
}

/// One panel. N = LEN registers are summed at once: few units take several inputs together.
#[inline(always)]
fn panel_sums<V, const N: usize>(t: V::Token, units: usize, sums: &[V::Elem], into: &mut [V::Elem])
where
    V: Shuffle,
{
    match units {
        1 => grouped::<V, N, 1>(t, units, sums, into),
        2 => grouped::<V, N, 2>(t, units, sums, into),
        3..=4 => grouped::<V, N, 4>(t, units, sums, into),
        5..=8 => grouped::<V, N, 8>(t, units, sums, into),
        _ => grouped::<V, N, 16>(t, units, sums, into),
    }
}

/// Up to U units, N / U inputs at once.
#[inline(always)]
fn grouped<V, const N: usize, const U: usize>(
    t: V::Token,
    units: usize,
    sums: &[V::Elem],
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    let zero = V::splat(t, V::Elem::ZERO);
    let group = (N / U).max(1);
    let (registers, into) = (V::Elem::panels(sums), V::Elem::panels_mut(into));
    let last = into.len() - 1;
    for (index, into) in into.chunks_mut(group).enumerate() {
        let mut values = [zero; N];
        for k in 0..N {
            let input = (index * group + k / U).min(last);
            values[k] = V::load(t, registers[input * N + k % U].as_ref());
        }
        let values = lane_sums(values);
        if units == N {
            values.store(into[0].as_mut());
            continue;
        }
        let mut lanes = [V::Elem::ZERO; N];
        values.store(&mut lanes);
        for (into, lanes) in into.iter_mut().zip(lanes.chunks(U)) {
            zero.store(into.as_mut());
            into.as_mut()[..units].copy_from_slice(&lanes[..units]);
        }
    }
}
