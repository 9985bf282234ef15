//! Opening a table: what it is written in, its header or its first row.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::dialect::{Decimal, Delimiter, Dialect, Thousands};
use super::error::other_delimiter;
use super::find::found;
use super::guard::Guard;
use super::numbers::Numbers;
use super::rows::Row;
use super::text::{Begun, begin};
use super::{Error, Header, Limits, Problem, Table};

impl Table<File> {
    /// Opens a file, finds its dialect and reads its header, or its first row.
    ///
    /// # Errors
    /// [`Error`]: the file can't be read or is empty, or its header names two columns alike.
    pub fn open(path: &Path, header: Header) -> Result<Self, Error> {
        Self::open_with(path, header, &Dialect::default())
    }

    /// As [`Table::open`], in a dialect of which you know something.
    ///
    /// ```
    /// use shallownet::io::table::{Dialect, Header, Table};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("export.csv");
    /// std::fs::write(&path, "Export of May\nheight,width\n1.5,2\n")?;
    /// let given = Dialect { skip_rows: 1, ..Dialect::default() };
    /// let table = Table::open_with(&path, Header::Present, &given)?;
    /// assert_eq!(table.names().unwrap(), ["height", "width"]);
    /// assert_eq!(table.first_line(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Table::open`]; [`Error::Dialect`] and [`Error::AllSkipped`].
    pub fn open_with(path: &Path, header: Header, dialect: &Dialect) -> Result<Self, Error> {
        let file = crate::io::display(path);
        match crate::io::open::stream(path) {
            Ok(reader) => Table::with_dialect(file, reader, header, dialect, Limits::default()),
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
        Self::with_dialect(file, reader, header, &Dialect::default(), limits)
    }

    /// As [`Table::open_with`], from any reader, with limits of your own.
    ///
    /// # Errors
    /// As [`Table::open_with`].
    pub fn with_dialect(
        file: impl Into<String>,
        reader: R,
        header: Header,
        dialect: &Dialect,
        limits: Limits,
    ) -> Result<Self, Error> {
        let file = file.into();
        let mark = match (dialect.decimal, dialect.thousands) {
            (Some(Decimal::Comma), Some(Thousands::Comma)) => "commas",
            (Some(Decimal::Point), Some(Thousands::Point)) => "points",
            _ => "",
        };
        if !mark.is_empty() {
            return Err(Error::Dialect { file, mark });
        }
        let Dialect { delimiter, decimal, thousands, skip_rows } = *dialect;
        let is_sought = delimiter.is_none() || decimal.is_none() || thousands.is_none();
        let text = match begin(reader, skip_rows, is_sought) {
            Ok(Begun::Text(text)) => text,
            Ok(Begun::Short(0)) => return Err(Error::Empty { file }),
            Ok(Begun::Short(lines)) => {
                return Err(Error::AllSkipped { file, lines, skipped: skip_rows });
            }
            Err(source) => return Err(Error::Read { file, source }),
        };
        let beginning = text.get_ref().0.get_ref();
        let (dialect, is_mixed) = found(beginning, header == Header::Present, dialect);
        let delimiter = dialect.delimiter.unwrap_or(Delimiter::Comma);
        let first_line = skip_rows.saturating_add(1);
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter.byte())
            .from_reader(Guard::new(text, limits, delimiter, first_line));
        let mut table = Self {
            file,
            limits,
            numbers: Numbers::new(&dialect, is_mixed),
            dialect,
            reader,
            names: None,
            width: 0,
            first_line,
            other_delimiter: None,
            pending: None,
        };
        table.read_first(header)?;
        Ok(table)
    }

    /// Reads the names, or keeps the first row.
    fn read_first(&mut self, header: Header) -> Result<(), Error> {
        let mut first = Row::default();
        if !self.next_row(&mut first)? {
            return Err(Error::Empty { file: std::mem::take(&mut self.file) });
        }
        (self.width, self.first_line) = (first.cells.len(), first.line);
        self.other_delimiter = match first.cells.len() {
            1 => other_delimiter(&[first.cell(0).to_owned()]),
            _ => None,
        };
        if header == Header::Absent {
            self.pending = Some(first);
            return Ok(());
        }
        let names = || first.cells.iter().map(str::trim);
        // Equal (or empty) names are found before any copy is made.
        let twice = named_twice(names());
        let most = twice.map_or(self.width, |twice| twice.1 + 1);
        self.names = Some(names().take(most).map(str::to_owned).collect());
        if let Some((first, column)) = twice {
            let place = self.place(self.first_line, column);
            return Err(Error::Cell { place, problem: Problem::NameTaken { by: first + 1 } });
        }
        Ok(())
    }
}

/// The first two columns of one name.
fn named_twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<(usize, usize)> {
    let mut seen = std::collections::HashMap::new();
    names.enumerate().find_map(|(column, name)| Some((seen.insert(name, column)?, column)))
}
