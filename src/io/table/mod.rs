//! Labelled samples from a CSV file.
//!
//! Reading is in two steps, since which columns hold the features may depend on the header:
//! [`Table::open`] reads the header and the width, [`Table::samples`] reads every row, straight
//! into numbers ([`Table::regression`] the targets of a regression as well), [`Table::blocks`] some
//! rows at a time, and [`Table::records`] a table as it is, with texts and missing values. Every
//! mistake is named by file, line and column.
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

mod column;
mod dialect;
mod error;
mod find;
mod guard;
mod labels;
mod missing;
mod newlines;
mod numbers;
mod opening;
mod records;
mod rows;
mod samples;
mod spellings;
mod targets;
mod text;
mod wanted;

use std::io::Read;

pub use dialect::{Decimal, Delimiter, Dialect, Thousands};
pub use error::{Error, Place, Problem};
pub use guard::Limits;
pub use labels::{Labels, Merged, classes_of, same_class};
pub use missing::{MISSING, is_missing};
pub use records::Records;
pub use rows::{Block, Blocks};
pub use samples::Samples;
pub use wanted::{Cells, MissingCells, Unseen, Wanted};

use guard::Guard;
use numbers::Numbers;
use rows::Row;
use text::Text;

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
/// UTF-8 (with or without a byte-order mark), as it is or gzipped, in any [`Dialect`]; spaces around
/// a cell are dropped, blank lines skipped. Rows are as long and wide as [`Limits`] allow. `True`
/// and `False` are the numbers 1 and 0 (and so are `TRUE`, `true`, `FALSE`, `false`).
///
/// **Quotes** as in RFC 4180: a cell that begins with a quote (or with spaces and a quote) ends with
/// one, and may hold delimiters, line ends, and quotes written twice. A quote that is never closed
/// and text after a closing quote are errors, in whatever column. Within a cell that does not begin
/// with a quote, one stands for itself: `5"` is 5 inches, as it is to other readers.
#[derive(Debug)]
pub struct Table<R> {
    file: String,
    limits: Limits,
    dialect: Dialect,
    numbers: Numbers,
    reader: csv::Reader<Guard<Text<R>>>,
    names: Option<Vec<String>>,
    width: usize,
    /// The line of the row that gave the width.
    first_line: u64,
    /// Of a table of one column, what its first cell has that may stand between cells.
    other_delimiter: Option<Delimiter>,
    /// The first row, if it had to be read to learn the width.
    pending: Option<Row>,
}

impl<R: Read> Table<R> {
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
                delimiter: self.other_delimiter,
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

    /// How the table is written: what was given, and what was found besides. What is `None` the
    /// table's beginning does not tell.
    pub fn dialect(&self) -> Dialect {
        let (decimal, thousands) = self.numbers.known();
        Dialect { decimal, thousands, ..self.dialect }
    }

    /// Of a table of one column, another delimiter that its first cell holds: perhaps it is the
    /// table's.
    ///
    /// ```
    /// use shallownet::io::table::{Delimiter, Dialect, Header, Limits, Table};
    ///
    /// let given = Dialect { delimiter: Some(Delimiter::Comma), ..Dialect::default() };
    /// let (text, limits) = ("a;b\n1;2\n".as_bytes(), Limits::default());
    /// let table = Table::with_dialect("t.csv", text, Header::Present, &given, limits)?;
    /// assert_eq!(table.other_delimiter(), Some(Delimiter::Semicolon));
    /// assert_eq!(
    ///     table.column("b").unwrap_err().to_string(),
    ///     r#"t.csv: line 1: no column is named "b" (there are: a;b): its first line has semicolons: --delimiter ';'"#
    /// );
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    pub fn other_delimiter(&self) -> Option<Delimiter> {
        self.other_delimiter
    }

    /// The line of the header, or of the first row.
    pub fn first_line(&self) -> u64 {
        self.first_line
    }

    fn place(&self, line: u64, column: usize) -> Place {
        Place::of(&self.file, line, column, self.names.as_deref())
    }
}

#[cfg(test)]
mod tests;
