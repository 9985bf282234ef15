//! Arrays: NumPy's files, IDX files, and folders as MNIST comes in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shallownet::OwnedColumns;
use shallownet::io::table::Labels;
use shallownet::io::{DataError, DataProblem, idx, npy};
use shallownet::pipeline::RawColumn;

use super::names::Names;
use super::samples::{Data, Holds, Origin, Part, Targets, Want};
use crate::failure::Failure;

/// The names that samples and labels have in an archive, unless others are given.
const ARRAYS: [&str; 2] = ["x", "y"];

/// The names of MNIST's files, without the set's name before and a possible `.gz` after.
const MNIST: [&str; 2] = ["images-idx3-ubyte", "labels-idx1-ubyte"];

/// A `.npy` file, its labels in another.
pub(super) fn npy(x: &Path, labels: Option<&Path>, want: Want) -> Result<Data, Failure> {
    let targets = npy_targets(labels, want)?;
    let holds = npy_holds(x)?;
    let mut data = data((npy::load(x)?, holds), targets, x, labels)?;
    data.image = image(&npy::shape(x)?);
    Ok(data)
}

pub(super) fn npy_targets(labels: Option<&Path>, want: Want) -> Result<Targets, Failure> {
    Ok(match (want, labels) {
        (Want::Nothing, _) | (_, None) => Targets::None,
        (Want::Classes, Some(labels)) => named(npy::load_classes(labels)?),
        (Want::Values, Some(labels)) => values(npy::load(labels)?),
    })
}

pub(super) fn npy_holds(x: &Path) -> Result<Holds, Failure> {
    Ok(if npy::holds_bytes(x)? { Holds::Bytes } else { Holds::Numbers })
}

/// A `.npz` archive: the samples are its array of the first name, or `x`, the labels that of the
/// second, or `y`. The values of each may take `limit` bytes of memory, or as much as the library
/// allows.
pub(super) fn npz(
    path: &Path,
    [array, label]: [Option<&str>; 2],
    want: Want,
    limit: Option<u64>,
) -> Result<Data, Failure> {
    let mut archive = npy::npz::Archive::open(path)?;
    if let Some(limit) = limit {
        archive = archive.memory_limit(limit);
    }
    let (array, label) = (array.unwrap_or(ARRAYS[0]), label.unwrap_or(ARRAYS[1]));
    let of_samples = |error| unnamed(error, "--array names that of the samples");
    let of_labels = |error| unnamed(error, "--label names that of the labels");
    let shape = archive.shape(array).map_err(of_samples)?;
    let targets = match want {
        Want::Nothing => Targets::None,
        Want::Classes => named(archive.classes(label).map_err(of_labels)?),
        Want::Values => values(archive.columns(label).map_err(of_labels)?),
    };
    let place = PathBuf::from(format!("{}: {label}", path.display()));
    let holds = if archive.holds_bytes(array)? { Holds::Bytes } else { Holds::Numbers };
    let x = archive.columns(array).map_err(unpacked)?;
    let mut data = data((x, holds), targets, path, Some(&place))?;
    data.image = image(&shape);
    Ok(data)
}

/// Width and height, if an array's samples have two dimensions of more than one element: (m, h, w),
/// and with a channel of its own (m, h, w, 1) or (m, 1, h, w).
pub(super) fn image(shape: &[usize]) -> Option<(usize, usize)> {
    let sizes: Vec<usize> = shape.iter().skip(1).copied().filter(|&n| n > 1).collect();
    match sizes[..] {
        [height, width] if shape.len() > 2 => Some((width, height)),
        _ => None,
    }
}

/// An IDX file, its labels in another; `limit` as for archives.
pub(super) fn idx(
    x: &Path,
    labels: Option<&Path>,
    want: Want,
    limit: Option<u64>,
) -> Result<Data, Failure> {
    let targets = idx_targets(labels, want, limit)?;
    let reader = unscaled(idx::Reader::open(x)?, limit);
    let holds = if reader.holds_bytes() { Holds::Brightness } else { Holds::Numbers };
    let mut data = data((reader.columns().map_err(unpacked)?, holds), targets, x, labels)?;
    data.image = square(data.width);
    Ok(data)
}

/// Values to be predicted stand for themselves, and inputs are scaled as the model wants it.
pub(super) fn unscaled(reader: idx::Reader, limit: Option<u64>) -> idx::Reader {
    limit.into_iter().fold(reader.unscaled(), idx::Reader::memory_limit)
}

