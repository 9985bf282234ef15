//! A file of labels, as targets: 1 for a sample's own class, 0 for the others.

use core::fmt;
use core::ops::Range;
use std::collections::BTreeSet;
use std::fs::File;

use super::rows::Place;
use crate::Scalar;
use crate::error::Error;
use crate::io::blocks::{BUFFER, Promise, label_of, reserve};
use crate::io::bytes::Bytes;
use crate::io::fault::{DataError, DataProblem};

/// More different labels are no classes that a network of this kind has outputs for.
const MOST_CLASSES: usize = 1 << 16;

/// A file of labels that is read in any order, with the memory for it.
pub(super) struct OneHot<T> {
    place: Place,
    /// In the order of their values.
    classes: Vec<i64>,
    read: Vec<u8>,
    labels: Vec<Option<i64>>,
    element: core::marker::PhantomData<T>,
}

impl<T> fmt::Debug for OneHot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (samples, classes) = (self.place.promise.samples, self.classes.len());
        write!(f, "OneHot({}: {samples} labels of {classes} classes)", self.place.file)
    }
}

impl<T: Scalar> OneHot<T> {
    /// Reads all labels once. `bytes` has come to them.
    pub(super) fn new(
        file: String,
        bytes: Bytes<File>,
        promise: Promise,
    ) -> Result<Self, DataError> {
        let (mut read, mut labels, place) =
            (Vec::new(), Vec::new(), Place::new(file, bytes, promise));
        let count = BUFFER / promise.element.kind.bytes();
        let room = reserve(&mut read, BUFFER).and_then(|()| reserve(&mut labels, count));
        room.map_err(|problem| problem.of(&place.file))?;
        read.resize(BUFFER, 0);
        let (classes, element) = (Vec::new(), core::marker::PhantomData);
        let mut one_hot = Self { place, classes, read, labels, element };
        let mut met = BTreeSet::new();
        let found = one_hot.each(0..promise.samples, |_, (at, index), label| {
            if met.insert(label) && met.len() > MOST_CLASSES {
                let (value, expected) =
                    (label.to_string(), "one of at most 65,536 different labels");
                return Err(DataProblem::Label { at, index, value, expected });
            }
            Ok(())
        });
        found.map_err(|problem| one_hot.place.in_sample(problem))?;
        one_hot.classes = met.into_iter().collect();
        Ok(one_hot)
    }

    pub(super) fn classes(&self) -> &[i64] {
        &self.classes
    }

    pub(super) fn samples(&self) -> usize {
        self.place.promise.samples
    }

    pub(super) fn file(&self) -> &str {
        &self.place.file
    }

    pub(super) fn bytes(&self) -> usize {
        let labels = self.labels.capacity() * size_of::<Option<i64>>();
        self.read.capacity() + labels + self.classes.capacity() * size_of::<i64>()
    }

    /// The targets of samples that follow one another.
    pub(super) fn read(&mut self, samples: Range<usize>, y: &mut [T]) -> Result<(), DataError> {
        let (first, count) = (samples.start, self.classes.len());
        let (expected, given) = (samples.len() * count, y.len());
        if given != expected {
            let refused = Error::Length { argument: "the memory for targets", expected, given };
            return Err(DataProblem::from(refused).of(&self.place.file));
        }
        y.fill(T::ZERO);
        let read = self.each(samples, |classes, (at, index), label| {
            let Ok(class) = classes.binary_search(&label) else {
                let (value, expected) = (label.to_string(), "a label that was there at the start");
                return Err(DataProblem::Label { at, index, value, expected });
            };
            y[(index as usize - first) * count + class] = T::ONE;
            Ok(())
        });
        read.map_err(|problem| self.place.in_sample(problem))
    }

    /// Calls `on` with each label: the classes so far, where it is (its offset, its index), its value.
    fn each(
        &mut self,
        samples: Range<usize>,
        mut on: impl FnMut(&[i64], (u64, u64), i64) -> Result<(), DataProblem>,
    ) -> Result<(), DataProblem> {
        let Self { place, classes, read, labels, .. } = self;
        place.seek(&samples)?;
        let (element, size) = (place.promise.element, place.promise.element.kind.bytes());
        let mut next = samples.start;
        while next < samples.end {
            let chunk = &mut read[..(samples.end - next).min(BUFFER / size) * size];
            let start = place.fill(chunk)?;
            labels.clear();
            element.append_integers(chunk, labels);
            for (i, (label, bytes)) in labels.iter().zip(chunk.chunks_exact(size)).enumerate() {
                let place = (start + (i * size) as u64, (next + i) as u64);
                on(classes, place, label_of(element, *label, bytes, place)?)?;
            }
            next += labels.len();
        }
        Ok(())
    }
}
