//! The training of members in lanes, a group to its end.

use core::ops::ControlFlow;

use super::given::Given;
use super::in_lanes::batch;
use super::lane_orders::Orders;
use super::lane_step::LaneStep;
use super::store::Grouping;
use super::training_options::{MemberEpoch, PopulationTraining};
use crate::data::buffer::AlignedBuffer;
use crate::engine::groups::batch::Batch;
use crate::engine::groups::job::{Groups, Job, Net, OfLanes};
use crate::engine::groups::room::Room;
use crate::error::{Error, Result};
use crate::kernels::group::GROUP_LANES;
use crate::scalar::Scalar;
use crate::train::factors::{OfStep, least};
use crate::train::report::{Stop, TrainingReport};
use crate::train::{Best, Training};

/// What is the same for all groups of a training.
pub(super) struct LaneTraining<'a, T> {
    engine: &'a dyn Groups<T>,
    grouping: Grouping,
    net: Net<'a>,
    given: &'a Given<'a, T>,
    judged: Option<&'a Given<'a, T>>,
    training: &'a PopulationTraining<'a>,
}

impl<'a, T: Scalar> LaneTraining<'a, T> {
    pub(super) fn new(
        engine: &'a dyn Groups<T>,
        grouping: Grouping,
        net: Net<'a>,
        (given, judged): (&'a Given<'a, T>, Option<&'a Given<'a, T>>),
        training: &'a PopulationTraining<'a>,
    ) -> Self {
        Self { engine, grouping, net, given, judged, training }
    }

    /// The costs of a group's members.
    fn costs(
        &self,
        group: usize,
        given: &Given<'a, T>,
        parameters: &[T],
        room: &mut Room<T>,
    ) -> Costs {
        let (batch, job) = (batch(&self.grouping, group, given), Job::Cost { parameters });
        let mut costs = self.run(group, &batch, job, room);
        let members = group * self.grouping.lanes..;
        for (cost, member) in costs[..self.grouping.present(group)].iter_mut().zip(members) {
            *cost /= given.total(member);
        }
        costs
    }

    fn run(
        &self,
        group: usize,
        batch: &Batch<'_, T>,
        job: Job<'_, T>,
        room: &mut Room<T>,
    ) -> Costs {
        self.engine.run(self.net, batch, job, self.grouping.present(group), room)
    }

    fn member(&self, group: usize, lane: usize) -> usize {
        group * self.grouping.lanes + lane
    }
}

type Costs = [f64; GROUP_LANES];

/// The memory of a thread.
pub(super) struct Going<T> {
    room: Room<T>,
    orders: Orders,
    /// m, v; the best parameters; those at the beginnings of this epoch and of the one before.
    moments: [AlignedBuffer<T>; 2],
    best: AlignedBuffer<T>,
    begun: [AlignedBuffer<T>; 2],
}

/// A member's own options, and where it is.
#[derive(Debug, Clone, Copy)]
struct Lane<T> {
    learning_rate: f64,
    l2: T,
    is_going: bool,
    /// Has a step of this epoch had a finite cost?
    has_stepped: bool,
    sum: f64,
    best: Option<Best>,
}

impl<T: Scalar> Going<T> {
    pub(super) fn new(of: &LaneTraining<'_, T>) -> Result<Self> {
        let (options, group) = (of.training.training, of.grouping.group());
        let zeros = |wanted: bool| AlignedBuffer::zeros(if wanted { group } else { 0 }, WHAT);
        let [m, v] = options.get_optimizer().moments();
        Ok(Self {
            room: Room::new(of.net.shape, of.grouping.lanes)?,
            orders: Orders::new(of.given, of.training, of.grouping.lanes)?,
            moments: [zeros(m)?, zeros(v)?],
            best: zeros(options.get_early_stopping().is_some())?,
            begun: [zeros(true)?, zeros(true)?],
        })
    }

