//! The loop over epochs, the same for every way to train.

use core::ops::ControlFlow;

use crate::data::checks;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::report::{Epoch, Stop, TrainingReport};
use crate::train::rollback::{Rollback, all_finite};
use crate::train::training_state::TrainingState;

/// The steps of an epoch, which are what differs between the ways to train.
pub(super) trait Steps<T: Scalar> {
    /// What can go wrong in an epoch besides what the library refuses.
    type Error: From<Error>;

    /// All steps of one epoch, and what is measured after them. [`Rollback::commit`] is called
    /// after the first, if not after each. Divergence names the state's step.
    fn epoch(
        &mut self,
        net: &mut Network<T>,
        state: &mut TrainingState<T>,
        rollback: &mut Rollback<T>,
    ) -> Result<Costs, Self::Error>;

    /// The cost of all training samples, if one step sees all of them.
    fn cost(&mut self, net: &Network<T>) -> Result<Option<f64>>;

    /// Does the run stop, if the callback said so here, or did not?
    #[inline(always)]
    fn is_stopped(&mut self, here: bool) -> bool {
        here
    }
}

/// What an epoch measures; see [`Epoch`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Costs {
    pub(super) training: f64,
    pub(super) validation: Option<f64>,
    pub(super) learning_rate: f64,
}

/// Epochs until there is nothing left to do or `watch` says stop. After an error network and state
/// are those of the last epoch that [`Rollback::go_back`] finds good.
pub(super) fn run<T: Scalar, S: Steps<T>>(
    net: &mut Network<T>,
    state: &mut TrainingState<T>,
    rollback: &mut Rollback<T>,
    steps: &mut S,
    watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
) -> Result<TrainingReport, S::Error> {
    rollback.begin(net, state);
    let result = watched(net, state, rollback, steps, watch);
    if result.is_err() {
        rollback.go_back(net, state, |net, state, rollback| {
            epoch(net, state, rollback, steps).map(drop)
        });
    }
    result
}

fn watched<T: Scalar, S: Steps<T>>(
    net: &mut Network<T>,
    state: &mut TrainingState<T>,
    rollback: &mut Rollback<T>,
    steps: &mut S,
    mut watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
) -> Result<TrainingReport, S::Error> {
    let (mut last, mut is_stopped) = (None, false);
    while !is_stopped && !state.is_finished() {
        let costs = epoch(net, state, rollback, steps)?;
        last = Some(costs);
        let seen = Epoch {
            epoch: state.epochs - 1,
            training_cost: costs.training,
            validation_cost: costs.validation,
            learning_rate: costs.learning_rate,
            network: net,
            state,
        };
        is_stopped = steps.is_stopped(watch(&seen).is_break());
    }
    // No step has checked the parameters after the last update.
    let mut cost = cost(net, state, steps)?;
    let stop = match is_stopped {
        true => Stop::Callback,
        false if state.is_out_of_patience() => Stop::Patience,
        false => Stop::Finished,
    };
    if stop != Stop::Callback && state.restore_best(net) {
        cost = steps.cost(net)?;
    }
    Ok(TrainingReport {
        epochs: state.epochs,
        steps: state.steps(),
        stop,
        cost,
        training_cost: last.map(|costs| costs.training),
        validation_cost: last.and_then(|costs| costs.validation),
        best: state.best(),
    })
}

// Always inlined: for the step of a tiny network, to hand these results on in memory would take
// longer than a tenth of the step.
#[inline(always)]
fn epoch<T: Scalar, S: Steps<T>>(
    net: &mut Network<T>,
    state: &mut TrainingState<T>,
    rollback: &mut Rollback<T>,
    steps: &mut S,
) -> Result<Costs, S::Error> {
    rollback.offer(net, state);
    let costs = steps.epoch(net, state, rollback)?;
    state.count(net, costs.validation);
    Ok(costs)
}

/// [`Steps::cost`], refused unless it and all parameters and moments are finite.
fn cost<T: Scalar>(
    net: &Network<T>,
    state: &TrainingState<T>,
    steps: &mut impl Steps<T>,
) -> Result<Option<f64>> {
    let step = state.steps();
    let cost = steps.cost(net)?.map(|cost| checks::finite_cost(cost, step)).transpose()?;
    if all_finite(net, state) { Ok(cost) } else { Err(Error::Diverged { step, cost: f64::NAN }) }
}
