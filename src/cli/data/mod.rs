//! Files to samples, whatever their format; and the built-in set.

mod arrays;
mod scale;
mod source;
mod table;

use shallownet::Scalar;
use shallownet::io::table::{Labels, Samples, same_class};
use shallownet::io::{Inputs, Standardization};

use crate::failure::Failure;

use scale::Holds;
pub(crate) use source::Source;
pub(crate) use table::planar_weights;

/// Samples, with classes or values to learn if there are any.
#[derive(Debug)]
pub(crate) struct Data {
    /// Sample after sample: as the file has them, and once they are scaled, divided as the model
    /// wants it.
    x: Vec<f64>,
    /// What the file says that they are.
    holds: Holds,
    /// Of samples to learn from, what they were before.
    pub(crate) inputs: Option<Inputs>,
    pub(crate) n_x: usize,
    pub(crate) targets: Targets,
    pub(crate) feature_names: Option<Vec<String>>,
    pub(crate) label_name: Option<String>,
    /// Width and height, if each sample is an image.
    pub(crate) image: Option<(usize, usize)>,
    origin: Origin,
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

/// Which targets a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    Nothing,
    Classes,
    Values,
}

/// Where samples come from, for messages.
#[derive(Debug)]
enum Origin {
    /// A text; the columns (from 0) of the features and of the label.
    Table { samples: Samples, columns: Vec<usize>, label: Option<usize> },
    /// A file of samples and one of labels.
    Arrays { x: String, labels: String },
}

impl Data {
    /// The classes of all samples; empty if there are none.
    pub(crate) fn labels(&self) -> &Labels {
        const NONE: &Labels =
            &Labels { classes: Vec::new(), of_row: Vec::new(), first_row: Vec::new() };
        if let Targets::Classes(labels) = &self.targets { labels } else { NONE }
    }

    /// The number of samples.
    pub(crate) fn len(&self) -> usize {
        self.x.len() / self.n_x
    }

    /// The file, as it was named.
    pub(crate) fn file(&self) -> String {
        match &self.origin {
            Origin::Table { samples, .. } => samples.place(0, 0).file,
            Origin::Arrays { x, .. } => x.clone(),
        }
    }

    /// Where a feature of a sample (both from 0) stands.
    pub(crate) fn place(&self, row: usize, feature: usize) -> String {
        match &self.origin {
            Origin::Table { samples, columns, .. } => {
                samples.place(row, columns[feature]).to_string()
            }
            Origin::Arrays { x, .. } => {
                format!("{x}: sample {}, feature {}", row + 1, feature + 1)
            }
        }
    }

    /// Where the label of a sample stands.
    fn label_place(&self, row: usize) -> String {
        match &self.origin {
            Origin::Table { samples, label, .. } => {
                samples.place(row, label.unwrap_or(0)).to_string()
            }
            Origin::Arrays { labels, .. } => format!("{labels}: label {}", row + 1),
        }
    }

    /// The features of the sample in `row`.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.x[row * self.n_x..(row + 1) * self.n_x]
    }

    /// The samples in `rows`, one after another, as the file has them.
    pub(crate) fn gather(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().flat_map(|&row| self.row(row)).copied().collect()
    }

    /// The samples in `rows` as the network sees them.
    pub(crate) fn inputs<T: Scalar>(
        &self,
        rows: &[usize],
        standardization: Option<&Standardization>,
    ) -> Result<Vec<T>, Failure> {
        let mut inputs = Vec::new();
        let count = rows.len().saturating_mul(self.n_x);
        inputs.try_reserve_exact(count).map_err(|_| shallownet::Error::OutOfMemory {
            what: "the inputs",
            bytes: count.saturating_mul(size_of::<T>()),
        })?;
        let mut sample = vec![0.0; self.n_x];
        for &row in rows {
            sample.copy_from_slice(self.row(row));
            if let Some(standardization) = standardization {
                standardization.apply(&mut sample);
            }
            for (feature, &value) in sample.iter().enumerate() {
                let value = T::from_f64(value);
                if !value.is_finite() {
                    let given = self.row(row)[feature];
                    let problem = format!("{given:?} is too large for {}", T::NAME);
                    return Err(Failure::Cell { place: self.place(row, feature), problem });
                }
                inputs.push(value);
            }
        }
        Ok(inputs)
    }

    /// There must be something to tell apart.
    fn with_two_classes(self) -> Result<Self, Failure> {
        if let Targets::Classes(labels) = &self.targets
            && let [class] = &labels.classes[..]
        {
            let problem =
                format!("every row has the label {class:?}: expected two classes or more");
            return Err(Failure::Cell { place: self.label_place(0), problem });
        }
        Ok(self)
    }

    /// The class of every row, as an index into the classes of a model.
    pub(crate) fn classes_among(&self, classes: &[String]) -> Result<Vec<usize>, Failure> {
        let labels = self.labels();
        let known = |(class, &row): (&String, &usize)| {
            classes.iter().position(|c| same_class(c, class)).ok_or_else(|| {
                let names: Vec<String> = classes.iter().map(|c| format!("{c:?}")).collect();
                let problem =
                    format!("the model has no class {class:?} (but {})", names.join(", "));
                Failure::Cell { place: self.label_place(row), problem }
            })
        };
        let index: Vec<usize> =
            labels.classes.iter().zip(&labels.first_row).map(known).collect::<Result<_, _>>()?;
        Ok(labels.of_row.iter().map(|&class| index[class]).collect())
    }
}
