//! The samples of one training of a cross-validation.

use super::folds::Folds;
use crate::data::columns::Columns;
use crate::data::owned::OwnedColumns;
use crate::error::{Error, Result};
use crate::scalar::Scalar;

/// Copies of the samples to train on and of those to score on, in their original order; see
/// [`cross_validate`](super::cross_validate).
#[derive(Debug, Clone, PartialEq)]
pub struct Split<T> {
    train: Samples<T>,
    validation: Samples<T>,
    fold: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Samples<T> {
    x: OwnedColumns<T>,
    y: OwnedColumns<T>,
}

impl<T: Scalar> Split<T> {
    /// Fold `fold` (from 0) held out for validation.
    ///
    /// ```
    /// use shallownet::Columns;
    /// use shallownet::select::{Folds, Split};
    ///
    /// let (x, y) = (Columns::new(&[1.0, 2.0, 3.0, 4.0], 1)?, Columns::new(&[0.0; 4], 1)?);
    /// let folds = Folds::new(4, 2, 1)?;
    /// let split = Split::new(x, y, &folds, 0)?;
    /// assert_eq!((split.train_x().samples(), split.validation_y().samples()), (2, 2));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Samples`] if `y` or the folds are for another number of samples than `x`,
    /// [`Error::Range`] past the last fold, [`Error::OutOfMemory`].
    pub fn new(x: Columns<'_, T>, y: Columns<'_, T>, folds: &Folds, fold: usize) -> Result<Self> {
        let expected = x.samples();
        for (argument, given) in [("y", y.samples()), ("folds", folds.samples())] {
            if given != expected {
                return Err(Error::Samples { argument, expected, given });
            }
        }
        if fold >= folds.count() {
            let expected = "less than the number of folds";
            return Err(Error::Range { argument: "fold", expected, given: fold as f64 });
        }
        Ok(Self {
            train: Samples::new(x, y, folds.train(fold))?,
            validation: Samples::new(x, y, folds.validation(fold))?,
            fold,
        })
    }

    /// The inputs to train on, (n_x, m).
    pub fn train_x(&self) -> Columns<'_, T> {
        self.train.x.columns()
    }

    /// The targets to train on, (n_y, m).
    pub fn train_y(&self) -> Columns<'_, T> {
        self.train.y.columns()
    }

    /// The inputs to score on.
    pub fn validation_x(&self) -> Columns<'_, T> {
        self.validation.x.columns()
    }

    /// The targets to score on.
    pub fn validation_y(&self) -> Columns<'_, T> {
        self.validation.y.columns()
    }

    /// The fold held out, from 0: part of a seed, if trainings should differ by fold.
    pub fn fold(&self) -> usize {
        self.fold
    }
}

impl<T: Scalar> Samples<T> {
    fn new(
        x: Columns<'_, T>,
        y: Columns<'_, T>,
        samples: impl Iterator<Item = usize>,
    ) -> Result<Self> {
        let samples: Vec<usize> = samples.collect();
        let (x, y) = (OwnedColumns::gathered(x, &samples)?, OwnedColumns::gathered(y, &samples)?);
        Ok(Self { x, y })
    }
}
