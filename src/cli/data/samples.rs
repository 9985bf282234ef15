//! Samples, wherever they come from: their values, and where each stands for messages.

use std::borrow::Cow;

use shallownet::io::table::{Labels, Records};
use shallownet::pipeline::{Inputs, RawColumn};
use shallownet::{Error, Scalar};

use super::names::{Names, all};
use super::prepared::Prepared;
use super::room::with_room;
use crate::failure::Failure;

/// Samples, with classes or values to learn if there are any.
#[derive(Debug)]
pub(crate) struct Data {
    /// Sample after sample, a number or the code of a category for each raw column: first as the
    /// file has them, after scaling divided as the model wants it.
    pub(super) raw: Vec<f64>,
    /// The samples whose values these are, unless they are all.
    pub(super) part: Option<Part>,
    /// The number of raw columns.
    pub(crate) width: usize,
    /// What the raw columns hold; of samples for a model, whose own codes they are, nothing.
    pub(crate) kinds: Vec<RawColumn>,
    /// How much each sample counts; empty if all count the same.
    pub(crate) weights: Vec<f64>,
    /// The kind of values that the file says they are.
    pub(super) holds: Holds,
    /// For samples to learn from, what they were before scaling.
    pub(crate) inputs: Option<Inputs>,
    pub(crate) targets: Targets,
    pub(crate) feature_names: Option<Vec<String>>,
    pub(crate) label_name: Option<String>,
    /// Width and height, if each sample is an image.
    pub(crate) image: Option<(usize, usize)>,
    pub(super) origin: Origin,
    /// It is the set that comes with the program.
    pub(super) is_built_in: bool,
}

/// Which of a file's samples have been read.
#[derive(Debug)]
pub(super) struct Part {
    /// How many the file has.
    pub(super) samples: usize,
    /// From 0, in ascending order.
    pub(super) rows: Vec<usize>,
    /// Where the rows of tables stand.
    #[cfg(feature = "mpi")]
    pub(super) places: Option<Box<super::places::Places>>,
}

impl Part {
    /// Of so many samples, none.
    pub(super) fn unread(samples: usize) -> Self {
        Self {
            samples,
            rows: Vec::new(),
            #[cfg(feature = "mpi")]
            places: None,
        }
    }
}

/// What is to be predicted.
#[derive(Debug)]
pub(crate) enum Targets {
    None,
    Classes(Labels),
    /// Numbers, `n_y` a sample.
    Values {
        y: Vec<f64>,
        n_y: usize,
    },
}

/// What a file says of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Bytes of an IDX file: brightness, by custom divided by 255.
    Brightness,
    /// Bytes (NumPy's uint8).
    Bytes,
    /// Nothing but that they are numbers.
    Numbers,
}

/// Which targets a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    Nothing,
    Classes,
    Values,
}

/// Where samples come from, for messages.
#[derive(Debug)]
pub(super) enum Origin {
    /// A text; the columns (from 0) of the features and of the label.
    Table { records: Box<Records>, columns: Vec<usize>, label: Option<usize> },
    /// Files of samples and of labels; which of the features (from 0) are taken.
    Arrays { x: Names, labels: Names, columns: Vec<usize> },
}

impl Data {
    /// The number of samples, whether read or not.
    pub(crate) fn len(&self) -> usize {
        self.part.as_ref().map_or(self.raw.len() / self.width, |part| part.samples)
    }

    /// Have some of the samples' values not been read?
    pub(crate) fn is_in_parts(&self) -> bool {
        self.part.is_some()
    }

    /// The row of the sample whose values are the `at`th.
    pub(super) fn row_of(&self, at: usize) -> usize {
        self.part.as_ref().map_or(at, |part| part.rows[at])
    }

    /// Does a raw column hold categories?
    pub(crate) fn is_category(&self, column: usize) -> bool {
        matches!(self.kinds.get(column), Some(RawColumn::Category(_)))
    }

