//! Every way a CSV file can be wrong.

use core::fmt;

use super::dialect::Delimiter;
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
    /// A file that has no more lines than are to be skipped.
    #[error(
        "{file}: it has {lines} lines, and {skipped} are to be skipped: expected a table behind"
    )]
    AllSkipped {
        /// The file.
        file: String,
        /// How many lines it has.
        lines: u64,
        /// How many are no part of the table.
        skipped: u64,
    },
    /// A dialect in which one mark has two meanings.
    #[error("{file}: {mark} can't be decimal {mark} and stand between thousands")]
    Dialect {
        /// The file.
        file: String,
        /// "commas" or "points".
        mark: &'static str,
    },
    /// A header without rows.
    #[error("{file}: line {line} is the header and no row follows: expected at least one sample")]
    HeaderOnly {
        /// The file.
        file: String,
        /// The header's line.
        line: u64,
    },
    /// A table that is no part of the one that it was to be read after.
    #[error("{file}: line {line}: its columns are not those of {of}: {difference}")]
    OtherColumns {
        /// The file.
        file: String,
        /// The line of its header, or of its first row.
        line: u64,
        /// The file before it.
        of: String,
        /// What the first difference is.
        difference: String,
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
        "{file}: line {line}: no column is named {} (there are: {}){}",
        Quoted(name),
        listed(names),
        of_header(other_delimiter(names))
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
    #[error(
        "{file}: no column {}: expected a number from 1 to {width}{}",
        Quoted(given),
        of_header(*delimiter)
    )]
    NoColumnNumber {
        /// The file.
        file: String,
        /// What was asked for.
        given: String,
        /// The number of columns.
        width: usize,
        /// If there is one column only: what its first cell has that may stand between cells.
        delimiter: Option<Delimiter>,
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

/// The delimiter that a header of one name seems to have, if the table is cut at another.
pub(super) fn other_delimiter(names: &[String]) -> Option<Delimiter> {
    match names {
        [name] => Delimiter::most_in(name),
        _ => None,
    }
}

/// What to do about it, as the end of a message.
fn of_header(delimiter: Option<Delimiter>) -> String {
    delimiter.map_or(String::new(), |delimiter| {
        format!(": its first line has {}s: {}", delimiter.name(), delimiter.option())
    })
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

impl Place {
    /// Of a column, from 0, in a table with these names.
    pub(super) fn of(file: &str, line: u64, column: usize, names: Option<&[String]>) -> Self {
        let name = names.and_then(|names| names.get(column)).cloned();
        Self { file: file.to_owned(), line, column: column.saturating_add(1), name }
    }
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
    /// A text that is one number with decimal points, and another one with decimal commas.
    #[error("{} can be read as two numbers: say {options}", Quoted(cell))]
    TwoNumbers {
        /// What it holds.
        cell: String,
        /// What settles it: options of the program, named as the fields of
        /// [`Dialect`](super::Dialect) are.
        options: &'static str,
    },
    /// A number in a table that has decimal points and decimal commas.
    #[error(
        "{}: this table has decimal points and decimal commas: say --decimal point, or --decimal comma",
        Quoted(cell)
    )]
    MixedDecimals {
        /// What it holds.
        cell: String,
    },
    /// A missing value where none is allowed.
    #[error("{} is a missing value, and none is allowed", Quoted(cell))]
    Missing {
        /// What it holds: see [`MISSING`](super::MISSING).
        cell: String,
    },
    /// A column (the place is that of its first sample) without a value.
    #[error("the column is empty: every value of it is missing (--ignore leaves it out)")]
    EmptyColumn,
    /// A text in a column of which nine in ten cells are numbers.
    #[error(
        "{} is not a number, as nearly all of the column are (--categories takes all of its cells as categories)",
        Quoted(cell)
    )]
    TextAmongNumbers {
        /// What it holds.
        cell: String,
    },
    /// One text more than a column of categories may have different ones.
    #[error("{} is one category more than the {most} that a column may have", Quoted(cell))]
    TooManyCategories {
        /// What it holds.
        cell: String,
        /// The most categories.
        most: usize,
    },
    /// A sample weight below 0.
    #[error("{} is below 0: expected a weight of at least 0", Quoted(cell))]
    NegativeWeight {
        /// What it holds.
        cell: String,
    },
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
        "text follows the quote that closes this cell on line {line}: expected a {} or a line end (a quote within quotes is written twice)",
        delimiter.name()
    )]
    AfterQuote {
        /// The line of the closing quote.
        line: u64,
        /// What stands between cells.
        delimiter: Delimiter,
    },
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
