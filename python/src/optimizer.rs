//! `Optimizer`: what an optimiser remembers of one network, and a step by it.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use shallownet::{Dropout, Network, Optimizer, OptimizerState, Targets, TrainingWorkspace};

use crate::arrays::{Given, array};
use crate::either::{Either, Float, either, map_either};
use crate::failure::{refused, value};
use crate::inner::Inner;
use crate::network::PyNetwork;
use crate::passes::{released, targets};
use crate::words::{self, Options};

/// The state of either element type. It is taken out for a moment where its penalty is set.
pub(crate) type States = Either<State<f32>, State<f64>>;

#[derive(Debug)]
pub(crate) struct State<T: Float>(Option<OptimizerState<T>>);

impl<T: Float> State<T> {
    fn new(net: &Network<T>, optimizer: Optimizer, clip_norm: Option<f64>) -> PyResult<Self> {
        let mut state = OptimizerState::new(net, optimizer).map_err(refused)?;
        if let Some(norm) = clip_norm {
            state = state.clip_norm(norm).map_err(refused)?;
        }
        Ok(Self(Some(state)))
    }

    fn get(&self) -> PyResult<&OptimizerState<T>> {
        self.0.as_ref().ok_or_else(|| value("the optimizer has no state"))
    }

    fn get_mut(&mut self) -> PyResult<&mut OptimizerState<T>> {
        self.0.as_mut().ok_or_else(|| value("the optimizer has no state"))
    }

    /// The state with this penalty.
    pub(crate) fn with_l2(&mut self, l2: f64) -> shallownet::Result<&mut OptimizerState<T>> {
        const UNFIT: shallownet::Error = shallownet::Error::Mismatch { argument: "optimizer" };
        if self.0.as_ref().is_some_and(|state| state.get_l2() != l2) {
            if !(l2 >= 0.0 && T::from_f64(l2).is_finite()) {
                let (argument, expected) = ("l2", "finite and not negative");
                return Err(shallownet::Error::Range { argument, expected, given: l2 });
            }
            self.0 = self.0.take().map(|state| state.l2(l2)).transpose()?;
        }
        self.0.as_mut().ok_or(UNFIT)
    }

    fn moments<'py>(&self, py: Python<'py>) -> PyResult<[Option<Bound<'py, PyAny>>; 2]> {
        let mut moments = [None, None];
        for (moment, own) in moments.iter_mut().zip(self.get()?.moments()) {
            let Some(own) = own else { continue };
            let layers = own_length(own)?;
            let mut values = vec![T::ZERO; layers];
            own.values_into(&mut values).map_err(refused)?;
            *moment = Some(array(py, values, &[layers])?.into_any());
        }
        Ok(moments)
    }

    fn restore(&mut self, steps: u64, moments: [Option<&Bound<'_, PyAny>>; 2]) -> PyResult<()> {
        let [m, v] = moments;
        let m = Given::maybe(m, "moments")?;
        let v = Given::maybe(v, "moments")?;
        let slice = |given: &'_ Option<Given<'_, T>>| -> PyResult<Option<Vec<T>>> {
            given.as_ref().map(|given| given.slice().map(<[T]>::to_vec)).transpose()
        };
        let (m, v) = (slice(&m)?, slice(&v)?);
        self.get_mut()?.restore(steps, [m.as_deref(), v.as_deref()]).map_err(refused)
    }
}

/// The number of values, asked for by a slice that is too short.
fn own_length<T: Float>(gradients: &shallownet::Gradients<T>) -> PyResult<usize> {
    match gradients.values_into(&mut []) {
        Err(shallownet::Error::Length { expected, .. }) => Ok(expected),
        Err(error) => Err(refused(error)),
        Ok(()) => Ok(0),
    }
}

/// One step on a batch; dropout as its rate and seed.
pub(crate) fn step<T: Float>(
    (net, workspace): (&mut Network<T>, &mut TrainingWorkspace<T>),
    (x, y): (shallownet::Columns<'_, T>, Targets<'_, T>),
    state: &mut OptimizerState<T>,
    rate: T,
    (dropout, seed): (f64, u64),
) -> shallownet::Result<f64> {
    if dropout == 0.0 {
        return net.step_with(x, y, state, rate, workspace);
    }
    let dropout = Dropout::new(dropout).seed(seed).step(state.steps());
    let cost = net.backward_with_dropout(x, y, dropout, workspace)?;
    if !cost.is_finite() {
        return Err(shallownet::Error::Diverged { step: state.steps(), cost });
    }
    net.update(state, workspace.gradients(), rate)?;
    Ok(cost)
}