    /// The values that are numbers, one after another.
    pub(super) fn numbers(&self) -> Result<Cow<'_, [f64]>, Error> {
        let has_categories = (0..self.width).any(|column| self.is_category(column));
        if !has_categories && !self.raw.iter().any(|v| v.is_nan()) {
            return Ok(Cow::Borrowed(&self.raw));
        }
        let cells = self.raw.iter().enumerate();
        let are_numbers = cells.filter(|(at, v)| !v.is_nan() && !self.is_category(at % self.width));
        let mut numbers = with_room(self.raw.len())?;
        numbers.extend(are_numbers.map(|(_, v)| *v));
        Ok(Cow::Owned(numbers))
    }

    /// Is it the set that comes with the program?
    pub(crate) fn is_built_in(&self) -> bool {
        self.is_built_in
    }

    /// Were the numbers divided, as brightness is?
    pub(crate) fn is_divided(&self) -> bool {
        self.inputs.is_some_and(|inputs| inputs.divided_by != 1.0)
    }

    /// Can a value be missing? Arrays hold numbers alone.
    pub(crate) fn may_lack_values(&self) -> bool {
        matches!(self.origin, Origin::Table { .. })
    }

    /// How many of the samples that have been read lack a value of this raw column.
    #[cfg(feature = "mpi")]
    pub(crate) fn lacking(&self, column: usize) -> usize {
        self.raw.iter().skip(column).step_by(self.width).filter(|v| v.is_nan()).count()
    }

    /// All rows, in order.
    pub(crate) fn rows(&self) -> Result<Vec<usize>, Error> {
        let mut rows = with_room(self.len())?;
        rows.extend(0..self.len());
        Ok(rows)
    }

    /// The file, as it was named; of several, the first, and how many more.
    pub(crate) fn file(&self) -> String {
        match &self.origin {
            Origin::Table { records, .. } => all(records.files()),
            Origin::Arrays { x, .. } => x.all(),
        }
    }

    /// Where a feature of a sample (both from 0) stands.
    pub(crate) fn place(&self, row: usize, feature: usize) -> String {
        match &self.origin {
            Origin::Table { records, columns, .. } => {
                records.place(row, columns[feature]).to_string()
            }
            Origin::Arrays { x, columns, .. } => {
                let (x, row) = x.place(row);
                format!("{x}: sample {}, feature {}", row + 1, columns[feature] + 1)
            }
        }
    }

    /// A feature's name for people: `column "age"`, `column 3`, `feature 3`.
    pub(crate) fn feature(&self, feature: usize) -> String {
        match (&self.feature_names, &self.origin) {
            (Some(names), _) if !names[feature].is_empty() => {
                format!("column {:?}", names[feature])
            }
            (_, Origin::Table { columns, .. }) => format!("column {}", columns[feature] + 1),
            (_, Origin::Arrays { columns, .. }) => format!("feature {}", columns[feature] + 1),
        }
    }

    /// What names a feature in an option: its name, in quotes where a shell needs them, or its
    /// number where quotes would not do.
    pub(super) fn option(&self, feature: usize) -> String {
        let (Origin::Table { columns, .. } | Origin::Arrays { columns, .. }) = &self.origin;
        let name = self.feature_names.as_ref().map_or("", |names| &names[feature]);
        let is_of = |more: &str| name.chars().all(|c| c.is_alphanumeric() || more.contains(c));
        if name.is_empty() || !is_of("_-. :,;/()[]%+=") {
            return (columns[feature] + 1).to_string();
        }
        if is_of("_-.") { name.to_owned() } else { format!("\"{name}\"") }
    }

    /// With no features but these (from 0), in ascending order.
    pub(super) fn keep(mut self, kept: Vec<usize>) -> Self {
        if kept.len() < self.width {
            let rows = self.raw.chunks(self.width);
            self.raw = rows.flat_map(|row| kept.iter().map(|&k| row[k])).collect();
            self.kinds = vec![RawColumn::Number; kept.len()];
            self.width = kept.len();
            // Without all of its pixels it is no image.
            self.image = None;
            if let Origin::Arrays { columns, .. } = &mut self.origin {
                *columns = kept;
            }
        }
        self
    }

    /// Where the label of a sample stands.
    pub(crate) fn label_place(&self, row: usize) -> String {
        match &self.origin {
            Origin::Table { records, label, .. } => {
                records.place(row, label.unwrap_or(0)).to_string()
            }
            Origin::Arrays { labels, .. } => {
                let (labels, row) = labels.place(row);
                format!("{labels}: label {}", row + 1)
            }
        }
    }

    /// The raw columns of the sample in `row`, which has been read.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        let before = |part: &Part| part.rows.partition_point(|&other| other < row);
        let at = self.part.as_ref().map_or(row, before);
        &self.raw[at * self.width..(at + 1) * self.width]
    }

    /// The samples in `rows`, one after another, as the file has them.
    pub(crate) fn gather(&self, rows: &[usize]) -> Result<Vec<f64>, Error> {
        let mut gathered = with_room(rows.len().saturating_mul(self.width))?;
        rows.iter().for_each(|&row| gathered.extend_from_slice(self.row(row)));
        Ok(gathered)
    }

    /// The samples in `rows` as a network of `n_x` inputs sees them.
    pub(crate) fn inputs<T: Scalar>(
        &self,
        rows: &[usize],
        prepared: &Prepared,
        n_x: usize,
    ) -> Result<Vec<T>, Failure> {
        let mut inputs = with_room(rows.len().saturating_mul(n_x))?;
        let (mut raw, mut sample) = (vec![0.0; self.width], vec![0.0; n_x]);
        for &row in rows {
            raw.copy_from_slice(self.row(row));
            prepared.apply(&mut raw, &mut sample).map_err(|error| self.refused(row, error))?;
            for (input, &value) in sample.iter().enumerate() {
                let value = T::from_f64(value);
                if !value.is_finite() {
                    let column = prepared.pipeline.raw_column_of(input);
                    let given = self.row(row)[column];
                    let problem = format!("{given:?} is too large for {}", T::NAME);
                    return Err(Failure::Cell { place: self.place(row, column), problem });
                }
                inputs.push(value);
            }
        }
        Ok(inputs)
    }

    /// Why a sample has no inputs.
    fn refused(&self, row: usize, error: Error) -> Failure {
        match error {
            Error::NotFinite { index, value, .. } => {
                let problem = match value.is_nan() {
                    true => "the value is missing, which the model does not allow".to_owned(),
                    false => format!("{value:?} is not a finite number"),
                };
                Failure::Cell { place: self.place(row, index), problem }
            }
            other => other.into(),
        }
    }
}
