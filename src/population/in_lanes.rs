//! The passes of members in lanes, group by group.

use super::given::Given;
use super::samples::{OfMembers, Samples};
use super::store::Grouping;
use super::walk::{By, Kept, Unit, share};
use crate::data::buffer::AlignedBuffer;
use crate::engine::groups::batch::{Batch, Values};
use crate::engine::groups::job::{Groups, Job, Net};
use crate::engine::groups::room::Room;
use crate::kernels::group::GROUP_LANES;
use crate::scalar::Scalar;

/// Members in lanes.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    pub(super) engine: Box<dyn Groups<T>>,
    pub(super) grouping: Grouping,
    pub(super) parameters: AlignedBuffer<T>,
}

impl<T: Scalar> Lanes<T> {
    pub(super) fn predict(
        &self,
        net: Net<'_>,
        x: Samples<'_, T>,
        samples: usize,
        out: &mut [T],
        rooms: &mut [Room<T>],
    ) {
        let Self { engine, grouping, parameters } = self;
        let parameters = Kept::Read(parameters.as_slice(), grouping.group());
        let out = By::new(out, samples * net.head.n_y * grouping.lanes);
        share(0..grouping.groups(), rooms, (parameters, out), &|groups, room, mut slices| {
            for group in groups {
                let x = places(grouping, group, samples, x);
                let batch = Batch { samples, x, y: None, weights: None };
                let (Unit::Read(parameters), out) = (slices.0.next(), slices.1.next()) else {
                    continue;
                };
                let job = Job::Predict { parameters, out };
                engine.run(net, &batch, job, grouping.present(group), room);
            }
        });
    }

    /// Costs, and gradients if there is a place for them.
    pub(super) fn backward(
        &self,
        net: Net<'_>,
        given: &Given<'_, T>,
        into: Option<&mut [T]>,
        costs: &mut [f64],
        rooms: &mut [Room<T>],
    ) {
        let Self { engine, grouping, parameters } = self;
        let parameters = Kept::Read(parameters.as_slice(), grouping.group());
        let into = into.map(|into| By::new(into, grouping.group()));
        let pass = Pass { engine: &**engine, grouping, net, given, rates: OfMembers::All(-T::ONE) };
        pass.run(parameters, into, costs, rooms);
    }

    pub(super) fn step(
        &mut self,
        net: Net<'_>,
        given: &Given<'_, T>,
        rates: OfMembers<'_, T>,
        costs: &mut [f64],
        rooms: &mut [Room<T>],
    ) {
        let Self { engine, grouping, parameters } = self;
        let parameters = Kept::Write(By::new(parameters.as_mut_slice(), grouping.group()));
        let pass = Pass { engine: &**engine, grouping, net, given, rates };
        pass.run(parameters, None, costs, rooms);
    }
}

/// What is the same for all groups of a pass.
pub(super) struct Pass<'a, T> {
    pub(super) engine: &'a dyn Groups<T>,
    pub(super) grouping: &'a Grouping,
    pub(super) net: Net<'a>,
    pub(super) given: &'a Given<'a, T>,
    /// Their negatives are the factors of the gradients.
    pub(super) rates: OfMembers<'a, T>,
}

impl<T: Scalar> Pass<'_, T> {
    /// -rate / total, where it is the same for all members.
    fn shared_factors(&self) -> Option<[T; GROUP_LANES]> {
        let OfMembers::All(rate) = self.rates else { return None };
        let factor = -rate.to_f64() / self.given.shared_total?;
        Some([T::from_f64(factor); GROUP_LANES])
    }

    /// J of a group's members.
    pub(super) fn write_costs(&self, group: usize, losses: &[f64], costs: &mut [f64]) {
        let members = group * self.grouping.lanes..;
        match self.given.shared_total {
            Some(1.0) => costs.copy_from_slice(&losses[..costs.len()]),
            Some(total) => {
                costs.iter_mut().zip(losses).for_each(|(cost, loss)| *cost = loss / total);
            }
            None => {
                for ((cost, loss), member) in costs.iter_mut().zip(losses).zip(members) {
                    *cost = loss / self.given.total(member);
                }
            }
        }
    }
}

impl<T: Scalar> Pass<'_, T> {
    fn run(
        &self,
        parameters: Kept<'_, T>,
        into: Option<By<'_, T>>,
        costs: &mut [f64],
        rooms: &mut [Room<T>],
    ) {
        let Self { engine, grouping, net, .. } = *self;
        let same = self.shared_factors();
        let costs = By::new(costs, grouping.lanes);
        let slices = (parameters, into, costs);
        share(0..grouping.groups(), rooms, slices, &|groups, room, mut slices| {
            for group in groups {
                let batch = batch(grouping, group, self.given);
                let factors = same.unwrap_or_else(|| self.factors(group));
                let (into, costs) = (slices.1.as_mut().map(By::next), slices.2.next());
                let job = match (slices.0.next(), into) {
                    (Unit::Write(parameters), _) => Job::Step { parameters, factors: &factors },
                    (Unit::Read(parameters), Some(into)) => {
                        Job::Gradient { parameters, factors: &factors, into }
                    }
                    (Unit::Read(parameters), None) => Job::Cost { parameters },
                };
                let losses = engine.run(net, &batch, job, grouping.present(group), room);
                self.write_costs(group, &losses, costs);
            }
        });
    }

    /// -rate / total of each lane; lanes without a member stay as they are.
    fn factors(&self, group: usize) -> [T; GROUP_LANES] {
        let mut factors = [T::ZERO; GROUP_LANES];
        let members = group * self.grouping.lanes..;
        let present = self.grouping.present(group);
        for (factor, member) in factors[..present].iter_mut().zip(members) {
            let rate = self.rates.of(member).to_f64();
            *factor = T::from_f64(-rate / self.given.total(member));
        }
        factors
    }
}

/// All samples of a group's members.
pub(super) fn batch<'a, T: Scalar>(
    grouping: &Grouping,
    group: usize,
    given: &Given<'a, T>,
) -> Batch<'a, T> {
    let of = |values| places(grouping, group, given.samples, values);
    Batch {
        samples: given.samples,
        x: of(given.x),
        y: Some(of(given.targets.y)),
        weights: given.targets.weights.map(of),
    }
}

/// Where a group's samples are.
fn places<'a, T: Scalar>(
    grouping: &Grouping,
    group: usize,
    samples: usize,
    values: Samples<'a, T>,
) -> Values<'a, T> {
    let (first, present) = (group * grouping.lanes, grouping.present(group));
    let places = values.places(samples, first, present);
    Values { values: values.columns.as_slice(), places }
}
