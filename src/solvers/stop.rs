//! When a solver stops, and why it did.

use std::time::Duration;

use crate::error::{Error, Result};

/// When a solver stops: at whichever of these comes first.
///
/// Defaults: 1000 iterations, a gradient norm of 1e-10; no limit of cost, step or time.
///
/// ```
/// use shallownet::solvers::StopAt;
///
/// let stop = StopAt::iterations(200).cost(1e-3).gradient_norm(1e-8);
/// assert_eq!((stop.get_iterations(), stop.get_cost()), (200, Some(1e-3)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StopAt {
    pub(crate) iterations: usize,
    pub(crate) cost: Option<f64>,
    pub(crate) gradient_norm: f64,
    pub(crate) step_norm: f64,
    pub(crate) time: Option<Duration>,
}

impl Default for StopAt {
    fn default() -> Self {
        Self { iterations: 1000, cost: None, gradient_norm: 1e-10, step_norm: 0.0, time: None }
    }
}

impl StopAt {
    /// At most this many iterations in all, those of earlier runs included.
    ///
    /// ```
    /// # use shallownet::solvers::StopAt;
    /// assert_eq!(StopAt::iterations(50).get_iterations(), 50);
    /// ```
    pub fn iterations(iterations: usize) -> Self {
        Self { iterations, ..Self::default() }
    }

    /// A cost J (penalties not counted) at which the network is good enough. Default: none.
    ///
    /// ```
    /// # use shallownet::solvers::StopAt;
    /// assert_eq!(StopAt::default().cost(0.01).get_cost(), Some(0.01));
    /// ```
    pub fn cost(mut self, cost: f64) -> Self {
        self.cost = Some(cost);
        self
    }

    /// A Euclidean norm of the gradient (penalties counted) at which this is a minimum. 0 stops at an
    /// exact one only. Default: 1e-10.
    ///
    /// ```
    /// # use shallownet::solvers::StopAt;
    /// assert_eq!(StopAt::default().gradient_norm(1e-6).get_gradient_norm(), 1e-6);
    /// ```
    pub fn gradient_norm(mut self, norm: f64) -> Self {
        self.gradient_norm = norm;
        self
    }

    /// A Euclidean norm of an iteration's step below which nothing more is to be gained. Default: 0,
    /// which never stops.
    ///
    /// ```
    /// # use shallownet::solvers::StopAt;
    /// assert_eq!(StopAt::default().step_norm(1e-9).get_step_norm(), 1e-9);
    /// ```
    pub fn step_norm(mut self, norm: f64) -> Self {
        self.step_norm = norm;
        self
    }

    /// A time that a run may take, looked at after each iteration. Where this stops a run, its length
    /// depends on the machine. Default: none.
    ///
    /// ```
    /// # use shallownet::solvers::StopAt;
    /// use std::time::Duration;
    /// assert_eq!(StopAt::default().get_time(), None);
    /// let stop = StopAt::default().time(Duration::from_secs(5));
    /// assert_eq!(stop.get_time(), Some(Duration::from_secs(5)));
    /// ```
    pub fn time(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }

    /// The limit of iterations.
    pub fn get_iterations(&self) -> usize {
        self.iterations
    }

    /// The cost that is good enough, if there is one.
    pub fn get_cost(&self) -> Option<f64> {
        self.cost
    }

    /// The gradient's norm at a minimum.
    pub fn get_gradient_norm(&self) -> f64 {
        self.gradient_norm
    }

    /// The least norm of a step.
    pub fn get_step_norm(&self) -> f64 {
        self.step_norm
    }

    /// The time that a run may take, if it is limited.
    pub fn get_time(&self) -> Option<Duration> {
        self.time
    }

    pub(super) fn check(&self) -> Result<()> {
        let numbers = [
            ("gradient norm", self.gradient_norm),
            ("step norm", self.step_norm),
            ("cost to stop at", self.cost.unwrap_or(0.0)),
        ];
        for (argument, given) in numbers {
            if !(given.is_finite() && given >= 0.0) {
                let expected = "finite and not negative";
                return Err(Error::Range { argument, expected, given });
            }
        }
        Ok(())
    }
}

/// Why a solver stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SolverStop {
    /// The gradient's norm is at its limit: a minimum, or a saddle.
    GradientNorm,
    /// The cost is good enough.
    Cost,
    /// The last step was shorter than its limit.
    StepNorm,
    /// All iterations are done.
    Iterations,
    /// The time is over.
    Time,
    /// The callback said so.
    Callback,
    /// No step lowers the cost any more: the numbers' precision is exhausted, as a rule (the damping
    /// has reached its limit, or the line search has found nothing).
    NoDecrease,
}

impl SolverStop {
    /// The reason in a word: `gradient`, `cost`, `step`, `iterations`, `time`, `callback`,
    /// `no decrease`.
    ///
    /// ```
    /// assert_eq!(shallownet::solvers::SolverStop::Cost.name(), "cost");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::GradientNorm => "gradient",
            Self::Cost => "cost",
            Self::StepNorm => "step",
            Self::Iterations => "iterations",
            Self::Time => "time",
            Self::Callback => "callback",
            Self::NoDecrease => "no decrease",
        }
    }
}

impl core::fmt::Display for SolverStop {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}
