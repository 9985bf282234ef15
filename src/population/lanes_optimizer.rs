//! A step of an optimiser for members in lanes.

use super::given::Given;
use super::in_lanes::{Lanes, Pass, batch};
use super::lane_step::LaneStep;
use super::optimizer::LaneStates;
use super::samples::OfMembers;
use super::walk::{By, share};
use crate::data::buffer::AlignedBuffer;
use crate::engine::groups::job::{Net, OfLanes};
use crate::engine::groups::room::Room;
use crate::kernels::group::GROUP_LANES;
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
        let pass = Pass { engine: &**engine, grouping, net, given, rates };
        let grouping = *pass.grouping;
        let LaneStates { optimizer, clip_norm, steps, l2, moments: [m, v] } = states;
        let (optimizer, clip_norm) = (*optimizer, *clip_norm);
        let numbers = Numbers { optimizer, least: least(optimizer), steps, l2, rates };
        let by_group = |values| By::new(values, grouping.group());
        let of_group = [parameters, m, v].map(AlignedBuffer::as_mut_slice).map(by_group);
        let [parameters, m, v] = of_group;
        let slices = (parameters, (m, v), By::new(costs, grouping.lanes));
        share(0..grouping.groups(), rooms, slices, &|groups, room, mut slices| {
            for group in groups {
                let batch = batch(&grouping, group, given);
                let first = group * grouping.lanes;
                let present = grouping.present(group);
                let (rule, lanes) = numbers.of(first, present);
                let mut totals = [1.0; GROUP_LANES];
                let members = totals.iter_mut().take(present).zip(first..);
                members.for_each(|(total, member)| *total = pass.given.total(member));
                let step = LaneStep {
                    engine: pass.engine,
                    net: pass.net,
                    present,
                    rule: &rule,
                    clip_norm,
                    lanes: &lanes,
                    totals: &totals,
                };
                let moments = [slices.1.0.next(), slices.1.1.next()];
                let losses = step.run(&batch, slices.0.next(), moments, room);
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
            lanes.still[lane] = false;
        }
        (of_step.rule, lanes)
    }
}
