//! `Model`: a network with what is done to its samples and what its outputs are called.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyType;
use shallownet::Standardization;
use shallownet::io::model::{Model, Problem};

use crate::arrays::{Given, array};
use crate::either::{Either, Float, either};
use crate::failure::{refused, value};
use crate::files;
use crate::network::{PyNetwork, of_f32, of_f64};
use crate::threads;

/// A network with the names of its features and classes and all that is done to a sample before it
/// and to an output after it: what the command line trains, and reads.
///
/// Parameters
/// ----------
/// network : Network
///     It is copied.
/// features : list of str, optional
///     The names of the features.
/// classes : list of str, optional
///     The names of the classes: two for one sigmoid, else one an output.
/// label : str, optional
///     The name of the label's column.
/// means, stds : list of float, optional
///     With both, a sample's features are standardized first: (x - mean) / std.
///
/// Examples
/// --------
/// >>> import numpy as np, shallownet
/// >>> network = shallownet.Network(2, [(1, "sigmoid")], init="zeros")
/// >>> network.set_bias(0, np.array([3], dtype="float32"))
/// >>> model = shallownet.Model(network, classes=["small", "large"], means=[170, 70], stds=[10, 15])
/// >>> model.predict_classes(np.array([[190.0, 95.0]]))
/// ['large']
#[pyclass(module = "shallownet", name = "Model", frozen)]
#[derive(Debug)]
pub(crate) struct PyModel {
    model: Either<Box<Model<f32>>, Box<Model<f64>>>,
}

/// What is wrong with a model that is in no file.
fn unsound(problem: Problem) -> PyErr {
    match problem {
        Problem::Network(error) => refused(error),
        problem => value(problem),
    }
}

#[pymethods]
impl PyModel {
    #[new]
    #[pyo3(signature = (
        network, *, features=None, classes=None, label=None, means=None, stds=None
    ))]
    fn new(
        network: PyRef<'_, PyNetwork>,
        features: Option<Vec<String>>,
        classes: Option<Vec<String>>,
        label: Option<String>,
        means: Option<Vec<f64>>,
        stds: Option<Vec<f64>>,
    ) -> PyResult<Self> {
        let standardization = match (means, stds) {
            (Some(means), Some(stds)) => Some(Standardization { means, stds }),
            (None, None) => None,
            _ => return Err(value("means without stds, or the reverse: expected both or none")),
        };
        let with = Names { features, classes: classes.unwrap_or_default(), label, standardization };
        let model = match &network.net {
            Either::F32(inner) => Either::F32(Box::new(with.of(&inner.net)?)),
            Either::F64(inner) => Either::F64(Box::new(with.of(&inner.net)?)),
        };
        Ok(Self { model })
    }

    /// Opens a model file, the command line's or one of `save`.
    ///
    /// Parameters
    /// ----------
    /// path : str or os.PathLike
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file can't be read.
    /// ValueError
    ///     If it holds no model.
    #[classmethod]
    fn load(_class: &Bound<'_, PyType>, py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        Ok(Self { model: files::either_of(files::load(py, &path)?) })
    }

    /// Writes the model to a file, completely or not at all, for the command line as for `load`.
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
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        either!(&self.model, model => files::save(py, &path, model))
    }

    /// The network, a copy.
    #[getter]
    fn network(&self) -> PyResult<PyNetwork> {
        match &self.model {
            Either::F32(model) => Ok(of_f32(model.network.try_clone().map_err(refused)?)),
            Either::F64(model) => Ok(of_f64(model.network.try_clone().map_err(refused)?)),
        }
    }

    /// The number of values that a sample has in `predict`.
    #[getter]
    fn columns(&self) -> usize {
        either!(&self.model, model => model.pipeline.raw_columns(model.network.inputs()))
    }

    /// The names of the features, if they are known.
    #[getter]
    fn features(&self) -> Option<Vec<String>> {
        either!(&self.model, model => model.pipeline.features.clone())
    }

    /// The names of the classes; none of a model of values.
    #[getter]
    fn classes(&self) -> Vec<String> {
        either!(&self.model, model => model.classes.clone())
    }

    /// The name of the label's column, if it is known.
    #[getter]
    fn label(&self) -> Option<String> {
        either!(&self.model, model => model.label.clone())
    }

    /// The number that stands for a text in a column (from 0) of texts: -1 for one that the model
    /// has not learned.
    fn code(&self, column: usize, text: &str) -> f64 {
        either!(&self.model, model => model.pipeline.code(column, text))
    }

    /// Predicts samples as they stand in the data: values in the units of the targets, or of a
    /// sigmoid or softmax probabilities; of gaussian_nll means, then logarithms of variances.
    ///
    /// Parameters
    /// ----------
    /// x : array of float64, shape (m, columns)
    ///     A missing value is NaN, a text its `code`.
    ///
    /// Returns
    /// -------
    /// array of float64, shape (m, n_y)
    fn predict<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (values, outputs, _) = either!(&self.model, model => run(py, model, x))?;
        let shape = [values.len() / outputs, outputs];
        Ok(array(py, values, &shape)?.into_any())
    }

    /// The name of each sample's class.
    ///
    /// Parameters
    /// ----------
    /// x : array of float64, shape (m, columns)
    ///     As of `predict`.
    fn predict_classes(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        if self.classes().is_empty() {
            return Err(value("the model has no classes: expected one of classes"));
        }
        either!(&self.model, model => run(py, model, x)).map(|(_, _, classes)| classes)
    }

    fn __repr__(&self) -> PyResult<String> {
        let network = self.network()?.__repr__();
        let classes = self.classes();
        Ok(match classes.len() {
            0 => format!("Model({network})"),
            number => format!("Model({network}, {number} classes)"),
        })
    }
}

/// What a model adds to its network.
struct Names {
    features: Option<Vec<String>>,
    classes: Vec<String>,
    label: Option<String>,
    standardization: Option<Standardization>,
}

impl Names {
    fn of<T: Float>(self, network: &shallownet::Network<T>) -> PyResult<Model<T>> {
        let mut model = Model::new(network.try_clone().map_err(refused)?);
        model.pipeline.features = self.features;
        model.pipeline.standardization = self.standardization;
        (model.classes, model.label) = (self.classes, self.label);
        // Whoever predicts is told what does not fit: so it is told here.
        model.predictor(1).map_err(unsound)?;
        Ok(model)
    }
}

/// Predictions of all samples, n_y a sample; n_y; the names of their classes, if it has any.
fn run<T: Float>(
    py: Python<'_>,
    model: &Model<T>,
    x: &Bound<'_, PyAny>,
) -> PyResult<(Vec<f64>, usize, Vec<String>)> {
    let x = Given::<f64>::new(x, "x")?;
    let columns = x.columns(false)?;
    let width = model.pipeline.raw_columns(model.network.inputs());
    if columns.features() != width {
        let given = columns.features();
        return Err(value(format!("x has {given} columns: expected {width}")));
    }
    py.detach(|| {
        threads::run(|| {
            let mut predictor = model.predictor(columns.samples().max(1)).map_err(unsound)?;
            let predictions = predictor.predict(columns.as_slice()).map_err(refused)?;
            let values = predictions.values();
            let classes = predictions.classes().map(str::to_owned).collect();
            Ok((values.as_slice().to_vec(), values.features(), classes))
        })
    })
}
