//! Samples as a network takes them: X and Y, and the class of each.

use shallownet::io::model::Model;
use shallownet::{Columns, Result, Scalar};
use shallownet::{NotStandardizable, Standardization};

use crate::data::{Data, Targets, with_room};
use crate::failure::Failure;
use crate::say::{Say, listed};

/// X, Y and the classes of some rows.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    x: Vec<T>,
    y: Vec<T>,
    n_x: usize,
    n_y: usize,
    /// Empty if values are predicted, not classes.
    pub(crate) classes: Vec<usize>,
    /// The values as the data has them; empty if classes are predicted.
    pub(crate) values: Vec<f64>,
    target_standardization: Option<Standardization>,
}

/// What is done to samples before a network learns from them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Preprocessing<'a> {
    pub(crate) features: Option<&'a Standardization>,
    /// What is undone in predictions.
    pub(crate) targets: Option<&'a Standardization>,
}

impl<'a> Preprocessing<'a> {
    pub(crate) fn of<T>(model: &'a Model<T>) -> Self {
        Self {
            features: model.pipeline.standardization.as_ref(),
            targets: model.pipeline.targets.standardization.as_ref(),
        }
    }
}

/// What each row of the data stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meaning<'a> {
    /// The class of every row, to be encoded in `n_y` outputs.
    Classes { of_row: &'a [usize], count: usize, n_y: usize },
    /// `n_y` numbers a row.
    Values { y: &'a [f64], n_y: usize },
}

impl<'a> Meaning<'a> {
    pub(crate) fn of(data: &'a Data) -> Self {
        match &data.targets {
            Targets::Values { y, n_y } => Self::Values { y, n_y: *n_y },
            _ => {
                let labels = data.labels();
                Self::classes(&labels.of_row, labels.classes.len())
            }
        }
    }

    /// One output a class; for two classes one alone.
    fn classes(of_row: &'a [usize], count: usize) -> Self {
        Self::Classes { of_row, count, n_y: if count == 2 { 1 } else { count } }
    }

    /// The same with the classes of a model, of which `of_row` holds those of the rows.
    pub(crate) fn among(self, of_row: &'a [usize], count: usize) -> Self {
        if let Self::Classes { .. } = self { Self::classes(of_row, count) } else { self }
    }

    /// The same for a network with `outputs` outputs: two classes may have two.
    pub(crate) fn for_outputs(self, outputs: usize) -> Self {
        match self {
            Self::Classes { of_row, count: 2, .. } if outputs == 2 => {
                Self::Classes { of_row, count: 2, n_y: 2 }
            }
            other => other,
        }
    }

    /// Outputs of the network.
    pub(crate) fn outputs(self) -> usize {
        let (Self::Classes { n_y, .. } | Self::Values { n_y, .. }) = self;
        n_y
    }
}

impl<T: Scalar> Batch<T> {
    /// The rows of `data` and what they stand for.
    pub(crate) fn new(
        data: &Data,
        rows: &[usize],
        preprocessing: Preprocessing<'_>,
        meaning: Meaning<'_>,
    ) -> std::result::Result<Self, Failure> {
        let n_y = meaning.outputs();
        let mut y = room(rows.len(), n_y)?;
        let (of_classes, of_values) = match meaning {
            Meaning::Classes { .. } => (rows.len(), 0),
            Meaning::Values { n_y, .. } => (0, rows.len().saturating_mul(n_y)),
        };
        let (mut classes, mut values) = (with_room(of_classes)?, with_room(of_values)?);
        let mut sample = vec![0.0; n_y];
        for &row in rows {
            match meaning {
                Meaning::Classes { of_row, .. } => {
                    let class = of_row[row];
                    classes.push(class);
                    // One sigmoid output is the probability of the second class.
                    let is_it = |k| if n_y == 1 { class == 1 } else { class == k };
                    y.extend((0..n_y).map(|k| T::from_f64(if is_it(k) { 1.0 } else { 0.0 })));
                }
                Meaning::Values { y: all, n_y } => {
                    sample.copy_from_slice(&all[row * n_y..(row + 1) * n_y]);
                    values.extend_from_slice(&sample);
                    if let Some(standardization) = preprocessing.targets {
                        standardization.apply(&mut sample);
                    }
                    y.extend(sample.iter().map(|&v| T::from_f64(v)));
                }
            }
        }
        let x = data.inputs(rows, preprocessing.features)?;
        let target_standardization = preprocessing.targets.cloned();
        Ok(Self { x, y, n_x: data.n_x, n_y, classes, values, target_standardization })
    }

    /// Output activations as values of the data's own size.
    pub(crate) fn turned_back(&self, a: &[T]) -> Vec<f64> {
        turned_back(a, self.target_standardization.as_ref())
    }

    /// The first `samples` samples, or all.
    pub(crate) fn head(&self, samples: usize) -> Result<(Columns<'_, T>, Columns<'_, T>)> {
        let m = samples.min(self.len());
        let x = Columns::new(&self.x[..m * self.n_x], self.n_x)?;
        Ok((x, Columns::new(&self.y[..m * self.n_y], self.n_y)?))
    }

    pub(crate) fn x(&self) -> Result<Columns<'_, T>> {
        Columns::new(&self.x, self.n_x)
    }

    pub(crate) fn y(&self) -> Result<Columns<'_, T>> {
        Columns::new(&self.y, self.n_y)
    }

    pub(crate) fn outputs(&self) -> usize {
        self.n_y
    }

    pub(crate) fn len(&self) -> usize {
        self.x.len() / self.n_x
    }
}

/// Output activations with the standardization of the targets undone.
pub(crate) fn turned_back<T: Scalar>(a: &[T], targets: Option<&Standardization>) -> Vec<f64> {
    let mut values: Vec<f64> = a.iter().map(|v| v.to_f64()).collect();
    if let Some(standardization) = targets {
        standardization.undo(&mut values);
    }
    values
}

/// Targets of more bytes than this are not made: one-hot targets grow with samples times classes.
const MOST_TARGETS: usize = 4 << 30;

/// Memory for the targets of `samples` samples, unless it is too much.
fn room<T>(samples: usize, n_y: usize) -> std::result::Result<Vec<T>, Failure> {
    let bytes = samples.saturating_mul(n_y).saturating_mul(size_of::<T>());
    let mut y = Vec::new();
    if bytes > MOST_TARGETS || y.try_reserve_exact(samples * n_y).is_err() {
        return Err(Failure::Targets { samples, n_y, gigabytes: bytes as f64 / 1e9 });
    }
    Ok(y)
}

/// Mean and deviation of every feature of the rows; constants are noted.
pub(crate) fn standardize(
    data: &Data,
    rows: &[usize],
    say: &Say,
) -> std::result::Result<Standardization, Failure> {
    let x = data.gather(rows)?;
    let standardization =
        Standardization::of(&x, data.n_x).map_err(|NotStandardizable { feature }| {
            Failure::Cell {
                place: data.place(rows[0], feature),
                problem: "the values of this column are too large to be standardized".to_owned(),
            }
        })?;
    note_constants(data, &Standardization::constants(&x, data.n_x), "", say);
    Ok(standardization)
}

/// In images constant features, such as dark corners, are common and not noted.
pub(crate) fn note_constants(data: &Data, constants: &[usize], of: &str, say: &Say) {
    if constants.is_empty() || data.image.is_some() {
        return;
    }
    let names: Vec<String> = constants.iter().map(|&k| data.feature(k)).collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    say.note(format_args!("{} {are} constant{of}: nothing can be learned from it", listed(&names)));
}
