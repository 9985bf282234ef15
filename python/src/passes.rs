//! `Network`: predict, cost, gradients, steps of gradient descent, derivatives by the inputs.

use std::sync::PoisonError;

use numpy::{PyArrayDyn, PyArrayMethods};
use pyo3::prelude::*;
use shallownet::{Columns, JacobianWorkspace, PredictionWorkspace, Targets};

use crate::arrays::{Given, writable, zeros};
use crate::either::{Float, either};
use crate::failure::refused;
use crate::inner::Inner;
use crate::network::PyNetwork;
use crate::threads;

/// Up to so many multiplications the interpreter's lock is kept: to release it and take it back
/// would cost more than a few of them, and another thread waits for less than 10 microseconds. (The
/// library shares work with other threads from some millions on.)
const SMALL: usize = 100_000;

/// Runs `work` with the lock released, if it is more than [`SMALL`].
pub(crate) fn released<R: Send>(
    py: Python<'_>,
    multiplications: usize,
    work: impl FnOnce() -> R + Send,
) -> R {
    if multiplications <= SMALL { work() } else { py.detach(|| threads::run(work)) }
}

/// Targets, weighted if there are weights.
pub(crate) fn targets<'a, T: Float>(
    y: &'a Given<'_, T>,
    weights: Option<&'a Given<'_, T>>,
    of_one: bool,
) -> PyResult<Targets<'a, T>> {
    let y = y.columns(of_one)?;
    Ok(match weights {
        Some(weights) => Targets::weighted(y, weights.values()?),
        None => y.into(),
    })
}

impl<T: Float> Inner<T> {
    /// Runs `pass` with a workspace for so many samples.
    fn with_prediction<R>(
        &self,
        samples: usize,
        pass: impl FnOnce(&mut PredictionWorkspace<T>) -> shallownet::Result<R>,
    ) -> shallownet::Result<R> {
        let lock = || self.prediction.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = lock().take().filter(|workspace| workspace.capacity() >= samples);
        let mut workspace = match kept {
            Some(workspace) => workspace,
            None => PredictionWorkspace::new(&self.net, samples.max(1))?,
        };
        let result = pass(&mut workspace);
        *lock() = Some(workspace);
        result
    }

    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let x = Given::<T>::new(x, "x")?;
        let columns = x.columns(false)?;
        let (samples, outputs) = (columns.samples(), self.net.outputs());
        let shape = [samples, outputs];
        let shape = if x.shape().len() == 1 { &shape[1..] } else { &shape };
        let mut into = match out {
            Some(out) => writable::<T>(out, "out", shape)?,
            None => zeros::<T>(py, shape)?.readwrite(),
        };
        let room =
            into.as_slice_mut().map_err(|_| crate::failure::value("out is not contiguous"))?;
        released(py, samples * self.net.parameter_count(), || {
            self.with_prediction(samples, |workspace| self.net.predict(columns, room, workspace))
        })
        .map_err(refused)?;
        let array: Bound<'py, PyArrayDyn<T>> = (**into).clone();
        Ok(array.into_any())
    }

    fn cost(
        &self,
        py: Python<'_>,
        (x, y): (&Bound<'_, PyAny>, &Bound<'_, PyAny>),
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<f64> {
        let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
        let weights = Given::maybe(weights, "weights")?;
        let (x, y) = (x.columns(false)?, targets(&y, weights.as_ref(), self.net.targets() == 1)?);
        let samples = x.samples();
        released(py, samples * self.net.parameter_count(), || {
            self.with_prediction(samples, |workspace| self.net.cost(x, y, workspace))
        })
        .map_err(refused)
    }

    fn backward<'py>(
        &mut self,
        py: Python<'py>,
        (x, y): (&Bound<'py, PyAny>, &Bound<'py, PyAny>),
        weights: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
        let weights = Given::maybe(weights, "weights")?;
        let (x, y) = (x.columns(false)?, targets(&y, weights.as_ref(), self.net.targets() == 1)?);
        let (net, workspace) = self.trained(x.samples().max(1))?;
        let gradients = zeros::<T>(py, &[net.parameter_count()])?;
        let mut into = gradients.readwrite();
        let room = into.as_slice_mut().map_err(|_| crate::failure::value("not contiguous"))?;
        let cost = released(py, 3 * x.samples() * net.parameter_count(), || {
            let cost = net.backward(x, y, workspace)?;
            workspace.gradients().values_into(room)?;
            Ok(cost)
        })
        .map_err(refused)?;
        drop(into);
        Ok((cost, gradients.into_any()))
    }

    fn step(
        &mut self,
        py: Python<'_>,
        (x, y): (&Bound<'_, PyAny>, &Bound<'_, PyAny>),
        rate: f64,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<f64> {
        let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
        let weights = Given::maybe(weights, "weights")?;
        let (x, y) = (x.columns(false)?, targets(&y, weights.as_ref(), self.net.targets() == 1)?);
        let (net, workspace) = self.trained(x.samples().max(1))?;
        let rate = T::from_f64(rate);
        released(py, 3 * x.samples() * net.parameter_count(), || net.step(x, y, rate, workspace))
            .map_err(refused)
    }

    fn jacobian<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let x = Given::<T>::new(x, "x")?;
        let columns: Columns<'_, T> = x.columns(false)?;
        let shape = [columns.samples(), self.net.outputs(), self.net.inputs()];
        let shape = if x.shape().len() == 1 { &shape[1..] } else { &shape };
        let jacobian = zeros::<T>(py, shape)?;
        let mut into = jacobian.readwrite();
        let room = into.as_slice_mut().map_err(|_| crate::failure::value("not contiguous"))?;
        let net = &self.net;
        let work = columns.samples() * net.parameter_count() * net.inputs();
        released(py, work, || net.jacobian(columns, room, &mut JacobianWorkspace::new(net)?))
            .map_err(refused)?;
        drop(into);
        Ok(jacobian.into_any())
    }
}

