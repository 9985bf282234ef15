//! Files as sources: the samples of `.npy` and IDX files, read where they are needed.
//!
//! ```
//! use std::ops::ControlFlow;
//! # #[cfg(feature = "npy")] {
//! use shallownet::io::{npy, source::FileSource};
//! use shallownet::source::{SourceData, SourceTrainer};
//! use shallownet::{Activation, Columns, Network, Training};
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let (x_file, y_file) = (folder.path().join("x.npy"), folder.path().join("y.npy"));
//! # let x: Vec<f32> = (0..2000).map(|i| (i % 50) as f32 / 50.0).collect();
//! # npy::save(&x_file, Columns::new(&x, 2)?)?;
//! # npy::save_labels(&y_file, &(0..1000).map(|i| 3 + i % 2).collect::<Vec<_>>())?;
//! // In Python: x of shape (1000, 2), y of shape (1000) with the labels 3 and 4.
//! let mut source = FileSource::<f32>::npy_labels(&x_file, &y_file)?;
//! assert_eq!(source.classes(), Some(&[3, 4][..]));
//! let mut data = SourceData::new(&mut source).samples(0..900).hold_out(900..1000);
//!
//! let mut net = Network::builder(2).layer(8, Activation::Relu).layer(2, Activation::Softmax).build()?;
//! let mut trainer = SourceTrainer::within(&net, Training::new(3, 32), &data, 1_000_000)?;
//! trainer.run(&mut net, &mut data, |_| ControlFlow::Continue(()))?;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod labels;
mod rows;

use core::ops::Range;
use std::path::Path;

use super::fault::{DataError, DataProblem};
use super::{bytes::Bytes, display};
use crate::Scalar;
use crate::error::Error;
use crate::io::blocks::Promise;
use crate::source::Source;
use labels::OneHot;
use rows::Rows;

/// A file of samples and a file of their targets, or of their labels.
///
/// Both files stay open, and no sample is kept: it holds two buffers of 64 KiB a file. A file that is
/// cut off while it is read is an error that names the sample; one that another takes the place of is
/// read on as it was.
#[derive(Debug)]
pub struct FileSource<T> {
    x: Rows<T>,
    y: Targets<T>,
}

#[derive(Debug)]
enum Targets<T> {
    Values(Rows<T>),
    Classes(OneHot<T>),
}

impl<T: Scalar> FileSource<T> {
    /// NumPy's files of samples and of targets, both in C order, as
    /// [`npy::blocks`](super::npy::blocks) reads them.
    ///
    /// # Errors
    /// [`DataError`]: of a header; targets of another number of samples.
    #[cfg(feature = "npy")]
    pub fn npy(x: &Path, targets: &Path) -> Result<Self, DataError> {
        let (x, y) = (Self::rows(x, super::npy::rows)?, Self::rows(targets, super::npy::rows)?);
        Self::of(x, Targets::Values(y))
    }

    /// NumPy's files of samples and of labels, whole numbers as
    /// [`npy::load_labels`](super::npy::load_labels) takes them. Each label there is becomes a class, in
    /// the order of their values, and a target for each class: 1 for the sample's own, 0 for the others.
    /// The file of labels is read once at the beginning.
    ///
    /// # Errors
    /// [`DataError`]: of a header, or of a label; labels of another number of samples; more than 65,536
    /// different labels.
    #[cfg(feature = "npy")]
    pub fn npy_labels(x: &Path, labels: &Path) -> Result<Self, DataError> {
        let x = Self::rows(x, super::npy::rows)?;
        Self::of(x, Self::classes_of(labels, super::npy::label_rows)?)
    }

