//! Arrays out of bytes: those of a file of its own, or of one in an archive.

use core::ops::Range;
use std::io::Read;

use super::classes::Classes;
use super::header::{Header, NUMBERS, Values};
use crate::Scalar;
use crate::data::owned::OwnedColumns;
use crate::io::blocks::{self, Blocks, Promise, check_size, reserve};
use crate::io::bytes::Bytes;
use crate::io::element::Kind;
use crate::io::fault::{DataError, DataProblem, shape_text};

/// An array whose header has been read and fits the file.
pub(super) struct Array<R> {
    bytes: Bytes<R>,
    values: Values,
    samples: usize,
    features: usize,
    /// Samples first.
    shape: Vec<usize>,
    /// Feature after feature, instead of sample after sample.
    by_feature: bool,
}

impl<R: Read> Array<R> {
    pub(super) fn open(mut bytes: Bytes<R>) -> Result<Self, DataProblem> {
        let Header { values, fortran_order, shape } = Header::read(&mut bytes)?;
        if shape.is_empty() {
            let expected = "(samples, features), (samples, height, width) and so on, or (samples)";
            return Err(DataProblem::Shape { given: shape_text(&shape), expected });
        }
        let element = match values {
            Values::Numbers(element) => (element.kind.name(), element.kind.bytes() as u64),
            Values::Texts(texts) => ("texts", texts.bytes() as u64),
        };
        let (samples, features) = check_size(&shape, element, &bytes)?;
        // None of them is more than their product, which fits.
        let shape: Vec<usize> = shape.iter().map(|&n| n as usize).collect();
        // With one dimension alone, both orders are the same.
        let by_feature = fortran_order && shape.iter().filter(|&&n| n > 1).count() > 1;
        Ok(Self { bytes, values, samples, features, shape, by_feature })
    }

    pub(super) fn holds_bytes(&self) -> bool {
        matches!(self.values, Values::Numbers(element) if element.kind == Kind::U8)
    }

    pub(super) fn into_shape(self) -> Vec<usize> {
        self.shape
    }

    /// What is promised of an array of numbers.
    fn promise(&self) -> Result<Promise, DataProblem> {
        let Self { samples, features, .. } = *self;
        match self.values {
            Values::Numbers(element) => Ok(Promise { samples, features, element }),
            Values::Texts(texts) => {
                let given = texts.descr();
                Err(DataProblem::Element { given, expected: NUMBERS })
            }
        }
    }

    pub(super) fn blocks<T: Scalar>(
        self,
        file: String,
        n: usize,
    ) -> Result<Blocks<T, R>, DataError> {
        let promise = self.in_c_order().map_err(|problem| problem.of(&file))?;
        Blocks::new(file, self.bytes, promise, n)
    }

    /// What is promised of an array whose samples lie one after another.
    fn in_c_order(&self) -> Result<Promise, DataProblem> {
        let promise = self.promise()?;
        if self.by_feature {
            let given = "Fortran order: a sample's values are not side by side".to_owned();
            let expected = "C order, to read in blocks (np.ascontiguousarray gives it)";
            return Err(DataProblem::Element { given, expected });
        }
        Ok(promise)
    }

    pub(super) fn columns<T: Scalar>(self, file: String) -> Result<OwnedColumns<T>, DataError> {
        if !self.by_feature {
            return self.blocks(file, 1)?.all();
        }
        let promise = self.promise().map_err(|problem| problem.of(&file))?;
        let Promise { samples, features, .. } = promise;
        // While it is turned, memory holds it twice.
        let checked = self.bytes.check_memory::<T>(samples * features, 2);
        checked.map_err(|problem| problem.of(&file))?;
        let turned = Promise { samples: features, features: samples, ..promise };
        let rows = Blocks::<T, R>::new(file.clone(), self.bytes, turned, 1)?.all()?.into_vec();
        let place = Place::of(&self.shape);
        transposed(&rows, samples, features, &place).map_err(|problem| problem.of(&file))
    }

