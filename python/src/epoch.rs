//! One pass over all samples, in batches, in an order of the caller's: the inside of a training
//! whose loop is in Python.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use shallownet::{Columns, Targets};

use crate::arrays::Given;
use crate::either::{Either, Float};
use crate::failure::{refused, value};
use crate::inner::{Inner, Room};
use crate::network::PyNetwork;
use crate::optimizer::{PyOptimizer, State, other_dtype, step};
use crate::threads;

/// The samples of an epoch and how they are taken.
struct Epoch<'a, T> {
    x: Columns<'a, T>,
    y: Columns<'a, T>,
    weights: Option<&'a [T]>,
    /// The samples, one after the other; `None`: as they lie.
    order: Option<&'a [i64]>,
    batch_size: usize,
    rate: T,
    /// The penalty is half of it times the sum of the squared weights, divided by the batch's
    /// samples (or by the sum of their weights).
    alpha: f64,
    /// Rate and seed.
    dropout: (f64, u64),
}

impl<'a, T: Float> Epoch<'a, T> {
    /// The samples from `start` on: as they lie, or gathered.
    fn batch<'b>(
        &'b self,
        start: usize,
        room: &'b mut [&mut Vec<T>; 3],
    ) -> Option<(Columns<'b, T>, Targets<'b, T>)> {
        let end = (start + self.batch_size).min(self.x.samples());
        let Some(order) = self.order else {
            let (x, y) = (self.x.range(start..end)?, self.y.range(start..end)?);
            return Some((
                x,
                match self.weights {
                    Some(weights) => Targets::weighted(y, &weights[start..end]),
                    None => y.into(),
                },
            ));
        };
        let order = &order[start..end];
        let [x, y, weights] = room;
        gather(self.x, order, x);
        gather(self.y, order, y);
        let x = Columns::new(x, self.x.features()).ok()?;
        let y = Columns::new(y, self.y.features()).ok()?;
        let Some(all) = self.weights else { return Some((x, y.into())) };
        weights.clear();
        weights.extend(order.iter().map(|&i| all[i as usize]));
        Some((x, Targets::weighted(y, weights)))
    }

    /// The sum of the weights of the samples from `start` on; 0 is none that counts.
    fn total(&self, start: usize) -> f64 {
        let end = (start + self.batch_size).min(self.x.samples());
        let Some(weights) = self.weights else { return (end - start) as f64 };
        match self.order {
            None => weights[start..end].iter().map(|w| w.to_f64()).sum(),
            Some(order) => order[start..end].iter().map(|&i| weights[i as usize].to_f64()).sum(),
        }
    }
}

/// Copies the samples of that order side by side.
fn gather<T: Copy>(from: Columns<'_, T>, order: &[i64], into: &mut Vec<T>) {
    let (values, features) = (from.as_slice(), from.features());
    into.clear();
    for &i in order {
        let start = i as usize * features;
        into.extend_from_slice(&values[start..start + features]);
    }
}

impl<T: Float> Inner<T> {
    /// The mean cost and the mean penalty of the batches, each by its number of samples, before its
    /// step.
    fn epoch(&mut self, epoch: &Epoch<'_, T>, state: &mut State<T>) -> PyResult<(f64, f64)> {
        let samples = epoch.x.samples();
        let mut room = std::mem::take(&mut self.room);
        let (net, workspace) = self.trained(epoch.batch_size.min(samples).max(1))?;
        let (mut costs, mut penalties) = (0.0, 0.0);
        let mut steps = || -> shallownet::Result<()> {
            for start in (0..samples).step_by(epoch.batch_size) {
                let l2 = match epoch.total(start) {
                    0.0 => 0.0,
                    total => epoch.alpha / total,
                };
                let own = state.with_l2(l2)?;
                let penalty = if l2 == 0.0 { 0.0 } else { l2 / 2.0 * net.sum_of_squared_weights() };
                let Room { x, y, weights } = &mut room;
                let mut places = [x, y, weights];
                let Some((x, y)) = epoch.batch(start, &mut places) else { break };
                let count = x.samples() as f64;
                let cost =
                    step((&mut *net, &mut *workspace), (x, y), own, epoch.rate, epoch.dropout)?;
                costs += cost * count;
                penalties += penalty * count;
            }
            Ok(())
        };
        let result = threads::run(&mut steps);
        self.room = room;
        result.map_err(refused)?;
        Ok((costs / samples as f64, penalties / samples as f64))
    }
}

