//! CSV: which columns hold the features, which the label; and the built-in set.

use std::io::Read;
use std::path::Path;

use shallownet::Scalar;
use shallownet::io::model::Model;
use shallownet::io::table::{self, Header, Table};

use super::columns::Selection;
use super::dialect::Written;
use super::samples::{Data, Holds, Origin, Targets, Want};
use crate::failure::Failure;
use crate::say::Say;

/// The planar flower set: 400 points of two classes.
const PLANAR: &str = include_str!("../../../tests/data/planar.csv");

/// The weights, W1 and W2, that the published training began with.
const PLANAR_COURSE: &str = include_str!("../../../tests/data/planar_course.json");

/// The built-in set.
pub(crate) fn planar() -> Result<Data, Failure> {
    let table = Table::new("planar.csv (built in)", PLANAR.as_bytes(), Header::Present)?;
    let label = table.column("label")?;
    let columns = (0..table.width()).filter(|&column| column != label).collect();
    read(table, columns, Some(label), Want::Classes)?.scaled(None)
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

/// A file to learn from: every column but the label is a feature, or only the selected columns.
pub(super) fn training(
    path: &Path,
    written: Written,
    (label, selection): (&str, &Selection),
    want: Want,
    say: &Say,
) -> Result<Data, Failure> {
    let table = written.open(path, say)?;
    let label = table.column(label)?;
    let columns = selected(&table, selection, Some(label))?;
    if columns.is_empty() {
        let besides = match selection.given() {
            Some(option) => format!("besides the label that {option} leaves"),
            None => "besides the label".to_owned(),
        };
        let hint = table.other_delimiter().map_or(String::new(), |delimiter| {
            let name = delimiter.name();
            format!(": its first line has {name}s: perhaps --delimiter {name}")
        });
        let problem = format!("line {}: there is no column {besides}{hint}", table.first_line());
        return Err(Failure::File { file: table.file().to_owned(), problem });
    }
    read(table, columns, Some(label), want)?.with_two_classes()
}

fn selected<R: Read>(
    table: &Table<R>,
    selection: &Selection,
    label: Option<usize>,
) -> Result<Vec<usize>, Failure> {
    selection.columns(table.width(), label, |name| Ok(table.column(name)?))
}

/// A file to predict from: its columns are matched to the model's features by name, if both have
/// names, or else by their order, leaving out the label and columns that were not selected. The
/// labels are read if they are wanted.
pub(super) fn for_model<T: Scalar>(
    model: &Model<T>,
    path: &Path,
    written: Written,
    (label, selection): (Option<&str>, &Selection),
    want: Want,
    say: &Say,
) -> Result<Data, Failure> {
    let table = written.open(path, say)?;
    let label = label.map(|label| table.column(label)).transpose()?;
    let selected = selected(&table, selection, label)?;
    let columns = match (&model.features, table.names()) {
        (Some(features), Some(names)) => {
            let columns = by_name(&table, features, names)?;
            if let Some(option) = selection.given()
                && let Some(&column) =
                    columns.iter().find(|column| selected.binary_search(column).is_err())
            {
                let name = &names[column];
                let problem = format!("{option} leaves out {name:?}, which the model needs");
                return Err(Failure::File { file: table.file().to_owned(), problem });
            }
            columns
        }
        _ => selected,
    };
    let (given, expected) = (columns.len(), model.network.inputs());
    if given != expected {
        let line = table.first_line();
        let problem = format!("line {line}: {given} feature columns: the model takes {expected}");
        return Err(Failure::File { file: table.file().to_owned(), problem });
    }
    read(table, columns, label, want)
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

fn read<R: Read>(
    table: Table<R>,
    columns: Vec<usize>,
    label_column: Option<usize>,
    want: Want,
) -> Result<Data, Failure> {
    let named = |column: &usize| table.names().map(|names| names[*column].clone());
    let feature_names = columns.iter().map(named).collect();
    let label_name = label_column.as_ref().and_then(named);
    let n_x = columns.len();
    let mut samples = match (label_column, want) {
        (Some(value), Want::Values) => table.regression(&columns, &[value])?,
        (Some(classes), Want::Classes) => table.samples(&columns, Some(classes))?,
        _ => table.samples(&columns, None)?,
    };
    let (x, y) = (std::mem::take(&mut samples.x), std::mem::take(&mut samples.y));
    let targets = match samples.labels.take() {
        Some(labels) => Targets::Classes(labels),
        None if y.is_empty() => Targets::None,
        None => Targets::Values { y, n_y: 1 },
    };
    let origin = Origin::Table { samples, columns, label: label_column };
    let (holds, inputs) = (Holds::Numbers, None);
    let data =
        Data { x, holds, inputs, n_x, targets, feature_names, label_name, image: None, origin };
    Ok(data)
}
