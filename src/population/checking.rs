//! The checks of a population's calls, made before anything changes; and what they find out.

use super::building::Population;
use super::given::Given;
use super::samples::{OfMembers, PopulationTargets, Samples};
use super::workspace::PopulationWorkspace;
use crate::data::checks;
use crate::data::domains;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::checking::features;
use crate::scalar::Scalar;
use crate::words::choices::Checks;

impl<T: Scalar> Population<T> {
    /// Checks x alone. Returns the samples a member.
    pub(super) fn check_x(
        &self,
        x: Samples<'_, T>,
        workspace: &PopulationWorkspace<T>,
    ) -> Result<usize> {
        let samples = self.check_samples_of_x(x)?;
        workspace.check(self, samples)?;
        Ok(samples)
    }

    fn check_samples_of_x(&self, x: Samples<'_, T>) -> Result<usize> {
        self.model.check_x_shape(x.columns)?;
        let samples = x.of_a_member("x", self.members())?;
        self.model.check_finite("x", x.columns.as_slice())?;
        Ok(samples)
    }

    pub(super) fn check_batch<'a>(
        &self,
        x: Samples<'a, T>,
        targets: PopulationTargets<'a, T>,
        costs: &[f64],
        workspace: &PopulationWorkspace<T>,
    ) -> Result<Given<'a, T>> {
        let given = self.check_data(x, targets)?;
        workspace.check(self, given.samples)?;
        checks::length("costs", self.members(), costs.len())?;
        Ok(given)
    }

    /// The same, without a workspace.
    pub(super) fn check_data<'a>(
        &self,
        x: Samples<'a, T>,
        targets: PopulationTargets<'a, T>,
    ) -> Result<Given<'a, T>> {
        let samples = self.check_samples_of_x(x)?;
        let PopulationTargets { y, weights } = targets;
        features("y", self.targets(), y.columns.features())?;
        self.check_samples("y", y, samples)?;
        if self.model.checks == Checks::Full {
            domains::targets(self.model.loss, y.columns)?;
        }
        if let Some(weights) = weights {
            features("weights of the samples", 1, weights.columns.features())?;
            self.check_samples("weights of the samples", weights, samples)?;
            let values = weights.columns.as_slice();
            Targets { y: weights.columns, weights: Some(values) }.check_weights()?;
        }
        Ok(Given::new(samples, x, targets))
    }

    fn check_samples(
        &self,
        argument: &'static str,
        values: Samples<'_, T>,
        samples: usize,
    ) -> Result<()> {
        let expected = if values.each { samples * self.members() } else { samples };
        let given = values.columns.samples();
        if given == expected { Ok(()) } else { Err(Error::Samples { argument, expected, given }) }
    }

    pub(super) fn check_rates(&self, rates: OfMembers<'_, T>, given: &Given<'_, T>) -> Result<()> {
        rates.check("learning rates", self.members(), checks::learning_rate)?;
        if given.targets.weights.is_none() {
            return Ok(());
        }
        (0..self.members())
            .try_for_each(|member| given.targets(member).check_rate(rates.of(member).to_f64()))
    }
}

/// The members whose costs are not finite, if there are any.
pub(super) fn diverged(costs: &[f64]) -> Result<()> {
    if checks::all(costs, |cost| cost.is_finite()) {
        return Ok(());
    }
    let mut bad = costs.iter().enumerate().filter(|(_, cost)| !cost.is_finite());
    match bad.next() {
        None => Ok(()),
        Some((member, &cost)) => Err(Error::MembersDiverged { member, cost, others: bad.count() }),
    }
}
