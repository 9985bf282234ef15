//! What has been seen of networks that are trained together.

use shallownet::{Error, MemberEpoch, Network, Stop, Training, TrainingReport};

use crate::failure::Failure;
use crate::results::{MemberFacts, Point};

/// Lines, about, on a training; and networks of which each has one.
pub(super) const TOLD: usize = 20;

/// A network's costs of training and of validation, after each epoch.
pub(super) type Costs = Vec<(f64, Option<f64>)>;

/// Networks that were trained at the same time.
#[derive(Debug)]
pub(super) struct Courses<T> {
    pub(super) each: Vec<Course<T>>,
    pub(super) seconds: f64,
}

/// A network, and how it came to be.
#[derive(Debug)]
pub(super) struct Course<T> {
    pub(super) outcome: Outcome,
    pub(super) costs: Costs,
    pub(super) network: Network<T>,
}

/// How a network's training ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Outcome {
    Done(Done),
    Diverged { step: u64, cost: f64 },
}

/// A training that came to its end, or was stopped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Done {
    pub(super) epochs: usize,
    pub(super) steps: u64,
    pub(super) was_stopped: bool,
    pub(super) training_cost: Option<f64>,
    pub(super) validation_cost: Option<f64>,
    /// The epoch, from 0, and its validation cost.
    pub(super) best: Option<(usize, f64)>,
}

impl Outcome {
    /// An error that is none of a single network is one of all.
    pub(super) fn of(report: shallownet::Result<TrainingReport>) -> Result<Self, Failure> {
        match report {
            Ok(report) => Ok(Self::Done(Done {
                epochs: report.epochs,
                steps: report.steps,
                was_stopped: report.stop == Stop::Callback,
                training_cost: report.training_cost,
                validation_cost: report.validation_cost,
                best: report.best.map(|best| (best.epoch, best.cost)),
            })),
            Err(Error::Diverged { step, cost }) => Ok(Self::Diverged { step, cost }),
            Err(other) => Err(other.into()),
        }
    }

    pub(super) fn done(&self) -> Option<&Done> {
        if let Self::Done(done) = self { Some(done) } else { None }
    }

    pub(super) fn facts(&self, seed: u64) -> MemberFacts {
        let done = self.done();
        let best = done.and_then(|done| done.best);
        MemberFacts {
            seed,
            epochs: done.map(|done| done.epochs),
            best_epoch: best.map(|(epoch, _)| epoch + 1),
            training_cost: done.and_then(|done| done.training_cost),
            validation_cost: best.map(|best| best.1).or(done.and_then(|done| done.validation_cost)),
            diverged_in_step: match self {
                Self::Diverged { step, .. } => Some(*step),
                Self::Done(_) => None,
            },
        }
    }
}

/// All of them, while they are trained.
#[derive(Debug)]
pub(super) struct Members {
    training: Training,
    each: Vec<Member>,
    /// Epochs of all networks together.
    epochs: usize,
    ended: usize,
}

#[derive(Debug, Clone, Default)]
struct Member {
    costs: Costs,
    best: Option<(usize, f64)>,
    has_ended: bool,
}

impl Members {
    pub(super) fn new(members: usize, training: Training) -> Self {
        Self { training, each: vec![Member::default(); members], epochs: 0, ended: 0 }
    }

    /// Notes an epoch. Was it the network's last?
    pub(super) fn see(&mut self, seen: &MemberEpoch) -> bool {
        let Some(member) = self.each.get_mut(seen.member) else { return false };
        member.costs.push((seen.training_cost, seen.validation_cost));
        self.epochs += 1;
        let stopping = self.training.get_early_stopping().zip(seen.validation_cost);
        let has_no_patience = stopping.is_some_and(|(stopping, cost)| {
            if member.best.is_none_or(|(_, best)| cost < best - stopping.min_delta) {
                member.best = Some((seen.epoch, cost));
            }
            member.best.is_some_and(|(epoch, _)| seen.epoch - epoch >= stopping.patience)
        });
        member.has_ended = has_no_patience || seen.epoch + 1 == self.training.get_epochs();
        self.ended += usize::from(member.has_ended);
        member.has_ended
    }

    pub(super) fn into_costs(self) -> Vec<Costs> {
        self.each.into_iter().map(|member| member.costs).collect()
    }

