//! Samples of a file of numbers, read by seeking.

use core::fmt;
use core::ops::Range;
use std::fs::File;

use crate::Scalar;
use crate::error::Error;
use crate::io::blocks::{self, BUFFER, Promise, reserve};
use crate::io::bytes::Bytes;
use crate::io::element::Kind;
use crate::io::fault::{DataError, DataProblem};

/// A file whose samples are read in any order, with the memory for it.
pub(super) struct Rows<T> {
    place: Place,
    /// Bytes as they were read, and as numbers.
    read: Vec<u8>,
    values: Vec<T>,
    /// What a byte is as a value; for the other types, values stand for themselves.
    scale: Option<Box<[T; 256]>>,
}

/// Where a file's samples are.
pub(super) struct Place {
    pub(super) file: String,
    bytes: Bytes<File>,
    /// Where the data begins.
    start: u64,
    pub(super) promise: Promise,
}

impl<T> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Promise { samples, features, .. } = self.place.promise;
        write!(f, "Rows({}: {samples} samples of {features})", self.place.file)
    }
}

impl Place {
    /// `bytes` has come to the data.
    pub(super) fn new(file: String, bytes: Bytes<File>, promise: Promise) -> Self {
        Self { file, start: bytes.at, bytes, promise }
    }

    fn of_sample(&self) -> u64 {
        (self.promise.features * self.promise.element.kind.bytes()) as u64
    }

    /// To the first of some samples, all of which must be there, as must be room for their values.
    pub(super) fn seek(&mut self, samples: &Range<usize>) -> Result<(), DataProblem> {
        let before = self.promise.before(samples)?;
        self.bytes.seek_to(self.start.saturating_add(before))
    }

    /// Fills `buffer`; returns where its first byte is.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<u64, DataProblem> {
        let at = self.bytes.at;
        self.bytes.fill(buffer, "the data")?;
        Ok(at)
    }

    /// The same mistake, with the sample that it is in.
    pub(super) fn in_sample(&self, problem: DataProblem) -> DataError {
        let problem = match (problem, self.bytes.length_now()) {
            // It was looked for further on.
            (DataProblem::Truncated { at, what, missing }, Some(length)) if length < at => {
                DataProblem::Truncated { at: length, what, missing: at - length + missing }
            }
            (problem, _) => problem,
        };
        let (of_sample, features) = (self.of_sample().max(1), self.promise.features.max(1) as u64);
        let sample = match &problem {
            DataProblem::Truncated { at, .. } | DataProblem::ReadAt { at, .. } => {
                Some(at.saturating_sub(self.start) / of_sample)
            }
            DataProblem::NotFinite { index, .. } | DataProblem::Label { index, .. } => {
                Some(index / features)
            }
            _ => None,
        };
        match sample {
            Some(sample) => DataProblem::InSample { sample, problem: Box::new(problem) },
            None => problem,
        }
        .of(&self.file)
    }
}

impl<T: Scalar> Rows<T> {
    pub(super) fn new(
        file: String,
        bytes: Bytes<File>,
        promise: Promise,
    ) -> Result<Self, DataProblem> {
        let (mut read, mut values) = (Vec::new(), Vec::new());
        reserve(&mut read, BUFFER)?;
        read.resize(BUFFER, 0);
        reserve(&mut values, BUFFER / promise.element.kind.bytes())?;
        Ok(Self { place: Place::new(file, bytes, promise), read, values, scale: None })
    }

    /// Bytes 0 to 255 become 0 to 1.
    pub(super) fn scaled(mut self) -> Self {
        if self.place.promise.element.kind == Kind::U8 {
            self.scale = Some(blocks::brightness());
        }
        self
    }

    pub(super) fn unscaled(mut self) -> Self {
        self.scale = None;
        self
    }

    pub(super) fn samples(&self) -> usize {
        self.place.promise.samples
    }

    pub(super) fn features(&self) -> usize {
        self.place.promise.features
    }

    pub(super) fn file(&self) -> &str {
        &self.place.file
    }

    pub(super) fn bytes(&self) -> usize {
        let scale = if self.scale.is_some() { 256 } else { 0 };
        self.read.capacity() + (self.values.capacity() + scale) * size_of::<T>()
    }

    /// Samples that follow one another.
    pub(super) fn read(&mut self, samples: Range<usize>, out: &mut [T]) -> Result<(), DataError> {
        self.fill(samples, out).map_err(|problem| self.place.in_sample(problem))
    }

    fn fill(&mut self, samples: Range<usize>, out: &mut [T]) -> Result<(), DataProblem> {
        let Self { place, read, values, scale } = self;
        let (element, expected) = (place.promise.element, samples.len() * place.promise.features);
        if out.len() != expected {
            let (argument, given) = ("the memory for samples", out.len());
            return Err(Error::Length { argument, expected, given }.into());
        }
        place.seek(&samples)?;
        let size = element.kind.bytes();
        let mut index = (samples.start * place.promise.features) as u64;
        for out in out.chunks_mut(BUFFER / size) {
            let chunk = &mut read[..out.len() * size];
            let at = place.fill(chunk)?;
            values.clear();
            match scale {
                Some(scale) => values.extend(chunk.iter().map(|&b| scale[usize::from(b)])),
                None => element.append(chunk, values),
            }
            blocks::check_finite(element, values, chunk, (at, index))?;
            out.copy_from_slice(values);
            index += out.len() as u64;
        }
        Ok(())
    }
}
