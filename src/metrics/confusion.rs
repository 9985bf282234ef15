//! The confusion matrix and what follows from it.

use core::fmt;
use std::collections::BTreeMap;

use super::{check, class, columns};
use crate::data::columns::Columns;
use crate::element::Element;
use crate::error::{Error, Result};

/// How many samples of each class were predicted as each class.
///
/// With TP, FP and FN the true positives, false positives and false negatives of a class taken as
/// the positive one: precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 TP / (2 TP + FP +
/// FN), their harmonic mean. Where a denominator is 0 (nothing predicted, or no samples, of the
/// class) the value is 0, as in scikit-learn.
///
/// Only counts above 0 are kept, so that memory is bounded by the samples, however many classes
/// there are.
///
/// It prints as a table, rows the true classes; of more than [`Confusion::MOST_PRINTED`] classes,
/// as a list of the pairs that are mistaken most often:
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
    /// Counts by true class and predicted class; only those above 0 are kept.
    counts: BTreeMap<(usize, usize), u64>,
    /// For each class its samples, and the samples predicted as it; only if one of them is above 0.
    totals: BTreeMap<usize, [u64; 2]>,
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
    /// Of the samples predicted as the class, the share that belongs to it.
    pub precision: f64,
    /// Of the samples that belong to the class, the share predicted as it.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
}

impl Confusion {
    /// Classes that a table has room for.
    pub const MOST_PRINTED: usize = 32;

    /// Counts predictions and labels of the same shape; classes as in [`metrics`](crate::metrics).
    /// One row means two classes. O(values).
    ///
    /// # Errors
    /// [`Error::EmptyBatch`]; [`Error::Features`] and [`Error::Samples`] if the shapes differ;
    /// [`Error::NotFinite`].
    pub fn of<T: Element>(predictions: Columns<'_, T>, labels: Columns<'_, T>) -> Result<Self> {
        check(predictions, labels)?;
        let mut confusion = Self::empty(predictions.features().max(2));
        for (a, y) in columns(predictions).zip(columns(labels)) {
            confusion.add(class(y), class(a));
        }
        Ok(confusion)
    }

    /// Counts predictions of one output, with a threshold of your own: the class is 1 where the
    /// value is more.
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
    pub fn binary<T: Element>(predictions: &[T], labels: &[T], threshold: T) -> Result<Self> {
        let (a, y) = (Columns::new(predictions, 1)?, Columns::new(labels, 1)?);
        check(a, y)?;
        crate::data::checks::finite("threshold", &[threshold])?;
        let mut confusion = Self::empty(2);
        for (a, y) in predictions.iter().zip(labels) {
            confusion.add(class(&[*y]), usize::from(*a > threshold));
        }
        Ok(confusion)
    }

    /// Counts class numbers, which are below `classes`.
    ///
    /// # Errors
    /// [`Error::Zero`] classes, [`Error::EmptyBatch`], [`Error::Length`] if the lengths differ,
    /// [`Error::Label`] for a class number that is too large.
    pub fn from_classes(predicted: &[usize], labels: &[usize], classes: usize) -> Result<Self> {
        if predicted.is_empty() {
            return Err(Error::EmptyBatch { argument: "predicted" });
        }
        crate::data::checks::length("labels", predicted.len(), labels.len())?;
        for (argument, values) in [("predicted", predicted), ("labels", labels)] {
            if let Some(index) = values.iter().position(|&k| k >= classes) {
                let (value, expected) = (values[index] as f64, "less than the number of classes");
                return Err(Error::Label { argument, index, value, expected });
            }
        }
        let mut confusion = Self::empty(classes);
        for (&p, &y) in predicted.iter().zip(labels) {
            confusion.add(y, p);
        }
        Ok(confusion)
    }

    fn empty(classes: usize) -> Self {
        Self { classes, counts: BTreeMap::new(), totals: BTreeMap::new() }
    }

