//! IDX, the format of the MNIST files, plain or gzipped.
//!
//! Two zero bytes, a byte for the element type (8 u8, 9 i8, 11 i16, 12 i32, 13 f32, 14 f64), a
//! byte for the number of dimensions, each dimension as a big-endian u32, then the values,
//! big-endian, the last dimension contiguous
//! ([description](http://yann.lecun.com/exdb/mnist/)). The first dimension counts samples; the
//! others together are one sample's features, so that a 28 x 28 image is 784 features, row by row.
//!
//! **Scaling.** u8 is read as brightness: 0 to 255 become v / 255, in 0 to 1, rounded once. The
//! other types stand for themselves. [`Reader::unscaled`] leaves bytes as they are; what was done
//! to the samples that a model learned from belongs to the model ([`Inputs`](super::Inputs)).
//!
//! A file that begins as gzip (1f 8b) is unpacked on the way, whatever its name: one member or
//! more, and zeros behind them, as the program `gzip` takes them.
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

use core::ops::Range;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use super::blocks::{self, Blocks, Promise};
use super::bytes::{self, Bytes, Length};
use super::display;
use super::element::{Element, Kind};
use super::fault::{DataError, DataProblem, shape_text};
use super::gzip::{self, Gzip};
use crate::data::owned::OwnedColumns;
use crate::{Error, Scalar};

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
    Reader::open(path)?.columns()
}

/// The samples of a file, `block` at a time.
///
/// # Errors
/// [`DataError`]: of the header at once, of the data by the iterator; a block of 0 samples.
pub fn blocks<T: Scalar>(path: &Path, block: usize) -> Result<Blocks<T>, DataError> {
    Reader::open(path)?.blocks(block)
}

/// The classes of a label file: one whole number a sample, from 0.
///
/// # Errors
/// [`DataError`]: more than one dimension, a float type, a label below 0.
pub fn load_labels(path: &Path) -> Result<Vec<usize>, DataError> {
    Reader::open(path)?.labels()
}

/// A file whose header has been read, and choices of how the rest is read.
///
/// ```
/// use shallownet::io::idx::Reader;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("images");
/// std::fs::write(&path, [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 51, 255])?;
/// let reader = Reader::open(&path)?;
/// assert!(reader.holds_bytes());
/// assert_eq!(reader.columns::<f32>()?.into_vec(), [0.2, 1.0]);
/// assert_eq!(Reader::open(&path)?.unscaled().columns::<f32>()?.into_vec(), [51.0, 255.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader {
    file: String,
    bytes: Bytes<Box<dyn Read + Send>>,
    promise: Promise,
    /// Which samples.
    rows: Range<usize>,
    is_scaled: bool,
}

impl core::fmt::Debug for Reader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (samples, features) = (self.rows.len(), self.promise.features);
        write!(f, "Reader({}: {samples} samples of {features})", self.file)
    }
}

impl Reader {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn open(path: &Path) -> Result<Self, DataError> {
        Self::of(path, None)
    }

    /// [`open`](Self::open) for some samples alone, counted from 0: what lies before them is not read,
    /// unless the file is gzipped.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("images");
    /// std::fs::write(&path, [0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 1, 51, 102, 255])?;
    /// let reader = shallownet::io::idx::Reader::open_rows(&path, 1..3)?;
    /// assert_eq!(reader.columns::<f32>()?.into_vec(), [0.4, 1.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open); rows that the file does not have.
    pub fn open_rows(path: &Path, rows: Range<usize>) -> Result<Self, DataError> {
        Self::of(path, Some(rows))
    }

    fn of(path: &Path, rows: Option<Range<usize>>) -> Result<Self, DataError> {
        let file = display(path);
        match open(path, rows) {
            Ok((bytes, promise, rows)) => Ok(Self { file, bytes, promise, rows, is_scaled: true }),
            Err(problem) => Err(problem.of(&file)),
        }
    }

    /// The number of samples in the file, and of features a sample.
    pub fn shape(&self) -> (usize, usize) {
        (self.promise.samples, self.promise.features)
    }

    /// Are its values bytes (u8)? Then they are divided by 255, unless it is to be
    /// [`unscaled`](Self::unscaled).
    pub fn holds_bytes(&self) -> bool {
        self.promise.element.kind == Kind::U8
    }

    /// Bytes as they are: 0 to 255.
    pub fn unscaled(mut self) -> Self {
        self.is_scaled = false;
        self
    }

