//! Panels of W to panels of W^T, so that the backward product reads weights as the forward one.

use super::shuffle::{Shuffle, deinterleave};
use crate::scalar::Scalar;

/// `w` is [units / panel][inputs][panel]; `into` becomes [inputs / panel][units][panel], its last
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
    V::Elem: Scalar,
{
    for (p, target) in into.chunks_exact_mut(units * V::LEN).enumerate() {
        let first = p * V::LEN;
        let present = V::LEN.min(inputs - first);
        for (source, target) in
            w.chunks_exact(inputs * V::LEN).zip(target.chunks_mut(V::LEN * V::LEN))
        {
            let source = &source[first * V::LEN..(first + present) * V::LEN];
            match V::LEN {
                16 => block::<V, 16>(t, source, target),
                8 => block::<V, 8>(t, source, target),
                _ => unreachable!("registers have 8 or 16 lanes"),
            }
        }
    }
}

/// N = LEN rows of N values, or fewer: both the source's and the target's missing rows are zeros.
#[inline(always)]
fn block<V, const N: usize>(t: V::Token, source: &[V::Elem], target: &mut [V::Elem])
where
    V: Shuffle,
    V::Elem: Scalar,
{
    let mut rows = [V::splat(t, V::Elem::ZERO); N];
    for (row, source) in rows.iter_mut().zip(source.chunks_exact(N)) {
        *row = V::load(t, source);
    }
    // LEN samples of LEN values: what separates the values is the transposition.
    let rows = deinterleave(rows);
    for (row, target) in rows.iter().zip(target.chunks_exact_mut(N)) {
        row.store(target);
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, Simd, dispatch};

    use super::*;
    use crate::kernels::lanes::{F32x16, F64x8};

    #[inline(always)]
    fn check<V>(t: V::Token)
    where
        V: Shuffle,
        V::Elem: Scalar,
    {
        let number = |n: usize| V::Elem::from_f64(n as f64);
        for (units, inputs) in [(1, 1), (5, 7), (8, 4), (16, 16), (3, 17), (33, 40)] {
            let padded = |n: usize| n.next_multiple_of(V::LEN);
            let mut w = vec![V::Elem::ZERO; padded(units) * inputs];
            for j in 0..units {
                for i in 0..inputs {
                    w[(j / V::LEN * inputs + i) * V::LEN + j % V::LEN] = number(1 + j * 100 + i);
                }
            }
            let mut into = vec![number(9); padded(inputs) * units];
            panels::<V>(t, &w, inputs, units, &mut into);
            for j in 0..units {
                for i in 0..padded(inputs) {
                    let found = into[(i / V::LEN * units + j) * V::LEN + i % V::LEN];
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
    }

    #[test]
    fn every_weight_finds_its_transposed_place() {
        for level in [Level::new(), Level::baseline()] {
            dispatch!(level, simd => check_both(simd));
        }
    }
}
