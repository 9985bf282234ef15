//! The samples of a run: their order in an epoch, and how a batch is gathered.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::fingerprint::{Fingerprint, xxh64};
use crate::scalar::Scalar;
use crate::targets::Targets;
use crate::view::Columns;

/// Training samples with their targets, and validation samples if there are any: borrowed.
///
/// ```
/// use shallownet::{Columns, DataSet};
///
/// let x = [0.0_f32, 0.1, 0.2, 0.9, 1.0, 1.1];
/// let y = [0.0_f32, 0.0, 0.0, 1.0, 1.0, 1.0];
/// let (x, y) = (Columns::new(&x, 1)?, Columns::new(&y, 1)?);
/// // The last two are not trained on.
/// let data = DataSet::new(x.range(0..4).unwrap(), y.range(0..4).unwrap())
///     .validation(x.range(4..6).unwrap(), y.range(4..6).unwrap());
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DataSet<'a, T> {
    pub(crate) x: Columns<'a, T>,
    pub(crate) y: Columns<'a, T>,
    pub(crate) weights: Option<&'a [T]>,
    pub(crate) validation: Option<(Columns<'a, T>, Columns<'a, T>)>,
}

impl<'a, T> DataSet<'a, T> {
    /// Samples and targets to train on; the calls that use them check their shapes.
    pub fn new(x: Columns<'a, T>, y: Columns<'a, T>) -> Self {
        Self { x, y, weights: None, validation: None }
    }

    /// A weight a sample, as in [`Targets`](crate::Targets): each batch's cost is the weighted mean
    /// of its samples'. Validation samples all count the same.
    ///
    /// ```
    /// # use shallownet::{Columns, DataSet};
    /// # let (x, y) = (Columns::new(&[-1.0_f32, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// let data = DataSet::new(x, y).weights(&[1.0, 0.25]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn weights(mut self, weights: &'a [T]) -> Self {
        self.weights = Some(weights);
        self
    }

    /// Samples and targets whose cost is computed after each epoch, and not trained on.
    pub fn validation(mut self, x: Columns<'a, T>, y: Columns<'a, T>) -> Self {
        self.validation = Some((x, y));
        self
    }
}

impl<'a, T: Copy> DataSet<'a, T> {
    /// The training samples' targets.
    pub(crate) fn targets(&self) -> Targets<'a, T> {
        Targets { y: self.y, weights: self.weights }
    }
}

impl<T: Scalar> DataSet<'_, T> {
    /// What tells this data from other data; a [`Trainer`](crate::Trainer) compares it. Reads every
    /// value once.
    ///
    /// ```
    /// # use shallownet::{Columns, DataSet};
    /// # let (x, y) = (Columns::new(&[-1.0_f32, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// let data = DataSet::new(x, y);
    /// assert_eq!(data.fingerprint(), data.fingerprint());
    /// assert_ne!(data.fingerprint(), data.weights(&[1.0, 2.0]).fingerprint());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn fingerprint(&self) -> Fingerprint {
        let mut words = Vec::new();
        let mut add = |columns: Columns<'_, T>| {
            let values = xxh64(columns.as_slice(), |v| v.to_f64().to_bits());
            words.extend([columns.features() as u64, columns.samples() as u64, values]);
        };
        add(self.x);
        add(self.y);
        if let Some(weights) = self.weights {
            add(Columns::checked(weights, 1));
        }
        if let Some((x, y)) = self.validation {
            add(x);
            add(y);
        }
        Fingerprint(xxh64(&words, |word| word))
    }
}

/// The order of `epoch` (from 0): see [`Training::seed`](crate::Training::seed). O(m).
pub(super) fn shuffle(order: &mut [usize], seed: u64, epoch: u64) {
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

/// The samples of that order, side by side. Whole columns are copied; those of a few values without
/// a call for each.
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
    fn every_value_and_its_place_count() {
        let (x, y) = ([0.5_f64, -0.0, 3.0, 4.0, 5.0, 6.0], [1.0, 0.0]);
        fn columns(values: &[f64], features: usize) -> Columns<'_, f64> {
            Columns::new(values, features).unwrap()
        }
        let data = DataSet::new(columns(&x, 3), columns(&y, 1));
        let held = [7.0, 8.0, 9.0];
        let all = [
            data,
            data.weights(&[1.0, 1.0]),
            data.validation(columns(&held, 3), columns(&held[..1], 1)),
            data.validation(columns(&held, 3), columns(&held[1..2], 1)),
            DataSet::new(columns(&x, 2), columns(&held, 1)),
            DataSet::new(columns(&x[..3], 3), columns(&y[..1], 1)),
        ];
        let mut seen: Vec<Fingerprint> = all.iter().map(DataSet::fingerprint).collect();
        for at in 0..x.len() {
            let mut other = x;
            other[at] += 0.25;
            seen.push(DataSet::new(columns(&other, 3), columns(&y, 1)).fingerprint());
            other.swap(at, (at + 1) % 6);
            seen.push(DataSet::new(columns(&other, 3), columns(&y, 1)).fingerprint());
        }
        let different: std::collections::HashSet<_> = seen.iter().collect();
        assert_eq!(different.len(), seen.len());
    }

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

    /// Every one of the 6 orders of 3 is as likely: 6000 draws, each count within 5 standard
    /// deviations (sqrt(6000 (1/6) (5/6)) = 28.9) of 1000.
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