    /// The bytes of memory that the values may take (those of a block, if the file is read in
    /// blocks); larger files are refused. Default: 64 times the file's length, or 256 MiB if that
    /// is more, which only a gzipped file can reach.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("images");
    /// std::fs::write(&path, [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 51, 255])?;
    /// let reader = shallownet::io::idx::Reader::open(&path)?.memory_limit(15);
    /// let error = reader.columns::<f64>().unwrap_err().to_string();
    /// assert!(error.ends_with("its values would take 16 bytes of memory: the limit is 15"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.bytes.memory_limit = bytes;
        self
    }

    /// All samples.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn columns<T: Scalar>(self) -> Result<OwnedColumns<T>, DataError> {
        self.blocks(1)?.all()
    }

    /// The samples, `block` at a time.
    ///
    /// # Errors
    /// [`DataError`]: a block of 0 samples; of the data, by the iterator.
    pub fn blocks<T: Scalar>(self, block: usize) -> Result<Blocks<T>, DataError> {
        let part = (self.promise, self.rows);
        let blocks = Blocks::part(self.file, self.bytes, part, block)?;
        Ok(if self.is_scaled { blocks.scaled() } else { blocks })
    }

    /// The classes of a label file.
    ///
    /// # Errors
    /// As [`load_labels`].
    pub fn labels(self) -> Result<Vec<usize>, DataError> {
        let Self { file, bytes, promise, rows, .. } = self;
        if rows.len() < promise.samples {
            let (argument, expected) = ("rows", "all samples, for labels");
            let refused = Error::Range { argument, expected, given: rows.len() as f64 };
            return Err(DataProblem::from(refused).of(&file));
        }
        labels(bytes, promise).map_err(|problem| problem.of(&file))
    }
}

fn labels(
    mut bytes: Bytes<Box<dyn Read + Send>>,
    promise: Promise,
) -> Result<Vec<usize>, DataProblem> {
    check_labels(promise)?;
    let (data, size) = (bytes.at, promise.element.kind.bytes() as u64);
    let labels = blocks::integers(&mut bytes, promise)?;
    let class = |(index, label): (usize, i64)| {
        usize::try_from(label).map_err(|_| {
            let (index, value) = (index as u64, label.to_string());
            DataProblem::Label { at: data + index * size, index, value, expected: "0 or more" }
        })
    };
    labels.into_iter().enumerate().map(class).collect()
}

fn check_labels(promise: Promise) -> Result<(), DataProblem> {
    if promise.features != 1 {
        let given = shape_text(&[promise.samples as u64, promise.features as u64]);
        return Err(DataProblem::Shape { given, expected: "one label a sample" });
    }
    if promise.element.kind.is_float() {
        let given = promise.element.kind.name().to_owned();
        return Err(DataProblem::Element { given, expected: "whole numbers, for labels" });
    }
    Ok(())
}

/// A file at its data, to be read in any order.
pub(super) fn rows(path: &Path) -> Result<(Bytes<File>, Promise), DataProblem> {
    let (mut file, length) = bytes::open(path)?;
    if is_gzip(&mut file, length)? {
        let (given, expected) =
            ("gzip".to_owned(), "an unpacked file, to read samples in any order");
        return Err(DataProblem::Format { at: 0, given, expected });
    }
    let mut bytes = Bytes::new(file, Length::Exactly(length), length);
    let promise = header(&mut bytes)?;
    Ok((bytes, promise))
}

/// The same of labels.
pub(super) fn label_rows(path: &Path) -> Result<(Bytes<File>, Promise), DataProblem> {
    let (bytes, promise) = rows(path)?;
    check_labels(promise)?;
    Ok((bytes, promise))
}

/// Does a file begin as gzip? It is at its beginning before and after.
fn is_gzip(file: &mut File, length: u64) -> Result<bool, DataProblem> {
    let mut start = [0; 2];
    let is_gzip = length >= 2 && file.read_exact(&mut start).is_ok() && start == gzip::MAGIC;
    file.rewind().map_err(DataProblem::Read)?;
    Ok(is_gzip)
}

type Opened = (Bytes<Box<dyn Read + Send>>, Promise, Range<usize>);

/// At the first of `rows`, or of all samples.
fn open(path: &Path, rows: Option<Range<usize>>) -> Result<Opened, DataProblem> {
    let (mut file, length) = bytes::open(path)?;
    let is_gzip = is_gzip(&mut file, length)?;
    let rows = |promise: Promise| {
        let rows = rows.unwrap_or(0..promise.samples);
        promise.before(&rows).map(|before| (rows, before))
    };
    if is_gzip {
        let unpacked = Gzip::new(std::io::BufReader::new(file));
        let mut bytes = Bytes::new(unpacked, Length::deflated(length), length);
        let promise = header(&mut bytes)?;
        let (rows, before) = rows(promise)?;
        bytes.pass(before)?;
        return Ok((bytes.boxed(), promise, rows));
    }
    let mut bytes = Bytes::new(file, Length::Exactly(length), length);
    let promise = header(&mut bytes)?;
    let (rows, before) = rows(promise)?;
    if before > 0 {
        bytes.seek(before)?;
    }
    Ok((bytes.boxed(), promise, rows))
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
