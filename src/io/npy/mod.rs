//! NumPy's arrays: `.npy` files, and in [`npz`] archives of them.
//!
//! An array of shape (m, n) is m samples of n features; one of shape (m) is m samples of one, one
//! of shape (m, h, w) m samples of h w features, in the order of `x.reshape(m, -1)`, and so on. Its
//! values are f2, f4, f8, integers of 1 to 8 bytes or bool, in either byte order, C or Fortran
//! order; they become the element type asked for, rounded to nearest. Labels may also be texts, as
//! in `<U5` and `|S5`. Versions 1 to 3 of the
//! [format](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html) are read, 1.0
//! is written.
//!
//! ```
//! use shallownet::Columns;
//! use shallownet::io::npy;
//!
//! # let folder = tempfile::tempdir()?;
//! let (x_file, y_file) = (folder.path().join("x.npy"), folder.path().join("y.npy"));
//! // Three samples of two features: in Python, an array of shape (3, 2).
//! npy::save(&x_file, Columns::new(&[0.0_f32, 0.1, 1.0, 1.1, 2.0, 2.1], 2)?)?;
//! npy::save_labels(&y_file, &[7, 0, 9])?;
//!
//! let x = npy::load::<f64>(&x_file)?;
//! assert_eq!((x.features(), x.samples()), (2, 3));
//! assert_eq!(npy::load_labels(&y_file)?, [7, 0, 9]);
//!
//! // A file larger than memory: two samples at a time.
//! for block in npy::blocks::<f32>(&x_file, 2)? {
//!     assert!(block?.samples() <= 2);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod classes;
mod header;
pub mod npz;
mod read;
#[cfg(test)]
mod tests;
mod texts;

use core::ops::Range;
use std::path::Path;

use super::blocks::{Blocks, Promise};
use super::bytes::{self, Bytes, Length};
use super::fault::{DataError, DataProblem};
use super::{atomic, display};
use crate::data::owned::OwnedColumns;
use crate::element::Element;
use crate::{Columns, Scalar};
pub use classes::Classes;
use header::Header;
use read::Array;

/// All samples of a file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// std::fs::write(&path, "1.0, 2.0")?;
/// let error = shallownet::io::npy::load::<f32>(&path).unwrap_err().to_string();
/// assert!(error.ends_with(
///     r#"x.npy: byte 0: "1.0, 2": expected "\x93NUMPY", which begins a .npy file"#
/// ));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// [`DataError`].
pub fn load<T: Scalar>(path: &Path) -> Result<OwnedColumns<T>, DataError> {
    open(path)?.columns(display(path))
}

/// The samples of a file in C order, `block` at a time.
///
/// # Errors
/// [`DataError`]: of the header at once, of the data by the iterator; Fortran order; a block of 0
/// samples.
pub fn blocks<T: Scalar>(path: &Path, block: usize) -> Result<Blocks<T>, DataError> {
    open(path)?.blocks(display(path), block)
}

/// [`blocks`] of some samples alone, counted from 0: what lies before them is not read.
///
/// ```
/// use shallownet::Columns;
/// use shallownet::io::npy;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// npy::save(&path, Columns::new(&[0.0_f32, 0.1, 1.0, 1.1, 2.0, 2.1], 2)?)?;
/// let block = npy::blocks_of::<f32>(&path, 1..3, 10)?.next().unwrap()?;
/// assert_eq!(block.into_vec(), [1.0, 1.1, 2.0, 2.1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`blocks`]; rows that the file does not have.
pub fn blocks_of<T: Scalar>(
    path: &Path,
    rows: Range<usize>,
    block: usize,
) -> Result<Blocks<T>, DataError> {
    let array = array(path).map_err(|problem| DataError::new(path, problem))?;
    array.part(display(path), rows, block)
}

fn array(path: &Path) -> Result<Array<std::fs::File>, DataProblem> {
    let file = |(file, length)| Bytes::new(file, Length::Exactly(length), length);
    bytes::open(path).map(file).and_then(Array::open)
}

/// A file at its data, to be read in any order.
pub(super) fn rows(path: &Path) -> Result<(Bytes<std::fs::File>, Promise), DataProblem> {
    array(path)?.rows()
}

