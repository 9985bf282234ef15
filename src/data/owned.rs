//! What loaders return: samples as columns, owned.

use super::columns::Columns;
use crate::error::Result;

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
    /// Takes `data` as columns of `features` values.
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

    /// The values, sample after sample.
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }
}
