//! Where the rows of plain tables stand, and what is in them.

use shallownet::io::table::{Cells, Wanted};

use super::near::together;
use super::plain_files::PlainFile;
use super::room::with_room;
use crate::failure::Failure;

/// Rows from one that is remembered by its byte to the next.
pub(super) const STEP: usize = 256;

/// Steps of rows that are read at once.
const STEPS: usize = 16;

/// Where the rows of some files stand.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) files: Vec<PlainFile>,
    /// Of each file the byte of every [`STEP`]th row.
    pub(super) marks: Vec<Vec<u64>>,
    /// The first row of each, and the number of all.
    pub(super) first: Vec<usize>,
    /// The columns that are features, and of those that are texts the categories.
    pub(super) features: Vec<(usize, Option<Vec<String>>)>,
}

/// As what a feature's cells are read.
fn cells((column, texts): &(usize, Option<Vec<String>>)) -> (usize, Cells<'_>) {
    (*column, texts.as_deref().map_or(Cells::Numbers, Cells::Among))
}

impl Places {
    /// The names of the columns, if the files have headers.
    pub(super) fn names(&self) -> Option<Vec<String>> {
        let file = &self.files[0];
        let table = file.table(self.marks[0].first().copied()?..file.end(), None).ok()?;
        table.names().map(<[String]>::to_vec)
    }

    /// The features of these rows, in ascending order.
    pub(super) fn read(&self, rows: &[usize], width: usize) -> Result<Vec<f64>, Failure> {
        let features: Vec<_> = self.features.iter().map(cells).collect();
        let wanted = Wanted { features: &features, ..Wanted::default() };
        let mut raw = with_room(rows.len().saturating_mul(width))?;
        for (k, file) in self.files.iter().enumerate() {
            let at = |row: usize| rows.partition_point(|other| *other < row);
            let of_file = &rows[at(self.first[k])..at(self.first[k + 1])];
            let mut rest: Vec<usize> = of_file.iter().map(|row| row - self.first[k]).collect();
            while let Some(&first) = rest.first() {
                let mark = first / STEP;
                let most = rest.partition_point(|row| *row < (mark + STEPS) * STEP);
                let others = rest.split_off(together(&rest[..most], STEP));
                let last = rest.last().copied().unwrap_or(first) / STEP;
                let end = self.marks[k].get(last + 1).copied().unwrap_or(file.end());
                let table = file.table(self.marks[k][mark]..end, None)?;
                let read = table.records(&wanted)?;
                for row in &rest {
                    let at = (row - mark * STEP) * width;
                    let values = read.x.get(at..at + width).ok_or_else(|| Failure::File {
                        file: file.name(),
                        problem: "it has changed while it was read".to_owned(),
                    })?;
                    raw.extend_from_slice(values);
                }
                rest = others;
            }
        }
        Ok(raw)
    }
}
