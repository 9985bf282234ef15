//! CSV: which columns hold the features, which the label; and the built-in set.

use std::io::Read;
use std::path::PathBuf;

use shallownet::Scalar;
use shallownet::io::model::Model;
use shallownet::io::table::{self, Cells, Header, MissingCells, Table, Wanted};
use shallownet::pipeline::{Column, RawColumn};

use super::columns::Selection;
use super::dialect::Written;
use super::learning::Learning;
use super::samples::{Data, Holds, Origin, Targets, Want};
use crate::failure::Failure;
use crate::say::Say;

/// The planar flower set: 400 points of two classes.
const PLANAR: &str = include_str!("../../../tests/data/planar.csv");

/// The weights, W1 and W2, that the published training began with.
const PLANAR_COURSE: &str = include_str!("../../../tests/data/planar_course.json");

/// The built-in set.
pub(crate) fn planar(say: &Say) -> Result<Data, Failure> {
    let table = Table::new("planar.csv (built in)", PLANAR.as_bytes(), Header::Present)?;
    let label = table.column("label")?;
    let features = (0..table.width()).filter(|&column| column != label);
    let features: Vec<_> = features.map(|column| (column, Cells::Numbers)).collect();
    let wanted = Wanted { features: &features, label: Some(label), ..Wanted::default() };
    let mut data = read((table, std::iter::empty()), &wanted, say)?.scaled(None)?;
    data.is_built_in = true;
    Ok(data)
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

/// The columns (from 0) to learn from.
pub(super) struct Chosen {
    pub(super) features: Vec<usize>,
    pub(super) label: usize,
    pub(super) weights: Option<usize>,
    /// Features whose cells are texts, whatever they look like.
    pub(super) texts: Vec<usize>,
}

/// Every column but the label (and that of the weights) is a feature, or only the selected columns.
pub(super) fn chosen<R: Read>(
    table: &Table<R>,
    (label, selection): (&str, &Selection),
    learning: &Learning,
) -> Result<Chosen, Failure> {
    let label = table.column(label)?;
    let weights = learning.weights.as_ref().map(|name| table.column(name)).transpose()?;
    if weights == Some(label) {
        return Err(Failure::Arguments("--weights: it is the label".to_owned()));
    }
    let mut columns = selected(table, selection, Some(label))?;
    columns.retain(|column| Some(*column) != weights);
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
    Ok(Chosen { features: columns, label, weights, texts: learning.columns(table)? })
}

/// Files to learn from.
pub(super) fn training(
    files: &[PathBuf],
    written: Written,
    columns: (&str, &Selection),
    learning: &Learning,
    say: &Say,
) -> Result<Data, Failure> {
    let table = written.open_first(files, say)?;
    let Chosen { features, label, weights, texts } = chosen(&table, columns, learning)?;
    let cells = |column: usize| match texts.contains(&column) {
        true => (column, Cells::Texts),
        false => (column, Cells::Any),
    };
    let features: Vec<_> = features.into_iter().map(cells).collect();
    let targets = [label];
    let (label, targets) = match learning.want() {
        Want::Values => (None, &targets[..]),
        _ => (Some(label), &[][..]),
    };
    let most_categories = learning.most_categories;
    let wanted = Wanted {
        features: &features,
        label,
        targets,
        weights,
        most_categories,
        ..Wanted::default()
    };
    read((table, written.others(files)), &wanted, say)?.with_two_classes()
}

fn selected<R: Read>(
    table: &Table<R>,
    selection: &Selection,
    label: Option<usize>,
) -> Result<Vec<usize>, Failure> {
    selection.columns(table.width(), label, |name| Ok(table.column(name)?))
}

/// A file to predict from: its columns are matched to the model's by name, if both have names, or
/// else by their order, leaving out the label and columns that were not selected. The labels are
/// read if they are wanted.
pub(super) fn for_model<T: Scalar>(
    model: &Model<T>,
    files: &[PathBuf],
    written: Written,
    (label, selection): (Option<&str>, &Selection),
    want: Want,
    say: &Say,
) -> Result<Data, Failure> {
    let table = written.open_first(files, say)?;
    let label = label.map(|label| table.column(label)).transpose()?;
    let selected = selected(&table, selection, label)?;
    let pipeline = &model.pipeline;
    let columns = match (&pipeline.features, table.names()) {
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
    let (given, expected) = (columns.len(), pipeline.raw_columns(model.network.inputs()));
    if given != expected {
        let line = table.first_line();
        let problem = format!("line {line}: {given} feature columns: the model takes {expected}");
        return Err(Failure::File { file: table.file().to_owned(), problem });
    }
    let texts: Vec<Vec<String>> =
        pipeline.columns.iter().map(|column| column.texts().map(str::to_owned).collect()).collect();
    let cells = |(k, column): (usize, usize)| match pipeline.columns.get(k) {
        Some(Column::Category { .. }) => (column, Cells::Among(&texts[k])),
        _ => (column, Cells::Numbers),
    };
    let features: Vec<_> = columns.into_iter().enumerate().map(cells).collect();
    let targets: Vec<usize> = label.into_iter().filter(|_| want == Want::Values).collect();
    let label = label.filter(|_| want == Want::Classes);
    let missing = match pipeline.columns.is_empty() {
        true => MissingCells::Refused,
        false => MissingCells::Allowed,
    };
    let wanted =
        Wanted { features: &features, label, targets: &targets, missing, ..Wanted::default() };
    let mut data = read((table, written.others(files)), &wanted, say)?;
    // The codes are the model's, and need no lists.
    data.kinds.clear();
    Ok(data)
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

/// What a column with these categories, or none, holds.
pub(super) fn kind_of(texts: Option<Vec<String>>) -> RawColumn {
    texts.map_or(RawColumn::Number, RawColumn::Category)
}

/// The samples of a table, and of others behind it.
fn read<R: Read>(
    (table, others): (Table<R>, impl Iterator<Item = Result<Table<R>, table::Error>>),
    wanted: &Wanted<'_>,
    say: &Say,
) -> Result<Data, Failure> {
    let columns: Vec<usize> = wanted.features.iter().map(|(column, _)| *column).collect();
    let label_column = wanted.label.or(wanted.targets.first().copied());
    let named = |column: &usize| table.names().map(|names| names[*column].clone());
    let feature_names = columns.iter().map(named).collect();
    let label_name = label_column.as_ref().and_then(named);
    let known = table.dialect();
    let mut records = Table::records_of(std::iter::once(Ok(table)).chain(others), wanted)?;
    if records.dialect != known && !records.dialect.is_plain() {
        // Further down there were numbers that tell more than the beginning.
        say.note(format_args!("{}: {}", records.place(0, 0).file, records.dialect));
    }
    let (raw, y) = (std::mem::take(&mut records.x), std::mem::take(&mut records.y));
    let kinds = std::mem::take(&mut records.categories).into_iter().map(kind_of).collect();
    let weights = std::mem::take(&mut records.weights);
    let targets = match records.labels.take() {
        Some(labels) => Targets::Classes(labels),
        None if y.is_empty() => Targets::None,
        None => Targets::Values { y, n_y: 1 },
    };
    Ok(Data {
        raw,
        part: None,
        width: columns.len(),
        kinds,
        weights,
        holds: Holds::Numbers,
        inputs: None,
        targets,
        feature_names,
        label_name,
        image: None,
        origin: Origin::Table { records: Box::new(records), columns, label: label_column },
        is_built_in: false,
    })
}