#[pymethods]
impl PyNetwork {
    /// One pass over the samples in batches, each a step of the optimiser: for trainings whose loop
    /// is yours.
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x)
    /// y : array of shape (m, targets), or (m,) of one target
    /// optimizer : Optimizer
    /// learning_rate : float
    /// batch_size : int
    /// order : array of int64, shape (m,), optional
    ///     In which order the samples are taken; as they lie by default.
    /// alpha : float, default 0
    ///     Half of it times the sum of the squared weights, divided by a batch's samples (or by the
    ///     sum of their weights), is minimised as well.
    /// weights : array of shape (m,), optional
    /// dropout, dropout_seed : float, int
    ///     Units of the hidden layers that a step leaves out.
    ///
    /// Returns
    /// -------
    /// (float, float)
    ///     The mean of the batches' costs before their steps, and of their penalties.
    #[pyo3(signature = (
        x, y, optimizer, *, learning_rate, batch_size, order=None, alpha=0.0, weights=None,
        dropout=0.0, dropout_seed=0
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords of a Python function")]
    fn epoch(
        &mut self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        mut optimizer: PyRefMut<'_, PyOptimizer>,
        learning_rate: f64,
        batch_size: usize,
        order: Option<&Bound<'_, PyAny>>,
        alpha: f64,
        weights: Option<&Bound<'_, PyAny>>,
        dropout: f64,
        dropout_seed: u64,
    ) -> PyResult<(f64, f64)> {
        let order = order.map(numbers).transpose()?;
        let order = order.as_ref().map(|order| order.as_slice()).transpose();
        let order = order.map_err(|_| value("order is not contiguous"))?;
        let how = How { order, batch_size, learning_rate, alpha, dropout: (dropout, dropout_seed) };
        match (&mut self.net, &mut optimizer.states) {
            (Either::F32(inner), Either::F32(state)) => {
                run(py, inner, (x, y, weights), state, &how)
            }
            (Either::F64(inner), Either::F64(state)) => {
                run(py, inner, (x, y, weights), state, &how)
            }
            _ => Err(other_dtype()),
        }
    }
}

/// An array of int64.
fn numbers<'py>(order: &Bound<'py, PyAny>) -> PyResult<numpy::PyReadonlyArray1<'py, i64>> {
    order.extract().map_err(|_| value("order is not an array of int64 of one dimension"))
}

/// An epoch's options of either element type.
struct How<'a> {
    order: Option<&'a [i64]>,
    batch_size: usize,
    learning_rate: f64,
    alpha: f64,
    dropout: (f64, u64),
}

fn run<T: Float>(
    py: Python<'_>,
    inner: &mut Inner<T>,
    (x, y, weights): (&Bound<'_, PyAny>, &Bound<'_, PyAny>, Option<&Bound<'_, PyAny>>),
    state: &mut State<T>,
    how: &How<'_>,
) -> PyResult<(f64, f64)> {
    let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
    let weights = Given::<T>::maybe(weights, "weights")?;
    let (x, y) = (x.columns(false)?, y.columns(inner.net.targets() == 1)?);
    let weights = weights.as_ref().map(Given::values).transpose()?;
    let m = x.samples();
    let refuse =
        |name: &str, given: usize| Err(value(format!("{name} has {given} samples: expected {m}")));
    match (y.samples(), weights.map(<[T]>::len), how.order.map(<[i64]>::len)) {
        (given, _, _) if given != m => return refuse("y", given),
        (_, Some(given), _) if given != m => return refuse("weights", given),
        (_, _, Some(given)) if given != m => return refuse("order", given),
        _ if m == 0 => return Err(value("x has no samples: expected at least one")),
        _ if how.batch_size == 0 => return Err(value("batch size is 0: expected at least 1")),
        _ => {}
    }
    if let Some(out) = how.order.into_iter().flatten().find(|i| !(0..m as i64).contains(i)) {
        return Err(PyIndexError::new_err(format!(
            "order holds {out}: the samples are 0 to {}",
            m - 1
        )));
    }
    let How { order, batch_size, learning_rate, alpha, dropout } = *how;
    let (rate, batch_size) = (T::from_f64(learning_rate), batch_size.min(m));
    let epoch = Epoch { x, y, weights, order, batch_size, rate, alpha, dropout };
    py.detach(|| inner.epoch(&epoch, state))
}
