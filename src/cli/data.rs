//! Files to samples: which columns hold the features, which the label; and the built-in set.

use std::io::Read;
use std::path::Path;

use shallownet::Scalar;
use shallownet::io::Standardization;
use shallownet::io::model::Model;
use shallownet::io::table::{self, Header, Labels, Samples, Table};

use crate::failure::Failure;
use crate::say::Say;

/// The planar flower set: 400 points of two classes.
const PLANAR: &str = include_str!("../../tests/data/planar.csv");

/// What became of it elsewhere: the weights that training began with, W1 and W2.
const PLANAR_COURSE: &str = include_str!("../../tests/data/planar_course.json");

/// Samples, and the columns of the file they come from.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) samples: Samples,
    /// The columns of the features, from 0.
    pub(crate) columns: Vec<usize>,
    pub(crate) feature_names: Option<Vec<String>>,
    pub(crate) label_column: Option<usize>,
    pub(crate) label_name: Option<String>,
}

/// The built-in set.
pub(crate) fn planar() -> Result<Data, Failure> {
    let table = Table::new("planar.csv (built in)", PLANAR.as_bytes(), Header::Present)?;
    for_training(table, "label")
}

/// The published starting weights of the 2-4-1 network for the built-in set, row-major.
pub(crate) fn planar_weights() -> Result<[Vec<f64>; 2], Failure> {
    #[derive(serde::Deserialize)]
    struct Course {
        #[serde(rename = "W1")]
        w1: [[f64; 2]; 4],
        #[serde(rename = "W2")]
        w2: [[f64; 4]; 1],
    }
    let course: Course = serde_json::from_str(PLANAR_COURSE).map_err(|error| Failure::File {
        file: "planar_course.json (built in)".to_owned(),
        problem: error.to_string(),
    })?;
    Ok([course.w1.as_flattened().to_vec(), course.w2.as_flattened().to_vec()])
}

/// A file to learn from: every column but the label is a feature.
pub(crate) fn training(path: &Path, header: Header, label: &str) -> Result<Data, Failure> {
    for_training(open(path, header)?, label)
}

fn for_training<R: Read>(table: Table<R>, label: &str) -> Result<Data, Failure> {
    let label = table.column(label)?;
    let columns: Vec<usize> = (0..table.width()).filter(|&column| column != label).collect();
    if columns.is_empty() {
        let problem = format!("line {}: there is no column besides the label", table.first_line());
        return Err(Failure::File { file: table.file().to_owned(), problem });
    }
    let data = read(table, columns, Some(label), true)?;
    let labels = data.labels();
    if let [class] = &labels.classes[..] {
        let problem = format!("every row has the label {class:?}: expected two classes or more");
        return Err(Failure::Cell { place: data.samples.place(0, label), problem });
    }
    Ok(data)
}

/// A file to be asked about: its columns are the model's features by name, if both have names, or
/// else by their order, leaving the label out. The labels are read if they are wanted.
pub(crate) fn for_model<T: Scalar>(
    model: &Model<T>,
    path: &Path,
    header: Header,
    label: Option<&str>,
    want_labels: bool,
) -> Result<Data, Failure> {
    let table = open(path, header)?;
    let label = label.map(|label| table.column(label)).transpose()?;
    let columns = match (&model.features, table.names()) {
        (Some(features), Some(names)) => by_name(&table, features, names)?,
        _ => (0..table.width()).filter(|&column| Some(column) != label).collect(),
    };
    let (given, expected) = (columns.len(), model.network.inputs());
    if given != expected {
        let line = table.first_line();
        let problem = format!("line {line}: {given} feature columns: the model takes {expected}");
        return Err(Failure::File { file: table.file().to_owned(), problem });
    }
    read(table, columns, label, want_labels)
}

fn by_name<R: Read>(
    table: &Table<R>,
    features: &[String],
    names: &[String],
) -> Result<Vec<usize>, Failure> {
    let column = |feature: &String| {
        table.named(feature).ok_or_else(|| {
            Failure::Table(table::Error::NoColumn {
                file: table.file().to_owned(),
                line: table.first_line(),
                name: feature.clone(),
                names: names.to_vec(),
            })
        })
    };
    features.iter().map(column).collect()
}

fn open(path: &Path, header: Header) -> Result<Table<std::fs::File>, Failure> {
    let table = Table::open(path, header)?;
    let is_number = |name: &String| name.parse::<f64>().is_ok();
    if table.names().is_some_and(|names| names.iter().all(is_number)) {
        Say::note(format_args!(
            "{}: line {} is taken for column names; if it is a sample, say --no-header",
            table.file(),
            table.first_line()
        ));
    }
    Ok(table)
}

fn read<R: Read>(
    table: Table<R>,
    columns: Vec<usize>,
    label_column: Option<usize>,
    want_labels: bool,
) -> Result<Data, Failure> {
    let named = |column: &usize| table.names().map(|names| names[*column].clone());
    let feature_names = columns.iter().map(named).collect();
    let label_name = label_column.as_ref().and_then(named);
    let samples = table.samples(&columns, label_column.filter(|_| want_labels))?;
    Ok(Data { samples, columns, feature_names, label_column, label_name })
}

impl Data {
    pub(crate) fn labels(&self) -> &Labels {
        const NONE: &Labels =
            &Labels { classes: Vec::new(), of_row: Vec::new(), first_row: Vec::new() };
        self.samples.labels.as_ref().unwrap_or(NONE)
    }

    /// The number of samples.
    pub(crate) fn len(&self) -> usize {
        self.samples.lines.len()
    }

    /// The features of the sample in `row`.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        let n = self.columns.len();
        &self.samples.x[row * n..(row + 1) * n]
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
        let mut x = self.gather(rows);
        if let Some(standardization) = standardization {
            standardization.apply(&mut x);
        }
        let inputs: Vec<T> = x.iter().map(|&v| T::from_f64(v)).collect();
        match inputs.iter().position(|v| !v.is_finite()) {
            None => Ok(inputs),
            Some(at) => {
                let (row, feature) = (rows[at / self.columns.len()], at % self.columns.len());
                let problem = format!("{:?} is too large for {}", self.row(row)[feature], T::NAME);
                let place = self.samples.place(row, self.columns[feature]);
                Err(Failure::Cell { place, problem })
            }
        }
    }
}