/// The same of labels.
pub(super) fn label_rows(path: &Path) -> Result<(Bytes<std::fs::File>, Promise), DataProblem> {
    array(path)?.label_rows()
}

/// The labels of a file: one whole number a sample. A float stands for one if it is whole and so
/// small that no neighbour was rounded to it: below 2^11 in f2, 2^24 in f4, 2^53 in f8.
///
/// # Errors
/// [`DataError`]: more than one value a sample; texts, for which there is [`load_classes`]; a float
/// that stands for no whole number, a label of 2^63 or more.
pub fn load_labels(path: &Path) -> Result<Vec<i64>, DataError> {
    open(path)?.labels().map_err(|problem| DataError::new(path, problem))
}

/// The classes of a file of labels: whole numbers, as [`load_labels`] takes them, or texts
/// (`<U5`, and `|S5` in UTF-8). Texts are taken letter by letter.
///
/// ```
/// use shallownet::io::npy;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("y.npy");
/// npy::save_labels(&path, &[10, 9, 10])?;
/// let labels = npy::load_classes(&path)?;
/// assert_eq!(labels.names, ["9", "10"]);
/// assert_eq!(labels.of_row, [1, 0, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DataError`]: as [`load_labels`]; an empty text, or bytes that are no UTF-8.
pub fn load_classes(path: &Path) -> Result<Classes, DataError> {
    open(path)?.classes().map_err(|problem| DataError::new(path, problem))
}

/// An array's shape, samples first: (m, h, w) are m images of height h and width w.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("y.npy");
/// shallownet::io::npy::save_labels(&path, &[1, 0, 1])?;
/// assert_eq!(shallownet::io::npy::shape(&path)?, [3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DataError`], of the header.
pub fn shape(path: &Path) -> Result<Vec<usize>, DataError> {
    Ok(open(path)?.into_shape())
}

/// Are its values bytes (u8)? Then they are usually brightness. [`load`] does not scale them; how
/// they are scaled for a network belongs to the network: see [`Inputs`](super::Inputs).
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("y.npy");
/// shallownet::io::npy::save_labels(&path, &[1, 0])?;
/// assert!(!shallownet::io::npy::holds_bytes(&path)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DataError`], of the header.
pub fn holds_bytes(path: &Path) -> Result<bool, DataError> {
    Ok(open(path)?.holds_bytes())
}

/// Saves samples as an array of shape (m, n), completely or not at all.
///
/// # Errors
/// [`DataError`], if the file can't be written.
pub fn save<T: Scalar>(path: &Path, x: Columns<'_, T>) -> Result<(), DataError> {
    save_bytes(path, &columns_bytes(x))
}

/// Saves labels as an array of shape (m) of i8 (64 bits), completely or not at all.
///
/// # Errors
/// [`DataError`], if the file can't be written.
pub fn save_labels(path: &Path, labels: &[i64]) -> Result<(), DataError> {
    save_bytes(path, &labels_bytes(labels))
}

type File = Box<dyn std::io::Read + Send>;

fn open(path: &Path) -> Result<Array<File>, DataError> {
    let plain =
        |(file, length)| Bytes::new(Box::new(file) as File, Length::Exactly(length), length);
    let array = bytes::open(path).map(plain).and_then(Array::open);
    array.map_err(|problem| DataError::new(path, problem))
}

fn save_bytes(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    atomic::write(path, bytes).map_err(|error| DataError::unwritten(error, DataProblem::Write))
}

/// The whole file.
fn columns_bytes<T: Scalar>(x: Columns<'_, T>) -> Vec<u8> {
    let shape = [x.samples(), x.features()];
    if T::NAME == f32::NAME {
        let mut bytes = Header::bytes("<f4", &shape);
        // From f32 to f64 and back is exact.
        bytes.extend(x.as_slice().iter().flat_map(|v| (v.to_f64() as f32).to_le_bytes()));
        return bytes;
    }
    let mut bytes = Header::bytes("<f8", &shape);
    bytes.extend(x.as_slice().iter().flat_map(|v| v.to_f64().to_le_bytes()));
    bytes
}

fn labels_bytes(labels: &[i64]) -> Vec<u8> {
    let mut bytes = Header::bytes("<i8", &[labels.len()]);
    bytes.extend(labels.iter().flat_map(|label| label.to_le_bytes()));
    bytes
}
