//! Labelled samples from a CSV file.
//!
//! Reading is in two steps, since which columns hold the features may depend on the header:
//! [`Table::open`] reads the header and the width, [`Table::samples`] reads every row, straight
//! into numbers ([`Table::regression`] the targets of a regression as well), and [`Table::blocks`]
//! some rows at a time. Every mistake is named by file, line and column.
//!
//! ```
//! use shallownet::io::table::{Header, Table};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("flowers.csv");
//! std::fs::write(&path, "height,width,species\n1.5,2,rose\n3,4.5,lily\n")?;
//! let table = Table::open(&path, Header::Present)?;
//! let label = table.column("species")?;
//! let samples = table.samples(&[0, 1], Some(label))?;
//!
//! assert_eq!(samples.x, [1.5, 2.0, 3.0, 4.5]);
//! let labels = samples.labels.unwrap();
//! assert_eq!(labels.classes, ["lily", "rose"]);
//! assert_eq!(labels.of_row, [1, 0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod guard;
mod labels;
mod newlines;
mod rows;
mod targets;

use std::io::Read;
use std::path::Path;

pub use error::{Error, Place, Problem};
pub use guard::Limits;
pub use labels::{Labels, Merged, classes_of, same_class};
pub use rows::{Block, Blocks};

use guard::Guard;
use newlines::Newlines;
use rows::Row;

/// Whether a file's first line names its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// The first line is names.
    Present,
    /// The first line is a sample.
    Absent,
}

/// A CSV file whose columns are known and whose rows are still to be read.
///
/// Comma-separated, UTF-8 (with or without a byte-order mark); spaces around a cell are dropped,
/// blank lines skipped. Rows are as long and wide as [`Limits`] allow.
///
/// **Quotes** as in RFC 4180: a cell that begins with a quote ends with one, and may hold commas,
/// line ends, and quotes written twice. A quote that is never closed, text after a closing quote,
/// and a quote after a space are errors, in whatever column. Within a cell that does not begin with
/// a quote, one stands for itself: `5"` is 5 inches, as it is to other readers.
#[derive(Debug)]
pub struct Table<R> {
    file: String,
    limits: Limits,
    reader: csv::Reader<Guard<Newlines<R>>>,
    names: Option<Vec<String>>,
    width: usize,
    /// The line of the row that gave the width.
    first_line: u64,
    /// The first row, if it had to be read to learn the width.
    pending: Option<Row>,
}

/// The samples of a file, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// The features, one sample after another.
    pub x: Vec<f64>,
    /// The targets, one sample after another, if they were asked for: see [`Table::regression`].
    pub y: Vec<f64>,
    /// The labels, if a label column was asked for.
    pub labels: Option<Labels>,
    /// The line each sample begins on, from 1.
    pub lines: Vec<u64>,
    file: String,
    names: Option<Vec<String>>,
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
        Place {
            file: self.file.clone(),
            line: self.lines.get(sample).copied().unwrap_or(1),
            column: column.saturating_add(1),
            name: self.names.as_ref().and_then(|names| names.get(column)).cloned(),
        }
    }
}

impl Table<std::fs::File> {
    /// Opens a file and reads its header, or its first row.
    ///
    /// # Errors
    /// [`Error`]: the file can't be read or is empty, or its header names two columns alike.
    pub fn open(path: &Path, header: Header) -> Result<Self, Error> {
        let file = super::display(path);
        match super::open::stream(path) {
            Ok(reader) => Table::new(file, reader, header),
            Err(source) => Err(Error::Read { file, source }),
        }
    }
}

impl<R: Read> Table<R> {
    /// As [`Table::open`], from any reader; `file` is what messages call it.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    /// let error = Table::new("nothing", std::io::empty(), Header::Present).unwrap_err();
    /// assert_eq!(error.to_string(), "nothing: the file is empty");
    /// ```
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn new(file: impl Into<String>, reader: R, header: Header) -> Result<Self, Error> {
        Self::with_limits(file, reader, header, Limits::default())
    }

