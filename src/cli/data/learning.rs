//! What a table's columns are to be learned as.

use std::io::Read;

use shallownet::io::table::Table;

use super::columns::named;
use super::samples::Want;
use crate::choices::given;
use crate::failure::Failure;

/// For the commands that learn from samples.
#[derive(Debug, clap::Args)]
pub(crate) struct Learning {
    /// The label is a number to be predicted (regression), not a class
    #[arg(long, requires = "data")]
    pub(crate) regression: bool,
    /// The label is a class, though it looks like a number to be predicted: many different numbers
    /// of few samples each
    #[arg(long, requires = "data", conflicts_with = "regression")]
    pub(crate) classification: bool,
    /// CSV: columns whose cells are categories though they look like numbers (codes of places or
    /// parts), named as --ignore names them
    #[arg(long, value_name = "COLUMNS", requires = "data")]
    pub(super) categories: Vec<String>,
    /// CSV: a column with more different texts than this is refused: one hot, it would be as many
    /// inputs
    #[arg(long, value_name = "N", requires = "data", default_value = "1000")]
    pub(super) most_categories: usize,
    /// CSV: a column of numbers that say how much each sample counts in training; no feature
    #[arg(long, value_name = "COLUMN", requires = "data")]
    pub(super) weights: Option<String>,
}

impl Learning {
    pub(crate) fn want(&self) -> Want {
        if self.regression { Want::Values } else { Want::Classes }
    }

    /// The first of these options that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        given(&[
            (self.regression, "--regression"),
            (self.classification, "--classification"),
            (!self.categories.is_empty(), "--categories"),
            (self.weights.is_some(), "--weights"),
        ])
    }

    /// The columns that --categories names.
    pub(super) fn columns<R: Read>(&self, table: &Table<R>) -> Result<Vec<usize>, Failure> {
        named(&self.categories, |name| Ok(table.column(name)?))
    }

    /// Options for tables alone.
    pub(super) fn check_arrays(&self) -> Result<(), Failure> {
        let option = match (self.categories.is_empty(), &self.weights) {
            (false, _) => "--categories",
            (_, Some(_)) => "--weights",
            _ => return Ok(()),
        };
        Err(Failure::Arguments(format!("{option} is for CSV files only")))
    }
}
