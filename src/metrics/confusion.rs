//! The confusion matrix and what follows from it.

use core::fmt;

use super::{check, class, columns};
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::view::Columns;

/// How many samples of each class were predicted as each class.
///
/// With TP, FP and FN the true positives, false positives and false negatives of a class taken as
/// the positive one: precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 TP / (2 TP + FP +
/// FN), their harmonic mean. Where a denominator is 0 (nothing predicted, or no samples, of the
/// class) the value is 0, as in scikit-learn.
///
/// It prints as a table, rows the true classes:
///
/// ```
/// use shallownet::{Columns, metrics::Confusion};
///
/// let a = Columns::new(&[0.9, 0.2, 0.7, 0.4, 0.1], 1)?;
/// let y = Columns::new(&[1.0, 0.0, 0.0, 1.0, 0.0], 1)?;
/// let confusion = Confusion::of(a, y)?;
/// assert_eq!(confusion.count(1, 0), 1);
/// assert_eq!(confusion.to_string(), "\
/// true \\ predicted  0  1
///                0  2  1
///                1  1  1
/// ");
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// Row-major: [true class][predicted class].
    counts: Vec<u64>,
}

/// Precision, recall and F1; see [`Confusion`].
///
/// ```
/// use shallownet::metrics::Confusion;
///
/// let confusion = Confusion::from_classes(&[0, 0, 1], &[0, 1, 1], 2)?;
/// assert_eq!(confusion.scores(1).precision, 1.0);
/// assert_eq!(confusion.scores(1).recall, 0.5);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Scores {
    /// Of what was predicted as the class, the share that is.
    pub precision: f64,
    /// Of what is of the class, the share that was predicted so.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
}

impl Confusion {
    /// Of predictions and labels of the same shape; classes as in [`metrics`](crate::metrics). One
    /// row means two classes. O(values).
    ///
    /// # Errors
    /// [`Error::EmptyBatch`]; [`Error::Features`] and [`Error::Samples`] if the shapes differ;
    /// [`Error::NotFinite`]; [`Error::TooLarge`] if there are too many classes for a matrix.
    pub fn of<T: Scalar>(predictions: Columns<'_, T>, labels: Columns<'_, T>) -> Result<Self> {
        check(predictions, labels)?;
        let mut confusion = Self::empty(predictions.features().max(2))?;
        for (a, y) in columns(predictions).zip(columns(labels)) {
            confusion.add(class(y), class(a));
        }
        Ok(confusion)
    }

    /// Of one output, with a threshold of your own: the class is 1 where the value is more.
    ///
    /// ```
    /// # use shallownet::metrics::Confusion;
    /// let cautious = Confusion::binary(&[0.9, 0.6, 0.2], &[1.0, 0.0, 0.0], 0.8)?;
    /// assert_eq!(cautious.accuracy(), 1.0);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`of`](Self::of); [`Error::NotFinite`] for the threshold.
    pub fn binary<T: Scalar>(predictions: &[T], labels: &[T], threshold: T) -> Result<Self> {
        let (a, y) = (Columns::new(predictions, 1)?, Columns::new(labels, 1)?);
        check(a, y)?;
        crate::checks::finite("threshold", &[threshold])?;
        let mut confusion = Self::empty(2)?;
        for (a, y) in predictions.iter().zip(labels) {
            confusion.add(class(&[*y]), usize::from(*a > threshold));
        }
        Ok(confusion)
    }

    /// Of class numbers below `classes`.
    ///
    /// # Errors
    /// [`Error::Zero`] classes, [`Error::EmptyBatch`], [`Error::Length`] if the lengths differ,
    /// [`Error::Label`] for a class number that is too large, [`Error::TooLarge`].
    pub fn from_classes(predicted: &[usize], labels: &[usize], classes: usize) -> Result<Self> {
        if predicted.is_empty() {
            return Err(Error::EmptyBatch { argument: "predicted" });
        }
        crate::checks::length("labels", predicted.len(), labels.len())?;
        for (argument, values) in [("predicted", predicted), ("labels", labels)] {
            if let Some(index) = values.iter().position(|&k| k >= classes) {
                let (value, expected) = (values[index] as f64, "less than the number of classes");
                return Err(Error::Label { argument, index, value, expected });
            }
        }
        let mut confusion = Self::empty(classes)?;
        for (&p, &y) in predicted.iter().zip(labels) {
            confusion.add(y, p);
        }
        Ok(confusion)
    }

    fn empty(classes: usize) -> Result<Self> {
        const WHAT: &str = "the confusion matrix";
        if classes == 0 {
            return Err(Error::Zero { argument: "classes" });
        }
        let cells = classes.checked_mul(classes).ok_or(Error::TooLarge { what: WHAT })?;
        let mut counts = Vec::new();
        let bytes = cells.saturating_mul(size_of::<u64>());
        counts.try_reserve_exact(cells).map_err(|_| Error::OutOfMemory { what: WHAT, bytes })?;
        counts.resize(cells, 0);
        Ok(Self { classes, counts })
    }

    fn add(&mut self, actual: usize, predicted: usize) {
        self.counts[actual * self.classes + predicted] += 1;
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Samples of class `actual` that were predicted as `predicted`; 0 for classes there are not.
    pub fn count(&self, actual: usize, predicted: usize) -> u64 {
        if actual < self.classes && predicted < self.classes {
            self.counts[actual * self.classes + predicted]
        } else {
            0
        }
    }

    /// All samples.
    pub fn samples(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The share predicted as what they are.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|k| self.count(k, k)).sum();
        ratio(right, self.samples())
    }

    /// Precision of a class taken as the positive one.
    pub fn precision(&self, class: usize) -> f64 {
        ratio(self.count(class, class), self.predicted(class))
    }

    /// Recall of a class taken as the positive one.
    pub fn recall(&self, class: usize) -> f64 {
        ratio(self.count(class, class), self.actual(class))
    }

    /// F1 of a class taken as the positive one.
    pub fn f1(&self, class: usize) -> f64 {
        ratio(2 * self.count(class, class), self.predicted(class) + self.actual(class))
    }

    /// All three of a class taken as the positive one; for a binary classifier, of class 1.
    pub fn scores(&self, class: usize) -> Scores {
        Scores { precision: self.precision(class), recall: self.recall(class), f1: self.f1(class) }
    }

    /// The means over all classes, each counting alike however many samples it has. A class that
    /// neither occurs nor is predicted counts with zeros.
    pub fn macro_scores(&self) -> Scores {
        let mean =
            |f: &dyn Fn(usize) -> f64| (0..self.classes).map(f).sum::<f64>() / self.classes as f64;
        Scores {
            precision: mean(&|k| self.precision(k)),
            recall: mean(&|k| self.recall(k)),
            f1: mean(&|k| self.f1(k)),
        }
    }

    fn actual(&self, class: usize) -> u64 {
        (0..self.classes).map(|k| self.count(class, k)).sum()
    }

    fn predicted(&self, class: usize) -> u64 {
        (0..self.classes).map(|k| self.count(k, class)).sum()
    }
}

/// 0 / 0 is 0.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CORNER: &str = r"true \ predicted";
        let largest = self.counts.iter().copied().max().unwrap_or(0);
        let digits = largest.max(self.classes as u64 - 1).to_string().len();
        write!(f, "{CORNER}")?;
        for k in 0..self.classes {
            write!(f, "  {k:>digits$}")?;
        }
        writeln!(f)?;
        let label = CORNER.len();
        for (k, row) in self.counts.chunks_exact(self.classes).enumerate() {
            write!(f, "{k:>label$}")?;
            for count in row {
                write!(f, "  {count:>digits$}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
