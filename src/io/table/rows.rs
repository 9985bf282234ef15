//! Rows to numbers: all of them, or some at a time.

use std::collections::TryReserveError;
use std::io::Read;

use csv::StringRecord;

use super::guard::Fault;
use super::labels::LabelReader;
use super::numbers::Numbers;
use super::{Error, Merged, Problem, Samples, Table};

/// The cells of a row, and the line it begins on.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) cells: StringRecord,
    pub(super) line: u64,
}

impl Row {
    #[inline]
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells[column].trim()
    }
}

/// Some of a file's samples, in its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// The features, one sample after another.
    pub x: Vec<f64>,
    /// The class of every sample, as an index into the classes given; empty without a label column.
    pub classes: Vec<usize>,
    /// The line each sample begins on, from 1.
    pub lines: Vec<u64>,
}

/// The samples of a file, some at a time: see [`Table::blocks`]. After an error it ends.
#[derive(Debug)]
pub struct Blocks<R> {
    table: Table<R>,
    columns: Columns,
    labels: LabelReader,
    block: usize,
    row: Row,
    /// No sample has been met yet.
    is_new: bool,
    is_ended: bool,
}

/// The columns wanted, from 0; all of them are there.
#[derive(Debug)]
pub(super) struct Columns {
    features: Vec<usize>,
    label: Option<usize>,
}

