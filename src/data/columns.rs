//! Samples as columns: a borrowed slice together with its shape.

use crate::error::{Error, Result};

/// A batch of samples over the caller's slice, without a copy: `features` values a sample, each
/// sample contiguous, samples one after another.
///
/// In the formulas this is the matrix X of shape (n_x, m), column-major: column i is sample i.
/// A row-major NumPy or C array with one sample a row has these very bytes.
///
/// ```
/// use shallownet::Columns;
///
/// // Three samples of two features.
/// let x = Columns::new(&[0.0_f32, 0.1, 1.0, 1.1, 2.0, 2.1], 2)?;
/// assert_eq!((x.features(), x.samples()), (2, 3));
/// assert_eq!(x.column(1), Some(&[1.0, 1.1][..]));
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Columns<'a, T> {
    data: &'a [T],
    features: usize,
    /// `data.len() / features`, computed once.
    samples: usize,
}

impl<'a, T> Columns<'a, T> {
    /// Sees `data` as columns of `features` values.
    ///
    /// # Errors
    /// [`Error::Zero`] if `features` is 0, [`Error::NotWholeColumns`] if the length is no multiple
    /// of it. An empty slice is a view of 0 samples; the calls that need samples refuse it.
    ///
    /// ```
    /// # use shallownet::{Columns, Error};
    /// assert_eq!(Columns::new(&[1.0, 2.0, 3.0], 3)?.samples(), 1);
    /// assert!(matches!(Columns::new(&[1.0, 2.0, 3.0], 0), Err(Error::Zero { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(data: &'a [T], features: usize) -> Result<Self> {
        if features == 0 {
            return Err(Error::Zero { argument: "features" });
        }
        let samples = data.len() / features;
        if samples * features != data.len() {
            return Err(Error::NotWholeColumns { len: data.len(), features });
        }
        Ok(Self { data, features, samples })
    }

    /// Sees `sample` as one column: any slice will do, so there is no error. (An empty slice is a
    /// view of 0 samples of one feature, which the calls that need samples refuse.)
    ///
    /// ```
    /// # use shallownet::Columns;
    /// let x = Columns::one(&[1.0, 2.0, 3.0]);
    /// assert_eq!((x.features(), x.samples()), (3, 1));
    /// assert_eq!(Columns::<f32>::one(&[]).samples(), 0);
    /// ```
    pub fn one(sample: &'a [T]) -> Self {
        // A view has at least one feature, since lengths are divided by their number.
        Self { data: sample, features: sample.len().max(1), samples: sample.len().min(1) }
    }

    /// As [`new`](Self::new), where the caller has checked both conditions.
    pub(crate) fn checked(data: &'a [T], features: usize) -> Self {
        debug_assert!(features > 0 && data.len().is_multiple_of(features));
        Self { data, features, samples: data.len() / features }
    }

    /// One column, which has values.
    #[inline]
    pub(crate) fn single(data: &'a [T]) -> Self {
        debug_assert!(!data.is_empty());
        Self { data, features: data.len(), samples: 1 }
    }

    /// Values a column (n_x).
    ///
    /// ```
    /// # use shallownet::Columns;
    /// let x = Columns::new(&[1, 2, 3, 4, 5, 6], 2)?;
    /// assert_eq!(x.features(), 2);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn features(&self) -> usize {
        self.features
    }

    /// Columns (m).
    ///
    /// ```
    /// # use shallownet::Columns;
    /// let x = Columns::new(&[1, 2, 3, 4, 5, 6], 2)?;
    /// assert_eq!(x.samples(), 3);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The whole matrix, column after column.
    ///
    /// ```
    /// # use shallownet::Columns;
    /// let x = Columns::new(&[1, 2, 3, 4, 5, 6], 2)?;
    /// assert_eq!(x.as_slice(), [1, 2, 3, 4, 5, 6]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn as_slice(&self) -> &'a [T] {
        self.data
    }

    /// Sample `i`, or `None` past the last.
    ///
    /// ```
    /// # use shallownet::Columns;
    /// let x = Columns::new(&[1, 2, 3, 4, 5, 6], 2)?;
    /// assert_eq!(x.column(2), Some(&[5, 6][..]));
    /// assert_eq!(x.column(3), None);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn column(&self, i: usize) -> Option<&'a [T]> {
        self.data.chunks_exact(self.features).nth(i)
    }

    /// The samples of `range` as a view of their own, or `None` if it reaches past the last.
    ///
    /// ```
    /// # use shallownet::Columns;
    /// let x = Columns::new(&[1, 2, 3, 4, 5, 6], 2)?;
    /// assert_eq!(x.range(1..3).unwrap().as_slice(), [3, 4, 5, 6]);
    /// assert!(x.range(2..4).is_none());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn range(&self, range: core::ops::Range<usize>) -> Option<Columns<'a, T>> {
        let (start, end) =
            (range.start.checked_mul(self.features)?, range.end.checked_mul(self.features)?);
        let samples = range.end.checked_sub(range.start)?;
        Some(Self { data: self.data.get(start..end)?, features: self.features, samples })
    }
}