    /// The line on where they are, if it is time for one: the mean costs are those of networks that
    /// have begun and not ended, in the last epoch of each.
    pub(super) fn line(&self) -> Option<String> {
        let all = self.each.len().saturating_mul(self.training.get_epochs());
        let every = all.div_ceil(TOLD).max(1);
        if !self.epochs.is_multiple_of(every) {
            return None;
        }
        let going = self.each.iter().filter(|member| !member.has_ended);
        let last: Vec<_> = going.filter_map(|member| member.costs.last().copied()).collect();
        let left = self.each.len() - self.ended;
        let s = if left == 1 { "" } else { "s" };
        let mut line = format!("epochs {:>6} of {all}   {left} network{s} left", self.epochs);
        if let Some(cost) = mean(last.iter().map(|(cost, _)| *cost)) {
            line += &format!("   mean cost {cost:.6}");
        }
        if let Some(cost) = mean(last.iter().filter_map(|(_, cost)| *cost)) {
            line += &format!("   validation {cost:.6}");
        }
        Some(line)
    }
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let count = values.clone().count();
    (count > 0).then(|| values.sum::<f64>() / count as f64)
}

/// Each epoch's mean costs, of the networks that did not diverge and were still trained. Its
/// seconds are its share of all.
pub(super) fn history<T>(
    each: &[Course<T>],
    training: Training,
    samples: usize,
    seconds: f64,
) -> Vec<Point> {
    let kept = || each.iter().filter(|course| course.outcome.done().is_some());
    let epochs = kept().map(|course| course.costs.len()).max().unwrap_or(0);
    let all: usize = each.iter().map(|course| course.costs.len()).sum();
    let steps = training.get_batch_size().map_or(1, |size| samples.div_ceil(size.max(1)));
    let share = seconds / all.max(1) as f64;
    let point = |epoch: usize| {
        let costs = kept().filter_map(move |course| course.costs.get(epoch));
        let last_step = ((epoch + 1) * steps).saturating_sub(1) as u64;
        let factor = training.get_schedule().factor(last_step, steps);
        Some(Point {
            epoch: epoch + 1,
            training_cost: mean(costs.clone().map(|(cost, _)| *cost))?,
            validation_cost: mean(costs.clone().filter_map(|(_, cost)| *cost)),
            training_accuracy: None,
            validation_accuracy: None,
            learning_rate: training.get_learning_rate() * factor,
            seconds: share * costs.count() as f64,
        })
    };
    (0..epochs).filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use shallownet::{Activation, Columns, Network};
    use shallownet::{EarlyStopping, Population, PopulationData, PopulationTraining, Stop};
    use std::ops::ControlFlow;
    use std::sync::Mutex;

    use super::*;

    /// Patience ends here when it ends there.
    #[test]
    fn ends_are_those_of_the_training() {
        let x: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17) / 8.0 - 1.0).collect();
        let y: Vec<f64> = x.iter().map(|x| f64::from(*x > 0.1)).collect();
        let (x, y) = (Columns::new(&x, 1).unwrap(), Columns::new(&y, 1).unwrap());
        let held: Vec<f64> = y.as_slice().iter().map(|y| 1.0 - y).rev().collect();
        let held = Columns::new(&held, 1).unwrap();
        let data = PopulationData::new(x, y).validation(x, held);
        let builder = Network::builder(1).layer(3, Activation::Tanh).layer(1, Activation::Sigmoid);
        let mut population = Population::from_seeds(&builder, 0..5).unwrap();
        let stopping = EarlyStopping::new(3).min_delta(1e-4);
        let training = Training::new(30, 8).learning_rate(0.3).early_stopping(stopping);
        let members = Mutex::new(Members::new(5, training));
        let ends = Mutex::new([0; 5]);
        let watch = |seen: &MemberEpoch| {
            if members.lock().unwrap().see(seen) {
                ends.lock().unwrap()[seen.member] = seen.epoch + 1;
            }
            ControlFlow::Continue(())
        };
        let reports = population.train(data, PopulationTraining::new(training), watch).unwrap();
        let reports: Vec<_> = reports.into_iter().map(Result::unwrap).collect();
        assert_eq!(ends.into_inner().unwrap(), [0, 1, 2, 3, 4].map(|k: usize| reports[k].epochs));
        assert!(reports.iter().any(|report| report.stop == Stop::Patience));
    }
}
