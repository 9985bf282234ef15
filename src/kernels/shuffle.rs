//! Moving lanes: between samples side by side and values side by side.

use fearless_simd::{Bytes, Simd, SimdBase, SimdCombine, SimdFloat, SimdSplit, f64x2, f64x8};

use super::lanes::{F32x8, F32x16, F64x4, F64x8, Lanes, Vector};

/// Registers whose lanes can be rearranged.
pub trait Shuffle: Lanes {
    /// The even lanes of `self` then of `other`, and the odd lanes likewise.
    fn unzip(self, other: Self) -> (Self, Self);
    /// The reverse: the lower halves of `self` and `other` lane by lane, and the upper halves.
    fn zip(self, other: Self) -> (Self, Self);
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
    #[inline(always)]
    fn zip(self, other: Self) -> (Self, Self) {
        (Self(self.0.zip_low(other.0)), Self(self.0.zip_high(other.0)))
    }
}

/// Registers of two halves, to hold two values a unit.
pub trait Paired: Shuffle {
    /// A register of half as many lanes.
    type Half: Shuffle<Elem = Self::Elem, Token = Self::Token>;

    /// The lanes of the two halves in turn.
    fn interleaved(self) -> Self;
    /// The reverse: even lanes, then odd ones.
    fn deinterleaved(self) -> Self;
    /// Each lane twice.
    fn twice(half: Self::Half) -> Self;
    /// The first in all even lanes, the second in all odd ones.
    fn splat_pair(t: Self::Token, pair: [Self::Elem; 2]) -> Self;
    /// The sum of each two neighbours.
    fn fold(self) -> Self::Half;
}

/// `Paired` for a register of 64 bytes, given how a pair is spread.
macro_rules! paired {
    ($register:ident, $half:ident, $elem:ty, |$t:ident, $pair:ident| $splat:expr) => {
        impl<S: Simd> Paired for $register<S> {
            type Half = $half<S>;

            #[inline(always)]
            fn interleaved(self) -> Self {
                let (even, odd) = self.0.split();
                let (low, high) = Vector(even).zip(Vector(odd));
                Vector(low.0.combine(high.0))
            }
            #[inline(always)]
            fn deinterleaved(self) -> Self {
                let (low, high) = self.0.split();
                let (even, odd) = Vector(low).unzip(Vector(high));
                Vector(even.0.combine(odd.0))
            }
            #[inline(always)]
            fn twice(half: Self::Half) -> Self {
                let (low, high) = half.zip(half);
                Vector(low.0.combine(high.0))
            }
            #[inline(always)]
            fn splat_pair($t: S, $pair: [$elem; 2]) -> Self {
                Vector($splat)
            }
            #[inline(always)]
            fn fold(self) -> Self::Half {
                let (low, high) = self.0.split();
                let (even, odd) = Vector(low).unzip(Vector(high));
                even + odd
            }
        }
    };
}

// A broadcast of eight bytes, whatever they mean.
paired!(F32x16, F32x8, f32, |t, pair| {
    let [[a, b, c, d], [e, f, g, h]] = pair.map(f32::to_ne_bytes);
    f64x8::splat(t, f64::from_ne_bytes([a, b, c, d, e, f, g, h])).bitcast()
});
paired!(F64x8, F64x4, f64, |t, pair| f64x8::block_splat(f64x2::from_slice(t, &pair)));

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

/// The reverse of [`deinterleave`]: N registers of one value each to LEN samples of N values.
#[inline(always)]
pub(crate) fn interleave<V: Shuffle, const N: usize>(mut values: [V; N]) -> [V; N] {
    let mut rounds = N.trailing_zeros();
    while rounds > 0 {
        let before = values;
        for k in 0..N / 2 {
            (values[2 * k], values[2 * k + 1]) = before[k].zip(before[N / 2 + k]);
        }
        rounds -= 1;
    }
    values
}

/// The sums over the lanes of each of `registers`, in lanes 0..N; N is a power of two, at most LEN.
/// Neighbouring lanes are added pair by pair, so each sum's order depends on LEN alone.
#[inline(always)]
pub(crate) fn lane_sums<V: Shuffle, const N: usize>(registers: [V; N]) -> V {
    let mut sums = [registers[0]; 16];
    sums[..N].copy_from_slice(&registers);
    // Of constant length, each, so that all of it stays in registers.
    if N == 16 {
        add_pairs::<V, 8>(&mut sums);
    }
    if N >= 8 {
        add_pairs::<V, 4>(&mut sums);
    }
    if N >= 4 {
        add_pairs::<V, 2>(&mut sums);
    }
    if N >= 2 {
        add_pairs::<V, 1>(&mut sums);
    }
    let mut sum = sums[0];
    let mut width = V::LEN;
    while width > N {
        let (even, odd) = sum.unzip(sum);
        sum = even + odd;
        width /= 2;
    }
    sum
}

/// Adds neighbouring lanes of the first 2 N registers, which leaves N.
#[inline(always)]
fn add_pairs<V: Shuffle, const N: usize>(sums: &mut [V; 16]) {
    for k in 0..N {
        let (even, odd) = sums[2 * k].unzip(sums[2 * k + 1]);
        sums[k] = even + odd;
    }
}