    /// Trains a group's members to their ends.
    pub(super) fn train(
        &mut self,
        of: &LaneTraining<'_, T>,
        group: usize,
        parameters: &mut [T],
        reports: &mut [Result<TrainingReport>],
        watch: &(impl Fn(&MemberEpoch) -> ControlFlow<()> + Sync),
    ) {
        let options = of.training.training;
        self.moments.iter_mut().for_each(|moment| moment.as_mut_slice().fill(T::ZERO));
        let (is_going, has_stepped, sum, best) = (false, false, 0.0, None);
        let nobody = Lane { learning_rate: 0.0, l2: T::ZERO, is_going, has_stepped, sum, best };
        let mut lanes = [nobody; GROUP_LANES];
        for (lane, state) in lanes[..reports.len()].iter_mut().enumerate() {
            let own = of.training.of(of.member(group, lane));
            (state.learning_rate, state.l2) = (own.get_learning_rate(), T::from_f64(own.get_l2()));
            state.is_going = true;
        }
        for epoch in 0..options.get_epochs() {
            if lanes.iter().all(|lane| !lane.is_going) {
                break;
            }
            self.begun.swap(0, 1);
            self.begun[0].as_mut_slice().copy_from_slice(parameters);
            self.epoch(of, (group, epoch), parameters, &mut lanes, reports);
            let judged = of.judged.map(|given| of.costs(group, given, parameters, &mut self.room));
            for (lane, report) in reports.iter_mut().enumerate() {
                if !lanes[lane].is_going {
                    continue;
                }
                let member = of.member(group, lane);
                let training_cost = lanes[lane].sum / of.given.total(member);
                let validation_cost = judged.map(|costs| costs[lane]);
                let steps = (epoch + 1) * self.orders.steps();
                let finite = is_finite(parameters, lane, of.grouping.lanes);
                if !finite || validation_cost.is_some_and(|cost| !cost.is_finite()) {
                    let cost = validation_cost.filter(|_| finite).unwrap_or(f64::NAN);
                    *report = Err(Error::Diverged { step: steps as u64, cost });
                    self.go_back(of.grouping.lanes, lane, &mut lanes[lane], parameters);
                    continue;
                }
                let stop = self.judge(
                    &options,
                    epoch,
                    validation_cost,
                    &mut lanes[lane],
                    (parameters, lane, of.grouping.lanes),
                );
                let seen = MemberEpoch { member, epoch, training_cost, validation_cost };
                let stop = match watch(&seen) {
                    ControlFlow::Break(()) => Some(Stop::Callback),
                    ControlFlow::Continue(()) => stop,
                };
                lanes[lane].is_going = stop.is_none();
                *report = Ok(TrainingReport {
                    epochs: epoch + 1,
                    steps: steps as u64,
                    stop: stop.unwrap_or(Stop::Finished),
                    cost: None,
                    training_cost: Some(training_cost),
                    validation_cost,
                    best: lanes[lane].best,
                });
            }
        }
        self.end(of, group, parameters, reports);
    }

    /// One epoch's steps.
    fn epoch(
        &mut self,
        of: &LaneTraining<'_, T>,
        (group, epoch): (usize, usize),
        parameters: &mut [T],
        lanes: &mut [Lane<T>; GROUP_LANES],
        reports: &mut [Result<TrainingReport>],
    ) {
        let options = of.training.training;
        let (optimizer, count) = (options.get_optimizer(), self.orders.steps());
        let first = group * of.grouping.lanes;
        self.orders.shuffle(of.training, first, reports.len(), epoch as u64);
        lanes.iter_mut().for_each(|lane| (lane.sum, lane.has_stepped) = (0.0, false));
        let all = batch(&of.grouping, group, of.given);
        for index in 0..count {
            let step = (epoch * count + index) as u64;
            let batch = self.orders.batch(of.given, &all, index);
            let factor = options.get_schedule().factor(step, count);
            let of_step = OfStep::new(optimizer, step.saturating_add(1), least(optimizer));
            let mut numbers = OfLanes::still();
            let mut totals = [1.0; GROUP_LANES];
            for lane in 0..reports.len() {
                let member = first + lane;
                totals[lane] = self.orders.total(of.given, member, lane, index);
                if !lanes[lane].is_going {
                    continue;
                }
                let rate = T::from_f64(lanes[lane].learning_rate * factor).to_f64();
                let (rate_of_step, decay) = of_step.at(rate);
                numbers.still[lane] = false;
                numbers.scales[lane] = of_step.scale();
                numbers.rates[lane] = T::from_f64(rate_of_step);
                numbers.decays[lane] = T::from_f64(decay);
                numbers.l2[lane] = lanes[lane].l2;
            }
            let step_of = LaneStep {
                engine: of.engine,
                net: of.net,
                present: reports.len(),
                rule: &of_step.rule,
                clip_norm: options.get_clip_norm(),
                lanes: &numbers,
                totals: &totals,
            };
            let [m, v] = &mut self.moments;
            let moments = [m.as_mut_slice(), v.as_mut_slice()];
            let losses = step_of.run(&batch, parameters, moments, &mut self.room);
            for (lane, report) in reports.iter_mut().enumerate() {
                let state = &mut lanes[lane];
                if !state.is_going {
                    continue;
                }
                if losses[lane].is_finite() {
                    (state.sum, state.has_stepped) = (state.sum + losses[lane], true);
                } else {
                    let cost = losses[lane] / totals[lane];
                    *report = Err(Error::Diverged { step, cost });
                    self.go_back(of.grouping.lanes, lane, state, parameters);
                }
            }
        }
    }

