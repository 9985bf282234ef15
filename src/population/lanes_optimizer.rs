//! A step of an optimiser for members in lanes.

use super::checking::Given;
use super::in_lanes::{Lanes, Pass};
use super::optimizer::LaneStates;
use super::samples::OfMembers;
use super::walk::{By, share};
use crate::data::buffer::AlignedBuffer;
use crate::engine::groups::door::{self, Job, Net, OfLanes};
use crate::engine::groups::room::Room;
use crate::kernels::optimizer::Rule;
use crate::scalar::Scalar;
use crate::train::factors::{OfStep, least};
use crate::words::optimizer::Optimizer;

impl<T: Scalar> Lanes<T> {
    /// A step of an optimiser.
    pub(super) fn optimize(
        &mut self,
        net: Net<'_>,
        given: &Given<'_, T>,
        states: &mut LaneStates<T>,
        rates: OfMembers<'_, T>,
        costs: &mut [f64],
        rooms: &mut [Room<T>],
    ) {
        let Self { engine, grouping, parameters } = self;
        // At a rate of -1 its factors are those of the gradients.
        let pass = Pass { engine: &**engine, grouping, net, given, rates: OfMembers::All(-T::ONE) };
        let (grouping, same) = (*pass.grouping, pass.shared_factors());
        let LaneStates { optimizer, clip_norm, steps, l2, still, moments: [m, v] } = states;
        let (optimizer, clip_norm) = (*optimizer, *clip_norm);
        let numbers = Numbers { optimizer, least: least(optimizer), steps, l2, still, rates };
        let by_group = |values| By::new(values, grouping.group());
        let of_group = [parameters, m, v].map(AlignedBuffer::as_mut_slice).map(by_group);
        let [parameters, m, v] = of_group;
        let slices = (parameters, (m, v), By::new(costs, grouping.lanes));
        share(0..grouping.groups(), rooms, slices, &|groups, room, mut slices| {
            for group in groups {
                let batch = pass.batch(group);
                let factors = same.unwrap_or_else(|| pass.factors(group));
                let first = group * grouping.lanes;
                let (rule, lanes) = numbers.of(first, grouping.present(group));
                let job = Job::Optimize {
                    parameters: slices.0.next(),
                    factors: &factors,
                    moments: [slices.1.0.next(), slices.1.1.next()],
                    by: door::By { rule: &rule, clip_norm, lanes: &lanes },
                };
                let present = grouping.present(group);
                let losses = pass.engine.run(pass.net, &batch, job, present, room);
                pass.write_costs(group, &losses, slices.2.next());
            }
        });
    }
}

/// What the numbers of a group's lanes follow from.
struct Numbers<'a, T> {
    optimizer: Optimizer,
    least: T,
    steps: &'a [u64],
    l2: &'a [T],
    still: &'a [bool],
    rates: OfMembers<'a, T>,
}

impl<T: Scalar> Numbers<'_, T> {
    /// The rule, and each lane's numbers. Lanes without a member are still.
    fn of(&self, first: usize, present: usize) -> (Rule<T>, OfLanes<T>) {
        let mut step = self.steps[first].saturating_add(1);
        let mut of_step = OfStep::new(self.optimizer, step, self.least);
        let mut lanes = OfLanes::still();
        for lane in 0..present {
            let member = first + lane;
            let next = self.steps[member].saturating_add(1);
            if next != step {
                (step, of_step) = (next, OfStep::new(self.optimizer, next, self.least));
            }
            let (rate, decay) = of_step.at(self.rates.of(member).to_f64());
            lanes.scales[lane] = of_step.scale();
            lanes.rates[lane] = T::from_f64(rate);
            lanes.decays[lane] = T::from_f64(decay);
            lanes.l2[lane] = self.l2[member];
            lanes.still[lane] = self.still[member];
        }
        (of_step.rule, lanes)
    }
}
