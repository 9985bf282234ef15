//! Full-batch gradient descent: many steps, watched, and safe against divergence.

use core::ops::ControlFlow;

use crate::data::buffer::AlignedBuffer;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::scalar::Scalar;
use crate::words::choices::Checks;

/// What a `fit` callback sees after each iteration.
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{Activation, Columns, Fit, Network, Progress, TrainingWorkspace};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = TrainingWorkspace::new(&net, 2)?;
/// let mut costs = Vec::new();
/// let keep = |progress: Progress| {
///     costs.push((progress.iteration, progress.cost));
///     ControlFlow::Continue(())
/// };
/// Fit::new(10, 0.5).run(&mut net, x, y, &mut workspace, keep)?;
/// assert_eq!(costs.len(), 10);
/// assert!(costs[9].1 < costs[0].1);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The iteration, from 0.
    pub iteration: usize,
    /// The cost J before this iteration's update.
    pub cost: f64,
}

/// What `fit` did.
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{Activation, Columns, Fit, Network, Report, TrainingWorkspace};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = TrainingWorkspace::new(&net, 2)?;
/// let stop_at_3 = |p: shallownet::Progress| match p.iteration {
///     3 => ControlFlow::Break(()),
///     _ => ControlFlow::Continue(()),
/// };
/// let report: Report = Fit::new(10, 0.5).run(&mut net, x, y, &mut workspace, stop_at_3)?;
/// assert_eq!(report.iterations, 4);
/// assert_eq!(report.cost, net.cost(x, y, &mut workspace)?);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// Iterations done; fewer than asked for only if the callback stopped it.
    pub iterations: usize,
    /// The cost J after the last update.
    pub cost: f64,
}

/// Full-batch gradient descent.
///
/// If the cost becomes NaN or infinite, training stops with [`Error::Diverged`], which names the
/// iteration, and the network keeps the last parameters whose cost was finite.
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
/// let report = Fit::new(500, 0.5).run(&mut net, x, y, &mut workspace, |progress| {
///     if progress.cost < 0.05 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// })?;
/// assert!(report.cost < 0.05);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit<T> {
    iterations: usize,
    learning_rate: T,
}

/// Steps between two copies of the parameters. A copy costs about as much as one sample's share
/// of a step, so this makes it unmeasurable at any batch size; it bounds what must be repeated.
const SNAPSHOT_STEPS: usize = 64;

impl<T: Scalar> Fit<T> {
    /// `iterations` steps with this learning rate, which [`run`](Self::run) checks.
    pub fn new(iterations: usize, learning_rate: T) -> Self {
        Self { iterations, learning_rate }
    }

    /// Trains `net` on the batch; `watch` is called after every iteration and may stop it.
    ///
    /// Allocates two copies of the parameters, for the way back from divergence, and nothing at
    /// each iteration.
    ///
    /// # Errors
    /// As [`Network::step`]; [`Error::Diverged`] names the iteration whose cost was not finite.
    pub fn run<'a>(
        &self,
        net: &mut Network<T>,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        workspace: &mut TrainingWorkspace<T>,
        mut watch: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Report> {
        let y = y.into();
        checks::learning_rate(self.learning_rate)?;
        net.check_batch(x, y, &workspace.buffers)?;
        let mut snapshots = Snapshots::of(net)?;
        let mut done = 0;
        while done < self.iterations {
            snapshots.offer(net, done);
            match net.step_checked(&x, &y, self.learning_rate, workspace, Checks::ShapesOnly) {
                Ok(cost) => {
                    snapshots.commit(done);
                    done += 1;
                    if watch(Progress { iteration: done - 1, cost }).is_break() {
                        break;
                    }
                }
                Err(Error::Diverged { cost, .. }) => {
                    return Err(self.rewind(&snapshots, net, x, y, workspace, cost));
                }
                Err(other) => return Err(other),
            }
        }
        let cost = net.cost(x, y, workspace)?;
        if !cost.is_finite() || !all_finite(net) {
            return Err(self.rewind(&snapshots, net, x, y, workspace, cost));
        }
        Ok(Report { iterations: done, cost })
    }

    /// Goes back to the last snapshot and repeats the steps from there (the same bits, since a
    /// step is deterministic) up to the last parameters that are finite and have a finite cost.
    fn rewind(
        &self,
        snapshots: &Snapshots<T>,
        net: &mut Network<T>,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        workspace: &mut TrainingWorkspace<T>,
        cost: f64,
    ) -> Error {
        let parameters = |net: &mut Network<T>, from: &AlignedBuffer<T>| {
            net.parameter_buffer_mut().as_mut_slice().copy_from_slice(from.as_slice());
        };
        parameters(net, &snapshots.good);
        let (mut step, mut last_good) = (snapshots.step, None);
        while all_finite(net) {
            let before = match net.parameter_buffer().try_clone("the parameters' snapshot") {
                Ok(copy) => copy,
                Err(error) => return error,
            };
            if net.step_checked(&x, &y, self.learning_rate, workspace, Checks::ShapesOnly).is_err()
            {
                break;
            }
            last_good = Some(before);
            step += 1;
        }
        parameters(net, last_good.as_ref().unwrap_or(&snapshots.good));
        Error::Diverged { step, cost }
    }
}

fn all_finite<T: Scalar>(net: &Network<T>) -> bool {
    checks::all(net.parameter_buffer().as_slice(), |p| p.is_finite())
}

/// Copies of the parameters, taken now and then. A copy counts only once the step from it has
/// shown that its cost is finite.
struct Snapshots<T> {
    good: AlignedBuffer<T>,
    /// The step that `good` is the beginning of.
    step: usize,
    offered: AlignedBuffer<T>,
    is_offered: bool,
}

impl<T: Scalar> Snapshots<T> {
    fn of(net: &Network<T>) -> Result<Self> {
        let copy = || net.parameter_buffer().try_clone("the parameters' snapshot");
        Ok(Self { good: copy()?, step: 0, offered: copy()?, is_offered: false })
    }

    /// Before step `done`: copy, if it is time and the parameters are worth keeping.
    fn offer(&mut self, net: &Network<T>, done: usize) {
        if done - self.step >= SNAPSHOT_STEPS && all_finite(net) {
            self.offered.as_mut_slice().copy_from_slice(net.parameter_buffer().as_slice());
            self.is_offered = true;
        }
    }

    /// Step `done` found a finite cost.
    fn commit(&mut self, done: usize) {
        if core::mem::take(&mut self.is_offered) {
            core::mem::swap(&mut self.good, &mut self.offered);
            self.step = done;
        }
    }
}