    pub(super) fn labels(mut self) -> Result<Vec<i64>, DataProblem> {
        self.check_labels()?;
        self.refuse_texts()?;
        let promise = self.promise()?;
        blocks::integers(&mut self.bytes, promise)
    }

    /// Labels that must be numbers.
    fn refuse_texts(&self) -> Result<(), DataProblem> {
        let Values::Texts(texts) = self.values else { return Ok(()) };
        let given = texts.descr();
        Err(DataProblem::Element { given, expected: "whole numbers, for labels" })
    }

    pub(super) fn classes(mut self) -> Result<Classes, DataProblem> {
        self.check_labels()?;
        match self.values {
            Values::Texts(texts) => Classes::of_texts(&mut self.bytes, texts, self.samples),
            Values::Numbers(_) => {
                // The numbers, and the class of each.
                self.bytes.check_memory::<i64>(self.samples, 2)?;
                let limit = self.bytes.memory_limit;
                Classes::of_numbers(&self.labels()?, limit)
            }
        }
    }

    fn check_labels(&self) -> Result<(), DataProblem> {
        if self.features == 1 {
            return Ok(());
        }
        let shape: Vec<u64> = self.shape.iter().map(|&n| n as u64).collect();
        let given = shape_text(&shape);
        Err(DataProblem::Shape { given, expected: "(samples), one label each" })
    }
}

impl Array<std::fs::File> {
    /// The file at its data, to be read in any order.
    pub(super) fn rows(self) -> Result<(Bytes<std::fs::File>, Promise), DataProblem> {
        let promise = self.in_c_order()?;
        Ok((self.bytes, promise))
    }

    /// The same of labels.
    pub(super) fn label_rows(self) -> Result<(Bytes<std::fs::File>, Promise), DataProblem> {
        self.check_labels()?;
        self.refuse_texts()?;
        self.rows()
    }

    /// Blocks of `n` of these samples.
    pub(super) fn part<T: Scalar>(
        mut self,
        file: String,
        rows: Range<usize>,
        n: usize,
    ) -> Result<Blocks<T>, DataError> {
        let at_rows = |array: &mut Self| {
            let promise = array.in_c_order()?;
            array.bytes.seek(promise.before(&rows)?)?;
            Ok(promise)
        };
        let promise = at_rows(&mut self).map_err(|problem: DataProblem| problem.of(&file))?;
        Blocks::part(file, self.bytes.boxed(), (promise, rows), n)
    }
}

/// Where, among a sample's values, those of an array in Fortran order belong: there the index of
/// the first of a sample's dimensions moves fastest, here that of the last.
struct Place {
    /// The sizes of a sample's dimensions; those of one alone change nothing.
    sizes: Vec<usize>,
}

impl Place {
    fn of(shape: &[usize]) -> Self {
        Self { sizes: shape.iter().skip(1).copied().filter(|&n| n > 1).collect() }
    }

    /// O(dimensions), of which at most 64 have more than one element.
    fn in_c_order(&self, mut feature: usize) -> usize {
        self.sizes.iter().fold(0, |place, &size| {
            let index = feature % size;
            feature /= size;
            place * size + index
        })
    }
}

/// Samples out of rows of features: in tiles, so that both sides stay in cache.
fn transposed<T: Scalar>(
    rows: &[T],
    samples: usize,
    features: usize,
    place: &Place,
) -> Result<OwnedColumns<T>, DataProblem> {
    const TILE: usize = 32;
    let mut data = Vec::new();
    reserve(&mut data, rows.len())?;
    data.resize(rows.len(), T::ZERO);
    for first in (0..samples).step_by(TILE) {
        let last = samples.min(first + TILE);
        for tile in (0..features).step_by(TILE) {
            for feature in tile..features.min(tile + TILE) {
                let row = &rows[feature * samples..(feature + 1) * samples];
                let place = place.in_c_order(feature);
                for sample in first..last {
                    data[sample * features + place] = row[sample];
                }
            }
        }
    }
    Ok(OwnedColumns::new(data, features)?)
}
