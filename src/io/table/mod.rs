//! Labelled samples from a CSV file.
//!
//! Reading is in two steps, since which columns hold the features may depend on the header:
//! [`Table::open`] reads the header and the width, [`Table::samples`] reads every row, straight
//! into numbers. Every mistake is named by file, line and column.
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
mod labels;
mod newlines;

use std::io::Read;
use std::path::Path;

use csv::StringRecord;

pub use error::{Error, Place, Problem};
pub use labels::{Labels, same_class};

use labels::LabelReader;
use newlines::Newlines;

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
/// Comma-separated, quotes as in RFC 4180, UTF-8 (with or without a byte-order mark); spaces
/// around a cell are dropped, blank lines skipped.
#[derive(Debug)]
pub struct Table<R> {
    file: String,
    reader: csv::Reader<Newlines<R>>,
    names: Option<Vec<String>>,
    width: usize,
    /// The line of the row that gave the width.
    first_line: u64,
    /// The first row, if it had to be read to learn the width.
    pending: Option<Row>,
}

/// The cells of a row, and the line it begins on.
#[derive(Debug)]
struct Row {
    cells: StringRecord,
    line: u64,
}

impl Row {
    fn cell(&self, column: usize) -> &str {
        self.cells[column].trim()
    }
}

/// The samples of a file, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// The features, one sample after another.
    pub x: Vec<f64>,
    /// The labels, if a label column was asked for.
    pub labels: Option<Labels>,
    /// The line each sample begins on, from 1.
    pub lines: Vec<u64>,
    file: String,
    names: Option<Vec<String>>,
}

impl Samples {
    /// Where the cell of a sample and a column (both from 0) is, for what is found wrong with it
    /// later on.
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
            column: column + 1,
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
        match std::fs::File::open(path) {
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
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(Newlines::new(reader));
        let mut table =
            Self { file: file.into(), reader, names: None, width: 0, first_line: 1, pending: None };
        let Some(first) = table.next_row()? else {
            return Err(Error::Empty { file: table.file });
        };
        (table.width, table.first_line) = (first.cells.len(), first.line);
        match header {
            Header::Absent => table.pending = Some(first),
            Header::Present => {
                table.names = Some(first.cells.iter().map(|cell| cell.trim().to_owned()).collect());
                table.check_names()?;
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
            column: column + 1,
            name: self.name(column).map(str::to_owned),
        }
    }

    /// Reads every row: the columns `features` (from 0) as finite numbers, in that order, and the
    /// column `label` as words.
    ///
    /// # Errors
    /// [`Error`]: no row, a row of another width, a cell that is no finite number, an empty label.
    pub fn samples(mut self, features: &[usize], label: Option<usize>) -> Result<Samples, Error> {
        if let Some(&past) = features.iter().chain(&label).find(|&&c| c >= self.width) {
            let (file, given) = (self.file, (past + 1).to_string());
            return Err(Error::NoColumnNumber { file, given, width: self.width });
        }
        let (mut x, mut lines) = (Vec::new(), Vec::new());
        let mut labels = LabelReader::default();
        while let Some(row) = self.next_row()? {
            let line = row.line;
            if row.cells.len() != self.width {
                return Err(Error::Ragged {
                    file: self.file,
                    line,
                    expected: self.width,
                    first_line: self.first_line,
                    given: row.cells.len(),
                });
            }
            let refuse = |column, problem| Error::Cell { place: self.place(line, column), problem };
            for &column in features {
                let value = number(row.cell(column)).map_err(|problem| refuse(column, problem))?;
                x.push(value);
            }
            if let Some(column) = label {
                labels.push(row.cell(column)).map_err(|problem| refuse(column, problem))?;
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Err(Error::HeaderOnly { file: self.file, line: self.first_line });
        }
        let labels = label.map(|_| labels.finish());
        Ok(Samples { x, labels, lines, file: self.file, names: self.names })
    }

    fn next_row(&mut self) -> Result<Option<Row>, Error> {
        if let Some(row) = self.pending.take() {
            return Ok(Some(row));
        }
        let mut cells = StringRecord::new();
        // Before the blank lines that may come first.
        let earliest = self.reader.position().line();
        match self.reader.read_record(&mut cells) {
            Ok(true) => {
                let breaks = cells.as_slice().bytes().filter(|&b| b == b'\n').count() as u64;
                let line = self.reader.position().line().saturating_sub(1 + breaks);
                Ok(Some(Row { cells, line: line.max(earliest) }))
            }
            Ok(false) => Ok(None),
            Err(error) => {
                let line = self.reader.position().line().saturating_sub(1).max(earliest);
                Err(Error::from_csv(self.file.clone(), line, error))
            }
        }
    }

    fn check_names(&self) -> Result<(), Error> {
        let names = self.names.as_deref().unwrap_or_default();
        let mut seen = std::collections::HashMap::new();
        for (column, name) in names.iter().enumerate() {
            if let Some(first) = seen.insert(name, column) {
                return Err(Error::Cell {
                    place: self.place(self.first_line, column),
                    problem: Problem::NameTaken { by: first + 1 },
                });
            }
        }
        Ok(())
    }
}

fn number(cell: &str) -> Result<f64, Problem> {
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(Problem::NotFinite { cell: cell.to_owned() }),
        Err(_) if cell.is_empty() => Err(Problem::EmptyNumber),
        Err(_) => Err(Problem::NotANumber { cell: cell.to_owned() }),
    }
}

#[cfg(test)]
mod tests;
