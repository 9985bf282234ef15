//! Moving lanes: between samples side by side and values side by side.

use fearless_simd::{Simd, SimdFloat};

use super::lanes::{Lanes, Vector};

/// Registers whose lanes can be rearranged.
pub trait Shuffle: Lanes {
    /// The even lanes of `self` then of `other`, and the odd lanes likewise.
    fn unzip(self, other: Self) -> (Self, Self);
}

impl<S, V> Shuffle for Vector<V>
where
    S: Simd,
    Self: Lanes<Token = S>,
    V: SimdFloat<S>,
{
    #[inline(always)]
    fn unzip(self, other: Self) -> (Self, Self) {
        (Self(self.0.unzip_low(other.0)), Self(self.0.unzip_high(other.0)))
    }
}

/// LEN samples of N values each, contiguous, to N registers of one value each. N must be a power of
/// two.
///
/// Seen as one sequence, the value i of sample s stands at s N + i. Separating even from odd
/// places moves the lowest bit of the place to the top; log2(N) rounds move all of i there.
#[inline(always)]
pub(crate) fn deinterleave<V: Shuffle, const N: usize>(mut values: [V; N]) -> [V; N] {
    let mut rounds = N.trailing_zeros();
    while rounds > 0 {
        let before = values;
        for k in 0..N / 2 {
            (values[k], values[N / 2 + k]) = before[2 * k].unzip(before[2 * k + 1]);
        }
        rounds -= 1;
    }
    values
}

/// The sums over the lanes of each of `sums`' first `n` registers, in lanes 0..n. Neighbouring
/// lanes are added pair by pair, so each sum's order depends on LEN alone.
#[inline(always)]
pub(crate) fn lane_sums<V: Shuffle, const N: usize>(sums: &mut [V; N], n: usize) -> V {
    let mut left = n.next_power_of_two();
    let mut width = V::LEN;
    while width > 1 {
        if left > 1 {
            for k in 0..left / 2 {
                let (even, odd) = sums[2 * k].unzip(sums[2 * k + 1]);
                sums[k] = even + odd;
            }
            left /= 2;
        } else {
            let (even, odd) = sums[0].unzip(sums[0]);
            sums[0] = even + odd;
        }
        width /= 2;
    }
    sums[0]
}
