//! Rows of numbers and texts, with or without missing values.

use std::io::Read;

use super::column::Column;
use super::labels::LabelReader;
use super::missing::is_missing;
use super::numbers::Numbers;
use super::rows::Row;
use super::wanted::{Unseen, Wanted, Wrong};
use super::{Dialect, Error, Labels, Place, Problem, Table};

/// The samples of a file as numbers and categories, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Records {
    /// The features, one sample after another: a number, or the index of a category (-1 for a text
    /// that is none); NaN where it is missing.
    pub x: Vec<f64>,
    /// The categories of each feature, `None` of numbers. Those that were met are in the order of
    /// classes: by value if all are decimal numbers, else alphabetically.
    pub categories: Vec<Option<Vec<String>>>,
    /// The targets, one sample after another.
    pub y: Vec<f64>,
    /// The labels, if a label column was asked for.
    pub labels: Option<Labels>,
    /// The weight of each sample, if a column of weights was asked for.
    pub weights: Vec<f64>,
    /// The line each sample begins on, from 1.
    pub lines: Vec<u64>,
    /// Of each feature with texts that are none of the given categories, the first.
    pub unseen: Vec<Unseen>,
    /// How the table is written, with what its numbers told in the end.
    pub dialect: Dialect,
    file: String,
    names: Option<Vec<String>>,
}

impl Records {
    /// Where the cell of a sample and a column of the table (both from 0) is. Of a sample that is
    /// not there, line 1; of a column that is not there, its number.
    pub fn place(&self, sample: usize, column: usize) -> Place {
        let line = self.lines.get(sample).copied().unwrap_or(1);
        Place::of(&self.file, line, column, self.names.as_deref())
    }
}

/// What was read so far.
#[derive(Debug, Default)]
struct Progress<'a> {
    columns: Vec<Column<'a>>,
    x: Vec<f64>,
    y: Vec<f64>,
    labels: LabelReader,
    classes: Vec<usize>,
    weights: Vec<f64>,
    lines: Vec<u64>,
}

