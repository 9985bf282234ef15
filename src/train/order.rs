//! The order of the samples in an epoch.
//!
//! A Fisher-Yates shuffle, whose every order is equally likely. It has to cost little beside a tiny
//! network's steps, so it draws several places from one 64-bit number, one after the other: the
//! fraction that is left of the first place decides the second, and so on (Brackett-Rozinsky and
//! Lemire, *Batched ranged random integer generation*, 2024).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// The order of `epoch` (from 0): see [`Training::seed`](crate::Training::seed). O(m).
pub(crate) fn shuffle(order: &mut [usize], seed: u64, epoch: u64) {
    let mut key = ChaCha8Rng::seed_from_u64(seed);
    key.set_stream(epoch);
    let mut rng = Xoshiro256PlusPlus::from_rng(&mut key);
    for (i, place) in order.iter_mut().enumerate() {
        *place = i;
    }
    let mut left = order.len();
    left = places::<1>(order, left, 1 << 30, &mut rng);
    left = places::<2>(order, left, 1 << 20, &mut rng);
    left = places::<3>(order, left, 1 << 15, &mut rng);
    left = places::<4>(order, left, 1 << 12, &mut rng);
    left = places::<5>(order, left, 1 << 10, &mut rng);
    left = places::<6>(order, left, 6, &mut rng);
    places::<1>(order, left, 1, &mut rng);
}

/// Draws who comes to the last of `left` places, to the one before and so on, `K` at once, while
/// more than `down_to` are left; returns how many are.
#[inline(always)]
fn places<const K: usize>(
    order: &mut [usize],
    mut left: usize,
    down_to: usize,
    rng: &mut impl Rng,
) -> usize {
    // No fewer than the ways of a draw: they shrink from draw to draw, and are seldom needed.
    let mut at_most = u64::MAX;
    while left > down_to {
        let chosen = draw::<K>(left as u64, &mut at_most, rng);
        for (k, &chosen) in chosen.iter().enumerate() {
            order.swap(left - 1 - k, chosen as usize);
        }
        left -= K;
    }
    left
}

/// Uniform in 0..end, in 0..end - 1 and so on. The product of these ends, the ways in which they can
/// be drawn, fits 64 bits and is at most `at_most`, which is lowered to it if it is asked for.
#[inline(always)]
fn draw<const K: usize>(end: u64, at_most: &mut u64, rng: &mut impl Rng) -> [u64; K] {
    let (mut chosen, mut rest) = split::<K>(end, rng.next_u64());
    if rest < *at_most {
        let ways: u64 = (0..K as u64).map(|k| end - k).product();
        *at_most = ways;
        // Refuses the 2^64 mod `ways` numbers that would make some results more likely.
        let refused = ways.wrapping_neg() % ways;
        while rest < refused {
            (chosen, rest) = split(end, rng.next_u64());
        }
    }
    chosen
}

/// `number` / 2^64 as a mixed fraction: its digits of base `end`, `end` - 1 and so on, and the rest.
#[inline(always)]
fn split<const K: usize>(end: u64, number: u64) -> ([u64; K], u64) {
    let (mut digits, mut rest) = ([0; K], number);
    for (k, digit) in digits.iter_mut().enumerate() {
        let product = u128::from(rest) * u128::from(end - k as u64);
        (*digit, rest) = ((product >> 64) as u64, product as u64);
    }
    (digits, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_permutation_that_seed_and_epoch_name() {
        let order = |n: usize, seed, epoch| {
            let mut order = vec![7; n];
            shuffle(&mut order, seed, epoch);
            order
        };
        for n in [0, 1, 2, 3, 5, 6, 7, 13, 100, 1001, 1030, 5000, 40_000, 1_100_000] {
            let mut sorted = order(n, 1, 0);
            sorted.sort_unstable();
            assert_eq!(sorted, (0..n).collect::<Vec<_>>());
        }
        assert_eq!(order(100, 1, 5), order(100, 1, 5));
        assert_ne!(order(100, 1, 5), order(100, 1, 6));
        assert_ne!(order(100, 1, 5), order(100, 2, 5));
        // The stream is fixed: a checkpoint written today must mean the same tomorrow.
        assert_eq!(order(8, 42, 0), PINNED[0]);
        assert_eq!(order(8, 42, 1), PINNED[1]);
        let many = order(50_000, 42, 0);
        assert_eq!((many[0], many[1_000], many[20_000], many[49_999]), PINNED_OF_MANY);
    }

    const PINNED: [[usize; 8]; 2] = [[7, 2, 4, 5, 3, 6, 1, 0], [3, 7, 6, 4, 1, 5, 0, 2]];
    const PINNED_OF_MANY: (usize, usize, usize, usize) = (34277, 33526, 40134, 1142);

    /// All 6 orders of 3 are equally likely: 6000 draws, each count within 5 standard deviations
    /// (sqrt(6000 (1/6) (5/6)) = 28.9) of 1000.
    #[test]
    fn orders_are_equally_likely() {
        let mut counts = std::collections::HashMap::new();
        let mut order = [0; 3];
        for epoch in 0..6000 {
            shuffle(&mut order, 3, epoch);
            *counts.entry(order).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (856..=1144).contains(count)), "{counts:?}");
    }

    /// Where each of n samples comes to is uniform, whichever number of places is drawn at once:
    /// 4000 epochs, each count within 6 standard deviations.
    #[test]
    fn each_sample_comes_to_each_part_equally_often() {
        for n in [8, 600, 1200] {
            let mut counts = [[0; 8]; 8];
            let mut order = vec![0; n];
            for epoch in 0..4000 {
                shuffle(&mut order, 5, epoch);
                for (place, &sample) in order.iter().enumerate() {
                    counts[8 * sample / n][8 * place / n] += 1;
                }
            }
            let (expected, per) = (4000.0 * n as f64 / 64.0, n as f64 / 8.0);
            // A part's count in an epoch is hypergeometric.
            let variance = 4000.0 * per / 8.0 * (7.0 / 8.0) * (n as f64 - per) / (n as f64 - 1.0);
            for count in counts.as_flattened() {
                let off = (f64::from(*count) - expected).abs();
                assert!(off < 6.0 * variance.sqrt(), "{n}: {counts:?}");
            }
        }
    }

    /// Numbers that always come back, to see which are refused.
    struct Given(std::vec::IntoIter<u64>);

    impl rand::TryRng for Given {
        type Error = core::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            self.try_next_u64().map(|v| v as u32)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(self.0.next().expect("no number is drawn that is not needed"))
        }
        fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
            unreachable!("only whole numbers are drawn")
        }
    }

    /// Of all 2^64 numbers each result of 3 x 2 ways has as many: 2^64 mod 6 = 4 are refused, those
    /// whose rest is below 4. 0 has the rest 0; the first number of the next result has 2.
    #[test]
    fn a_draw_that_would_be_too_likely_is_refused() {
        let sixth = u64::MAX / 6;
        let mut rng = Given(vec![0, sixth + 1, 7].into_iter());
        assert_eq!(draw::<2>(3, &mut 6, &mut rng), [0, 0]);
        assert_eq!(split::<2>(3, 0).1, 0);
        assert_eq!(split::<2>(3, sixth + 1), ([0, 1], 2));
        // The last number of the first result: its rest is almost 2^64.
        assert_eq!(split::<2>(3, sixth), ([0, 0], 6 * sixth));
        let mut any = u64::MAX;
        assert_eq!(draw::<2>(3, &mut any, &mut Given(vec![sixth].into_iter())), [0, 0]);
    }
}