/// What an optimiser remembers of one network: moments and the number of steps.
///
/// Parameters
/// ----------
/// network : Network
///     Whose parameters it will move; any of the same layers and dtype will do later.
/// name : str, default "adam"
///     sgd, momentum, nesterov, rms_prop, adam or adam_w.
/// clip_norm : float, optional
///     The gradient's norm is scaled down to it.
/// **constants : float
///     beta; rho; beta1, beta2; epsilon; weight_decay.
#[pyclass(module = "shallownet", name = "Optimizer")]
#[derive(Debug)]
pub(crate) struct PyOptimizer {
    pub(crate) states: States,
}

#[pymethods]
impl PyOptimizer {
    #[new]
    #[pyo3(signature = (network, name="adam", *, clip_norm=None, **constants))]
    fn new(
        network: PyRef<'_, PyNetwork>,
        name: &str,
        clip_norm: Option<f64>,
        constants: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let optimizer = words::optimizer(name, Options::new(constants)?)?;
        let states =
            map_either!(&network.net, inner => State::new(&inner.net, optimizer, clip_norm)?);
        Ok(Self { states })
    }

    /// Steps taken.
    #[getter]
    fn steps(&self) -> PyResult<u64> {
        either!(&self.states, state => Ok(state.get()?.steps()))
    }

    /// The optimiser's name.
    #[getter]
    fn name(&self) -> PyResult<&'static str> {
        either!(&self.states, state => Ok(state.get()?.optimizer().name()))
    }

    /// The moments m and v, copies of shape (parameter_count,); None where there is none.
    #[getter]
    fn moments<'py>(&self, py: Python<'py>) -> PyResult<[Option<Bound<'py, PyAny>>; 2]> {
        either!(&self.states, state => state.moments(py))
    }

    /// Goes back to what was saved of `steps` and `moments`.
    fn restore(
        &mut self,
        steps: u64,
        m: Option<&Bound<'_, PyAny>>,
        v: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        either!(&mut self.states, state => state.restore(steps, [m, v]))
    }
}

pub(crate) fn other_dtype() -> PyErr {
    PyTypeError::new_err("the optimizer is of another dtype than the network")
}

#[pymethods]
impl PyNetwork {
    /// One step of an optimiser on the batch; returns the cost before it, penalty not counted.
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x)
    /// y : array of shape (m, targets), or (m,) of one target
    /// optimizer : Optimizer
    /// learning_rate : float
    /// l2 : float, default 0
    ///     Half of it times the sum of the squared weights (not biases) is minimised as well.
    /// weights : array of shape (m,), optional
    #[pyo3(signature = (x, y, optimizer, learning_rate, *, l2=0.0, weights=None))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords of a Python function")]
    fn step_with(
        &mut self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        mut optimizer: PyRefMut<'_, PyOptimizer>,
        learning_rate: f64,
        l2: f64,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<f64> {
        match (&mut self.net, &mut optimizer.states) {
            (Either::F32(inner), Either::F32(state)) => {
                one(py, inner, (x, y, weights), state, (learning_rate, l2))
            }
            (Either::F64(inner), Either::F64(state)) => {
                one(py, inner, (x, y, weights), state, (learning_rate, l2))
            }
            _ => Err(other_dtype()),
        }
    }
}

fn one<T: Float>(
    py: Python<'_>,
    inner: &mut Inner<T>,
    (x, y, weights): (&Bound<'_, PyAny>, &Bound<'_, PyAny>, Option<&Bound<'_, PyAny>>),
    state: &mut State<T>,
    (rate, l2): (f64, f64),
) -> PyResult<f64> {
    let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
    let weights = Given::maybe(weights, "weights")?;
    let of_one = inner.net.targets() == 1;
    let (x, y) = (x.columns(false)?, targets(&y, weights.as_ref(), of_one)?);
    let state = state.with_l2(l2).map_err(refused)?;
    let (net, workspace) = inner.trained(x.samples().max(1))?;
    let rate = T::from_f64(rate);
    released(py, 3 * x.samples() * net.parameter_count(), || {
        step((net, workspace), (x, y), state, rate, (0.0, 0))
    })
    .map_err(refused)
}