    /// Gives a diverged member the parameters of the last beginning of an epoch from which a step had
    /// a finite cost.
    fn go_back(&self, pitch: usize, lane: usize, state: &mut Lane<T>, parameters: &mut [T]) {
        state.is_going = false;
        let [this, last] = &self.begun;
        let from = if state.has_stepped { this } else { last };
        copy_lane(from.as_slice(), parameters, lane, pitch);
    }

    /// Keeps the best parameters; says whether patience has ended.
    fn judge(
        &mut self,
        options: &Training,
        epoch: usize,
        cost: Option<f64>,
        state: &mut Lane<T>,
        (parameters, lane, pitch): (&[T], usize, usize),
    ) -> Option<Stop> {
        let (Some(stopping), Some(cost)) = (options.get_early_stopping(), cost) else {
            return None;
        };
        if state.best.is_none_or(|best| cost < best.cost - stopping.min_delta) {
            state.best = Some(Best { epoch, cost });
            copy_lane(parameters, self.best.as_mut_slice(), lane, pitch);
        }
        let since = state.best.map_or(0, |best| epoch - best.epoch);
        (since >= stopping.patience).then_some(Stop::Patience)
    }

    /// The best parameters, and the cost of full batches.
    fn end(
        &mut self,
        of: &LaneTraining<'_, T>,
        group: usize,
        parameters: &mut [T],
        reports: &mut [Result<TrainingReport>],
    ) {
        let options = of.training.training;
        let restores = options.get_early_stopping().is_some_and(|stopping| stopping.restore_best);
        for (lane, report) in reports.iter().enumerate() {
            let Ok(report) = report else { continue };
            if restores && report.stop != Stop::Callback && report.best.is_some() {
                copy_lane(self.best.as_slice(), parameters, lane, of.grouping.lanes);
            }
        }
        if options.get_batch_size().is_some() {
            return;
        }
        let costs = of.costs(group, of.given, parameters, &mut self.room);
        for (lane, report) in reports.iter_mut().enumerate() {
            let Ok(done) = report else { continue };
            let (cost, step) = (costs[lane], done.steps);
            done.cost = Some(cost);
            if !cost.is_finite() {
                copy_lane(self.begun[0].as_slice(), parameters, lane, of.grouping.lanes);
                *report = Err(Error::Diverged { step, cost });
            }
        }
    }
}

const WHAT: &str = "the training of the population";

fn copy_lane<T: Copy>(from: &[T], into: &mut [T], lane: usize, pitch: usize) {
    let pairs = into[lane..].iter_mut().step_by(pitch).zip(from[lane..].iter().step_by(pitch));
    pairs.for_each(|(into, &from)| *into = from);
}

fn is_finite<T: Scalar>(values: &[T], lane: usize, pitch: usize) -> bool {
    values[lane..].iter().step_by(pitch).all(|value| value.is_finite())
}
