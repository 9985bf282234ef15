//! The way back from divergence: copies of parameters, moments, counts and the best epoch, taken at
//! the beginning of an epoch.

use crate::data::buffer::AlignedBuffer;
use crate::data::checks;
use crate::error::Result;
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::best::{Best, BestSoFar};
use crate::train::training_state::TrainingState;

/// Usual number of steps between two copies. A copy costs about as much as one sample's share of a
/// step, so that its cost can't be measured at any batch size. At most this many steps are
/// repeated.
const STEPS: usize = 64;

/// Two copies: one that is known to be good, and a younger one that is on trial. A copy is good
/// once the step from it has shown that its cost is finite.
#[derive(Debug)]
pub(super) struct Rollback<T> {
    good: Kept<T>,
    on_trial: Kept<T>,
    is_on_trial: bool,
    /// Epochs between two copies.
    every: usize,
}

#[derive(Debug)]
struct Kept<T> {
    parameters: AlignedBuffer<T>,
    moments: [Option<AlignedBuffer<T>>; 2],
    steps: u64,
    epochs: usize,
    /// Present if there is early stopping, since the epoch that is undone may be the best one.
    best: Option<KeptBest<T>>,
}

/// A [`BestSoFar`].
#[derive(Debug)]
struct KeptBest<T> {
    parameters: AlignedBuffer<T>,
    judged: Option<Best>,
}

impl<T: Scalar> Rollback<T> {
    /// Allocates both.
    pub(super) fn new(net: &Network<T>, state: &TrainingState<T>) -> Result<Self> {
        let copy = || Kept::of(net, state);
        let every = (STEPS / state.steps_an_epoch()).max(1);
        Ok(Self { good: copy()?, on_trial: copy()?, is_on_trial: false, every })
    }

    /// The same with a copy at each epoch, however short: for epochs that perhaps can't be repeated.
    pub(super) fn of_each_epoch(net: &Network<T>, state: &TrainingState<T>) -> Result<Self> {
        Ok(Self { every: 1, ..Self::new(net, state)? })
    }

    /// At the beginning of a run: the parameters and moments count as good if they are finite.
    pub(super) fn begin(&mut self, net: &Network<T>, state: &TrainingState<T>) {
        if all_finite(net, state) {
            self.good.take(net, state);
        }
        self.is_on_trial = false;
    }

    /// At the beginning of an epoch: copies, if it is time and the numbers are worth keeping.
    #[inline]
    pub(super) fn offer(&mut self, net: &Network<T>, state: &TrainingState<T>) {
        if state.epochs.saturating_sub(self.good.epochs) >= self.every {
            self.copy(net, state);
        }
    }

    fn copy(&mut self, net: &Network<T>, state: &TrainingState<T>) {
        self.is_on_trial = all_finite(net, state);
        if self.is_on_trial {
            self.on_trial.take(net, state);
        }
    }

    /// The step from the copy found a finite cost.
    #[inline]
    pub(super) fn commit(&mut self) {
        if core::mem::take(&mut self.is_on_trial) {
            core::mem::swap(&mut self.good, &mut self.on_trial);
        }
    }

    /// Back to the last epoch that began with a finite cost and finite numbers, no later than the
    /// one in which the training failed. `epoch` runs one epoch: those since the last copy are
    /// repeated, with the same bits (a step is deterministic), and copied one by one.
    pub(super) fn go_back<E>(
        &mut self,
        net: &mut Network<T>,
        state: &mut TrainingState<T>,
        mut epoch: impl FnMut(&mut Network<T>, &mut TrainingState<T>, &mut Self) -> Result<(), E>,
    ) {
        let failed = state.epochs;
        self.restore(net, state);
        let every = core::mem::replace(&mut self.every, 1);
        while every > 1 && state.epochs <= failed && epoch(net, state, self).is_ok() {}
        self.every = every;
        self.restore(net, state);
    }

    fn restore(&mut self, net: &mut Network<T>, state: &mut TrainingState<T>) {
        self.is_on_trial = false;
        let Kept { parameters, moments, steps, epochs, best } = &self.good;
        net.parameter_buffer_mut().as_mut_slice().copy_from_slice(parameters.as_slice());
        for (moment, copy) in state.optimizer.moments_mut().iter_mut().zip(moments) {
            if let (Some(moment), Some(copy)) = (moment, copy) {
                moment.buffer.as_mut_slice().copy_from_slice(copy.as_slice());
            }
        }
        state.optimizer.set_steps(*steps);
        state.epochs = *epochs;
        if let (Some(best), Some(copy)) = (&mut state.best, best) {
            let into = best.network.parameter_buffer_mut().as_mut_slice();
            into.copy_from_slice(copy.parameters.as_slice());
            best.judged = copy.judged;
        }
    }
}

impl<T: Scalar> Kept<T> {
    fn of(net: &Network<T>, state: &TrainingState<T>) -> Result<Self> {
        let copy = |buffer: &AlignedBuffer<T>| buffer.try_clone("a copy of the parameters");
        let moment = |m: &Option<Gradients<T>>| m.as_ref().map(|m| copy(&m.buffer)).transpose();
        let [m, v] = state.optimizer.moments();
        let best = |best: &BestSoFar<T>| {
            Ok(KeptBest { parameters: copy(best.network.parameter_buffer())?, judged: best.judged })
        };
        Ok(Self {
            parameters: copy(net.parameter_buffer())?,
            moments: [moment(m)?, moment(v)?],
            steps: state.optimizer.steps(),
            epochs: state.epochs,
            best: state.best.as_ref().map(best).transpose()?,
        })
    }

    fn take(&mut self, net: &Network<T>, state: &TrainingState<T>) {
        let from = net.parameter_buffer().as_slice();
        self.parameters.as_mut_slice().copy_from_slice(from);
        for (copy, moment) in self.moments.iter_mut().zip(state.optimizer.moments()) {
            if let (Some(copy), Some(moment)) = (copy, moment) {
                copy.as_mut_slice().copy_from_slice(moment.buffer.as_slice());
            }
        }
        (self.steps, self.epochs) = (state.optimizer.steps(), state.epochs);
        if let (Some(copy), Some(best)) = (&mut self.best, &state.best)
            && copy.judged != best.judged
        {
            let from = best.network.parameter_buffer().as_slice();
            copy.parameters.as_mut_slice().copy_from_slice(from);
            copy.judged = best.judged;
        }
    }
}

/// Parameters and moments: a moment that is infinite has stopped its parameter for good.
pub(super) fn all_finite<T: Scalar>(net: &Network<T>, state: &TrainingState<T>) -> bool {
    let finite = |values: &[T]| checks::all(values, |v| v.is_finite());
    let mut moments = state.optimizer.moments().iter().flatten();
    finite(net.parameter_buffer().as_slice()) && moments.all(|m| finite(m.buffer.as_slice()))
}
