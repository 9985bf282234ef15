//! A column of features: what its cells are is known only when all of them were read.

use std::collections::HashMap;

use super::error::Problem;
use super::labels::plain;
use super::missing::is_missing;
use super::numbers::Numbers;
use super::spellings::Spellings;
use super::wanted::{Cells, MissingCells, Unseen, Wanted, Wrong};

/// A column while it is read. What its values in `x` mean depends on what was met so far.
#[derive(Debug)]
pub(super) struct Column<'a> {
    /// Its place in the table, from 0.
    pub(super) index: usize,
    so_far: SoFar<'a>,
    /// Cells that are numbers, and that are texts.
    numbers: u64,
    texts: u64,
    /// The first sample with a text, from 0, and the text, as long as the column may be numbers.
    first_text: Option<(usize, String)>,
    unseen: Option<Unseen>,
}

#[derive(Debug)]
enum SoFar<'a> {
    /// Whole numbers that are written as this program would write them: `x` has their values, from
    /// which their spelling follows.
    Integers,
    /// Numbers or texts: `x` has the numbers of their spellings.
    Undecided(Spellings),
    /// Numbers, now and for all time, though it was not asked for: `x` has their values.
    FoundNumbers,
    /// Numbers, as it was asked for.
    Numbers,
    /// Texts: `x` has the numbers of their spellings.
    Texts(Spellings),
    /// Texts of a list, by their index, spelled as there or, of whole numbers, without `.0`.
    Among { all: &'a [String], index: HashMap<&'a str, usize> },
}

/// Digits that an f64 has exactly.
const DIGITS: usize = 15;

impl<'a> Column<'a> {
    pub(super) fn new(index: usize, cells: Cells<'a>) -> Self {
        let so_far = match cells {
            Cells::Any => SoFar::Integers,
            Cells::Numbers => SoFar::Numbers,
            Cells::Texts => SoFar::Texts(Spellings::default()),
            Cells::Among(all) => {
                let spelled = all.iter().map(String::as_str).enumerate();
                let plain = spelled.clone().map(|(at, text)| (at, plain(text)));
                let mut index = HashMap::new();
                // Given twice, a category is where it stands first; its spelling comes before all.
                for (at, text) in spelled.chain(plain) {
                    index.entry(text).or_insert(at);
                }
                SoFar::Among { all, index }
            }
        };
        Self { index, so_far, numbers: 0, texts: 0, first_text: None, unseen: None }
    }

    /// What the next cell is in `x`, which has all before it; this is its column `feature`.
    #[inline]
    pub(super) fn read(
        &mut self,
        cell: &str,
        feature: usize,
        x: &mut [f64],
        numbers: &mut Numbers,
        wanted: &Wanted<'_>,
    ) -> Result<f64, Wrong> {
        if matches!(self.so_far, SoFar::Integers)
            && let Some(value) = integer(cell)
        {
            self.numbers += 1;
            return Ok(value);
        }
        if let SoFar::Among { index, .. } = &self.so_far
            && let Some(&category) = index.get(cell).or_else(|| index.get(plain(cell)))
        {
            return Ok(category as f64);
        }
        if is_missing(cell) {
            return match wanted.missing {
                MissingCells::Allowed => Ok(f64::NAN),
                MissingCells::Refused => Err(self.here(Problem::Missing { cell: cell.to_owned() })),
            };
        }
        let stride = wanted.features.len();
        if matches!(self.so_far, SoFar::Integers) {
            self.spell(feature, stride, x, wanted.most_categories)?;
        }
        let row = x.len() / stride;
        match &mut self.so_far {
            SoFar::Numbers | SoFar::Integers => {
                numbers.read(cell).map_err(|problem| self.here(problem))
            }
            SoFar::FoundNumbers => numbers.read(cell).map_err(|problem| match problem {
                Problem::NotANumber { cell } => self.here(Problem::TextAmongNumbers { cell }),
                problem => self.here(problem),
            }),
            SoFar::Texts(spellings) => {
                self.texts += 1;
                let known = match spellings.find(cell) {
                    None if spellings.len() >= wanted.most_categories => {
                        return Err(self.too_many(cell, wanted.most_categories));
                    }
                    None => spellings.meet(cell, None).ok(),
                    known => known,
                };
                known.map(|text| text as f64).ok_or_else(|| self.here(Problem::OutOfMemory))
            }
            SoFar::Undecided(_) => self.read_undecided(cell, (feature, row), x, numbers, wanted),
            SoFar::Among { .. } => {
                let first = || Unseen { feature, text: cell.to_owned(), row, cells: 0 };
                self.unseen.get_or_insert_with(first).cells += 1;
                Ok(-1.0)
            }
        }
    }

