//! Which cells of a table are read, as what, and what is wrong with one.

use super::error::Problem;

/// How the cells of a feature column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cells<'a> {
    /// Numbers; or texts, if fewer than nine in ten of the column's filled cells are numbers. With
    /// as many, the first text is an error, [`Problem::TextAmongNumbers`]. A column is numbers for
    /// good, and the next text is that error, as soon as it has more than
    /// [`most_categories`](Wanted::most_categories) different cells and nine in ten are numbers.
    Any,
    /// Numbers.
    Numbers,
    /// Texts, whatever they look like; each is a category.
    Texts,
    /// The categories of a model, in its order, by [`same_class`](super::same_class). Any other text is
    /// unseen: -1.
    Among(&'a [String]),
}

/// Whether a cell of a feature may be missing: see [`MISSING`](super::MISSING).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingCells {
    /// It becomes NaN.
    #[default]
    Allowed,
    /// It is an error.
    Refused,
}

/// Which columns (from 0) of a table are read, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The features, in the order they are wanted.
    pub features: &'a [(usize, Cells<'a>)],
    /// The column of the labels, read as words.
    pub label: Option<usize>,
    /// The columns of the targets, read as numbers.
    pub targets: &'a [usize],
    /// The column of the samples' weights: finite numbers of at least 0.
    pub weights: Option<usize>,
    /// Whether cells of features may be missing: by default they may.
    pub missing: MissingCells,
    /// The most different texts that a column may have: by default 1000.
    pub most_categories: usize,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            features: &[],
            label: None,
            targets: &[],
            weights: None,
            missing: MissingCells::Allowed,
            most_categories: 1000,
        }
    }
}

/// Texts of a feature that are none of a model's categories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The feature, as an index into [`Wanted::features`].
    pub feature: usize,
    /// The first such text.
    pub text: String,
    /// The sample that has it, from 0.
    pub row: usize,
    /// How many cells hold such texts.
    pub cells: u64,
}

/// What is wrong with which column (from 0) of the row being read, or of an earlier one.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) column: usize,
    /// The sample, from 0, if it is an earlier one.
    pub(super) row: Option<usize>,
    pub(super) problem: Problem,
}

impl Wrong {
    pub(super) fn here(column: usize, problem: Problem) -> Self {
        Self { column, row: None, problem }
    }
}