impl<R: Read> Table<R> {
    /// Reads the rows `block` at a time, for a file too large for memory: the columns `features`
    /// (from 0) as finite numbers, in that order, and the column `label` as one of `classes` (a
    /// model's, or those of a first pass by `samples(&[], Some(label))`).
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    ///
    /// let text = "a,b,kind\n1,2,rose\n3,4,lily\n5,6,rose\n".as_bytes();
    /// let classes = ["lily".to_owned(), "rose".to_owned()];
    /// let table = Table::new("t.csv", text, Header::Present)?;
    /// let blocks: Vec<_> = table.blocks(&[0, 1], Some((2, &classes)), 2)?.collect::<Result<_, _>>()?;
    /// assert_eq!((&blocks[0].x[..], &blocks[0].classes[..]), (&[1.0, 2.0, 3.0, 4.0][..], &[1, 0][..]));
    /// assert_eq!((&blocks[1].x[..], &blocks[1].classes[..]), (&[5.0, 6.0][..], &[1][..]));
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoColumnNumber`] at once; by the iterator, as [`samples`](Self::samples), and for a
    /// label that is none of the classes. A block of 0 samples is one of 1.
    pub fn blocks(
        self,
        features: &[usize],
        label: Option<(usize, &[String])>,
        block: usize,
    ) -> Result<Blocks<R>, Error> {
        let columns = self.columns(features, label.map(|(column, _)| column))?;
        let labels = LabelReader::of(label.map_or(&[], |(_, classes)| classes));
        let (block, row) = (block.max(1), Row::default());
        Ok(Blocks { table: self, columns, labels, block, row, is_new: true, is_ended: false })
    }

    /// Reads every row: the columns `features` (from 0) as finite numbers, in that order, and the
    /// column `label` as words.
    ///
    /// # Errors
    /// [`Error`]: no row, a row of another width, a cell that is no finite number, an empty label.
    pub fn samples(mut self, features: &[usize], label: Option<usize>) -> Result<Samples, Error> {
        let columns = self.columns(features, label)?;
        let (mut labels, mut all, mut row) =
            (LabelReader::default(), Block::default(), Row::default());
        while self.next_row(&mut row)? {
            self.add(&row, &columns, &mut labels, &mut all)?;
        }
        let Block { x, classes, lines } = all;
        let Some(&last) = lines.last() else {
            return Err(Error::HeaderOnly { file: self.file, line: self.first_line });
        };
        let labels = match label {
            Some(column) => Some(labels.finish(classes).map_err(|_| {
                let (place, problem) = (self.place(last, column), Problem::OutOfMemory);
                Error::Cell { place, problem }
            })?),
            None => None,
        };
        let y = Vec::new();
        Ok(Samples { x, y, labels, lines, file: self.file, names: self.names })
    }

    fn columns(&self, features: &[usize], label: Option<usize>) -> Result<Columns, Error> {
        self.check_columns(features.iter().chain(&label))?;
        Ok(Columns { features: features.to_vec(), label })
    }

    /// Whether all of these columns are there.
    pub(super) fn check_columns<'a>(
        &self,
        mut columns: impl Iterator<Item = &'a usize>,
    ) -> Result<(), Error> {
        let Some(&past) = columns.find(|column| **column >= self.width) else {
            return Ok(());
        };
        // Counted from 1, the last usize is beyond it.
        let (file, given) = (self.file.clone(), (past as u128 + 1).to_string());
        let (width, delimiter) = (self.width, self.other_delimiter);
        Err(Error::NoColumnNumber { file, given, width, delimiter })
    }

    /// Whether a row is as wide as the first.
    pub(super) fn check_width(&self, row: &Row) -> Result<(), Error> {
        if row.cells.len() == self.width {
            return Ok(());
        }
        Err(Error::Ragged {
            file: self.file.clone(),
            line: row.line,
            expected: self.width,
            first_line: self.first_line,
            given: row.cells.len(),
        })
    }

    fn add(
        &mut self,
        row: &Row,
        columns: &Columns,
        labels: &mut LabelReader,
        to: &mut Block,
    ) -> Result<(), Error> {
        let line = row.line;
        self.check_width(row)?;
        let added = to.add(row, columns, labels, &mut self.numbers);
        added.map_err(|(column, problem)| {
            if problem == Problem::OutOfMemory {
                // Frees what was read, since the message needs a few bytes.
                (*to, *labels) = (Block::default(), LabelReader::default());
            }
            Error::Cell { place: self.place(line, column), problem }
        })
    }

    /// Reads the next row into `row`, whose memory is used again; `false` after the last.
    pub(super) fn next_row(&mut self, row: &mut Row) -> Result<bool, Error> {
        if let Some(pending) = self.pending.take() {
            *row = pending;
            return Ok(true);
        }
        // Before the blank lines that may come first.
        let skipped = self.dialect.skip_rows;
        let earliest = self.reader.position().line().saturating_add(skipped);
        match self.reader.read_record(&mut row.cells) {
            Ok(true) => {
                let breaks = row.cells.as_slice().bytes().filter(|&b| b == b'\n').count() as u64;
                let line = self.reader.position().line().saturating_sub(1 + breaks);
                row.line = line.saturating_add(skipped).max(earliest);
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(error) => {
                let line = self.reader.position().line().saturating_sub(1);
                Err(self.refused(line.saturating_add(skipped).max(earliest), error))
            }
        }
    }

    /// What the CSV reader, or the guard before it, refused in the row that ends on `line`.
    fn refused(&self, line: u64, error: csv::Error) -> Error {
        let file = self.file.clone();
        match error.into_kind() {
            csv::ErrorKind::Io(source) => match source.downcast::<Fault>() {
                Ok(Fault::Cell { line, column, problem }) => {
                    Error::Cell { place: self.place(line, column), problem }
                }
                Ok(Fault::Long { line }) => Error::LongRow { file, line, most: self.limits.bytes },
                Ok(Fault::Wide { line }) => {
                    Error::WideRow { file, line, most: self.limits.columns }
                }
                Err(source) => Error::Read { file, source },
            },
            csv::ErrorKind::Utf8 { err, .. } => {
                Error::NotUtf8 { file, line, column: err.field() + 1 }
            }
            // The other kinds come from serde, seeking and strict widths, which are not used.
            other => Error::Read { file, source: std::io::Error::other(format!("{other:?}")) },
        }
    }
}

impl Block {
    /// Adds a row, or says what is wrong with which cell.
    fn add(
        &mut self,
        row: &Row,
        columns: &Columns,
        labels: &mut LabelReader,
        numbers: &mut Numbers,
    ) -> Result<(), (usize, Problem)> {
        let first = columns.features.first().copied().or(columns.label).unwrap_or(0);
        self.reserve(columns).map_err(|_| (first, Problem::OutOfMemory))?;
        for &column in &columns.features {
            self.x.push(numbers.read(row.cell(column)).map_err(|problem| (column, problem))?);
        }
        if let Some(column) = columns.label {
            let class = labels.class(row.cell(column));
            self.classes.push(class.map_err(|problem| (column, problem))?);
        }
        self.lines.push(row.line);
        Ok(())
    }

    /// Room for one more row.
    fn reserve(&mut self, columns: &Columns) -> Result<(), TryReserveError> {
        self.x.try_reserve(columns.features.len())?;
        self.classes.try_reserve(usize::from(columns.label.is_some()))?;
        self.lines.try_reserve(1)
    }
}

impl<R> Blocks<R> {
    /// The labels met so far that were taken for classes spelled otherwise, as `1.0` for `1`: to be
    /// shown to the user. Their rows are counted from 0 over all blocks.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table};
    ///
    /// let table = Table::new("t.csv", "1,x\n2,1.0\n".as_bytes(), Header::Absent)?;
    /// let classes = ["1", "x"].map(str::to_owned);
    /// let mut blocks = table.blocks(&[0], Some((1, &classes)), 1)?;
    /// assert!(blocks.by_ref().all(|block| block.is_ok()));
    /// let merged = &blocks.merged()[0];
    /// assert_eq!((merged.class, &merged.spelling[..], merged.row), (0, "1.0", 1));
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    pub fn merged(&self) -> &[Merged] {
        self.labels.merged()
    }
}

impl<R: Read> Blocks<R> {
    fn read(&mut self) -> Result<Option<Block>, Error> {
        let mut block = Block::default();
        while block.lines.len() < self.block {
            if !self.table.next_row(&mut self.row)? {
                self.is_ended = true;
                break;
            }
            self.table.add(&self.row, &self.columns, &mut self.labels, &mut block)?;
        }
        if !block.lines.is_empty() {
            self.is_new = false;
            return Ok(Some(block));
        }
        if self.is_new {
            let (file, line) = (self.table.file.clone(), self.table.first_line);
            return Err(Error::HeaderOnly { file, line });
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = Result<Block, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_ended {
            return None;
        }
        let block = self.read();
        self.is_ended |= block.is_err();
        block.transpose()
    }
}
