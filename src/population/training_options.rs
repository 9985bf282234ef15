//! What a training of all members is told, and what it tells.

use super::samples::{PopulationTargets, Samples};
#[cfg(doc)]
use crate::Population;
use crate::data::checks;
use crate::error::{Error, Result};
use crate::train::Training;

/// What the members of a [`Population`] learn from: one set for all of them, or one each, of as many
/// samples.
///
/// ```
/// use shallownet::{Columns, PopulationData, Samples};
///
/// let (x, y) = ([0.0_f32; 12], [0.0; 6]);
/// // Two members with three samples each; both are judged by the same two.
/// let data = PopulationData::new(Samples::each(Columns::new(&x, 2)?), Samples::each(Columns::new(&y, 1)?))
///     .validation(Columns::new(&x[..4], 2)?, Columns::new(&y[..2], 1)?);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PopulationData<'a, T> {
    pub(super) x: Samples<'a, T>,
    pub(super) targets: PopulationTargets<'a, T>,
    pub(super) validation: Option<(Samples<'a, T>, PopulationTargets<'a, T>)>,
}

impl<'a, T> PopulationData<'a, T> {
    /// Without validation.
    pub fn new(x: impl Into<Samples<'a, T>>, y: impl Into<PopulationTargets<'a, T>>) -> Self {
        Self { x: x.into(), targets: y.into(), validation: None }
    }

    /// With samples whose cost early stopping judges by.
    #[must_use]
    pub fn validation(
        mut self,
        x: impl Into<Samples<'a, T>>,
        y: impl Into<PopulationTargets<'a, T>>,
    ) -> Self {
        self.validation = Some((x.into(), y.into()));
        self
    }
}

/// A [`Training`] for all members of a [`Population`], and what differs from member to member.
///
/// ```
/// use shallownet::{Optimizer, PopulationTraining, Training};
///
/// let training = Training::new(100, 32).optimizer(Optimizer::adam()).learning_rate(0.01);
/// // Each member sees its samples in an order of its own.
/// let training = PopulationTraining::new(training).seeds(&[1, 2, 3]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PopulationTraining<'a> {
    pub(super) training: Training,
    pub(super) learning_rates: Option<&'a [f64]>,
    pub(super) l2: Option<&'a [f64]>,
    pub(super) seeds: Option<&'a [u64]>,
}

impl<'a> PopulationTraining<'a> {
    /// The same for all members.
    pub fn new(training: Training) -> Self {
        Self { training, learning_rates: None, l2: None, seeds: None }
    }

    /// A learning rate for each member.
    #[must_use]
    pub fn learning_rates(mut self, learning_rates: &'a [f64]) -> Self {
        self.learning_rates = Some(learning_rates);
        self
    }

    /// An L2 penalty for each member.
    #[must_use]
    pub fn l2(mut self, l2: &'a [f64]) -> Self {
        self.l2 = Some(l2);
        self
    }

    /// A seed of the samples' order for each member.
    #[must_use]
    pub fn seeds(mut self, seeds: &'a [u64]) -> Self {
        self.seeds = Some(seeds);
        self
    }

    /// The training of one member.
    pub(super) fn of(&self, member: usize) -> Training {
        let mut training = self.training;
        if let Some(rates) = self.learning_rates {
            training = training.learning_rate(rates[member]);
        }
        if let Some(l2) = self.l2 {
            training = training.l2(l2[member]);
        }
        if let Some(seeds) = self.seeds {
            training = training.seed(seeds[member]);
        }
        training
    }

    pub(super) fn check(&self, members: usize) -> Result<()> {
        for (argument, given) in [
            ("learning rates", self.learning_rates.map(<[_]>::len)),
            ("l2", self.l2.map(<[_]>::len)),
            ("seeds", self.seeds.map(<[_]>::len)),
        ] {
            given.map_or(Ok(()), |given| checks::length(argument, members, given))?;
        }
        let dropout = self.training.get_dropout();
        if dropout > 0.0 {
            let (argument, expected) = ("dropout", "0: members of a population drop no units");
            return Err(Error::Range { argument, expected, given: dropout });
        }
        let shards = self.training.get_shards();
        if shards != 1 {
            let (argument, expected) = ("shards", "1: members of a population are not cut");
            return Err(Error::Range { argument, expected, given: shards as f64 });
        }
        Ok(())
    }
}

/// What a member has done in an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MemberEpoch {
    /// The member.
    pub member: usize,
    /// The epoch, from 0.
    pub epoch: usize,
    /// The mean cost of the epoch's samples, each before the update that it took part in.
    pub training_cost: f64,
    /// The cost of the validation set after the epoch.
    pub validation_cost: Option<f64>,
}