    /// As [`Table::new`], with limits of your own for the length and width of rows.
    ///
    /// # Errors
    /// As [`Table::open`].
    pub fn with_limits(
        file: impl Into<String>,
        reader: R,
        header: Header,
        limits: Limits,
    ) -> Result<Self, Error> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(Guard::new(Newlines::new(reader), limits));
        let file = file.into();
        let mut table =
            Self { file, limits, reader, names: None, width: 0, first_line: 1, pending: None };
        let mut first = Row::default();
        if !table.next_row(&mut first)? {
            return Err(Error::Empty { file: table.file });
        }
        (table.width, table.first_line) = (first.cells.len(), first.line);
        match header {
            Header::Absent => table.pending = Some(first),
            Header::Present => {
                let names = || first.cells.iter().map(str::trim);
                // Equal (or empty) names are found before any copy is made.
                let twice = named_twice(names());
                table.names = Some(
                    names()
                        .take(twice.map_or(table.width, |twice| twice.1 + 1))
                        .map(str::to_owned)
                        .collect(),
                );
                if let Some((first, column)) = twice {
                    let place = table.place(table.first_line, column);
                    return Err(Error::Cell {
                        place,
                        problem: Problem::NameTaken { by: first + 1 },
                    });
                }
            }
        }
        Ok(table)
    }

    /// The columns' names, if the file has a header.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    /// let table = Table::new("t.csv", "a,b\n1,2".as_bytes(), Header::Present)?;
    /// assert_eq!(table.names().unwrap(), ["a", "b"]);
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    pub fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// The number of columns.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    /// let table = Table::new("t.csv", "a,b\n1,2".as_bytes(), Header::Present)?;
    /// assert_eq!(table.width(), 2);
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    pub fn width(&self) -> usize {
        self.width
    }

    /// The name of column `index` (from 0), if the file has a header and the column exists.
    fn name(&self, index: usize) -> Option<&str> {
        self.names.as_ref()?.get(index).map(String::as_str)
    }

    /// The column of that name or, if there is none, of that number, counted from 1.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    /// let table = Table::new("t.csv", "a,b,c".as_bytes(), Header::Present)?;
    /// assert_eq!((table.column("b")?, table.column("3")?), (1, 2));
    /// let error = table.column("d").unwrap_err().to_string();
    /// assert_eq!(error, r#"t.csv: line 1: no column is named "d" (there are: a, b, c)"#);
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::NoColumnNumber`].
    pub fn column(&self, name_or_number: &str) -> Result<usize, Error> {
        if let Some(index) = self.named(name_or_number) {
            return Ok(index);
        }
        match (name_or_number.parse::<usize>(), &self.names) {
            (Ok(number), _) if (1..=self.width).contains(&number) => Ok(number - 1),
            (Err(_), Some(names)) => Err(Error::NoColumn {
                file: self.file.clone(),
                line: self.first_line,
                name: name_or_number.to_owned(),
                names: names.clone(),
            }),
            _ => Err(Error::NoColumnNumber {
                file: self.file.clone(),
                given: name_or_number.to_owned(),
                width: self.width,
            }),
        }
    }

    /// The column of that name.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    /// let table = Table::new("t.csv", "a,b\n1,2".as_bytes(), Header::Present)?;
    /// assert_eq!((table.named("b"), table.named("2")), (Some(1), None));
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    pub fn named(&self, name: &str) -> Option<usize> {
        self.names.as_ref()?.iter().position(|n| n == name)
    }

    /// The file, as messages call it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line of the header, or of the first row.
    pub fn first_line(&self) -> u64 {
        self.first_line
    }

    fn place(&self, line: u64, column: usize) -> Place {
        Place {
            file: self.file.clone(),
            line,
            column: column.saturating_add(1),
            name: self.name(column).map(str::to_owned),
        }
    }
}

/// The first two columns of one name.
fn named_twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<(usize, usize)> {
    let mut seen = std::collections::HashMap::new();
    names.enumerate().find_map(|(column, name)| Some((seen.insert(name, column)?, column)))
}

#[cfg(test)]
mod tests;
