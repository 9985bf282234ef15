//! Samples as columns, owned: what loaders return, and what gathers samples one by one.

use super::columns::Columns;
use crate::error::{Error, Result};

/// Samples in memory of their own, one behind the other; [`columns`](Self::columns) is what the
/// network's calls take.
///
/// ```
/// use shallownet::OwnedColumns;
///
/// let x = OwnedColumns::new(vec![0.0_f32, 0.1, 1.0, 1.1], 2)?;
/// assert_eq!((x.features(), x.samples()), (2, 2));
/// assert_eq!(x.columns().column(1), Some(&[1.0, 1.1][..]));
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedColumns<T> {
    data: Vec<T>,
    features: usize,
}

impl<T> OwnedColumns<T> {
    /// Takes `data` as columns of `features` values. An empty `Vec` is 0 samples, to be
    /// [pushed](Self::push).
    ///
    /// # Errors
    /// As [`Columns::new`].
    pub fn new(data: Vec<T>, features: usize) -> Result<Self> {
        Columns::new(&data, features)?;
        Ok(Self { data, features })
    }

    /// The samples as the network's calls take them.
    pub fn columns(&self) -> Columns<'_, T> {
        Columns::checked(&self.data, self.features)
    }

    /// Values a sample (n_x); at least 1.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Samples (m).
    pub fn samples(&self) -> usize {
        self.data.len() / self.features
    }

    /// The values, sample after sample, writable: to standardize them, for instance.
    ///
    /// ```
    /// use shallownet::{OwnedColumns, Standardization};
    ///
    /// let mut x = OwnedColumns::new(vec![1.0_f32, 2.0, 3.0], 1)?;
    /// let standardization = Standardization::of(x.columns().as_slice(), 1)?;
    /// standardization.apply(x.values_mut());
    /// assert_eq!(x.columns().as_slice()[1], 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// Removes all samples, and keeps their memory.
    pub fn clear(&mut self) {
        self.data.clear();
    }

    /// The values, sample after sample.
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }
}

impl<T: Copy> OwnedColumns<T> {
    /// Copies samples as they come: arrays, vectors or slices of the same length.
    ///
    /// ```
    /// use shallownet::OwnedColumns;
    ///
    /// let points = (0..3).map(|i| [f64::from(i), f64::from(i * i)]);
    /// let x = OwnedColumns::from_samples(points)?;
    /// assert_eq!(x.columns().as_slice(), [0.0, 0.0, 1.0, 1.0, 2.0, 4.0]);
    ///
    /// let ragged = [vec![1.0, 2.0], vec![3.0]];
    /// let error = OwnedColumns::from_samples(&ragged).unwrap_err();
    /// assert_eq!(error.to_string(), "a sample has 1 features a column: expected 2");
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] if there is no sample, since its length is then unknown;
    /// [`Error::Zero`] if the first has no value; [`Error::Features`] of the first that has another
    /// number.
    pub fn from_samples<S: AsRef<[T]>>(samples: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut samples = samples.into_iter();
        let first = samples.next().ok_or(Error::EmptyBatch { argument: "the iterator" })?;
        let mut all = Self::new(first.as_ref().to_vec(), first.as_ref().len())?;
        samples.try_for_each(|sample| all.push(sample.as_ref()))?;
        Ok(all)
    }

    /// Copies the samples with these indices, in this order; an index may occur more than once.
    ///
    /// ```
    /// use shallownet::{Columns, OwnedColumns};
    ///
    /// let x = Columns::new(&[1, 2, 3, 4, 5, 6], 2)?;
    /// assert_eq!(OwnedColumns::gathered(x, &[2, 0])?.into_vec(), [5, 6, 1, 2]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] for a sample past the last, [`Error::OutOfMemory`].
    pub fn gathered(from: Columns<'_, T>, samples: &[usize]) -> Result<Self> {
        if let Some(&past) = samples.iter().find(|&&sample| sample >= from.samples()) {
            let expected = "less than the number of samples";
            return Err(Error::Range { argument: "a sample", expected, given: past as f64 });
        }
        let (features, values) = (from.features(), from.as_slice());
        let len = samples.len().saturating_mul(features);
        let mut data = Vec::new();
        let bytes = len.saturating_mul(size_of::<T>());
        data.try_reserve_exact(len)
            .map_err(|_| Error::OutOfMemory { what: "the samples", bytes })?;
        for sample in samples {
            data.extend_from_slice(&values[sample * features..(sample + 1) * features]);
        }
        Ok(Self { data, features })
    }

    /// Adds a sample.
    ///
    /// ```
    /// use shallownet::OwnedColumns;
    ///
    /// let mut states = OwnedColumns::new(Vec::new(), 2)?;
    /// states.push(&[0.5_f32, -0.5])?;
    /// assert_eq!(states.samples(), 1);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`] for another number of values.
    pub fn push(&mut self, sample: &[T]) -> Result<()> {
        if sample.len() != self.features {
            let (expected, given) = (self.features, sample.len());
            return Err(Error::Features { argument: "a sample", expected, given });
        }
        self.data.extend_from_slice(sample);
        Ok(())
    }
}

impl<T: Copy> From<Columns<'_, T>> for OwnedColumns<T> {
    fn from(columns: Columns<'_, T>) -> Self {
        Self { data: columns.as_slice().to_vec(), features: columns.features() }
    }
}
