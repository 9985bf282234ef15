//! The order in which the members of a group see their samples.

use super::given::Given;
use super::samples::Samples;
use super::training_options::PopulationTraining;
use crate::engine::groups::batch::{Batch, Values};
use crate::error::{Error, Result};
use crate::kernels::group::blocks::Places;
use crate::scalar::Scalar;
use crate::train::order::shuffle;

/// The batches of an epoch.
pub(super) struct Orders {
    /// Samples of a member, and of its batch at most.
    samples: usize,
    size: usize,
    is_shuffled: bool,
    /// One order for all lanes, or one for each, of the samples of a shared set.
    shared: Vec<usize>,
    of_lanes: Vec<usize>,
    /// The same, of samples among those of all members.
    own: Vec<usize>,
}

impl Orders {
    pub(super) fn new<T: Scalar>(
        given: &Given<'_, T>,
        training: &PopulationTraining<'_>,
        lanes: usize,
    ) -> Result<Self> {
        let samples = given.samples;
        let size = training.training.get_batch_size().map(|size| size.min(samples));
        let is_shuffled = size.is_some();
        let parts = [Some(given.x), Some(given.targets.y), given.targets.weights];
        let owns_any = parts.into_iter().flatten().any(|part| part.each);
        let in_all = samples.checked_mul(lanes).ok_or(Error::TooLarge { what: WHAT })?;
        let has_seeds = training.seeds.is_some();
        Ok(Self {
            samples,
            size: size.unwrap_or(samples),
            is_shuffled,
            shared: numbers(if is_shuffled { samples } else { 0 })?,
            of_lanes: numbers(if is_shuffled && has_seeds { in_all } else { 0 })?,
            own: numbers(if is_shuffled && owns_any { in_all } else { 0 })?,
        })
    }

    /// Steps an epoch.
    pub(super) fn steps(&self) -> usize {
        self.samples.div_ceil(self.size)
    }

    /// Draws the orders of an epoch for the members from `first` on.
    pub(super) fn shuffle(
        &mut self,
        training: &PopulationTraining<'_>,
        first: usize,
        present: usize,
        epoch: u64,
    ) {
        if !self.is_shuffled {
            return;
        }
        let samples = self.samples;
        shuffle(&mut self.shared, training.of(first).get_seed(), epoch);
        for (lane, order) in self.of_lanes.chunks_exact_mut(samples).enumerate() {
            // Lanes without a member see what the last member sees.
            let member = first + lane.min(present - 1);
            shuffle(order, training.of(member).get_seed(), epoch);
        }
        for (lane, own) in self.own.chunks_exact_mut(samples).enumerate() {
            let order = match self.of_lanes.chunks_exact(samples).nth(lane) {
                Some(order) => order,
                None => &self.shared,
            };
            let start = (first + lane.min(present - 1)) * samples;
            own.iter_mut().zip(order).for_each(|(own, at)| *own = start + at);
        }
    }

    /// Batch `index` of an epoch; `all` are the samples of the group.
    pub(super) fn batch<'a, T: Scalar>(
        &'a self,
        given: &Given<'a, T>,
        all: &Batch<'a, T>,
        index: usize,
    ) -> Batch<'a, T> {
        if !self.is_shuffled {
            return *all;
        }
        let start = index * self.size;
        let samples = self.size.min(self.samples - start);
        let stride = self.samples;
        let of = |values: Samples<'a, T>| {
            let places = if values.each {
                Places::OwnOrders { orders: &self.own[start..], stride }
            } else if self.of_lanes.is_empty() {
                Places::Ordered { order: &self.shared[start..start + samples] }
            } else {
                Places::OwnOrders { orders: &self.of_lanes[start..], stride }
            };
            Values { values: values.columns.as_slice(), places }
        };
        let (y, weights) = (given.targets.y, given.targets.weights);
        Batch { samples, x: of(given.x), y: Some(of(y)), weights: weights.map(of) }
    }

    /// What the losses of a member's batch are divided by.
    pub(super) fn total<T: Scalar>(
        &self,
        given: &Given<'_, T>,
        member: usize,
        lane: usize,
        index: usize,
    ) -> f64 {
        let start = index * self.size;
        let samples = self.size.min(self.samples - start);
        let Some(weights) = given.targets.weights else { return samples as f64 };
        if !self.is_shuffled {
            return given.total(member);
        }
        let range = start..start + samples;
        let order = match (weights.each, self.of_lanes.is_empty()) {
            (true, _) => &self.own[lane * self.samples..][range],
            (false, true) => &self.shared[range],
            (false, false) => &self.of_lanes[lane * self.samples..][range],
        };
        let values = weights.columns.as_slice();
        match order.iter().map(|&at| values[at].to_f64()).sum() {
            0.0 => 1.0,
            total => total,
        }
    }
}

const WHAT: &str = "the orders of the members' samples";

fn numbers(len: usize) -> Result<Vec<usize>> {
    let mut numbers = Vec::new();
    let bytes = len.saturating_mul(size_of::<usize>());
    numbers.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { what: WHAT, bytes })?;
    numbers.resize(len, 0);
    Ok(numbers)
}
