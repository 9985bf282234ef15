//! Is every value finite? 0 v is 0 if v is, else NaN; and a sum with a NaN in it is NaN.

use super::epilogue::MAX_LANES;
use super::lanes::Lanes;
use crate::element::Element;

/// Sums side by side, so that no multiply-add waits for the one before it.
const SUMS: usize = 4;

/// Is there no NaN and no infinity among `values`?
#[inline(always)]
pub(crate) fn all_finite<V>(t: V::Token, values: &[V::Elem]) -> bool
where
    V: Lanes,
{
    let zero = V::splat(t, V::Elem::ZERO);
    let mut sums = [zero; SUMS];
    let mut blocks = values.chunks_exact(SUMS * V::LEN);
    for block in &mut blocks {
        for k in 0..SUMS {
            sums[k] = V::load(t, &block[k * V::LEN..]).mul_add(zero, sums[k]);
        }
    }
    let mut registers = blocks.remainder().chunks_exact(V::LEN);
    for register in &mut registers {
        sums[0] = V::load(t, register).mul_add(zero, sums[0]);
    }
    let sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    lanes_finite(sum) & registers.remainder().iter().fold(true, |ok, v| ok & v.is_finite())
}

/// Is there no NaN and no infinity in a register?
#[inline(always)]
pub(crate) fn lanes_finite<V>(register: V) -> bool
where
    V: Lanes,
{
    let mut lanes = [V::Elem::ZERO; MAX_LANES];
    register.store(&mut lanes);
    lanes.iter().fold(true, |ok, v| ok & v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::wide_lanes::{WideF32, WideF64};

    fn one_bad_value_anywhere<V: Lanes<Token = ()>>() {
        for len in [0, 1, 7, 8, 40, 129] {
            let mut values = vec![V::Elem::from_f64(1e30); len];
            assert!(all_finite::<V>((), &values));
            for at in 0..len {
                for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    values[at] = V::Elem::from_f64(bad);
                    assert!(!all_finite::<V>((), &values), "{bad} at {at} of {len}");
                }
                values[at] = V::Elem::from_f64(-1.0);
            }
        }
    }

    #[test]
    fn one_bad_value_is_found_wherever_it_is() {
        one_bad_value_anywhere::<WideF32>();
        one_bad_value_anywhere::<WideF64>();
    }
}
