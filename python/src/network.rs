//! `Network`: what it is, and its parameters.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use shallownet::{Backend, Builder, Checks, Network, Parallelism};

use crate::arrays::{self, Given};
use crate::either::{Either, Float, either, element, map_either};
use crate::failure::{refused, value};
use crate::inner::Net;
use crate::{threads, words};

/// Units and activation of each layer.
pub(crate) type Layers = Vec<(usize, String)>;

pub(crate) fn of_f32(net: Network<f32>) -> PyNetwork {
    PyNetwork { net: Either::F32(Box::new(net.into())) }
}

pub(crate) fn of_f64(net: Network<f64>) -> PyNetwork {
    PyNetwork { net: Either::F64(Box::new(net.into())) }
}

/// What a network is made from.
pub(crate) struct Plan<'a> {
    pub(crate) inputs: usize,
    pub(crate) layers: &'a Layers,
    pub(crate) loss: Option<&'a str>,
    pub(crate) init: (&'a str, u64),
    pub(crate) parallel: bool,
    pub(crate) checks: bool,
    pub(crate) backend: &'a str,
}

impl Plan<'_> {
    pub(crate) fn builder<T: Float>(&self) -> PyResult<Builder<T>> {
        let mut builder = Network::builder(self.inputs);
        for (units, activation) in self.layers {
            builder = builder.layer(*units, words::activation(activation)?);
        }
        if let Some(loss) = self.loss {
            builder = builder.loss(words::loss(loss)?);
        }
        let backend: Backend = self.backend.parse().map_err(value)?;
        let parallelism = if self.parallel { Parallelism::Rayon } else { Parallelism::Serial };
        let checks = if self.checks { Checks::Full } else { Checks::ShapesOnly };
        let (init, seed) = self.init;
        let builder = builder.init(words::init(init)?, seed).backend(backend);
        Ok(builder.parallelism(parallelism).checks(checks))
    }
}

/// A small dense network of float32 or float64.
///
/// Samples are the rows of C-contiguous arrays of the network's dtype, which are read where they
/// lie.
///
/// Parameters
/// ----------
/// inputs : int
///     Features of a sample, n_x.
/// layers : list of (int, str)
///     Units and activation of each layer; the last is the output. Activations: identity, sigmoid,
///     tanh, relu, leaky_relu[:SLOPE], elu[:ALPHA], softplus, silu, gelu, gelu_tanh, sin; at the
///     output softmax and exp, too.
/// loss : str, optional
///     binary_cross_entropy, categorical_cross_entropy, squared_error, huber[:DELTA], absolute,
///     quantile[:TAU], poisson, gaussian_nll. By default what fits the output's activation.
/// init : str, default "auto"
///     auto (Glorot's or He's, by the activation), zeros, uniform:SCALE, normal:SCALE,
///     xavier_uniform, xavier_normal, he_uniform, he_normal, nguyen_widrow.
/// seed : int, default 0
///     Of the starting weights.
/// dtype : str, default "float32"
///     "float32" or "float64".
/// parallel : bool, default True
///     May large batches be shared by threads? Results have the same bits either way.
/// checks : bool, default True
///     Are values looked at, too (finite, within the loss's domain), or shapes alone?
/// backend : str, default "auto"
///     auto, fused or portable.
#[pyclass(module = "shallownet", name = "Network", subclass)]
#[derive(Debug)]
pub(crate) struct PyNetwork {
    pub(crate) net: Net,
}

#[pymethods]
impl PyNetwork {
    #[new]
    #[pyo3(signature = (
        inputs, layers, *, loss=None, init="auto", seed=0, dtype="float32", parallel=true,
        checks=true, backend="auto"
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords of a Python function")]
    fn new(
        inputs: usize,
        layers: Layers,
        loss: Option<&str>,
        init: &str,
        seed: u64,
        dtype: &str,
        parallel: bool,
        checks: bool,
        backend: &str,
    ) -> PyResult<Self> {
        let (layers, init) = (&layers, (init, seed));
        let plan = Plan { inputs, layers, loss, init, parallel, checks, backend };
        match element(dtype)? {
            Either::F32(()) => Ok(of_f32(plan.builder()?.build().map_err(refused)?)),
            Either::F64(()) => Ok(of_f64(plan.builder()?.build().map_err(refused)?)),
        }
    }

    /// One network that answers as these do on average (of the values before the output's
    /// activation).
    #[classmethod]
    fn mean_of(_class: &Bound<'_, PyType>, networks: Vec<PyRef<'_, Self>>) -> PyResult<Self> {
        let (mut of_32, mut of_64) = (Vec::new(), Vec::new());
        for network in &networks {
            match &network.net {
                Either::F32(inner) => of_32.push(inner.net.try_clone().map_err(refused)?),
                Either::F64(inner) => of_64.push(inner.net.try_clone().map_err(refused)?),
            }
        }
        match (of_32.is_empty(), of_64.is_empty()) {
            (false, false) => {
                Err(value("networks are of float32 and of float64: expected one dtype"))
            }
            (_, true) => Ok(of_f32(Network::mean_of(&of_32).map_err(refused)?)),
            (true, false) => Ok(of_f64(Network::mean_of(&of_64).map_err(refused)?)),
        }
    }

    /// Features of a sample, n_x.
    #[getter]
    fn inputs(&self) -> usize {
        either!(&self.net, inner => inner.net.inputs())
    }

    /// Values of a prediction, n_y.
    #[getter]
    fn outputs(&self) -> usize {
        either!(&self.net, inner => inner.net.outputs())
    }

    /// Targets of a sample: as many as outputs, but half of them for gaussian_nll.
    #[getter]
    fn targets(&self) -> usize {
        either!(&self.net, inner => inner.net.targets())
    }