    fn add(&mut self, actual: usize, predicted: usize) {
        *self.counts.entry((actual, predicted)).or_default() += 1;
        self.totals.entry(actual).or_default()[0] += 1;
        self.totals.entry(predicted).or_default()[1] += 1;
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Samples of class `actual` that were predicted as `predicted`; 0 for a class past the last.
    pub fn count(&self, actual: usize, predicted: usize) -> u64 {
        self.counts.get(&(actual, predicted)).copied().unwrap_or(0)
    }

    /// The counts above 0, by true class and then by predicted class: (true, predicted, samples).
    ///
    /// ```
    /// # use shallownet::metrics::Confusion;
    /// let confusion = Confusion::from_classes(&[0, 7, 0], &[0, 1, 0], 1_000_000)?;
    /// assert_eq!(confusion.counts().collect::<Vec<_>>(), [(0, 0, 2), (1, 7, 1)]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn counts(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        self.counts.iter().map(|(&(actual, predicted), &count)| (actual, predicted, count))
    }

    /// The counts of samples predicted as a wrong class, the largest first and equal ones by their
    /// classes: (true, predicted, samples).
    ///
    /// ```
    /// # use shallownet::metrics::Confusion;
    /// let confusion = Confusion::from_classes(&[0, 1, 1, 0, 0], &[1, 1, 2, 2, 2], 3)?;
    /// assert_eq!(confusion.mistakes(), [(2, 0, 2), (1, 0, 1), (2, 1, 1)]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn mistakes(&self) -> Vec<(usize, usize, u64)> {
        let mut mistakes: Vec<_> = self.counts().filter(|(a, p, _)| a != p).collect();
        mistakes.sort_by_key(|&(_, _, count)| core::cmp::Reverse(count));
        mistakes
    }

    /// All samples.
    pub fn samples(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The share predicted as their true class.
    pub fn accuracy(&self) -> f64 {
        ratio(self.right(), self.samples())
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
        // The scores of all others are 0.
        let classes = || self.totals.keys();
        let mean =
            |f: &dyn Fn(usize) -> f64| classes().map(|&k| f(k)).sum::<f64>() / self.classes as f64;
        Scores {
            precision: mean(&|k| self.precision(k)),
            recall: mean(&|k| self.recall(k)),
            f1: mean(&|k| self.f1(k)),
        }
    }

    fn right(&self) -> u64 {
        self.totals.keys().map(|&k| self.count(k, k)).sum()
    }

    /// The samples of a class.
    pub fn actual(&self, class: usize) -> u64 {
        self.totals.get(&class).map_or(0, |total| total[0])
    }

    /// The samples predicted as a class.
    pub fn predicted(&self, class: usize) -> u64 {
        self.totals.get(&class).map_or(0, |total| total[1])
    }
}

/// 0 / 0 is 0.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.classes > Self::MOST_PRINTED { self.list(f) } else { self.table(f) }
    }
}

impl Confusion {
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const CORNER: &str = r"true \ predicted";
        let largest = self.counts.values().copied().max().unwrap_or(0);
        let digits = largest.max(self.classes as u64 - 1).to_string().len();
        write!(f, "{CORNER}")?;
        for k in 0..self.classes {
            write!(f, "  {k:>digits$}")?;
        }
        writeln!(f)?;
        let label = CORNER.len();
        for actual in 0..self.classes {
            write!(f, "{actual:>label$}")?;
            for predicted in 0..self.classes {
                write!(f, "  {:>digits$}", self.count(actual, predicted))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn list(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (samples, mistakes) = (self.samples(), self.mistakes());
        writeln!(f, "{} of {samples} samples right, of {} classes", self.right(), self.classes)?;
        for &(actual, predicted, count) in mistakes.iter().take(Self::MOST_PRINTED) {
            writeln!(f, "{actual} as {predicted}: {count}")?;
        }
        match mistakes.len().saturating_sub(Self::MOST_PRINTED) {
            0 => Ok(()),
            more => writeln!(f, "and {more} pairs more"),
        }
    }
}
