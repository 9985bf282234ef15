//! From a table's rows to a network's inputs, and from its outputs back to values.
//!
//! A row of a table is one f64 a *raw column*: a number, NaN where it is missing; or the code of a
//! category, NaN where it is missing, -1 where it is none of those known. A [`Pipeline`] turns it
//! into the network's n_x inputs, by numbers learned from the training samples alone; a
//! [`Preparation`] learns it. It belongs to the model: `io::model` keeps it.
//!
//! ```
//! use shallownet::Columns;
//! use shallownet::pipeline::{Preparation, RawColumn};
//!
//! // Age and city of four people; one age is missing.
//! let cities = ["Oslo", "Paris", "Rome"].map(str::to_owned).to_vec();
//! let raw = [30.0, 0.0, f64::NAN, 1.0, 50.0, 2.0, 40.0, 1.0];
//! let kinds = [RawColumn::Number, RawColumn::Category(cities)];
//! // Of so few people each city is rare: two of them would share an input.
//! let preparation = Preparation::new().rare_below(1);
//! let pipeline = preparation.fit(Columns::new(&raw, 2)?, &kinds)?;
//!
//! let mut inputs = [0.0; 5];
//! pipeline.apply(&[f64::NAN, pipeline.code(1, "Rome")], &mut inputs)?;
//! // The median age, 40, is their mean here; it was missing; not Oslo, not Paris, Rome.
//! assert_eq!(inputs, [0.0, 1.0, 0.0, 0.0, 1.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod check;
mod coding;
mod column;
mod fit;
mod targets;

pub use check::Unsound;
pub use coding::Coding;
pub use column::{Column, Missing};
pub use fit::{Preparation, RawColumn, Unprepared};
pub use targets::{NotTransformable, TargetTransform};

pub use crate::data::inputs::{InputKind, Inputs};

use crate::data::standardization::Standardization;
use coding::UNSEEN;

/// What is done to samples before a network, and undone in its predictions. [`Default`] does
/// nothing.
///
/// In this order: numbers are divided; what is missing is filled, and categories become inputs of
/// 0 and 1; inputs are standardized; inputs are clipped.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pipeline {
    /// The names of the raw columns.
    pub features: Option<Vec<String>>,
    /// The kind of the training samples, and what numbers are divided by first.
    pub inputs: Option<Inputs>,
    /// The raw columns; empty if each is a number that is never missing, and one input.
    pub columns: Vec<Column>,
    /// The means and deviations of the n_x inputs; 0 and 1 leave an input as it is.
    pub standardization: Option<Standardization>,
    /// After that, inputs are at least -clip and at most clip: one outlier in a column with long
    /// tails would weigh more than all other inputs together.
    pub clip: Option<f64>,
    /// What the network learned instead of the targets themselves.
    pub targets: TargetTransform,
}

impl Pipeline {
    /// How many raw columns there are for a network of `n_x` inputs.
    ///
    /// ```
    /// use shallownet::pipeline::Pipeline;
    /// assert_eq!(Pipeline::default().raw_columns(3), 3);
    /// ```
    pub fn raw_columns(&self, n_x: usize) -> usize {
        if self.columns.is_empty() { n_x } else { self.columns.len() }
    }

    /// The inputs (from 0) that each raw column becomes, in their order; a raw column each if there
    /// are no [`columns`](Self::columns).
    pub fn inputs_of(&self, raw_column: usize) -> std::ops::Range<usize> {
        if self.columns.is_empty() {
            return raw_column..raw_column.saturating_add(1);
        }
        let before = self.columns.iter().take(raw_column).map(Column::inputs).sum();
        before..before + self.columns.get(raw_column).map_or(0, Column::inputs)
    }

    /// The raw column (from 0) that an input comes from.
    pub fn raw_column_of(&self, input: usize) -> usize {
        let is_before = |&k: &usize| self.inputs_of(k).end <= input;
        if self.columns.is_empty() {
            input
        } else {
            (0..self.columns.len()).take_while(is_before).count()
        }
    }

    /// The code of a category of a raw column: its index, or -1 if it is not known, or the column
    /// is one of numbers.
    ///
    /// ```
    /// use shallownet::pipeline::{Column, Missing, Pipeline};
    ///
    /// let categories = vec!["no".to_owned(), "yes".to_owned()];
    /// let missing = Missing::Refused;
    /// let column = Column::Category { categories, rare: Vec::new(), missing };
    /// let pipeline = Pipeline { columns: vec![column], ..Pipeline::default() };
    /// assert_eq!((pipeline.code(0, "yes"), pipeline.code(0, "maybe")), (1.0, -1.0));
    /// ```
    pub fn code(&self, raw_column: usize, category: &str) -> f64 {
        let column = self.columns.get(raw_column);
        let at = column.and_then(|column| column.texts().position(|text| text == category));
        at.map_or(UNSEEN, |at| at as f64)
    }

    /// The names of the inputs, if the raw columns have names: `age`, `age is missing`,
    /// `city=Paris`, `city=(rare)`.
    ///
    /// ```
    /// use shallownet::pipeline::{Column, Missing, Pipeline};
    ///
    /// let columns = vec![Column::Number { missing: Missing::Filled { with: 4.0, has_input: true } }];
    /// let features = Some(vec!["age".to_owned()]);
    /// let pipeline = Pipeline { features, columns, ..Pipeline::default() };
    /// assert_eq!(pipeline.input_names().unwrap(), ["age", "age is missing"]);
    /// ```
    pub fn input_names(&self) -> Option<Vec<String>> {
        let features = self.features.as_ref()?;
        if self.columns.is_empty() {
            return Some(features.clone());
        }
        let pairs = self.columns.iter().zip(features);
        Some(pairs.flat_map(|(column, feature)| column.input_names(feature)).collect())
    }

    /// Are rows made of plain numbers, so that a Standardization is all there is to do?
    pub fn is_plain(&self) -> bool {
        self.columns.is_empty() && self.clip.is_none()
    }
}

#[cfg(test)]
mod tests;
