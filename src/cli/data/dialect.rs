//! How a table is written: `--delimiter`, `--decimal`, `--thousands`, `--skip-rows`, and what was
//! found.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use shallownet::io::table::{Decimal, Delimiter, Dialect, Error, Header, Table, Thousands};

use crate::choices::given;
use crate::failure::Failure;
use crate::say::Say;

/// The options of tables.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// CSV: what stands between cells: comma, semicolon, tab or pipe, or the character itself
    /// [default: found in the file]
    #[arg(long, value_name = "WHAT", requires = "data", value_parser = delimiter)]
    delimiter: Option<Delimiter>,
    /// CSV: what stands before the fraction of a number [default: found in the file]
    #[arg(long, value_name = "MARK", requires = "data")]
    decimal: Option<DecimalMark>,
    /// CSV: what stands between the thousands of a number [default: found in the file, if it is
    /// beyond doubt]
    #[arg(long, value_name = "MARK", requires = "data")]
    thousands: Option<ThousandsMark>,
    /// CSV: the lines before the header (or the first sample) that are no part of the table
    #[arg(long, value_name = "N", requires = "data")]
    skip_rows: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DecimalMark {
    Point,
    Comma,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ThousandsMark {
    None,
    Comma,
    Point,
    Space,
}

fn delimiter(word: &str) -> Result<Delimiter, String> {
    Delimiter::from_name(word).ok_or_else(|| {
        "expected comma, semicolon, tab or pipe, or one of these characters".to_owned()
    })
}

impl Options {
    /// The first of them that was given.
    pub(super) fn given(&self) -> Option<&'static str> {
        given(&[
            (self.delimiter.is_some(), "--delimiter"),
            (self.decimal.is_some(), "--decimal"),
            (self.thousands.is_some(), "--thousands"),
            (self.skip_rows.is_some(), "--skip-rows"),
        ])
    }

    /// A table's dialect, as far as it was given.
    pub(super) fn dialect(&self) -> Dialect {
        Dialect {
            delimiter: self.delimiter,
            decimal: self.decimal.map(|mark| match mark {
                DecimalMark::Point => Decimal::Point,
                DecimalMark::Comma => Decimal::Comma,
            }),
            thousands: self.thousands.map(|mark| match mark {
                ThousandsMark::None => Thousands::None,
                ThousandsMark::Comma => Thousands::Comma,
                ThousandsMark::Point => Thousands::Point,
                ThousandsMark::Space => Thousands::Space,
            }),
            skip_rows: self.skip_rows.unwrap_or(0),
        }
    }
}

/// What is known of a table before it is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) header: Header,
    pub(super) dialect: Dialect,
}

impl Written {
    /// Opens the first of some files.
    pub(super) fn open_first(&self, files: &[PathBuf], say: &Say) -> Result<Table<File>, Failure> {
        self.open(files.first().map_or(Path::new(""), PathBuf::as_path), say)
    }

    /// The others, each opened when it is asked for.
    pub(super) fn others(
        self,
        files: &[PathBuf],
    ) -> impl Iterator<Item = Result<Table<File>, Error>> {
        let open = move |path: &PathBuf| Table::open_with(path, self.header, &self.dialect);
        files.iter().skip(1).map(open)
    }

    /// Opens a table, and notes what was found that is not as most tables are.
    pub(super) fn open(&self, path: &Path, say: &Say) -> Result<Table<File>, Failure> {
        let table = Table::open_with(path, self.header, &self.dialect)?;
        let (found, given) = (table.dialect(), self.dialect);
        let is_found = found.delimiter != given.delimiter
            || found.decimal != given.decimal
            || found.thousands != given.thousands;
        if is_found && !found.is_plain() {
            say.note(format_args!("{}: {found}", table.file()));
        }
        let is_number = |name: &String| name.parse::<f64>().is_ok();
        if table.names().is_some_and(|names| names.iter().all(is_number)) {
            say.note(format_args!(
                "{}: line {} is taken for column names; if it is a sample, say --no-header",
                table.file(),
                table.first_line()
            ));
        }
        Ok(table)
    }
}
