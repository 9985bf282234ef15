//! Every way a CSV file can be wrong.

use core::fmt;

use crate::io::names::listed;
use crate::io::{Quoted, reason};

/// What is wrong with a CSV file, and where: each message is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file can't be read.
    #[error("{file}: {}", reason(source))]
    Read {
        /// The file.
        file: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// An empty file.
    #[error("{file}: the file is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// A header without rows.
    #[error("{file}: line {line} is the header and no row follows: expected at least one sample")]
    HeaderOnly {
        /// The file.
        file: String,
        /// The header's line.
        line: u64,
    },
    /// A row that is longer or shorter than the first.
    #[error(
        "{file}: line {line}: the row ends with column {given}: expected {expected} columns, as in line {first_line}"
    )]
    Ragged {
        /// The file.
        file: String,
        /// The row's line.
        line: u64,
        /// Columns of the first row.
        expected: usize,
        /// The first row's line.
        first_line: u64,
        /// Columns of this row.
        given: usize,
    },
    /// A row of more bytes than [`Limits`](super::Limits) allow.
    #[error(
        "{file}: line {line}: no line end within {most} bytes, the most that a row may have: is this a table?"
    )]
    LongRow {
        /// The file.
        file: String,
        /// The line that the row begins on.
        line: u64,
        /// The most bytes.
        most: usize,
    },
    /// A row of more columns than [`Limits`](super::Limits) allow.
    #[error(
        "{file}: line {line}: no line end within {most} columns, the most that a row may have: is this a table?"
    )]
    WideRow {
        /// The file.
        file: String,
        /// The line that the row begins on.
        line: u64,
        /// The most columns.
        most: usize,
    },
    /// Bytes that are no text.
    #[error("{file}: line {line}, column {column}: the text is not UTF-8")]
    NotUtf8 {
        /// The file.
        file: String,
        /// The row's line.
        line: u64,
        /// The column, from 1.
        column: usize,
    },
    /// No column of that name.
    #[error(
        "{file}: line {line}: no column is named {} (there are: {})",
        Quoted(name),
        listed(names)
    )]
    NoColumn {
        /// The file.
        file: String,
        /// The header's line.
        line: u64,
        /// The name asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// No column of that number.
    #[error("{file}: no column {}: expected a number from 1 to {width}", Quoted(given))]
    NoColumnNumber {
        /// The file.
        file: String,
        /// What was asked for.
        given: String,
        /// The number of columns.
        width: usize,
    },
    /// A cell with a wrong value.
    #[error("{place}: {problem}")]
    Cell {
        /// Where it is.
        place: Place,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// Where a cell is: `data.csv: line 7, column 3 ("height")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: usize,
    /// The column's name, if the file has a header.
    pub name: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}, column {}", self.file, self.line, self.column)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " ({})", Quoted(name)))
    }
}

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Text in a number column.
    #[error("{} is not a number", Quoted(cell))]
    NotANumber {
        /// What it holds.
        cell: String,
    },
    /// NaN, an infinity, or a number beyond the largest f64.
    #[error("{} is not a finite number", Quoted(cell))]
    NotFinite {
        /// What it holds.
        cell: String,
    },
    /// Nothing where a number should be.
    #[error("the cell is empty: expected a number")]
    EmptyNumber,
    /// Nothing where a label should be.
    #[error("the label is empty")]
    EmptyLabel,
    /// A label that is none of the classes asked for.
    #[error("{} is none of the classes", Quoted(cell))]
    UnknownLabel {
        /// What it holds.
        cell: String,
    },
    /// A quote with no second one: everything behind it would be one cell.
    #[error("the quote that begins this cell is never closed")]
    OpenQuote,
    /// A quote that is not closed within the bytes that a row may have.
    #[error(
        "the quote that begins this cell is not closed within {most} bytes, the most that a row may have"
    )]
    LongQuote {
        /// The most bytes.
        most: usize,
    },
    /// Text after the quote that closes a cell.
    #[error(
        "text follows the quote that closes this cell on line {line}: expected a comma or a line end (a quote within quotes is written twice)"
    )]
    AfterQuote {
        /// The line of the closing quote.
        line: u64,
    },
    /// A quote behind a space: to some programs it begins a quoted cell, to others it is text.
    #[error("a quote after a space: expected it at the beginning of the cell")]
    QuoteAfterSpace,
    /// Less memory than the rows up to this one take.
    #[error("there is no memory for it and what was read before")]
    OutOfMemory,
    /// A header that names two columns alike.
    #[error("column {by} has the same name")]
    NameTaken {
        /// The other column, from 1.
        by: usize,
    },
}
