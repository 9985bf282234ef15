//! The samples of a run, and how a batch is gathered.

use core::ops::Range;

use crate::data::buffer::AlignedBuffer;
use crate::data::columns::Columns;
use crate::data::data_set::DataSet;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::order::shuffle;

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
        let (x, y, weights) = (buffer(net.inputs())?, buffer(net.targets())?, buffer(1)?);
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
        self.gather_places(data, start..self.order.len().min(start + self.size))
    }

    /// Orders stretches of the samples that follow one another, each on its own: of each its number,
    /// which its order follows from, and its length.
    pub(super) fn shuffle_stretches(
        &mut self,
        seed: u64,
        epoch: u64,
        stretches: impl Iterator<Item = (usize, usize)>,
    ) {
        let mut start = 0;
        for (number, len) in stretches {
            let order = &mut self.order[start..start + len];
            shuffle(order, seed, (number as u64) << 40 ^ epoch);
            order.iter_mut().for_each(|sample| *sample += start);
            start += len;
        }
    }

    /// The samples at some places of the order, no more than a batch has.
    pub(super) fn gather_places(
        &mut self,
        data: DataSet<'_, T>,
        places: Range<usize>,
    ) -> (Columns<'_, T>, Targets<'_, T>) {
        let batch = &self.order[places];
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

/// Copies the samples of that order side by side, column by column; columns of a few values are
/// copied without a call for each.
pub(super) fn gather<T: Scalar>(from: Columns<'_, T>, order: &[usize], into: &mut [T]) {
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
