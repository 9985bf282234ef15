//! Does a pipeline fit its network?

use std::collections::HashSet;

use super::{Column, Missing, Pipeline};
use crate::data::standardization::Standardization;

/// What is wrong with a pipeline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsound {
    /// Names or numbers that do not fit the network.
    #[error("{given} {what}: expected {expected}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        given: usize,
    },
    /// An impossible range of inputs, or a divisor that is not finite and above 0.
    #[error("the inputs have no finite range, or no finite divisor above 0")]
    Inputs,
    /// A mean that is not finite, or a deviation that is not finite and above 0.
    #[error("the standardization is not of finite means and positive standard deviations")]
    Standardization,
    /// A bound that is not finite and above 0.
    #[error("inputs are clipped at {0}: expected a finite number above 0")]
    Clip(f64),
    /// A column that can't be.
    #[error("column {column}: {problem}")]
    Column {
        /// The raw column, from 1.
        column: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Pipeline {
    /// Does it make the inputs of a network with `n_x` inputs, and undo the outputs of one with
    /// `n_y`? O(columns and categories).
    ///
    /// ```
    /// use shallownet::pipeline::{Pipeline, Unsound};
    ///
    /// let pipeline = Pipeline { clip: Some(0.0), ..Pipeline::default() };
    /// assert_eq!(pipeline.check(3, 1), Err(Unsound::Clip(0.0)));
    /// ```
    ///
    /// # Errors
    /// [`Unsound`].
    pub fn check(&self, n_x: usize, n_y: usize) -> Result<(), Unsound> {
        let fits = |what, expected, given| {
            if expected == given { Ok(()) } else { Err(Unsound::Count { what, expected, given }) }
        };
        if let Some(names) = &self.features {
            fits("feature names", self.raw_columns(n_x), names.len())?;
        }
        if self.inputs.is_some_and(|inputs| !inputs.is_sound()) {
            return Err(Unsound::Inputs);
        }
        for (k, column) in self.columns.iter().enumerate() {
            column.check().map_err(|problem| Unsound::Column { column: k + 1, problem })?;
        }
        if !self.columns.is_empty() {
            fits("inputs of the columns", n_x, self.columns.iter().map(Column::inputs).sum())?;
        }
        let both = [(&self.standardization, n_x), (&self.targets.standardization, n_y)];
        for (standardization, expected) in both {
            let Some(standardization) = standardization else { continue };
            let Standardization { means, stds } = standardization;
            fits("means", expected, means.len())?;
            fits("standard deviations", expected, stds.len())?;
            if !standardization.is_sound() {
                return Err(Unsound::Standardization);
            }
        }
        match self.clip {
            Some(clip) if !(clip.is_finite() && clip > 0.0) => Err(Unsound::Clip(clip)),
            _ => Ok(()),
        }
    }
}

impl Column {
    fn check(&self) -> Result<(), &'static str> {
        let texts = self.texts().count();
        if matches!(self, Self::Category { .. }) {
            if texts == 0 {
                return Err("it has no category: expected at least one");
            }
            if self.texts().collect::<HashSet<_>>().len() < texts {
                return Err("a category stands there twice");
            }
        }
        match (self, self.missing()) {
            (Self::Number { .. }, Missing::Filled { with, .. }) if !with.is_finite() => {
                Err("what takes a missing number's place is not finite")
            }
            (Self::Category { .. }, Missing::Filled { with, .. })
                if !(0..texts).any(|code| code as f64 == with) =>
            {
                Err("what takes a missing text's place is no category")
            }
            _ => Ok(()),
        }
    }
}
