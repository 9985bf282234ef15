//! Every way a CSV file can be wrong.

use core::fmt;

use crate::io::reason;

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
    /// Nothing in it.
    #[error("{file}: the file is empty")]
    Empty {
        /// The file.
        file: String,
    },
    /// A header and nothing more.
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
    #[error("{file}: line {line}: no column is named {name:?} (there are: {})", listed(names))]
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
    #[error("{file}: no column {given:?}: expected a number from 1 to {width}")]
    NoColumnNumber {
        /// The file.
        file: String,
        /// What was asked for.
        given: String,
        /// The number of columns.
        width: usize,
    },
    /// A cell that can't be what it should be.
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
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " ({:?})", Short(name)))
    }
}

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Text in a number column.
    #[error("{:?} is not a number", Short(cell))]
    NotANumber {
        /// What it holds.
        cell: String,
    },
    /// NaN, an infinity, or a number beyond the largest f64.
    #[error("{:?} is not a finite number", Short(cell))]
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
    #[error("{:?} is none of the classes", Short(cell))]
    UnknownLabel {
        /// What it holds.
        cell: String,
    },
    /// A header that names two columns alike.
    #[error("column {by} has the same name")]
    NameTaken {
        /// The other column, from 1.
        by: usize,
    },
}

impl Error {
    /// What the CSV reader refused in the row that ends on `line`.
    pub(super) fn from_csv(file: String, line: u64, error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(source) => Self::Read { file, source },
            csv::ErrorKind::Utf8 { err, .. } => {
                Self::NotUtf8 { file, line, column: err.field() + 1 }
            }
            // The other kinds come from serde, seeking and strict widths, which are not used.
            other => Self::Read { file, source: std::io::Error::other(format!("{other:?}")) },
        }
    }
}

/// Text in quotes, its line breaks escaped, cut after 40 characters.
struct Short<'a>(&'a str);

impl fmt::Debug for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(40) {
            Some((end, _)) => write!(f, "{:?}", format!("{}...", &self.0[..end])),
            None => write!(f, "{:?}", self.0),
        }
    }
}

/// The first names, on one line.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text: Vec<String> =
        names.iter().take(SHOWN).map(|name| name.escape_debug().to_string()).collect();
    if names.len() > SHOWN {
        text.push(format!("and {} more", names.len() - SHOWN));
    }
    text.join(", ")
}
