//! Panels of W to panels of W^T, so that the backward product reads weights as the forward one.

use super::shuffle::{Shuffle, deinterleave};
use crate::element::Element;

/// `w` is [units / LEN][inputs][LEN]; `into` becomes [inputs / panel][units][panel], its last
/// panel padded with zeros. O(weights), against the 4 m FLOPs a weight of a step.
#[inline(always)]
pub(crate) fn panels<V>(
    t: V::Token,
    w: &[V::Elem],
    inputs: usize,
    units: usize,
    into: &mut [V::Elem],
) where
    V: Shuffle,
{
    let panel = V::Elem::PANEL;
    for (p, target) in into.chunks_exact_mut(units * panel).enumerate() {
        // Registers of half a panel go through it twice.
        for lane in (0..panel).step_by(V::LEN) {
            let first = (p * panel + lane).min(inputs);
            let present = V::LEN.min(inputs - first);
            for (source, target) in
                w.chunks_exact(inputs * V::LEN).zip(target.chunks_mut(V::LEN * panel))
            {
                let source = &source[first * V::LEN..(first + present) * V::LEN];
                let target = &mut target[lane..];
                match V::LEN {
                    16 => block::<V, 16>(t, source, target),
                    8 => block::<V, 8>(t, source, target),
                    4 => block::<V, 4>(t, source, target),
                    _ => unreachable!("registers have 4, 8 or 16 lanes"),
                }
            }
        }
    }
}

/// N = LEN rows of N values, or fewer, to the beginnings of the target's panels: missing rows are
/// zeros.
#[inline(always)]
fn block<V, const N: usize>(t: V::Token, source: &[V::Elem], target: &mut [V::Elem])
where
    V: Shuffle,
{
    let mut rows = [V::splat(t, V::Elem::ZERO); N];
    for (row, source) in rows.iter_mut().zip(source.chunks_exact(N)) {
        *row = V::load(t, source);
    }
    // LEN samples of LEN values: what separates the values is the transposition.
    let rows = deinterleave(rows);
    for (row, target) in rows.iter().zip(target.chunks_mut(V::Elem::PANEL)) {
        row.store(target);
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, Simd, dispatch};

    use super::*;
    use crate::kernels::lanes::{F32x8, F32x16, F64x4, F64x8};

    #[inline(always)]
    fn check<V>(t: V::Token)
    where
        V: Shuffle,
    {
        let number = |n: usize| V::Elem::from_f64(n as f64);
        for (units, inputs) in [(1_usize, 1_usize), (5, 7), (8, 4), (16, 16), (3, 17), (33, 40)] {
            let (len, panel) = (V::LEN, V::Elem::PANEL);
            let mut w = vec![V::Elem::ZERO; units.next_multiple_of(len) * inputs];
            for j in 0..units {
                for i in 0..inputs {
                    w[(j / len * inputs + i) * len + j % len] = number(1 + j * 100 + i);
                }
            }
            let padded = inputs.next_multiple_of(panel);
            let mut into = vec![number(9); padded * units];
            panels::<V>(t, &w, inputs, units, &mut into);
            for j in 0..units {
                for i in 0..padded {
                    let found = into[(i / panel * units + j) * panel + i % panel];
                    let expected = if i < inputs { number(1 + j * 100 + i) } else { V::Elem::ZERO };
                    assert_eq!(found, expected, "unit {j} of {units}, input {i} of {inputs}");
                }
            }
        }
    }

    #[inline(always)]
    fn check_both<S: Simd>(simd: S) {
        check::<F32x16<S>>(simd);
        check::<F64x8<S>>(simd);
        check::<F32x8<S>>(simd);
        check::<F64x4<S>>(simd);
    }

    #[test]
    fn every_weight_finds_its_transposed_place() {
        for level in [Level::new(), Level::baseline()] {
            dispatch!(level, simd => check_both(simd));
        }
    }
}
