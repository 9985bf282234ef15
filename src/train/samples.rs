//! The samples of a run: their order in an epoch, and how a batch is gathered.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::data::buffer::AlignedBuffer;
use crate::data::columns::Columns;
use crate::data::data_set::DataSet;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;

/// The memory of mini-batches.
#[derive(Debug)]
pub(super) struct Batches<T> {
    size: usize,
    /// The samples in the epoch's order.
    order: Vec<usize>,
    /// One batch, gathered.
    x: AlignedBuffer<T>,
    y: AlignedBuffer<T>,
    weights: AlignedBuffer<T>,
}

impl<T: Scalar> Batches<T> {
    /// For batches of `size` of `samples` samples, both at least 1, that fit `net`.
    pub(super) fn new(net: &Network<T>, samples: usize, size: usize) -> Result<Self> {
        let size = size.min(samples);
        let mut order = Vec::new();
        order.try_reserve_exact(samples).map_err(|_| Error::OutOfMemory {
            what: "the order of the samples",
            bytes: samples.saturating_mul(size_of::<usize>()),
        })?;
        order.resize(samples, 0);
        // Within the data, so no overflow.
        let buffer = |features: usize| AlignedBuffer::zeros(size * features, "a batch");
        let (x, y, weights) = (buffer(net.inputs())?, buffer(net.outputs())?, buffer(1)?);
        Ok(Self { size, order, x, y, weights })
    }

    pub(super) fn shuffle(&mut self, seed: u64, epoch: u64) {
        shuffle(&mut self.order, seed, epoch);
    }

    /// Batch `index` (from 0) of the epoch; the data has the number of samples given to `new`.
    pub(super) fn gather(
        &mut self,
        data: DataSet<'_, T>,
        index: usize,
    ) -> (Columns<'_, T>, Targets<'_, T>) {
        let start = index * self.size;
        let batch = &self.order[start..self.order.len().min(start + self.size)];
        let (n_x, n_y) = (data.x.features(), data.y.features());
        let x = &mut self.x.as_mut_slice()[..batch.len() * n_x];
        let y = &mut self.y.as_mut_slice()[..batch.len() * n_y];
        gather(data.x, batch, x);
        gather(data.y, batch, y);
        let weights = data.weights.map(|all| {
            let weights = &mut self.weights.as_mut_slice()[..batch.len()];
            gather(Columns::checked(all, 1), batch, weights);
            &*weights
        });
        (Columns::checked(x, n_x), Targets { y: Columns::checked(y, n_y), weights })
    }
}

/// The order of `epoch` (from 0): see [`Training::seed`](crate::Training::seed). O(m).
fn shuffle(order: &mut [usize], seed: u64, epoch: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(epoch);
    for (i, place) in order.iter_mut().enumerate() {
        *place = i;
    }
    for i in (1..order.len()).rev() {
        order.swap(i, below(&mut rng, i as u64 + 1) as usize);
    }
}

/// Uniform in 0..end, by one multiplication as a rule (Lemire, *Fast random integer generation in
/// an interval*, 2019): of 32 bits where `end` fits them, else of 64.
fn below(rng: &mut ChaCha8Rng, end: u64) -> u64 {
    if let Ok(end) = u32::try_from(end) {
        loop {
            let product = u64::from(rng.next_u32()) * u64::from(end);
            // Refuses the 2^32 mod end values that would make some results more likely.
            let low = product as u32;
            if low >= end || low >= end.wrapping_neg() % end {
                return product >> 32;
            }
        }
    }
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(end);
        let low = product as u64;
        if low >= end || low >= end.wrapping_neg() % end {
            return (product >> 64) as u64;
        }
    }
}

/// Copies the samples of that order side by side, column by column; columns of a few values are
/// copied without a call for each.
fn gather<T: Scalar>(from: Columns<'_, T>, order: &[usize], into: &mut [T]) {
    match from.features() {
        1 => fixed::<1, T>(from.as_slice(), order, into),
        2 => fixed::<2, T>(from.as_slice(), order, into),
        3 => fixed::<3, T>(from.as_slice(), order, into),
        4 => fixed::<4, T>(from.as_slice(), order, into),
        8 => fixed::<8, T>(from.as_slice(), order, into),
        10 => fixed::<10, T>(from.as_slice(), order, into),
        features => {
            for (column, &i) in into.chunks_exact_mut(features).zip(order) {
                let start = i * features;
                column.copy_from_slice(&from.as_slice()[start..start + features]);
            }
        }
    }
}

fn fixed<const N: usize, T: Scalar>(from: &[T], order: &[usize], into: &mut [T]) {
    let (from, into) = (from.as_chunks::<N>().0, into.as_chunks_mut::<N>().0);
    for (column, &i) in into.iter_mut().zip(order) {
        *column = from[i];
    }
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
        for n in [1, 2, 3, 100, 1001] {
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
    }

    const PINNED: [[usize; 8]; 2] = [[2, 5, 7, 3, 6, 0, 4, 1], [2, 6, 1, 7, 0, 3, 5, 4]];

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

    #[test]
    fn numbers_below_a_power_beyond_32_bits_are_in_range() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let end = (1 << 40) + 1;
        let draws: Vec<u64> = (0..100).map(|_| below(&mut rng, end)).collect();
        assert!(draws.iter().all(|&d| d < end) && draws.iter().any(|&d| d > 1 << 39));
        let end = u64::MAX;
        assert!((0..100).map(|_| below(&mut rng, end)).any(|d| d > 1 << 63));
    }

    #[test]
    fn gathering_copies_the_columns_named() {
        for features in 1..=17 {
            let data: Vec<f32> = (0..features * 9).map(|i| i as f32).collect();
            let mut batch = vec![-1.0; features * 4];
            let columns = Columns::new(&data, features).unwrap();
            gather(columns, &[8, 0, 3], &mut batch[..3 * features]);
            for (k, i) in [8, 0, 3].into_iter().enumerate() {
                let column = &batch[k * features..(k + 1) * features];
                assert_eq!(Some(column), columns.column(i), "{features}");
            }
            assert!(batch[3 * features..].iter().all(|&v| v == -1.0));
        }
    }
}