    fn read_undecided(
        &mut self,
        cell: &str,
        (feature, row): (usize, usize),
        x: &mut [f64],
        numbers: &mut Numbers,
        wanted: &Wanted<'_>,
    ) -> Result<f64, Wrong> {
        let SoFar::Undecided(spellings) = &mut self.so_far else { return Ok(f64::NAN) };
        let known = spellings.find(cell);
        let value = match known {
            Some(text) => spellings.value(text),
            None => match numbers.read(cell) {
                Ok(value) => Some(value),
                Err(Problem::NotANumber { .. }) => None,
                Err(problem) => return Err(self.here(problem)),
            },
        };
        match value {
            Some(_) => self.numbers += 1,
            None => {
                self.texts += 1;
                self.first_text.get_or_insert_with(|| (row, cell.to_owned()));
            }
        }
        if let Some(text) = known {
            return Ok(text as f64);
        }
        if spellings.len() < wanted.most_categories {
            let met = spellings.meet(cell, value);
            return met.map(|text| text as f64).map_err(|_| self.here(Problem::OutOfMemory));
        }
        // Too many to be categories: they are numbers, or they are refused.
        if !self.are_numbers() {
            return Err(self.too_many(cell, wanted.most_categories));
        }
        self.no_text()?;
        self.to_values(feature, wanted.features.len(), x);
        self.so_far = SoFar::FoundNumbers;
        value.ok_or_else(|| self.here(Problem::OutOfMemory))
    }

    /// From values of whole numbers to their spellings; or to numbers for all time, if there are
    /// too many different ones.
    fn spell(
        &mut self,
        feature: usize,
        stride: usize,
        x: &mut [f64],
        most: usize,
    ) -> Result<(), Wrong> {
        let mut known: HashMap<u64, usize> = HashMap::new();
        let mut spellings = Spellings::default();
        for value in x.iter().skip(feature).step_by(stride).filter(|value| !value.is_nan()) {
            if known.contains_key(&value.to_bits()) {
                continue;
            }
            if spellings.len() == most {
                self.so_far = SoFar::FoundNumbers;
                return Ok(());
            }
            let met = spellings.meet(&format!("{value}"), Some(*value));
            let text = met.map_err(|_| self.here(Problem::OutOfMemory))?;
            known.insert(value.to_bits(), text);
        }
        each(feature, stride, x, |value| known.get(&value.to_bits()).map_or(value, |t| *t as f64));
        self.so_far = SoFar::Undecided(spellings);
        Ok(())
    }

    /// The categories, if the column's cells are texts; `x` has their indices then, else numbers.
    pub(super) fn finish(
        &mut self,
        feature: usize,
        stride: usize,
        x: &mut [f64],
    ) -> Result<Option<Vec<String>>, Wrong> {
        let is_empty = self.numbers + self.texts == 0;
        let are_numbers = self.are_numbers();
        match &mut self.so_far {
            SoFar::Integers | SoFar::Undecided(_) | SoFar::Texts(_) if is_empty => {
                Err(Wrong { row: Some(0), ..self.here(Problem::EmptyColumn) })
            }
            SoFar::Integers | SoFar::FoundNumbers | SoFar::Numbers => Ok(None),
            SoFar::Among { all, .. } => Ok(Some(all.to_vec())),
            SoFar::Undecided(_) if are_numbers => {
                self.no_text()?;
                self.to_values(feature, stride, x);
                Ok(None)
            }
            SoFar::Undecided(spellings) | SoFar::Texts(spellings) => {
                let in_order = spellings.in_order();
                let (texts, rank) = in_order.map_err(|_| self.here(Problem::OutOfMemory))?;
                each(feature, stride, x, |text| rank[text as usize] as f64);
                Ok(Some(texts))
            }
        }
    }

    pub(super) fn unseen(self) -> Option<Unseen> {
        self.unseen
    }

    /// Nine in ten cells are.
    fn are_numbers(&self) -> bool {
        self.numbers >= self.texts.saturating_mul(9)
    }

    /// An error, if there was a text.
    fn no_text(&mut self) -> Result<(), Wrong> {
        match self.first_text.take() {
            None => Ok(()),
            Some((row, cell)) => {
                Err(Wrong { row: Some(row), ..self.here(Problem::TextAmongNumbers { cell }) })
            }
        }
    }

    /// From spellings, all of which are numbers, to their values.
    fn to_values(&self, feature: usize, stride: usize, x: &mut [f64]) {
        if let SoFar::Undecided(spellings) = &self.so_far {
            each(feature, stride, x, |text| spellings.value(text as usize).unwrap_or(f64::NAN));
        }
    }

    fn here(&self, problem: Problem) -> Wrong {
        Wrong::here(self.index, problem)
    }

    fn too_many(&self, cell: &str, most: usize) -> Wrong {
        self.here(Problem::TooManyCategories { cell: cell.to_owned(), most })
    }
}

/// Changes every value of a column that is not missing.
fn each(feature: usize, stride: usize, x: &mut [f64], change: impl Fn(f64) -> f64) {
    let column = x.iter_mut().skip(feature).step_by(stride);
    column.filter(|value| !value.is_nan()).for_each(|value| *value = change(*value));
}

/// A whole number that has no other spelling: without a plus sign, zeros in front or `-0`.
#[inline]
fn integer(cell: &str) -> Option<f64> {
    let (is_negative, digits) = match cell.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [] => return None,
        [b'0'] => return (!is_negative).then_some(0.0),
        [b'0', ..] => return None,
        _ if digits.len() > DIGITS => return None,
        _ => {}
    }
    let mut value = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if is_negative { -value } else { value } as f64)
}
