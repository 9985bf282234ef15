//! IDX, the format of the MNIST files, plain or gzipped.
//!
//! Two zero bytes, a byte for the element type (8 u8, 9 i8, 11 i16, 12 i32, 13 f32, 14 f64), a
//! byte for the number of dimensions, each dimension as a big-endian u32, then the values,
//! big-endian, the last dimension contiguous
//! ([description](http://yann.lecun.com/exdb/mnist/)). The first dimension counts samples; the
//! others together are one sample's features, so that a 28 x 28 image is 784 features, row by row.
//!
//! **Scaling.** u8 is taken for brightness: 0 to 255 become v / 255, in 0 to 1, rounded once. The
//! other types stand for themselves.
//!
//! A file that begins as gzip (1f 8b) is unpacked on the way, whatever its name.
//!
//! ```
//! use shallownet::io::idx;
//!
//! # let folder = tempfile::tempdir()?;
//! let (images, labels) = (folder.path().join("images"), folder.path().join("labels"));
//! // Three images of 1 x 2 pixels, and their digits.
//! std::fs::write(&images, [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 51, 0, 255, 255])?;
//! std::fs::write(&labels, [0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9])?;
//!
//! let x = idx::load::<f32>(&images)?;
//! assert_eq!((x.features(), x.samples()), (2, 3));
//! assert_eq!(x.columns().column(1), Some(&[0.2, 0.0][..]));
//! assert_eq!(idx::load_labels(&labels)?, [7, 0, 9]);
//!
//! // A file larger than memory: two samples at a time.
//! for block in idx::blocks::<f32>(&images, 2)? {
//!     let block = block?;
//!     assert!(block.samples() <= 2);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::io::{Read, Seek};
use std::path::Path;

use super::blocks::{self, Blocks, Promise};
use super::bytes::{self, Bytes, Length};
use super::display;
use super::element::{Element, Kind};
use super::fault::{DataError, DataProblem, shape_text};
use super::owned::OwnedColumns;
use crate::Scalar;

/// All samples of a file. 60,000 MNIST images take 0.18 GB as f32.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("images");
/// std::fs::write(&path, [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3])?;
/// let error = shallownet::io::idx::load::<f32>(&path).unwrap_err().to_string();
/// assert!(error.ends_with(
///     "byte 12: the header promises 2 x 2 values of u8: \
///      there is no room for them in a file of 15 bytes"
/// ));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// [`DataError`].
pub fn load<T: Scalar>(path: &Path) -> Result<OwnedColumns<T>, DataError> {
    blocks(path, 1)?.all()
}

/// The samples of a file, `block` at a time.
///
/// # Errors
/// [`DataError`]: of the header at once, of the data by the iterator; a block of 0 samples.
pub fn blocks<T: Scalar>(path: &Path, block: usize) -> Result<Blocks<T>, DataError> {
    let file = display(path);
    let (bytes, promise) = open(path).map_err(|problem| problem.of(&file))?;
    Ok(Blocks::new(file, bytes, promise, block)?.scaled())
}

/// The classes of a label file: one whole number a sample, from 0.
///
/// # Errors
/// [`DataError`]: more than one dimension, a float type, a label below 0.
pub fn load_labels(path: &Path) -> Result<Vec<usize>, DataError> {
    try_labels(path).map_err(|problem| problem.of(&display(path)))
}

fn try_labels(path: &Path) -> Result<Vec<usize>, DataProblem> {
    let (mut bytes, promise) = open(path)?;
    if promise.features != 1 {
        let given = shape_text(&[promise.samples as u64, promise.features as u64]);
        return Err(DataProblem::Shape { given, expected: "one label a sample" });
    }
    if promise.element.kind.is_float() {
        let given = promise.element.kind.name().to_owned();
        return Err(DataProblem::Element { given, expected: "whole numbers, for labels" });
    }
    let (data, size) = (bytes.at, promise.element.kind.bytes() as u64);
    let labels = blocks::integers(&mut bytes, promise)?;
    let class = |(index, label): (usize, i64)| {
        let (index, value) = (index as u64, label.to_string());
        let refused =
            DataProblem::Label { at: data + index * size, index, value, expected: "0 or more" };
        usize::try_from(label).map_err(|_| refused)
    };
    labels.into_iter().enumerate().map(class).collect()
}

type Opened = (Bytes<Box<dyn Read + Send>>, Promise);

fn open(path: &Path) -> Result<Opened, DataProblem> {
    let (mut file, length) = bytes::open(path)?;
    let mut start = [0; 2];
    let is_gzip = length >= 2 && file.read_exact(&mut start).is_ok() && start == [0x1f, 0x8b];
    file.rewind().map_err(DataProblem::Read)?;
    let mut bytes: Bytes<Box<dyn Read + Send>> = if is_gzip {
        let unpacked = flate2::read::MultiGzDecoder::new(std::io::BufReader::new(file));
        Bytes::new(Box::new(unpacked), Length::deflated(length))
    } else {
        Bytes::new(Box::new(file), Length::Exactly(length))
    };
    let promise = header(&mut bytes)?;
    Ok((bytes, promise))
}

fn header<R: Read>(bytes: &mut Bytes<R>) -> Result<Promise, DataProblem> {
    let format = |at, given, expected| DataProblem::Format { at, given, expected };
    let [zero, zero_too, kind, dimensions] = bytes.array("the header")?;
    if [zero, zero_too] != [0, 0] {
        let given = format!("{zero:#04x} {zero_too:#04x}");
        return Err(format(0, given, "two zero bytes, which begin an IDX file"));
    }
    let kind = match kind {
        8 => Kind::U8,
        9 => Kind::I8,
        11 => Kind::I16,
        12 => Kind::I32,
        13 => Kind::F32,
        14 => Kind::F64,
        other => {
            let expected = "an element type: 8, 9, 11, 12, 13 or 14";
            return Err(format(2, other.to_string(), expected));
        }
    };
    if dimensions == 0 {
        return Err(format(3, "0 dimensions".to_owned(), "at least one"));
    }
    let mut shape = Vec::new();
    for _ in 0..dimensions {
        shape.push(u64::from(u32::from_be_bytes(bytes.array("the header")?)));
    }
    Promise::check(&shape, Element { kind, big_endian: true }, bytes)
}

#[cfg(test)]
mod tests;
