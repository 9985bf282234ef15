//! Samples as a network takes them: X and Y, and which class each is.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shallownet::io::{NotStandardizable, Standardization};
use shallownet::{Columns, Result, Scalar};

use crate::data::{Data, Targets, with_room};
use crate::failure::Failure;

/// X, Y and the classes of some rows.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    x: Vec<T>,
    y: Vec<T>,
    n_x: usize,
    n_y: usize,
    /// Empty if values are predicted, not classes.
    pub(crate) classes: Vec<usize>,
}

/// What each row of the data stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meaning<'a> {
    /// The class of every row, of so many.
    Classes { of_row: &'a [usize], count: usize },
    /// `n_y` numbers a row.
    Values { y: &'a [f64], n_y: usize },
}

impl<'a> Meaning<'a> {
    pub(crate) fn of(data: &'a Data) -> Self {
        match &data.targets {
            Targets::Values { y, n_y } => Self::Values { y, n_y: *n_y },
            _ => {
                let labels = data.labels();
                Self::Classes { of_row: &labels.of_row, count: labels.classes.len() }
            }
        }
    }

    /// Outputs of the network: for two classes one sigmoid will do.
    pub(crate) fn outputs(self) -> usize {
        match self {
            Self::Classes { count: 2, .. } => 1,
            Self::Classes { count, .. } => count,
            Self::Values { n_y, .. } => n_y,
        }
    }
}

impl<T: Scalar> Batch<T> {
    /// The rows of `data` and what they stand for.
    pub(crate) fn new(
        data: &Data,
        rows: &[usize],
        standardization: Option<&Standardization>,
        meaning: Meaning<'_>,
    ) -> std::result::Result<Self, Failure> {
        let n_y = meaning.outputs();
        let mut y = with_room(rows.len().saturating_mul(n_y))?;
        let has_classes = matches!(meaning, Meaning::Classes { .. });
        let mut classes = with_room(if has_classes { rows.len() } else { 0 })?;
        for &row in rows {
            match meaning {
                Meaning::Classes { of_row, .. } => {
                    let class = of_row[row];
                    classes.push(class);
                    // One sigmoid output is the probability of the second class.
                    let is_it = |k| if n_y == 1 { class == 1 } else { class == k };
                    y.extend((0..n_y).map(|k| T::from_f64(if is_it(k) { 1.0 } else { 0.0 })));
                }
                Meaning::Values { y: values, n_y } => {
                    let values = &values[row * n_y..(row + 1) * n_y];
                    y.extend(values.iter().map(|&v| T::from_f64(v)));
                }
            }
        }
        Ok(Self { x: data.inputs(rows, standardization)?, y, n_x: data.n_x, n_y, classes })
    }

    /// The first `samples` of it, or all.
    pub(crate) fn head(&self, samples: usize) -> Result<(Columns<'_, T>, Columns<'_, T>)> {
        let m = samples.min(self.len());
        let x = Columns::new(&self.x[..m * self.n_x], self.n_x)?;
        Ok((x, Columns::new(&self.y[..m * self.n_y], self.n_y)?))
    }

    pub(crate) fn x(&self) -> Result<Columns<'_, T>> {
        Columns::new(&self.x, self.n_x)
    }

    pub(crate) fn y(&self) -> Result<Columns<'_, T>> {
        Columns::new(&self.y, self.n_y)
    }

    pub(crate) fn len(&self) -> usize {
        self.x.len() / self.n_x
    }
}

/// Mean and deviation of every feature of the rows.
pub(crate) fn standardize(
    data: &Data,
    rows: &[usize],
) -> std::result::Result<Standardization, Failure> {
    Standardization::of(&data.gather(rows)?, data.n_x).map_err(|NotStandardizable { feature }| {
        Failure::Cell {
            place: data.place(rows[0], feature),
            problem: "the values of this column are too large to be standardized".to_owned(),
        }
    })
}

/// The streams of a seed: the weights are drawn from number 0.
pub(crate) const HOLDOUT: u64 = 1;
pub(crate) const VALIDATION: u64 = 2;

/// The rows to learn from and the rows held out, each in the file's order: of all rows shuffled
/// (Fisher and Yates, ChaCha8 from the seed and a stream of its own), the first `fraction`,
/// rounded, is held out.
pub(crate) fn split(
    rows: Vec<usize>,
    fraction: Option<f64>,
    (seed, stream): (u64, u64),
) -> (Vec<usize>, Vec<usize>) {
    let mut order = rows;
    let Some(fraction) = fraction else {
        return (order, Vec::new());
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    let count = order.len();
    for last in (1..count).rev() {
        order.swap(last, rng.random_range(0..=last));
    }
    let held = (count as f64 * fraction).round() as usize;
    let mut training = order.split_off(held.min(count));
    order.sort_unstable();
    training.sort_unstable();
    (training, order)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_split_is_seeded_and_loses_nothing() {
        let of = |fraction, seed| split((0..50).collect(), fraction, (seed, 1));
        let (training, held) = of(Some(0.2), 3);
        assert_eq!((training.len(), held.len()), (40, 10));
        assert_eq!(of(Some(0.2), 3), (training.clone(), held.clone()));
        assert_ne!(of(Some(0.2), 4).1, held);
        assert_ne!(split((0..50).collect(), Some(0.2), (3, 2)).1, held);
        let mut all = [training, held].concat();
        all.sort_unstable();
        assert_eq!(all, (0..50).collect::<Vec<_>>());
        assert_eq!(split(vec![0, 1, 2], None, (0, 1)), (vec![0, 1, 2], vec![]));
    }
}