#[pymethods]
impl PyNetwork {
    /// The outputs of every sample.
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x), or of one sample (n_x,)
    ///     C-contiguous, of the network's dtype; it is not copied.
    /// out : array of shape (m, n_y), optional
    ///     Where the outputs are written to; made anew by default.
    ///
    /// Returns
    /// -------
    /// array of shape (m, n_y), or (n_y,) of one sample
    #[pyo3(signature = (x, out=None))]
    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        either!(&self.net, inner => inner.predict(py, x, out))
    }

    /// The cost J of the batch: the mean of the loss over its samples, weighted if there are
    /// weights.
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x)
    /// y : array of shape (m, targets), or (m,) of one target
    /// weights : array of shape (m,), optional
    #[pyo3(signature = (x, y, weights=None))]
    fn cost(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<f64> {
        either!(&self.net, inner => inner.cost(py, (x, y), weights))
    }

    /// The cost and its gradient; the parameters stay.
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x)
    /// y : array of shape (m, targets), or (m,) of one target
    /// weights : array of shape (m,), optional
    ///
    /// Returns
    /// -------
    /// (float, array of shape (parameter_count,)), in the order of `parameters`
    #[pyo3(signature = (x, y, weights=None))]
    fn backward<'py>(
        &mut self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        either!(&mut self.net, inner => inner.backward(py, (x, y), weights))
    }

    /// One step of gradient descent on the batch; returns the cost before it.
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x)
    /// y : array of shape (m, targets), or (m,) of one target
    /// learning_rate : float
    /// weights : array of shape (m,), optional
    #[pyo3(signature = (x, y, learning_rate, weights=None))]
    fn step(
        &mut self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        learning_rate: f64,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<f64> {
        either!(&mut self.net, inner => inner.step(py, (x, y), learning_rate, weights))
    }

    /// How the outputs depend on the inputs: d a_k / d x_i of every sample.
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x), or of one sample (n_x,)
    ///
    /// Returns
    /// -------
    /// array of shape (m, n_y, n_x), or (n_y, n_x) of one sample
    fn jacobian<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        either!(&self.net, inner => inner.jacobian(py, x))
    }
}
