//! When to stop before the last epoch.

use crate::error::{Error, Result};

/// When to stop before the last epoch: if the validation cost has not fallen by more than
/// `min_delta` below its best for `patience` epochs.
///
/// ```
/// use shallownet::EarlyStopping;
///
/// let stopping = EarlyStopping::new(5);
/// assert_eq!((stopping.patience, stopping.min_delta, stopping.restore_best), (5, 0.0, true));
/// let stopping = stopping.min_delta(1e-4).restore_best(false);
/// assert_eq!((stopping.patience, stopping.min_delta, stopping.restore_best), (5, 1e-4, false));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EarlyStopping {
    /// Epochs to wait for a better one, at least 1.
    pub patience: usize,
    /// How far below the best a cost must be to count as better, at least 0.
    pub min_delta: f64,
    /// When training ends, after the last epoch or before, does the network get the parameters of
    /// its best epoch?
    pub restore_best: bool,
}

impl EarlyStopping {
    /// With this patience; any improvement counts, and the best parameters are restored.
    ///
    /// ```
    /// # use shallownet::EarlyStopping;
    /// assert!(EarlyStopping::new(5).restore_best);
    /// ```
    pub fn new(patience: usize) -> Self {
        Self { patience, min_delta: 0.0, restore_best: true }
    }

    /// Only a cost that is lower by more than this counts as better.
    ///
    /// ```
    /// # use shallownet::EarlyStopping;
    /// assert_eq!(EarlyStopping::new(5).min_delta(1e-3).min_delta, 1e-3);
    /// ```
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta;
        self
    }

    /// Whether the network gets the parameters of its best epoch when training ends.
    ///
    /// ```
    /// # use shallownet::EarlyStopping;
    /// assert!(!EarlyStopping::new(5).restore_best(false).restore_best);
    /// ```
    pub fn restore_best(mut self, restore_best: bool) -> Self {
        self.restore_best = restore_best;
        self
    }

    /// Refuses values outside their ranges.
    pub(super) fn check(&self) -> Result<()> {
        if self.patience == 0 {
            return Err(Error::Zero { argument: "patience" });
        }
        let given = self.min_delta;
        if !(given.is_finite() && given >= 0.0) {
            let expected = "finite and not negative";
            return Err(Error::Range { argument: "min_delta", expected, given });
        }
        Ok(())
    }
}
