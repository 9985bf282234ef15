//! Samples block by block, so that a file may be larger than memory.

use core::ops::Range;
use std::io::Read;

use super::bytes::Bytes;
use super::element::Element;
use super::fault::{DataError, DataProblem, shape_text};
use crate::data::owned::OwnedColumns;
use crate::{Error, Scalar};

/// Bytes read at once.
pub(super) const BUFFER: usize = 1 << 16;

/// The samples of a file, some at a time: an iterator of [`OwnedColumns`], the last of which may be
/// smaller. After an error it ends.
///
/// Memory: one block. See [`idx::blocks`](super::idx) and [`npy::blocks`](super::npy).
pub struct Blocks<T, R = Box<dyn Read + Send>> {
    file: String,
    bytes: Bytes<R>,
    element: Element,
    features: usize,
    left: usize,
    block: usize,
    /// What a byte is as a value; for the other types, values stand for themselves.
    scale: Option<Box<[T; 256]>>,
    /// Elements before the next.
    index: u64,
    /// Do the samples end before the file does?
    is_part: bool,
}

impl<T, R> core::fmt::Debug for Blocks<T, R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Blocks({}: {} samples of {} left)", self.file, self.left, self.features)
    }
}

/// The numbers of samples and features that a header states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promise {
    pub(super) samples: usize,
    pub(super) features: usize,
    pub(super) element: Element,
}

impl Promise {
    /// Checks a shape (the first number counts samples) against what the file can hold.
    pub(super) fn check<R: Read>(
        shape: &[u64],
        element: Element,
        bytes: &Bytes<R>,
    ) -> Result<Self, DataProblem> {
        let size = element.kind.bytes() as u64;
        let (samples, features) = check_size(shape, (element.kind.name(), size), bytes)?;
        Ok(Self { samples, features, element })
    }

    /// The bytes before the first of `rows`, all of which must be there.
    pub(super) fn before(&self, rows: &Range<usize>) -> Result<u64, DataProblem> {
        if rows.start > rows.end || rows.end > self.samples {
            let (argument, expected) = ("rows", "no more than the samples of the file");
            let given = rows.start.max(rows.end) as f64;
            return Err(Error::Range { argument, expected, given }.into());
        }
        // No overflow: as above.
        Ok((rows.start * self.features * self.element.kind.bytes()) as u64)
    }
}

