//! What a training is given: samples, targets, weights, samples for validation.

use super::columns::Columns;
use super::targets::Targets;
use crate::element::Element;
use crate::words::fingerprint::{Fingerprint, xxh64};

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
    pub(crate) validation: Option<(Columns<'a, T>, Targets<'a, T>)>,
}

impl<'a, T> DataSet<'a, T> {
    /// Samples and targets to train on; the calls that use them check their shapes.
    ///
    /// ```
    /// # use shallownet::{Columns, DataSet};
    /// let (x, y) = (Columns::new(&[-1.0_f32, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// let data = DataSet::new(x, y);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn new(x: Columns<'a, T>, y: Columns<'a, T>) -> Self {
        Self { x, y, weights: None, validation: None }
    }

    /// A weight a sample, as in [`Targets`](crate::Targets): each batch's cost is the weighted mean
    /// of its samples'. Validation samples have weights of their own:
    /// [`validation`](Self::validation).
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

    /// Samples and targets whose cost is computed after each epoch, and not trained on. The targets
    /// may be [weighted](crate::Targets::weighted): then their cost is the weighted mean.
    ///
    /// ```
    /// # use shallownet::{Columns, DataSet, Targets};
    /// # let (x, y) = (Columns::new(&[-1.0_f32, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let (x_held, y_held) = (x, y);
    /// let data = DataSet::new(x, y).validation(x_held, y_held);
    /// // The second one counts four times as much.
    /// let data = DataSet::new(x, y).validation(x_held, Targets::weighted(y_held, &[0.25, 1.0]));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn validation(mut self, x: Columns<'a, T>, y: impl Into<Targets<'a, T>>) -> Self {
        self.validation = Some((x, y.into()));
        self
    }
}

impl<'a, T: Copy> DataSet<'a, T> {
    /// The training samples' targets.
    pub(crate) fn targets(&self) -> Targets<'a, T> {
        Targets { y: self.y, weights: self.weights }
    }
}

impl<T: Element> DataSet<'_, T> {
    /// A number that tells this data from other data; a [`Trainer`](crate::Trainer) compares it.
    /// Reads every value once.
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
        let of = |columns: Columns<'_, T>| {
            let values = xxh64(columns.as_slice(), |v| v.to_f64().to_bits());
            [columns.features() as u64, columns.samples() as u64, values]
        };
        words.extend([of(self.x), of(self.y)].concat());
        if let Some(weights) = self.weights {
            words.extend(of(Columns::checked(weights, 1)));
        }
        if let Some((x, y)) = self.validation {
            words.extend([of(x), of(y.y)].concat());
            if let Some(weights) = y.weights {
                // Without this word, three sets without weights would read like two sets with them.
                words.push(0);
                words.extend(of(Columns::checked(weights, 1)));
            }
        }
        Fingerprint(xxh64(&words, |word| word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that the documentation of [`Fingerprint`] defines, computed independently: they
    /// must never change, since checkpoints hold them.
    #[test]
    fn fingerprints_stay_what_they_are() {
        fn column(values: &[f64; 2]) -> Columns<'_, f64> {
            Columns::new(values, 1).unwrap()
        }
        let (x, y, w) = (column(&[-1.0, 1.0]), column(&[0.0, 1.0]), [1.0, 0.25]);
        let data = DataSet::new(x, y);
        let pinned = [
            (data, 0xac78_694e_c88e_579c),
            (data.weights(&w), 0x2909_53a0_1c26_40e3),
            (data.validation(y, x), 0x22aa_1794_9241_8f46),
            (data.weights(&w).validation(y, x), 0x211a_af95_7524_f601),
            (data.validation(y, Targets::weighted(x, &w)), 0x5aa8_55fc_8c0e_4779),
        ];
        for (data, expected) in pinned {
            assert_eq!(data.fingerprint(), Fingerprint(expected), "{data:?}");
        }
    }

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
            data.validation(columns(&held, 3), Targets::weighted(columns(&held[..1], 1), &[1.0])),
            data.validation(columns(&held, 3), Targets::weighted(columns(&held[..1], 1), &[2.0])),
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
}
