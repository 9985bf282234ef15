//! The rows of a file, prepared, as a source.

use std::ops::Range;

use shallownet::source::Source;
use shallownet::{Activation, Scalar};

use super::limit::ON_THE_WAY;
use crate::batch::{Batch, Meaning};
use crate::data::{Data, Prepared};
use crate::failure::Failure;
use crate::train::Args;

/// Samples as a network takes them, read when they are asked for: those to train on, and after them
/// those for validation.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    pub(super) args: &'a Args,
    /// All that is known of them but their values.
    pub(super) outline: &'a Data,
    pub(super) prepared: &'a Prepared,
    pub(super) meaning: Meaning<'a>,
    pub(super) output: Activation,
    pub(super) train: &'a [usize],
    pub(super) validation: &'a [usize],
}

impl Samples<'_> {
    /// The samples in `rows`, in ascending order, with their targets as the file has them.
    pub(super) fn batch<T: Scalar>(&self, rows: &[usize]) -> Result<Batch<T>, Failure> {
        let values = self.args.source.stretch(self.outline, rows.to_vec())?;
        Batch::new(&values, rows, self.prepared, self.meaning)
    }

    /// Samples that are read at once where no window says how many: as many as about a mebibyte has.
    pub(super) fn at_once(&self) -> usize {
        at_once(self.outline.width)
    }
}

/// Rows of so many values that about a mebibyte has.
pub(super) fn at_once(width: usize) -> usize {
    ((1 << 20) / (8 * width).max(1)).max(1)
}

impl<T: Scalar> Source<T> for Samples<'_> {
    type Error = Failure;

    fn samples(&self) -> usize {
        self.train.len() + self.validation.len()
    }

    fn features(&self) -> usize {
        self.prepared.inputs(self.outline.width)
    }

    fn targets(&self) -> usize {
        self.meaning.outputs()
    }

    fn read(&mut self, samples: Range<usize>, x: &mut [T], y: &mut [T]) -> Result<(), Failure> {
        let trained = self.train.len();
        let (rows, is_trained) = match samples.start < trained {
            true => (&self.train[samples], true),
            false => (&self.validation[samples.start - trained..samples.end - trained], false),
        };
        let (n_x, n_y) = (x.len() / rows.len().max(1), y.len() / rows.len().max(1));
        for (at, rows) in rows.chunks(self.at_once()).enumerate() {
            let mut batch = self.batch::<T>(rows)?;
            if let (true, Some(smoothing)) = (is_trained, self.args.label_smoothing) {
                batch.smooth(self.output, smoothing)?;
            }
            let start = at * self.at_once();
            let places = start..start + rows.len();
            x[places.start * n_x..places.end * n_x].copy_from_slice(batch.x()?.as_slice());
            y[places.start * n_y..places.end * n_y].copy_from_slice(batch.y()?.as_slice());
        }
        Ok(())
    }

    /// A stretch as the file has it, in f64, and prepared.
    fn bytes(&self) -> usize {
        let of_sample = 32_usize.saturating_mul(self.outline.width);
        ON_THE_WAY.saturating_add(self.at_once().saturating_mul(of_sample))
    }
}
