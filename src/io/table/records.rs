//! Rows of numbers and texts, with or without missing values.

use std::io::Read;

use super::column::Column;
use super::labels::LabelReader;
use super::missing::is_missing;
use super::numbers::Numbers;
use super::rows::Row;
use super::wanted::{Unseen, Wanted, Wrong};
use super::{Dialect, Error, Labels, Place, Problem, Table};
use crate::io::Quoted;

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
    files: Files,
    names: Option<Vec<String>>,
}

/// The files, and the first sample of each, from 0.
type Files = Vec<(usize, String)>;

fn file_of(files: &Files, sample: usize) -> &str {
    let after = files.partition_point(|(first, _)| *first <= sample);
    after.checked_sub(1).and_then(|at| files.get(at)).map_or("", |(_, file)| file)
}

impl Records {
    /// Where the cell of a sample and a column of the table (both from 0) is. Of a sample that is
    /// not there, line 1; of a column that is not there, its number.
    pub fn place(&self, sample: usize, column: usize) -> Place {
        let line = self.lines.get(sample).copied().unwrap_or(1);
        Place::of(file_of(&self.files, sample), line, column, self.names.as_deref())
    }

    /// These records as those of other samples of the same columns: with the line of each, and the files
    /// that they are from, each with the number (from 0) of its first sample. For tables that are read
    /// in parts.
    ///
    /// ```
    /// use shallownet::io::table::{Header, Table, Wanted};
    /// let table = Table::new("t.csv", "a,b\n1,2\n".as_bytes(), Header::Present)?;
    /// let records = table.records(&Wanted::default())?;
    /// let files = vec![(0, "t.csv".to_owned()), (1, "u.csv".to_owned())];
    /// let records = records.with_places(vec![2, 7], files);
    /// assert_eq!(records.place(1, 0).to_string(), r#"u.csv: line 7, column 1 ("a")"#);
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    pub fn with_places(self, lines: Vec<u64>, files: Vec<(usize, String)>) -> Self {
        Self { lines, files, ..self }
    }

    /// The files that the samples are from, as messages call them, each with the number (from 0) of its
    /// first sample.
    pub fn files(&self) -> &[(usize, String)] {
        &self.files
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
    pub fn records(self, wanted: &Wanted<'_>) -> Result<Records, Error> {
        Self::records_of([Ok(self)], wanted)
    }

    /// Reads the rows of several tables, one after another, as if they were one: what a column holds
    /// and how numbers are written follows from all of them. A table is asked for when those before it
    /// have been read.
    ///
    /// ```
    /// use shallownet::io::table::{Cells, Header, Table, Wanted};
    ///
    /// let texts = ["a,kind\n1,rose\n", "a,kind\n2,lily\n3,rose\n"];
    /// let names = ["1.csv", "2.csv"];
    /// let open = |k: usize| Table::new(names[k], texts[k].as_bytes(), Header::Present);
    /// let features = [(0, Cells::Any)];
    /// let wanted = Wanted { features: &features, label: Some(1), ..Wanted::default() };
    /// let records = Table::records_of((0..2).map(open), &wanted)?;
    ///
    /// assert_eq!(records.x, [1.0, 2.0, 3.0]);
    /// assert_eq!(records.labels.as_ref().unwrap().of_row, [1, 0, 1]);
    /// assert_eq!(records.place(2, 0).to_string(), r#"2.csv: line 3, column 1 ("a")"#);
    /// # Ok::<(), shallownet::io::table::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`records`](Self::records), for each table; [`Error::OtherColumns`]; without any table,
    /// [`Error::Empty`].
    pub fn records_of(
        tables: impl IntoIterator<Item = Result<Self, Error>>,
        wanted: &Wanted<'_>,
    ) -> Result<Records, Error> {
        let mut tables = tables.into_iter();
        let Some(first) = tables.next() else { return Err(Error::Empty { file: String::new() }) };
        let mut table = first?;
        let features = wanted.features.iter().map(|(column, _)| column);
        let others = wanted.targets.iter().chain(&wanted.label).chain(&wanted.weights);
        table.check_columns(features.chain(others))?;
        let mut read = Progress {
            columns: wanted.features.iter().map(|(k, cells)| Column::new(*k, *cells)).collect(),
            ..Progress::default()
        };
        let (dialect, mut files, mut row) = (table.dialect, Files::new(), Row::default());
        loop {
            let before = read.lines.len();
            files.push((before, table.file.clone()));
            while table.next_row(&mut row)? {
                table.check_width(&row)?;
                if let Err(wrong) = read.add(&row, wanted, &mut table.numbers) {
                    let place = wrong.row.map(|row| (file_of(&files, row), read.lines[row]));
                    let (file, line) = place.unwrap_or((&table.file, row.line));
                    let (file, line) = (file.to_owned(), line);
                    // Frees what was read, since a message needs a few bytes.
                    drop(read);
                    return Err(wrong.at(&file, line, table.names.as_deref()));
                }
            }
            if read.lines.len() == before {
                return Err(Error::HeaderOnly { file: table.file, line: table.first_line });
            }
            let Some(next) = tables.next() else { break };
            table = next?.behind(table)?;
        }
        let last = read.lines.last().copied().unwrap_or(1);
        let lines = std::mem::take(&mut read.lines);
        let (labels, classes) =
            (std::mem::take(&mut read.labels), std::mem::take(&mut read.classes));
        let names = table.names;
        let wrong = |wrong: Wrong| {
            let place = wrong.row.map(|row| (file_of(&files, row), lines[row]));
            let (file, line) = place.unwrap_or((&table.file, last));
            wrong.at(file, line, names.as_deref())
        };
        let categories = read.finish().map_err(wrong)?;
        let labels = match wanted.label {
            Some(column) => Some(
                labels
                    .finish(classes)
                    .map_err(|_| wrong(Wrong::here(column, Problem::OutOfMemory)))?,
            ),
            None => None,
        };
        let unseen = read.columns.into_iter().filter_map(Column::unseen);
        let (decimal, thousands) = table.numbers.known();
        Ok(Records {
            x: read.x,
            categories,
            y: read.y,
            labels,
            weights: read.weights,
            unseen: unseen.collect(),
            lines,
            dialect: Dialect { decimal, thousands, ..dialect },
            files,
            names,
        })
    }

    /// The table, to be read after another.
    fn behind(mut self, before: Self) -> Result<Self, Error> {
        let names = |table: &Self, column: usize| table.names.as_ref().map(|of| of[column].clone());
        let other = (0..self.width.min(before.width))
            .find(|&column| names(&self, column) != names(&before, column));
        if self.width == before.width && other.is_none() {
            self.numbers = self.numbers.behind(before.numbers);
            return Ok(self);
        }
        let difference = match other {
            Some(column) => {
                let [given, expected] = [&self, &before].map(|table| names(table, column));
                let show = |name: Option<String>| Quoted(&name.unwrap_or_default()).to_string();
                format!("column {} is {}, not {}", column + 1, show(given), show(expected))
            }
            None => format!("they are {}, not {}", self.width, before.width),
        };
        let (file, line, of) = (self.file, self.first_line, before.file);
        Err(Error::OtherColumns { file, line, of, difference })
    }
}

impl Wrong {
    fn at(self, file: &str, line: u64, names: Option<&[String]>) -> Error {
        Error::Cell { place: Place::of(file, line, self.column, names), problem: self.problem }
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
