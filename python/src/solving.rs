//! `Network.solve`: the library's full-batch solvers.

use std::ops::ControlFlow;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use shallownet::solvers::{SolverStop, Solving, StopAt};

use crate::arrays::Given;
use crate::either::{Float, either};
use crate::failure::refused;
use crate::inner::Inner;
use crate::network::PyNetwork;
use crate::passes::targets;
use crate::threads;
use crate::watching::Watch;
use crate::words::{self, Options};

/// What a solver did.
#[pyclass(module = "shallownet", frozen, get_all)]
#[derive(Debug)]
pub(crate) struct Solution {
    /// Iterations done.
    iterations: usize,
    /// Passes over all samples.
    evaluations: usize,
    /// Why it ended: "gradient", "cost", "step", "iterations", "time", "callback", "no decrease",
    /// "evaluations" or "small decrease".
    stop: String,
    /// The cost at the parameters that it left, penalty not counted.
    cost: f64,
    /// The cost with the penalty.
    objective: f64,
    /// The Euclidean norm of the objective's gradient.
    gradient_norm: f64,
    /// The objective after each iteration.
    objectives: Vec<f64>,
}

#[pymethods]
impl Solution {
    fn __repr__(&self) -> String {
        let Self { iterations, stop, cost, .. } = self;
        format!("Solution(iterations={iterations}, stop='{stop}', cost={cost})")
    }
}

/// The options of a solver.
struct Keywords {
    method: String,
    iterations: usize,
    cost: Option<f64>,
    gradient_norm: f64,
    step_norm: f64,
    seconds: Option<f64>,
    evaluations: Option<usize>,
    decrease: f64,
    l2: f64,
}

impl Keywords {
    fn solving(&self, options: Option<&Bound<'_, PyDict>>) -> PyResult<Solving> {
        let mut stop = StopAt::iterations(self.iterations)
            .gradient_norm(self.gradient_norm)
            .step_norm(self.step_norm);
        if let Some(cost) = self.cost {
            stop = stop.cost(cost);
        }
        if let Some(seconds) = self.seconds {
            let time = Duration::try_from_secs_f64(seconds);
            stop = stop.time(time.map_err(|_| {
                crate::failure::value(format!("seconds is {seconds}: expected a time"))
            })?);
        }
        let method = words::method(&self.method, Options::new(options)?)?;
        Ok(Solving::new(method).stop_at(stop).l2(self.l2))
    }
}

#[pymethods]
impl PyNetwork {
    /// Minimises the cost of all samples by a full-batch solver; for networks of some hundred
    /// parameters. Ctrl-C stops it after an iteration, with the best parameters that it has by
    /// then.
    ///
    /// Parameters
    /// ----------
    /// x : array of shape (m, n_x)
    /// y : array of shape (m, targets), or (m,) of one target
    /// method : str, default "lbfgs"
    ///     lbfgs, lm (Levenberg-Marquardt, for squared errors), rprop, or scg (scaled conjugate
    ///     gradients).
    /// iterations : int, default 1000
    /// cost : float, optional
    ///     It stops at a cost of this, ...
    /// gradient_norm : float, default 1e-10
    ///     ... at a gradient of this Euclidean norm, ...
    /// step_norm : float, default 0
    ///     ... after a shorter step than this, ...
    /// seconds : float, optional
    ///     ... after this time, ...
    /// evaluations : int, optional
    ///     ... after so many passes over the samples, ...
    /// decrease : float, default 0
    ///     ... or when an iteration lowers the objective by no more than this share of it (or of
    ///     1).
    /// l2 : float, default 0
    ///     Half of it times the sum of the squared weights (not biases) is minimised as well.
    /// weights : array of shape (m,), optional
    /// callback : callable, optional
    ///     Called with (iteration, objective); stops it by a true value.
    /// **options : float
    ///     history of lbfgs; damping and bayesian (0 or 1) of lm.
    ///
    /// Returns
    /// -------
    /// Solution
    #[pyo3(signature = (
        x, y, *, method="lbfgs", iterations=1000, cost=None, gradient_norm=1e-10, step_norm=0.0,
        seconds=None, evaluations=None, decrease=0.0, l2=0.0, weights=None, callback=None,
        **options
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords of a Python function")]
    fn solve(
        &mut self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        method: &str,
        iterations: usize,
        cost: Option<f64>,
        gradient_norm: f64,
        step_norm: f64,
        seconds: Option<f64>,
        evaluations: Option<usize>,
        decrease: f64,
        l2: f64,
        weights: Option<&Bound<'_, PyAny>>,
        callback: Option<Py<PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Solution> {
        let keywords = Keywords {
            method: method.to_owned(),
            iterations,
            cost,
            gradient_norm,
            step_norm,
            seconds,
            evaluations,
            decrease,
            l2,
        };
        let solving = keywords.solving(options)?;
        let limits = (keywords.evaluations, keywords.decrease);
        let watch = Watch::new(callback);
        either!(&mut self.net, inner => inner.solve(py, (x, y, weights), solving, limits, watch))
    }
}

impl<T: Float> Inner<T> {
    fn solve(
        &mut self,
        py: Python<'_>,
        (x, y, weights): (&Bound<'_, PyAny>, &Bound<'_, PyAny>, Option<&Bound<'_, PyAny>>),
        solving: Solving,
        (most, decrease): (Option<usize>, f64),
        mut watch: Watch,
    ) -> PyResult<Solution> {
        let (x, y) = (Given::<T>::new(x, "x")?, Given::<T>::new(y, "y")?);
        let weights = Given::<T>::maybe(weights, "weights")?;
        let of_one = self.net.targets() == 1;
        let (x, y) = (x.columns(false)?, targets(&y, weights.as_ref(), of_one)?);
        let (mut objectives, mut reason) = (Vec::new(), None);
        let (net, interrupted) = (&mut self.net, watch.interrupted());
        let work = || {
            solving.run(net, x, y, |seen| {
                let (before, now) = (objectives.last().copied(), seen.standing.objective);
                objectives.push(now);
                let watched = watch.see(|| (seen.iteration, now));
                if watched.is_break() {
                    return watched;
                }
                if most.is_some_and(|most| seen.standing.evaluations >= most) {
                    reason = Some("evaluations");
                } else if let Some(before) = before
                    && decrease > 0.0
                    && before - now <= decrease * before.abs().max(now.abs()).max(1.0)
                {
                    reason = Some("small decrease");
                }
                if reason.is_some() { ControlFlow::Break(()) } else { watched }
            })
        };
        let result = threads::interruptible(py, &interrupted, work)?;
        watch.end()?;
        let report = result.map_err(refused)?;
        let stop = match (report.stop, reason) {
            (SolverStop::Callback, Some(reason)) => reason,
            (stop, _) => stop.name(),
        };
        Ok(Solution {
            iterations: report.iterations,
            evaluations: report.evaluations,
            stop: stop.to_owned(),
            cost: report.cost,
            objective: report.standing.objective,
            gradient_norm: report.standing.gradient_norm,
            objectives,
        })
    }
}