    /// Units and activation of each layer.
    #[getter]
    fn layers(&self) -> Layers {
        let of =
            |layer: &shallownet::Layer| (layer.units, words::activation_text(layer.activation));
        either!(&self.net, inner => inner.net.layers().iter().map(of).collect())
    }

    /// The loss, with its number if it has one.
    #[getter]
    fn loss(&self) -> String {
        words::loss_text(either!(&self.net, inner => inner.net.loss()))
    }

    /// "float32" or "float64".
    #[getter]
    fn dtype(&self) -> &'static str {
        match &self.net {
            Either::F32(_) => "float32",
            Either::F64(_) => "float64",
        }
    }

    /// What computes: "fused" or "portable".
    #[getter]
    fn backend(&self) -> &'static str {
        either!(&self.net, inner => inner.net.backend()).name()
    }

    /// The SIMD level in use, if the backend is "fused".
    #[getter]
    fn level(&self) -> Option<&'static str> {
        either!(&self.net, inner => inner.net.level()).map(|level| level.name())
    }

    /// The number of weights and biases together.
    #[getter]
    fn parameter_count(&self) -> usize {
        either!(&self.net, inner => inner.net.parameter_count())
    }

    /// All parameters as one array (a copy), shape (parameter_count,): layer by layer, W row by row
    /// (n_l, n_{l-1}), then b. Assigning an array sets them; `set_parameters` is the same as a
    /// call.
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        either!(&self.net, inner => {
            let mut values = vec![Default::default(); inner.net.parameter_count()];
            inner.net.parameters_into(&mut values).map_err(refused)?;
            let length = values.len();
            Ok(arrays::array(py, values, &[length])?.into_any())
        })
    }

    #[setter(parameters)]
    fn assign_parameters(&mut self, values: &Bound<'_, PyAny>) -> PyResult<()> {
        self.set_parameters(values)
    }

    /// Sets all parameters, in the order of `parameters`.
    fn set_parameters(&mut self, values: &Bound<'_, PyAny>) -> PyResult<()> {
        either!(&mut self.net, inner => {
            inner.net.set_parameters(Given::new(values, "parameters")?.slice()?).map_err(refused)
        })
    }

    /// W of a layer (from 0), a copy, shape (n_l, n_{l-1}).
    fn weights<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Bound<'py, PyAny>> {
        either!(&self.net, inner => {
            let values = inner.net.weights(layer).map_err(refused)?;
            let size = inner.net.layers()[layer];
            Ok(arrays::array(py, values, &[size.units, size.inputs])?.into_any())
        })
    }

    /// b of a layer (from 0), a copy, shape (n_l,).
    fn bias<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Bound<'py, PyAny>> {
        either!(&self.net, inner => {
            let values = inner.net.bias(layer).map_err(refused)?.to_vec();
            let length = values.len();
            Ok(arrays::array(py, values, &[length])?.into_any())
        })
    }

    /// Sets W of a layer, shape (n_l, n_{l-1}).
    fn set_weights(&mut self, layer: usize, values: &Bound<'_, PyAny>) -> PyResult<()> {
        either!(&mut self.net, inner => {
            inner.net.set_weights(layer, Given::new(values, "weights")?.slice()?).map_err(refused)
        })
    }

    /// Sets b of a layer, shape (n_l,).
    fn set_bias(&mut self, layer: usize, values: &Bound<'_, PyAny>) -> PyResult<()> {
        either!(&mut self.net, inner => {
            inner.net.set_bias(layer, Given::new(values, "bias")?.slice()?).map_err(refused)
        })
    }

    /// Draws all parameters anew.
    #[pyo3(signature = (init="auto", seed=0))]
    fn initialize(&mut self, init: &str, seed: u64) -> PyResult<()> {
        let init = words::init(init)?;
        either!(&mut self.net, inner => inner.net.initialize(init, seed).map_err(refused))
    }

    /// A copy with parameters of its own.
    fn copy(&self, py: Python<'_>) -> PyResult<Self> {
        py.detach(|| {
            threads::run(|| {
                let net = map_either!(&self.net, inner => {
                    Box::new(inner.net.try_clone().map_err(refused)?.into())
                });
                Ok(Self { net })
            })
        })
    }

    fn __copy__(&self, py: Python<'_>) -> PyResult<Self> {
        self.copy(py)
    }

    fn __deepcopy__(&self, py: Python<'_>, _memo: &Bound<'_, PyAny>) -> PyResult<Self> {
        self.copy(py)
    }

    /// What pickle keeps: the arguments of `_restored`.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let keywords = PyDict::new(py);
        let configuration = either!(&self.net, inner => inner.net.configuration());
        keywords.set_item("loss", self.loss())?;
        keywords.set_item("dtype", self.dtype())?;
        keywords.set_item("parallel", configuration.parallelism == Parallelism::Rayon)?;
        keywords.set_item("checks", configuration.checks == Checks::Full)?;
        let restored = py.import("shallownet")?.getattr("_restored")?;
        let parameters: Bound<'py, PyAny> = self.parameters(py)?;
        let arguments = (self.inputs(), self.layers(), keywords, parameters);
        Ok((restored, arguments).into_pyobject(py)?.into_any())
    }

    pub(crate) fn __repr__(&self) -> String {
        let layers: Vec<String> =
            self.layers().iter().map(|(units, g)| format!("({units}, '{g}')")).collect();
        let (inputs, loss, dtype) = (self.inputs(), self.loss(), self.dtype());
        let layers = layers.join(", ");
        format!("Network({inputs}, [{layers}], loss='{loss}', dtype='{dtype}')")
    }
}
