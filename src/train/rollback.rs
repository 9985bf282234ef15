//! The way back from divergence: parameters, moments, counts and the best epoch as they were at an
//! epoch's start.

use crate::data::buffer::AlignedBuffer;
use crate::data::checks;
use crate::error::Result;
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::training_state::BestSoFar;
use crate::train::{Best, TrainingState};

/// Two copies: one that is known to be good, and a younger one that is on trial. A copy is good
/// once the step from it has shown that its cost is finite.
#[derive(Debug)]
pub(super) struct Snapshots<T> {
    good: Snapshot<T>,
    offered: Snapshot<T>,
    is_offered: bool,
}

#[derive(Debug)]
struct Snapshot<T> {
    parameters: AlignedBuffer<T>,
    moments: [Option<AlignedBuffer<T>>; 2],
    steps: u64,
    epochs: usize,
    /// Present if there is early stopping. The epoch that is gone back on may be the best one.
    best: Option<Copied<T>>,
}

/// A [`BestSoFar`].
#[derive(Debug)]
struct Copied<T> {
    parameters: AlignedBuffer<T>,
    judged: Option<Best>,
}

impl<T: Scalar> Snapshots<T> {
    /// Allocates both.
    pub(super) fn of(net: &Network<T>, state: &TrainingState<T>) -> Result<Self> {
        let copy = || Snapshot::of(net, state);
        Ok(Self { good: copy()?, offered: copy()?, is_offered: false })
    }

    /// At the beginning of a run: what there is counts as good, if it is finite.
    pub(super) fn begin(&mut self, net: &Network<T>, state: &TrainingState<T>) {
        if all_finite(net, state) {
            self.good.take(net, state);
        }
        self.is_offered = false;
    }

    /// At the beginning of an epoch: copy, if it is worth keeping.
    pub(super) fn offer(&mut self, net: &Network<T>, state: &TrainingState<T>) {
        self.is_offered = all_finite(net, state);
        if self.is_offered {
            self.offered.take(net, state);
        }
    }

    /// The step from the offered copy found a finite cost.
    pub(super) fn commit(&mut self) {
        if core::mem::take(&mut self.is_offered) {
            core::mem::swap(&mut self.good, &mut self.offered);
        }
    }

    /// Back to the last good copy.
    pub(super) fn restore(&self, net: &mut Network<T>, state: &mut TrainingState<T>) {
        let Snapshot { parameters, moments, steps, epochs, best } = &self.good;
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

impl<T: Scalar> Snapshot<T> {
    fn of(net: &Network<T>, state: &TrainingState<T>) -> Result<Self> {
        let copy = |buffer: &AlignedBuffer<T>| buffer.try_clone("the parameters' snapshot");
        let moment = |m: &Option<Gradients<T>>| m.as_ref().map(|m| copy(&m.buffer)).transpose();
        let [m, v] = state.optimizer.moments();
        let best = |best: &BestSoFar<T>| {
            Ok(Copied { parameters: copy(best.network.parameter_buffer())?, judged: best.judged })
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
