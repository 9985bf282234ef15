//! Arrays out of bytes: those of a file of its own, or of one in an archive.

use std::io::Read;

use super::header::Header;
use crate::Scalar;
use crate::data::owned::OwnedColumns;
use crate::io::blocks::{self, Blocks, Promise, reserve};
use crate::io::bytes::Bytes;
use crate::io::element::Kind;
use crate::io::fault::{DataError, DataProblem, shape_text};

/// An array whose header has been read and fits the file.
pub(super) struct Array<R> {
    bytes: Bytes<R>,
    promise: Promise,
    /// Feature after feature, instead of sample after sample.
    by_feature: bool,
}

impl<R: Read> Array<R> {
    pub(super) fn open(mut bytes: Bytes<R>) -> Result<Self, DataProblem> {
        let header = Header::read(&mut bytes)?;
        if !matches!(header.shape.len(), 1 | 2) {
            let expected = "(samples, features), or (samples) for one value each";
            return Err(DataProblem::Shape { given: shape_text(&header.shape), expected });
        }
        let promise = Promise::check(&header.shape, header.element, &bytes)?;
        let is_line = promise.samples == 1 || promise.features == 1;
        Ok(Self { bytes, promise, by_feature: header.fortran_order && !is_line })
    }

    pub(super) fn holds_bytes(&self) -> bool {
        self.promise.element.kind == Kind::U8
    }

    pub(super) fn blocks<T: Scalar>(
        self,
        file: String,
        n: usize,
    ) -> Result<Blocks<T, R>, DataError> {
        if self.by_feature {
            let given = "Fortran order: a sample's values are not side by side".to_owned();
            let expected = "C order, to read in blocks (np.ascontiguousarray gives it)";
            return Err(DataProblem::Element { given, expected }.of(&file));
        }
        Blocks::new(file, self.bytes, self.promise, n)
    }

    pub(super) fn columns<T: Scalar>(self, file: String) -> Result<OwnedColumns<T>, DataError> {
        if !self.by_feature {
            return self.blocks(file, 1)?.all();
        }
        let Promise { samples, features, .. } = self.promise;
        // While it is turned, memory holds it twice.
        let checked = self.bytes.check_memory::<T>(samples * features, 2);
        checked.map_err(|problem| problem.of(&file))?;
        let turned = Promise { samples: features, features: samples, ..self.promise };
        let rows = Blocks::<T, R>::new(file.clone(), self.bytes, turned, 1)?.all()?.into_vec();
        transposed(&rows, samples, features).map_err(|problem| problem.of(&file))
    }

    pub(super) fn labels(mut self) -> Result<Vec<i64>, DataProblem> {
        let Promise { samples, features, element } = self.promise;
        if features != 1 {
            let given = shape_text(&[samples as u64, features as u64]);
            return Err(DataProblem::Shape { given, expected: "(samples), one label each" });
        }
        if element.kind.is_float() {
            let given = element.kind.name().to_owned();
            return Err(DataProblem::Element { given, expected: "whole numbers, for labels" });
        }
        blocks::integers(&mut self.bytes, self.promise)
    }
}

/// Samples out of rows of features: in tiles, so that both sides stay in cache.
fn transposed<T: Scalar>(
    rows: &[T],
    samples: usize,
    features: usize,
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
                for sample in first..last {
                    data[sample * features + feature] = row[sample];
                }
            }
        }
    }
    Ok(OwnedColumns::new(data, features)?)
}
