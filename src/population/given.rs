//! A batch for each member, after its checks.

use super::samples::{PopulationTargets, Samples};
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::scalar::Scalar;

/// A batch for each member, checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a, T> {
    /// Of each member.
    pub(super) samples: usize,
    pub(super) x: Samples<'a, T>,
    pub(super) targets: PopulationTargets<'a, T>,
    /// What every member's losses are divided by, if it is the same for all.
    pub(super) shared_total: Option<f64>,
}

impl<'a, T: Scalar> Given<'a, T> {
    pub(super) fn new(
        samples: usize,
        x: Samples<'a, T>,
        targets: PopulationTargets<'a, T>,
    ) -> Self {
        let mut given = Self { samples, x, targets, shared_total: None };
        given.shared_total = match targets.weights {
            Some(Samples { each: true, .. }) => None,
            _ => Some(given.targets(0).total()),
        };
        given
    }

    /// A member's targets.
    pub(super) fn targets(&self, member: usize) -> Targets<'a, T> {
        let PopulationTargets { y, weights } = self.targets;
        let weights = weights.map(|weights| weights.of(member, self.samples).as_slice());
        Targets { y: y.of(member, self.samples), weights }
    }

    /// A member's samples.
    pub(super) fn of(&self, member: usize) -> (Columns<'a, T>, Targets<'a, T>) {
        (self.x.of(member, self.samples), self.targets(member))
    }

    /// What a member's losses are divided by.
    pub(super) fn total(&self, member: usize) -> f64 {
        self.shared_total.unwrap_or_else(|| self.targets(member).total())
    }
}
