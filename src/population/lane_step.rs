//! A step of an optimiser for one group.

use crate::engine::groups::batch::Batch;
use crate::engine::groups::job::{By, Groups, Job, Net, OfLanes};
use crate::engine::groups::room::Room;
use crate::kernels::group::GROUP_LANES;
use crate::kernels::optimizer::Rule;
use crate::scalar::Scalar;

/// What a step is made with.
pub(super) struct LaneStep<'a, T> {
    pub(super) engine: &'a dyn Groups<T>,
    pub(super) net: Net<'a>,
    /// Members of the group.
    pub(super) present: usize,
    pub(super) rule: &'a Rule<T>,
    pub(super) clip_norm: Option<f64>,
    pub(super) lanes: &'a OfLanes<T>,
    /// What each lane's losses are divided by.
    pub(super) totals: &'a [f64; GROUP_LANES],
}

impl<T: Scalar> LaneStep<'_, T> {
    /// Returns the sums of L.
    ///
    /// Gradient descent without penalty or clipping adds its sums to the parameters, rounded once,
    /// as a network's does. So where members differ in that, the group goes both ways, and each
    /// member takes the result of its own.
    pub(super) fn run(
        &self,
        batch: &Batch<'_, T>,
        parameters: &mut [T],
        moments: [&mut [T]; 2],
        room: &mut Room<T>,
    ) -> [f64; GROUP_LANES] {
        let lanes = self.lanes;
        let is_sgd = matches!(self.rule, Rule::Sgd) && self.clip_norm.is_none();
        let is_plain = |lane: usize| is_sgd && lanes.l2[lane] == T::ZERO;
        let moves = |lane: &usize| !lanes.still[*lane];
        let plain = (0..self.present).filter(moves).filter(|&lane| is_plain(lane)).count();
        let all = (0..self.present).filter(moves).count();
        let mut losses = [f64::NAN; GROUP_LANES];
        if plain > 0 {
            let mut factors = [T::ZERO; GROUP_LANES];
            for lane in (0..self.present).filter(moves).filter(|&lane| is_plain(lane)) {
                let rate = lanes.rates[lane].to_f64();
                factors[lane] = T::from_f64(-rate / self.totals[lane]);
            }
            let job = Job::Step { parameters, factors: &factors };
            losses = self.engine.run(self.net, batch, job, self.present, room);
            if plain == all {
                return losses;
            }
        }
        let mut others = *lanes;
        (0..self.present).for_each(|lane| others.still[lane] |= is_plain(lane));
        let factors = self.totals.map(|total| T::from_f64(1.0 / total));
        let by = By { rule: self.rule, clip_norm: self.clip_norm, lanes: &others };
        let job = Job::Optimize { parameters, factors: &factors, moments, by };
        let again = self.engine.run(self.net, batch, job, self.present, room);
        for lane in 0..self.present {
            if !(is_plain(lane) && moves(&lane)) {
                losses[lane] = again[lane];
            }
        }
        losses
    }
}
