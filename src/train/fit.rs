//! Full-batch gradient descent in one line, on memory of the caller's.

use core::ops::ControlFlow;

use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::scalar::Scalar;
use crate::train::epochs::{self, Costs, Steps};
use crate::train::options::Training;
use crate::train::report::{Epoch, TrainingReport};
use crate::train::rollback::Rollback;
use crate::train::training_state::TrainingState;
use crate::words::choices::Checks;

/// Full-batch gradient descent, the short form of [`Training::full_batch`]: on a workspace of the
/// caller's, without optimiser, schedule and validation. Each iteration is an epoch of one step;
/// the bits are those of as many calls of [`Network::step`].
///
/// If the cost becomes NaN or infinite, training stops with
/// [`Error::Diverged`](crate::Error::Diverged), which names the iteration, and the network keeps
/// the last parameters that were finite and had a finite cost. (It goes back to a copy of at most
/// 64 iterations before, and repeats the steps from there.)
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{Activation, Columns, Fit, Network, TrainingWorkspace};
///
/// let (x, y) = ([-2.0_f64, -1.0, 1.0, 2.0], [0.0, 0.0, 1.0, 1.0]);
/// let (x, y) = (Columns::new(&x, 1)?, Columns::new(&y, 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = TrainingWorkspace::new(&net, 4)?;
///
/// let report = Fit::new(500, 0.5).run(&mut net, x, y, &mut workspace, |iteration| {
///     let is_good = iteration.training_cost < 0.05;
///     if is_good { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// })?;
/// assert!(report.epochs < 500);
/// // The cost after the last update, which no iteration has seen.
/// assert_eq!(report.cost, Some(net.cost(x, y, &mut workspace)?));
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    iterations: usize,
    learning_rate: f64,
}

impl Fit {
    /// `iterations` steps at this learning rate, which [`run`](Self::run) checks.
    ///
    /// ```
    /// # use shallownet::Fit;
    /// let fit = Fit::new(500, 0.5);
    /// ```
    pub fn new(iterations: usize, learning_rate: f64) -> Self {
        Self { iterations, learning_rate }
    }

    /// Trains `net` on the batch; `watch` is called after every iteration and may stop it. The
    /// report's `epochs` are iterations.
    ///
    /// Allocates two copies of the parameters, for the way back from divergence, and nothing at
    /// each iteration.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use shallownet::{Activation, Columns, Fit, Network, TrainingWorkspace};
    ///
    /// let (x, y) = (Columns::new(&[-1.0_f32, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let mut workspace = TrainingWorkspace::new(&net, 2)?;
    /// let mut costs = Vec::new();
    /// Fit::new(10, 0.5).run(&mut net, x, y, &mut workspace, |iteration| {
    ///     costs.push(iteration.training_cost);
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert_eq!(costs.len(), 10);
    /// assert!(costs[9] < costs[0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Network::step`], and [`Error::Range`](crate::Error::Range) for a learning rate that
    /// becomes subnormal, 0 or infinite as a T; [`Error::Diverged`](crate::Error::Diverged) names
    /// the iteration at which a cost or a parameter was found not to be finite.
    pub fn run<'a, T: Scalar>(
        &self,
        net: &mut Network<T>,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        workspace: &mut TrainingWorkspace<T>,
        watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
    ) -> Result<TrainingReport> {
        let y = y.into();
        let training = Training::full_batch(self.iterations).learning_rate(self.learning_rate);
        let mut state = TrainingState::new(net, training, x.samples())?;
        net.check_batch(x, y, &workspace.buffers)?;
        let rate = T::from_f64(self.learning_rate);
        y.check_rate(rate.to_f64())?;
        let mut rollback = Rollback::new(net, &state)?;
        let mut iteration = Iteration { x, y, rate, workspace };
        epochs::run(net, &mut state, &mut rollback, &mut iteration, watch)
    }
}

/// A step of gradient descent; all arguments are checked.
struct Iteration<'a, T> {
    x: Columns<'a, T>,
    y: Targets<'a, T>,
    rate: T,
    workspace: &'a mut TrainingWorkspace<T>,
}

impl<T: Scalar> Steps<T> for Iteration<'_, T> {
    type Error = Error;

    // See `epochs::epoch`.
    #[inline(always)]
    fn epoch(
        &mut self,
        net: &mut Network<T>,
        state: &mut TrainingState<T>,
        rollback: &mut Rollback<T>,
    ) -> Result<Costs> {
        let Self { x, y, rate, workspace } = self;
        let cost = if *rate > T::ZERO {
            net.step_checked(x, y, *rate, workspace, Checks::ShapesOnly)?
        } else {
            net.backward_checked(x, y, workspace, Checks::ShapesOnly)?
        };
        let training = checks::finite_cost(cost, state.steps())?;
        rollback.commit();
        state.optimizer.count();
        Ok(Costs { training, validation: None, learning_rate: rate.to_f64() })
    }

    fn cost(&mut self, net: &Network<T>) -> Result<Option<f64>> {
        net.cost_checked(self.x, self.y, &mut self.workspace.buffers).map(Some)
    }
}