    /// IDX files of images, say, and of their labels, not gzipped: bytes become 0 to 1, as
    /// [`idx::load`](super::idx::load) has them. Labels become targets as in
    /// [`npy_labels`](Self::npy_labels).
    ///
    /// # Errors
    /// As [`npy_labels`](Self::npy_labels); a gzipped file, which can't be read in any order.
    #[cfg(feature = "idx")]
    pub fn idx(x: &Path, labels: &Path) -> Result<Self, DataError> {
        let x = Self::rows(x, super::idx::rows)?;
        Ok(Self::of(x, Self::classes_of(labels, super::idx::label_rows)?)?.scaled())
    }

    /// IDX files of samples and of targets, not gzipped: bytes of the samples become 0 to 1, targets stand
    /// for themselves.
    ///
    /// # Errors
    /// As [`npy`](Self::npy); a gzipped file.
    #[cfg(feature = "idx")]
    pub fn idx_values(x: &Path, targets: &Path) -> Result<Self, DataError> {
        let (x, y) = (Self::rows(x, super::idx::rows)?, Self::rows(targets, super::idx::rows)?);
        Ok(Self::of(x, Targets::Values(y))?.scaled())
    }

    /// Bytes of the samples as brightness: 0 to 255 become 0 to 1. Other types stay as they are.
    #[must_use]
    pub fn scaled(mut self) -> Self {
        self.x = self.x.scaled();
        self
    }

    /// Bytes of the samples as they are: 0 to 255.
    #[must_use]
    pub fn unscaled(mut self) -> Self {
        self.x = self.x.unscaled();
        self
    }

    /// The label that each target stands for, where targets were made of labels.
    pub fn classes(&self) -> Option<&[i64]> {
        match &self.y {
            Targets::Values(_) => None,
            Targets::Classes(labels) => Some(labels.classes()),
        }
    }

    fn rows(
        path: &Path,
        open: impl FnOnce(&Path) -> Result<Opened, DataProblem>,
    ) -> Result<Rows<T>, DataError> {
        let file = display(path);
        let rows = open(path).and_then(|(bytes, promise)| Rows::new(file.clone(), bytes, promise));
        rows.map_err(|problem| problem.of(&file))
    }

    fn classes_of(
        path: &Path,
        open: impl FnOnce(&Path) -> Result<Opened, DataProblem>,
    ) -> Result<Targets<T>, DataError> {
        let file = display(path);
        let (bytes, promise) = open(path).map_err(|problem| problem.of(&file))?;
        Ok(Targets::Classes(OneHot::new(file, bytes, promise)?))
    }

    fn of(x: Rows<T>, y: Targets<T>) -> Result<Self, DataError> {
        let (samples, file) = match &y {
            Targets::Values(rows) => (rows.samples(), rows.file()),
            Targets::Classes(labels) => (labels.samples(), labels.file()),
        };
        if samples != x.samples() {
            let (expected, given) = (x.samples(), samples);
            let refused = Error::Samples { argument: "y", expected, given };
            return Err(DataProblem::from(refused).of(file));
        }
        Ok(Self { x, y })
    }
}

/// A file that has come to its data, and what its header promises.
type Opened = (Bytes<std::fs::File>, Promise);

impl<T: Scalar> Source<T> for FileSource<T> {
    type Error = DataError;

    fn samples(&self) -> usize {
        self.x.samples()
    }

    fn features(&self) -> usize {
        self.x.features()
    }

    fn targets(&self) -> usize {
        match &self.y {
            Targets::Values(rows) => rows.features(),
            Targets::Classes(labels) => labels.classes().len(),
        }
    }

    fn read(&mut self, samples: Range<usize>, x: &mut [T], y: &mut [T]) -> Result<(), Self::Error> {
        self.x.read(samples.clone(), x)?;
        match &mut self.y {
            Targets::Values(rows) => rows.read(samples, y),
            Targets::Classes(labels) => labels.read(samples, y),
        }
    }

    fn bytes(&self) -> usize {
        let of_y = match &self.y {
            Targets::Values(rows) => rows.bytes(),
            Targets::Classes(labels) => labels.bytes(),
        };
        self.x.bytes().saturating_add(of_y)
    }
}
