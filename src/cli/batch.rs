//! Samples as a network takes them: X and Y, and which class each is.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shallownet::io::Standardization;
use shallownet::{Columns, Result, Scalar};

use crate::data::Data;
use crate::failure::Failure;

/// X, Y and the classes of some rows.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    x: Vec<T>,
    y: Vec<T>,
    n_x: usize,
    n_y: usize,
    pub(crate) classes: Vec<usize>,
}

impl<T: Scalar> Batch<T> {
    /// The rows of `data`, the class of each being `classes[row]` of `count`.
    pub(crate) fn new(
        data: &Data,
        rows: &[usize],
        standardization: Option<&Standardization>,
        (class_of_row, count): (&[usize], usize),
    ) -> std::result::Result<Self, Failure> {
        let classes: Vec<usize> = rows.iter().map(|&row| class_of_row[row]).collect();
        let n_y = outputs(count);
        let target = |class: usize, output: usize| {
            // One sigmoid output is the probability of the second class.
            let is_it = if n_y == 1 { class == 1 } else { class == output };
            T::from_f64(if is_it { 1.0 } else { 0.0 })
        };
        Ok(Self {
            x: data.inputs(rows, standardization)?,
            y: classes.iter().flat_map(|&c| (0..n_y).map(move |k| target(c, k))).collect(),
            n_x: data.columns.len(),
            n_y,
            classes,
        })
    }

    pub(crate) fn x(&self) -> Result<Columns<'_, T>> {
        Columns::new(&self.x, self.n_x)
    }

    pub(crate) fn y(&self) -> Result<Columns<'_, T>> {
        Columns::new(&self.y, self.n_y)
    }

    pub(crate) fn len(&self) -> usize {
        self.classes.len()
    }
}

/// Outputs for so many classes: one sigmoid for two, else a softmax.
pub(crate) fn outputs(classes: usize) -> usize {
    if classes == 2 { 1 } else { classes }
}

/// The rows to learn from and the rows held out, each in the file's order: of all rows shuffled
/// (Fisher and Yates, ChaCha8 from the seed), the first `fraction`, rounded, is held out.
pub(crate) fn split(rows: usize, fraction: Option<f64>, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..rows).collect();
    let Some(fraction) = fraction else {
        return (order, Vec::new());
    };
    // A stream of its own: the weights are drawn from the same seed.
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1);
    for last in (1..rows).rev() {
        order.swap(last, rng.random_range(0..=last));
    }
    let held = (rows as f64 * fraction).round() as usize;
    let mut training = order.split_off(held.min(rows));
    order.sort_unstable();
    training.sort_unstable();
    (training, order)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_split_is_seeded_and_loses_nothing() {
        let (training, held) = split(50, Some(0.2), 3);
        assert_eq!((training.len(), held.len()), (40, 10));
        assert_eq!(split(50, Some(0.2), 3), (training.clone(), held.clone()));
        assert_ne!(split(50, Some(0.2), 4).1, held);
        let mut all = [training, held].concat();
        all.sort_unstable();
        assert_eq!(all, (0..50).collect::<Vec<_>>());
        assert_eq!(split(3, None, 0), (vec![0, 1, 2], vec![]));
    }
}
