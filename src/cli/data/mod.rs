//! Files to samples, whatever their format; and the built-in set.

mod arrays;
mod columns;
mod plausible;
mod scale;
mod source;
mod suspicions;
mod table;

use shallownet::Standardization;
use shallownet::io::table::{Labels, Samples, classes_of};
use shallownet::io::{Inputs, Quoted};
use shallownet::{Error, Scalar};

use crate::failure::Failure;
use crate::say::Say;

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
    /// A file of samples and one of labels; which of its features (from 0) are taken.
    Arrays { x: String, labels: String, columns: Vec<usize> },
}

impl Data {
    /// The classes of all samples; empty if there are none.
    pub(crate) fn labels(&self) -> &Labels {
        const NONE: &Labels = &Labels {
            classes: Vec::new(),
            of_row: Vec::new(),
            first_row: Vec::new(),
            merged: Vec::new(),
        };
        if let Targets::Classes(labels) = &self.targets { labels } else { NONE }
    }

    /// The number of samples.
    pub(crate) fn len(&self) -> usize {
        self.x.len() / self.n_x
    }

    /// All rows, in order.
    pub(crate) fn rows(&self) -> Result<Vec<usize>, Error> {
        let mut rows = with_room(self.len())?;
        rows.extend(0..self.len());
        Ok(rows)
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
            Origin::Arrays { x, columns, .. } => {
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
    fn option(&self, feature: usize) -> String {
        let (Origin::Table { columns, .. } | Origin::Arrays { columns, .. }) = &self.origin;
        let name = self.feature_names.as_ref().map_or("", |names| &names[feature]);
        let is_of = |more: &str| name.chars().all(|c| c.is_alphanumeric() || more.contains(c));
        if name.is_empty() || !is_of("_-. :,;/()[]%+=") {
            return (columns[feature] + 1).to_string();
        }
        if is_of("_-.") { name.to_owned() } else { format!("\"{name}\"") }
    }

    /// With no features but these (from 0), in ascending order.
    fn keep(mut self, kept: Vec<usize>) -> Self {
        if kept.len() < self.n_x {
            let rows = self.x.chunks(self.n_x);
            self.x = rows.flat_map(|row| kept.iter().map(|&k| row[k])).collect();
            self.n_x = kept.len();
            if let Origin::Arrays { columns, .. } = &mut self.origin {
                *columns = kept;
            }
        }
        self
    }

    /// Where the label of a sample stands.
    pub(crate) fn label_place(&self, row: usize) -> String {
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
    pub(crate) fn gather(&self, rows: &[usize]) -> Result<Vec<f64>, Error> {
        let mut gathered = with_room(rows.len().saturating_mul(self.n_x))?;
        rows.iter().for_each(|&row| gathered.extend_from_slice(self.row(row)));
        Ok(gathered)
    }

    /// The samples in `rows` as the network sees them.
    pub(crate) fn inputs<T: Scalar>(
        &self,
        rows: &[usize],
        standardization: Option<&Standardization>,
    ) -> Result<Vec<T>, Failure> {
        let mut inputs = with_room(rows.len().saturating_mul(self.n_x))?;
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
                format!("every row has the label {}: expected two classes or more", Quoted(class));
            return Err(Failure::Cell { place: self.label_place(0), problem });
        }
        Ok(self)
    }

    /// The class of every row, as an index into the classes of a model. Says which labels were taken
    /// for classes that the model spells otherwise.
    pub(crate) fn classes_among(&self, classes: &[String]) -> Result<Vec<usize>, Failure> {
        let labels = self.labels();
        let found = classes_of(&labels.classes, classes);
        let mut index = with_room(found.len())?;
        let mut respelled = Vec::new();
        for ((found, label), &row) in found.iter().zip(&labels.classes).zip(&labels.first_row) {
            let Some(class) = *found else {
                return Err(self.unknown(label, row, classes));
            };
            if classes[class] != *label {
                respelled.push((row, &label[..], &classes[class][..]));
            }
            index.push(class);
        }
        self.say_respelled(&respelled);
        let mut of_row = with_room(labels.of_row.len())?;
        of_row.extend(labels.of_row.iter().map(|&class| index[class]));
        Ok(of_row)
    }

    fn unknown(&self, label: &str, row: usize, classes: &[String]) -> Failure {
        const SHOWN: usize = 12;
        let shown = classes.iter().take(SHOWN).map(|class| Quoted(class).to_string());
        let mut shown: Vec<String> = shown.collect();
        if classes.len() > SHOWN {
            shown.push(format!("and {} more", classes.len() - SHOWN));
        }
        let problem =
            format!("the model has no class {} (but {})", Quoted(label), shown.join(", "));
        Failure::Cell { place: self.label_place(row), problem }
    }

    /// Says which labels of the file were taken for classes that it spells otherwise elsewhere.
    fn say_merged(&self) {
        let labels = self.labels();
        let merged = labels.merged.iter();
        let respelled = merged.map(|m| (m.row, &m.spelling[..], &labels.classes[m.class][..]));
        self.say_respelled(&respelled.collect::<Vec<_>>());
    }

    /// Of labels (by row, label and class) the first, and how many more.
    fn say_respelled(&self, respelled: &[(usize, &str, &str)]) {
        let Some(&(row, label, class)) = respelled.first() else { return };
        let more = match respelled.len() {
            1 => String::new(),
            n => format!(", and {} more like it", n - 1),
        };
        Say::note(format_args!(
            "{}: the label {} is taken for the class {}{more}",
            self.label_place(row),
            Quoted(label),
            Quoted(class)
        ));
    }
}

/// An empty vector for so many values, or an error.
pub(crate) fn with_room<T>(values: usize) -> Result<Vec<T>, Error> {
    let (mut room, what) = (Vec::new(), "the samples of a file");
    let bytes = values.saturating_mul(size_of::<T>());
    room.try_reserve_exact(values).map_err(|_| Error::OutOfMemory { what, bytes })?;
    Ok(room)
}