pub(super) fn idx_targets(
    labels: Option<&Path>,
    want: Want,
    limit: Option<u64>,
) -> Result<Targets, Failure> {
    Ok(match (want, labels) {
        (Want::Nothing, _) | (_, None) => Targets::None,
        // A label of an IDX file is 32 bits wide at most.
        (Want::Classes, Some(labels)) => {
            let labels = unscaled(idx::Reader::open(labels)?, limit).labels().map_err(unpacked)?;
            classes(labels.into_iter().map(|label| label as i64).collect())
        }
        (Want::Values, Some(labels)) => {
            values(unscaled(idx::Reader::open(labels)?, limit).columns().map_err(unpacked)?)
        }
    })
}

/// Images are usually square; the dimensions of other images are not kept.
pub(super) fn square(width: usize) -> Option<(usize, usize)> {
    let side = width.isqrt();
    (side > 1 && side * side == width).then_some((side, side))
}

/// For an archive without an array of that name, the option that gives another.
fn unnamed(error: DataError, option: &str) -> Failure {
    if !matches!(error.problem, DataProblem::NoArray { .. }) {
        return unpacked(error);
    }
    let problem = format!("{}; {option}", error.problem);
    Failure::File { file: error.file, problem }
}

/// A hint for files refused because they would take too much memory: the limit can be raised.
pub(super) fn unpacked(error: DataError) -> Failure {
    let is_limit = matches!(error.problem, DataProblem::Memory { .. });
    if !is_limit {
        return error.into();
    }
    let problem = format!("{}; --memory-limit MIB allows more", error.problem);
    Failure::File { file: error.file, problem }
}

/// A set (`train` or `t10k`) in a folder with MNIST's file names.
pub(super) fn folder(
    folder: &Path,
    set: &str,
    want: Want,
    limit: Option<u64>,
) -> Result<Data, Failure> {
    let [images, labels] = MNIST.map(|name| {
        let plain = folder.join(format!("{set}-{name}"));
        let gzipped = folder.join(format!("{set}-{name}.gz"));
        if !plain.exists() && gzipped.exists() { gzipped } else { plain }
    });
    idx(&images, Some(&labels), want, limit)
}

/// Whether a folder has such a set.
pub(super) fn has_set(folder: &Path, set: &str) -> bool {
    let image = format!("{set}-{}", MNIST[0]);
    folder.join(&image).exists() || folder.join(image + ".gz").exists()
}

fn data(
    (x, holds): (OwnedColumns<f64>, Holds),
    targets: Targets,
    path: &Path,
    labels: Option<&Path>,
) -> Result<Data, Failure> {
    let mut data = outline((x.samples(), x.features(), holds), targets, path, labels)?;
    (data.raw, data.part) = (x.into_vec(), None);
    Ok(data)
}

/// So many samples of so many features, of which none has been read.
pub(super) fn outline(
    (samples, width, holds): (usize, usize, Holds),
    targets: Targets,
    path: &Path,
    labels: Option<&Path>,
) -> Result<Data, Failure> {
    let show = |path: &Path| path.display().to_string();
    let labels = labels.map(show).unwrap_or_default();
    let given = match &targets {
        Targets::None => samples,
        Targets::Classes(labels) => labels.of_row.len(),
        Targets::Values { y, n_y } => y.len() / n_y,
    };
    if given != samples {
        let problem = format!("{given} labels: {} has {samples} samples", show(path));
        return Err(Failure::File { file: labels, problem });
    }
    if given == 0 {
        let problem = "no samples: expected at least one".to_owned();
        return Err(Failure::File { file: show(path), problem });
    }
    Ok(Data {
        width,
        kinds: vec![RawColumn::Number; width],
        weights: Vec::new(),
        raw: Vec::new(),
        part: Some(Part::unread(samples)),
        holds,
        inputs: None,
        targets,
        feature_names: None,
        label_name: None,
        image: None,
        origin: Origin::Arrays {
            x: Names::one(show(path)),
            labels: Names::one(labels),
            columns: (0..width).collect(),
        },
        is_built_in: false,
    })
}

fn values(y: OwnedColumns<f64>) -> Targets {
    let n_y = y.features();
    Targets::Values { y: y.into_vec(), n_y }
}

/// The labels of a NumPy array. Each is a text or a number of its own, so none is merged.
fn named(npy::Classes { names: classes, of_row, first_row }: npy::Classes) -> Targets {
    Targets::Classes(Labels { classes, of_row, first_row, merged: Vec::new() })
}

/// Whole numbers as classes, in their order.
fn classes(labels: Vec<i64>) -> Targets {
    let mut first = BTreeMap::new();
    for (row, &label) in labels.iter().enumerate() {
        first.entry(label).or_insert(row);
    }
    let index: BTreeMap<i64, usize> = first.keys().enumerate().map(|(k, &v)| (v, k)).collect();
    Targets::Classes(Labels {
        classes: first.keys().map(i64::to_string).collect(),
        of_row: labels.iter().map(|label| index[label]).collect(),
        first_row: first.into_values().collect(),
        merged: Vec::new(),
    })
}