impl<R: Read> Table<R> {
    /// Reads every row: features that are numbers or texts and may be missing, labels, targets and
    /// weights.
    ///
    /// ```
    /// use shallownet::io::table::{Cells, Header, Table, Wanted};
    ///
    /// let text = "age,city,price\n31,Paris,10\n,Rome,12\n45,Paris,11\n";
    /// let table = Table::new("t.csv", text.as_bytes(), Header::Present)?;
    /// let features = [(0, Cells::Any), (1, Cells::Any)];
    /// let wanted = Wanted { features: &features, targets: &[2], ..Wanted::default() };
    /// let records = table.records(&wanted)?;
    ///
    /// assert_eq!(records.x[..2], [31.0, 0.0]);
    /// assert!(records.x[2].is_nan());
    /// assert_eq!(records.x[3..], [1.0, 45.0, 0.0]);
    /// assert_eq!(records.categories, [None, Some(vec!["Paris".to_owned(), "Rome".to_owned()])]);
    /// assert_eq!(records.y, [10.0, 12.0, 11.0]);
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error`]: no row, a row of another width, a column that is not there; of cells, by line and
    /// column: a number that is not finite or not written as the table's numbers are, a text among
    /// numbers, a column of more categories than allowed, or (read as [`Cells::Any`](super::Cells::Any) or
    /// [`Cells::Texts`](super::Cells::Texts)) without any value; a missing label, target or weight, and a missing
    /// feature where that is refused; a weight below 0.
    pub fn records(mut self, wanted: &Wanted<'_>) -> Result<Records, Error> {
        let features = wanted.features.iter().map(|(column, _)| column);
        let others = wanted.targets.iter().chain(&wanted.label).chain(&wanted.weights);
        self.check_columns(features.chain(others))?;
        let mut read = Progress {
            columns: wanted.features.iter().map(|(k, cells)| Column::new(*k, *cells)).collect(),
            ..Progress::default()
        };
        let mut row = Row::default();
        while self.next_row(&mut row)? {
            self.check_width(&row)?;
            if let Err(wrong) = read.add(&row, wanted, &mut self.numbers) {
                let line = wrong.row.map_or(row.line, |row| read.lines[row]);
                // Frees what was read, since a message needs a few bytes.
                drop(read);
                return Err(self.wrong(line, wrong));
            }
        }
        let Some(&last) = read.lines.last() else {
            return Err(Error::HeaderOnly { file: self.file, line: self.first_line });
        };
        let lines = std::mem::take(&mut read.lines);
        let (labels, classes) =
            (std::mem::take(&mut read.labels), std::mem::take(&mut read.classes));
        let categories = read.finish().map_err(|wrong| {
            let line = wrong.row.map_or(last, |row| lines[row]);
            self.wrong(line, wrong)
        })?;
        let labels = match wanted.label {
            Some(column) => Some(
                labels
                    .finish(classes)
                    .map_err(|_| self.wrong(last, Wrong::here(column, Problem::OutOfMemory)))?,
            ),
            None => None,
        };
        let unseen = read.columns.into_iter().filter_map(Column::unseen);
        Ok(Records {
            x: read.x,
            categories,
            y: read.y,
            labels,
            weights: read.weights,
            unseen: unseen.collect(),
            lines,
            dialect: self.dialect(),
            file: self.file,
            names: self.names,
        })
    }

    fn wrong(&self, line: u64, wrong: Wrong) -> Error {
        Error::Cell { place: self.place(line, wrong.column), problem: wrong.problem }
    }
}

impl Progress<'_> {
    fn add(&mut self, row: &Row, wanted: &Wanted<'_>, numbers: &mut Numbers) -> Result<(), Wrong> {
        self.reserve(wanted)?;
        for feature in 0..self.columns.len() {
            let column = &mut self.columns[feature];
            let cell = row.cell(column.index);
            let value = column.read(cell, feature, &mut self.x, numbers, wanted)?;
            self.x.push(value);
        }
        for &column in wanted.targets {
            self.y.push(number(row.cell(column), column, numbers)?);
        }
        if let Some(column) = wanted.weights {
            let cell = row.cell(column);
            let weight = number(cell, column, numbers)?;
            if weight < 0.0 {
                let problem = Problem::NegativeWeight { cell: cell.to_owned() };
                return Err(Wrong::here(column, problem));
            }
            self.weights.push(weight);
        }
        if let Some(column) = wanted.label {
            let class = self.labels.class(row.cell(column));
            self.classes.push(class.map_err(|problem| Wrong::here(column, problem))?);
        }
        self.lines.push(row.line);
        Ok(())
    }

    /// Room for one more row.
    fn reserve(&mut self, wanted: &Wanted<'_>) -> Result<(), Wrong> {
        let first = self.columns.first().map(|column| column.index);
        let first = first.or(wanted.label).or(wanted.targets.first().copied()).unwrap_or(0);
        self.x
            .try_reserve(wanted.features.len())
            .and_then(|()| self.y.try_reserve(wanted.targets.len()))
            .and_then(|()| self.classes.try_reserve(usize::from(wanted.label.is_some())))
            .and_then(|()| self.weights.try_reserve(usize::from(wanted.weights.is_some())))
            .and_then(|()| self.lines.try_reserve(1))
            .map_err(|_| Wrong::here(first, Problem::OutOfMemory))
    }

    /// Decides what each column is, and what its values in `x` mean then.
    fn finish(&mut self) -> Result<Vec<Option<Vec<String>>>, Wrong> {
        let mut categories = Vec::new();
        for feature in 0..self.columns.len() {
            let stride = self.columns.len();
            categories.push(self.columns[feature].finish(feature, stride, &mut self.x)?);
        }
        Ok(categories)
    }
}

/// A number that has to be there.
fn number(cell: &str, column: usize, numbers: &mut Numbers) -> Result<f64, Wrong> {
    let number = if !cell.is_empty() && is_missing(cell) {
        Err(Problem::Missing { cell: cell.to_owned() })
    } else {
        numbers.read(cell)
    };
    number.map_err(|problem| Wrong::here(column, problem))
}
