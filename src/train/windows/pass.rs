//! An epoch over the windows of a source, and what it is judged by.

use super::batch::{Batch, Course};
use super::feed::Feed;
use super::plan::{Part, Plan};
use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::data_set::DataSet;
use crate::data::source::{Source, SourceError};
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::scalar::Scalar;
use crate::train::epochs::{Costs, Steps};
use crate::train::one_step::step;
use crate::train::rollback::{Rollback, all_finite};
use crate::train::training_state::TrainingState;
use crate::train::validation::Validation;
use crate::words::fingerprint::{Fingerprint, xxh64};

/// What an epoch writes besides network, state and windows.
#[derive(Debug)]
pub(super) struct Memory<T> {
    pub(super) workspace: TrainingWorkspace<T>,
    pub(super) batch: Batch<T>,
    pub(super) validation: Validation<T>,
}

/// Epochs of a run. Everything but the source's values has been checked.
pub(super) struct Pass<'f, 'a, 'd, T, S: Source<T>> {
    pub(super) memory: &'f mut Memory<T>,
    pub(super) plan: &'f Plan,
    pub(super) feed: Feed<'f, 'a, T, S>,
    /// Samples for validation in memory.
    pub(super) validation: Option<(Columns<'d, T>, Targets<'d, T>)>,
    /// What they are known by.
    pub(super) known: u64,
    /// How many samples of the source are held out.
    pub(super) held: usize,
}

impl<T: Scalar, S: Source<T>> Pass<'_, '_, '_, T, S> {
    /// Every sample once: the mean cost, the last learning rate, and the hash of all samples.
    fn steps(
        &mut self,
        net: &mut Network<T>,
        state: &mut TrainingState<T>,
        rollback: &mut Rollback<T>,
        course: &mut Course<T>,
    ) -> Result<(f64, f64), SourceError<S::Error>> {
        let Memory { workspace, batch, .. } = &mut *self.memory;
        let (count, samples) = (state.steps_an_epoch(), state.samples);
        let size = state.training.get_batch_size().unwrap_or(samples).min(samples);
        let (n_x, n_y) = (net.inputs(), net.targets());
        let (mut sum, mut last) = (0.0, 0.0);
        for index in 0..count {
            let of_step = (size.min(samples - index * size), n_x, n_y);
            let (x, y) = course.gather(self.plan, &mut self.feed, batch, of_step)?;
            let cost;
            (cost, last) = step(net, state, count, x, y, workspace)?;
            rollback.commit();
            sum += cost * y.total();
        }
        Ok((sum / samples as f64, last))
    }

    /// The mean cost of the samples held out, and the hash of all of them.
    fn judge(
        &mut self,
        net: &Network<T>,
        epoch: u64,
    ) -> Result<(Option<f64>, u64), SourceError<S::Error>> {
        if self.held == 0 {
            let Some((x, y)) = self.validation else { return Ok((None, 0)) };
            let data = DataSet { x, y: y.y, weights: None, validation: Some((x, y)) };
            return Ok((self.memory.validation.cost(net, data)?, self.known));
        }
        let (n_x, n_y) = (net.inputs(), net.targets());
        let (mut sum, mut hash) = (0.0, 0_u64);
        let mut next = Some(Part::Held { epoch, index: 0 });
        while let Some(part) = next {
            let held = self.feed.take(part)?;
            let x = Columns::checked(&held.x.as_slice()[..held.samples * n_x], n_x);
            let y = Columns::checked(&held.y.as_slice()[..held.samples * n_y], n_y);
            let added = self.memory.validation.add(net, x, y.into(), sum);
            hash = hash.wrapping_add(held.hash);
            self.feed.give_back(held);
            sum = added?;
            next = self.plan.following(part);
        }
        Ok((Some(sum / self.held as f64), hash))
    }

    fn recognise(
        &self,
        net: &Network<T>,
        state: &mut TrainingState<T>,
        trained: u64,
        judged: u64,
    ) -> Result<()> {
        let judges = match self.validation {
            Some((x, _)) => x.samples(),
            None => self.held,
        };
        let sizes = [net.inputs(), net.targets(), state.samples, judges].map(|n| n as u64);
        let [n_x, n_y, samples, judges] = sizes;
        let words = [n_x, n_y, samples, trained, judges, judged];
        state.recognise_as(Fingerprint(xxh64(&words, |word| word)))
    }
}

impl<T: Scalar, S: Source<T>> Steps<T> for Pass<'_, '_, '_, T, S> {
    type Error = SourceError<S::Error>;

    fn epoch(
        &mut self,
        net: &mut Network<T>,
        state: &mut TrainingState<T>,
        rollback: &mut Rollback<T>,
    ) -> Result<Costs, Self::Error> {
        let epoch = state.epochs as u64;
        let mut course = Course::of_epoch(epoch);
        let stepped = self.steps(net, state, rollback, &mut course);
        course.end(&mut self.feed);
        if let Err(error) = stepped {
            // Not a cost but the source failed, or the data: what the epoch began with is good.
            if !matches!(error, SourceError::Refused(Error::Diverged { .. })) {
                rollback.commit();
            }
            return Err(error);
        }
        let (training, learning_rate) = stepped?;
        let step = state.steps();
        if !all_finite(net, state) {
            return Err(Error::Diverged { step, cost: f64::NAN }.into());
        }
        let (validation, judged) = self.judge(net, epoch)?;
        let validation = validation.map(|cost| checks::finite_cost(cost, step)).transpose()?;
        self.recognise(net, state, course.hash, judged)?;
        Ok(Costs { training, validation, learning_rate })
    }

    fn cost(&mut self, _: &Network<T>) -> Result<Option<f64>> {
        Ok(None)
    }
}
