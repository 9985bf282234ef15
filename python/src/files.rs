//! Model files: `Network.save` and `Network.load`, and what both classes of models need of them.

use std::path::{Path, PathBuf};

use pyo3::exceptions::{PyMemoryError, PyOSError, PyValueError};
use pyo3::prelude::*;
use shallownet::Error;
use shallownet::io::model::{self, AnyModel, Error as FileError, Model, Problem};
use shallownet::pipeline::{Column, Missing, Pipeline};

use crate::either::{Either, Float, either};
use crate::failure::{refused, value};
use crate::network::{PyNetwork, of_f32, of_f64};

/// A file that could not be read or written as `OSError` of the system's kind
/// (`FileNotFoundError`, ...); one that holds no model as `ValueError`.
pub(crate) fn of_file(error: FileError) -> PyErr {
    let sentence = error.to_string();
    match error.problem {
        Problem::Read(source) | Problem::Write(source) => match source.raw_os_error() {
            Some(number) => {
                // As the system words it, without the number that Rust puts behind it.
                let words = source.to_string();
                let words = words.split(" (os error").next().unwrap_or_default().to_owned();
                PyOSError::new_err((number, words, error.file))
            }
            None => PyOSError::new_err(sentence),
        },
        Problem::NotAFile(_) => PyOSError::new_err(sentence),
        Problem::Network(
            Error::OutOfMemory { .. } | Error::TooLarge { .. } | Error::Memory { .. },
        ) => PyMemoryError::new_err(sentence),
        _ => PyValueError::new_err(sentence),
    }
}

/// Writes a model, with the interpreter's lock released.
pub(crate) fn save<T: Float>(py: Python<'_>, path: &Path, model: &Model<T>) -> PyResult<()> {
    py.detach(|| model::save(path, model)).map_err(of_file)
}

/// Reads a model of either element type, with the interpreter's lock released.
pub(crate) fn load(py: Python<'_>, path: &Path) -> PyResult<AnyModel> {
    py.detach(|| model::load_any(path)).map_err(of_file)
}

/// What a model does besides its network, if there is anything.
fn beside(pipeline: &Pipeline) -> Option<&'static str> {
    let plain = |column: &Column| *column == Column::Number { missing: Missing::Refused };
    if !pipeline.columns.iter().all(plain) {
        return Some("makes inputs of texts or of missing values");
    }
    if pipeline.standardization.is_some() {
        return Some("standardizes its inputs");
    }
    if pipeline.inputs.is_some_and(|inputs| inputs.divided_by != 1.0) {
        return Some("divides its inputs");
    }
    if pipeline.clip.is_some() {
        return Some("clips its inputs");
    }
    (!pipeline.targets.is_none()).then_some("learned its targets on another scale")
}

#[pymethods]
impl PyNetwork {
    /// Writes layers, loss and parameters to a model file (safetensors), which the command line
    /// reads as well; completely or not at all. `Model` also keeps names and a standardization.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file can't be written.
    /// ValueError
    ///     If a parameter is not finite.
    ///
    /// Examples
    /// --------
    /// >>> import os, tempfile, shallownet
    /// >>> path = os.path.join(tempfile.mkdtemp(), "net.safetensors")
    /// >>> shallownet.Network(2, [(4, "tanh"), (1, "sigmoid")]).save(path)
    /// >>> shallownet.Network.load(path)
    /// Network(2, [(4, 'tanh'), (1, 'sigmoid')], loss='binary_cross_entropy', dtype='float32')
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        either!(&self.net, inner => {
            save(py, &path, &Model::new(inner.net.try_clone().map_err(refused)?))
        })
    }

    /// The network of a model file, of the file's dtype.
    ///
    /// A model that does something to its samples besides (standardizes them, say) is refused, since
    /// the network alone would not predict as the model does: `Model.load` opens it. Names of
    /// features and classes are left out.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///
    /// Returns
    /// -------
    /// Network
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file can't be read.
    /// ValueError
    ///     If it holds no model, or one that is more than a network.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let model = load(py, &path)?;
        let pipeline = match &model {
            AnyModel::F32(model) => &model.pipeline,
            AnyModel::F64(model) => &model.pipeline,
        };
        if let Some(what) = beside(pipeline) {
            let path = path.display();
            return Err(value(format!(
                "{path}: the model {what}: expected a network alone; shallownet.Model.load opens it"
            )));
        }
        Ok(match model {
            AnyModel::F32(model) => of_f32(model.network),
            AnyModel::F64(model) => of_f64(model.network),
        })
    }
}

/// [`AnyModel`] as this crate's `Either`.
pub(crate) fn either_of(model: AnyModel) -> Either<Box<Model<f32>>, Box<Model<f64>>> {
    match model {
        AnyModel::F32(model) => Either::F32(Box::new(model)),
        AnyModel::F64(model) => Either::F64(Box::new(model)),
    }
}