/// The numbers of samples and features of a shape whose elements, of this name and size in bytes,
/// fill what is left of the file.
pub(super) fn check_size<R: Read>(
    shape: &[u64],
    (element, size): (&'static str, u64),
    bytes: &Bytes<R>,
) -> Result<(usize, usize), DataProblem> {
    let too_large = || DataProblem::TooLarge {
        at: bytes.at,
        shape: shape_text(shape),
        element,
        length: bytes.length.bytes(),
    };
    let product = |shape: &[u64]| shape.iter().try_fold(1_u64, |n, &d| n.checked_mul(d));
    let (samples, rest) = shape.split_first().unwrap_or((&1, &[]));
    let features = product(rest).ok_or_else(too_large)?;
    if features == 0 || *samples == 0 {
        let expected = "at least one sample of at least one feature";
        return Err(DataProblem::Shape { given: shape_text(shape), expected });
    }
    let size = product(&[*samples, features, size]);
    let (needed, room) = (size.ok_or_else(too_large)?, bytes.length.bytes());
    let end = needed.checked_add(bytes.at).ok_or_else(too_large)?;
    if end > room {
        return Err(too_large());
    }
    if bytes.length.is_exact() && end < room {
        return Err(DataProblem::Oversized { at: end });
    }
    let whole = |n: u64| usize::try_from(n).map_err(|_| too_large());
    Ok((whole(*samples)?, whole(features)?))
}

impl<T: Scalar, R: Read> Blocks<T, R> {
    pub(super) fn new(
        file: String,
        bytes: Bytes<R>,
        promise: Promise,
        block: usize,
    ) -> Result<Self, DataError> {
        if block == 0 {
            let zero = Error::Zero { argument: "samples of a block" };
            return Err(DataError { file, problem: zero.into() });
        }
        let Promise { samples: left, features, element } = promise;
        Ok(Self {
            file,
            bytes,
            element,
            features,
            left,
            block,
            scale: None,
            index: 0,
            is_part: false,
        })
    }

    /// Samples `rows` of a file, which `bytes` has come to.
    pub(super) fn part(
        file: String,
        bytes: Bytes<R>,
        (promise, rows): (Promise, Range<usize>),
        block: usize,
    ) -> Result<Self, DataError> {
        let mut blocks = Self::new(file, bytes, promise, block)?;
        blocks.is_part = rows.end < promise.samples;
        blocks.left = rows.len();
        // No overflow: the promise was checked, all its elements together.
        blocks.index = (rows.start * promise.features) as u64;
        Ok(blocks)
    }

    /// Bytes 0 to 255 become 0 to 1.
    #[cfg(feature = "idx")]
    pub(super) fn scaled(mut self) -> Self {
        if self.element.kind == super::element::Kind::U8 {
            self.scale = Some(brightness());
        }
        self
    }

    /// Values a sample.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Samples that are still to come.
    pub fn left(&self) -> usize {
        self.left
    }

    /// All that is left, at once.
    pub(super) fn all(mut self) -> Result<OwnedColumns<T>, DataError> {
        self.block = self.left;
        self.read().map_err(|problem| problem.of(&self.file))
    }

    fn read(&mut self) -> Result<OwnedColumns<T>, DataProblem> {
        let samples = self.block.min(self.left);
        // No overflow: the promise was checked, all its elements together.
        let mut missing = samples * self.features;
        self.bytes.check_memory::<T>(missing, 1)?;
        let mut values = Vec::new();
        if self.bytes.length.is_exact() {
            reserve(&mut values, missing)?;
        }
        let mut buffer = [0_u8; BUFFER];
        while missing > 0 {
            let count = missing.min(BUFFER / self.element.kind.bytes());
            let start = self.bytes.at;
            let chunk = &mut buffer[..count * self.element.kind.bytes()];
            self.bytes.fill(chunk, "the data")?;
            if values.capacity() - values.len() < count {
                // Compressed: memory grows with the data read, never past the size stated.
                let more = missing.min(count.max(values.len()));
                reserve(&mut values, more)?;
            }
            let first = values.len();
            match &self.scale {
                Some(scale) => values.extend(chunk.iter().map(|&b| scale[usize::from(b)])),
                None => self.element.append(chunk, &mut values),
            }
            check_finite(self.element, &values[first..], chunk, (start, self.index))?;
            self.index += count as u64;
            missing -= count;
        }
        self.left -= samples;
        if self.left == 0 && !self.is_part {
            self.bytes.end()?;
        }
        Ok(OwnedColumns::new(values, self.features)?)
    }
}

/// What bytes are as brightness.
pub(super) fn brightness<T: Scalar>() -> Box<[T; 256]> {
    Box::new(core::array::from_fn(|byte| T::from_f64(byte as f64 / 255.0)))
}

/// Refuses values of a chunk that are not finite; it begins at this offset, with the element of this
/// index.
pub(super) fn check_finite<T: Scalar>(
    element: Element,
    values: &[T],
    chunk: &[u8],
    (start, index): (u64, u64),
) -> Result<(), DataProblem> {
    if !element.kind.is_float() || values.iter().fold(true, |ok, v| ok & v.is_finite()) {
        return Ok(());
    }
    let at = values.iter().position(|v| !v.is_finite()).unwrap_or(0);
    let size = element.kind.bytes();
    Err(DataProblem::NotFinite {
        at: start + (at * size) as u64,
        index: index + at as u64,
        value: element.one(&chunk[at * size..(at + 1) * size]),
        element: T::NAME,
    })
}

impl<T: Scalar, R: Read> Iterator for Blocks<T, R> {
    type Item = Result<OwnedColumns<T>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let block = self.read().map_err(|problem| problem.of(&self.file));
        if block.is_err() {
            self.left = 0;
        }
        Some(block)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left.div_ceil(self.block)))
    }
}

/// The whole numbers of a file of one number a sample.
pub(super) fn integers<R: Read>(
    bytes: &mut Bytes<R>,
    promise: Promise,
) -> Result<Vec<i64>, DataProblem> {
    let (element, size) = (promise.element, promise.element.kind.bytes());
    bytes.check_memory::<i64>(promise.samples, 1)?;
    let (mut labels, mut read) = (Vec::new(), Vec::new());
    let mut buffer = [0_u8; BUFFER];
    while labels.len() < promise.samples {
        let count = (promise.samples - labels.len()).min(BUFFER / size);
        let start = bytes.at;
        bytes.fill(&mut buffer[..count * size], "the data")?;
        read.clear();
        element.append_integers(&buffer[..count * size], &mut read);
        reserve(&mut labels, count)?;
        for (i, label) in read.iter().enumerate() {
            let place = (start + (i * size) as u64, labels.len() as u64);
            labels.push(label_of(element, *label, &buffer[i * size..(i + 1) * size], place)?);
        }
    }
    bytes.end()?;
    Ok(labels)
}

/// A label as it was read from `bytes`, at this offset and of this index; refused if it is none.
pub(super) fn label_of(
    element: Element,
    label: Option<i64>,
    bytes: &[u8],
    (at, index): (u64, u64),
) -> Result<i64, DataProblem> {
    label.ok_or_else(|| {
        let value = match element.kind.is_float() {
            true => element.one(bytes).to_string(),
            false => "beyond the largest i64".to_owned(),
        };
        let (_, expected) = element.kind.whole();
        DataProblem::Label { at, index, value, expected }
    })
}

/// Room for this many more values, or an error.
pub(super) fn reserve<T>(values: &mut Vec<T>, more: usize) -> Result<(), DataProblem> {
    let bytes = more.saturating_mul(size_of::<T>());
    let refused = Error::OutOfMemory { what: "the samples of a file", bytes };
    // Exact for the first block of a plain file; else in powers of two.
    let room =
        if values.is_empty() { values.try_reserve_exact(more) } else { values.try_reserve(more) };
    room.map_err(|_| DataProblem::Refused(refused))
}
