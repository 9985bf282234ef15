//! The samples of a table, all at once.

use super::{Labels, Place};

/// The samples of a file, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// The features, one sample after another.
    pub x: Vec<f64>,
    /// The targets, one sample after another, if they were asked for: see
    /// [`Table::regression`](super::Table::regression).
    pub y: Vec<f64>,
    /// The labels, if a label column was asked for.
    pub labels: Option<Labels>,
    /// The line each sample begins on, from 1.
    pub lines: Vec<u64>,
    pub(super) file: String,
    pub(super) names: Option<Vec<String>>,
}

impl Samples {
    /// Where the cell of a sample and a column (both from 0) is, for what is found wrong with it
    /// later on. Of a sample that is not there, line 1; of a column that is not there, its number.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    /// let samples = Table::new("t.csv", "a,b\n1,2".as_bytes(), Header::Present)?.samples(&[1], None)?;
    /// assert_eq!(samples.place(0, 1).to_string(), r#"t.csv: line 2, column 2 ("b")"#);
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    pub fn place(&self, sample: usize, column: usize) -> Place {
        let line = self.lines.get(sample).copied().unwrap_or(1);
        Place::of(&self.file, line, column, self.names.as_deref())
    }
}
