//! Several networks trained by mini-batches together, each from a seed of its own.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use shallownet::{
    Columns, Error, MemberEpoch, Network, Population, PopulationData, PopulationTargets,
    PopulationTraining, Scalar, Stop, Training, TrainingReport,
};

use super::args::Args;
use super::members::{Members, TOLD, history};
use super::sets::Sets;
use super::trained::Trained;
use crate::batch::Batch;
use crate::failure::Failure;
use crate::progress;
use crate::results::{Course, EpochFacts, MemberFacts, Speed};
use crate::say::Say;

/// From so many networks on, it pays to compute them in lanes.
const IN_LANES: usize = 8;

/// What is left of a training.
#[derive(Debug)]
pub(super) struct Ended<T> {
    /// Those that did not diverge; if it was interrupted, those of them that had ended before.
    pub(super) networks: Vec<Network<T>>,
    pub(super) trained: Trained,
    pub(super) is_interrupted: bool,
}

/// Trains networks of one shape, each on an order of the samples by its seed.
pub(super) fn train<T: Scalar>(
    (networks, seeds): (Vec<Network<T>>, &[u64]),
    training: Training,
    sets: &Sets<T>,
    args: &Args,
    say: &Say,
) -> Result<Ended<T>, Failure> {
    let mut data = PopulationData::new(sets.train.x()?, targets(&sets.train)?);
    if let Some(held) = &sets.validation {
        data = data.validation(held.x()?, targets(held)?);
    }
    let mut population = Population::from_networks(networks)?;
    if population.members() < IN_LANES {
        population = population.one_by_one()?;
    }
    let most = seeds.len().saturating_mul(training.get_epochs());
    let bar = progress::bar(most, "epochs");
    let members = Mutex::new(Members::new(seeds.len(), training));
    let watch = |epoch: &MemberEpoch| {
        let mut members = members.lock().unwrap_or_else(PoisonError::into_inner);
        let has_ended = members.see(epoch);
        bar.inc(1);
        if let Some(line) = members.line() {
            bar.suspend(|| say.line(line));
        }
        // A network that has ended keeps its best parameters.
        if progress::is_interrupted() && !has_ended {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let start = Instant::now();
    let reports = population.train(data, PopulationTraining::new(training).seeds(seeds), watch);
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let reports = reports?;
    let members = members.into_inner().unwrap_or_else(PoisonError::into_inner);

    let was_stopped = |report: &TrainingReport| report.stop == Stop::Callback;
    let is_interrupted = reports.iter().flatten().any(was_stopped);
    let networks = population.into_networks()?.into_iter().zip(&reports);
    let networks: Vec<_> = networks
        .filter(|(_, report)| report.as_ref().is_ok_and(|report| !was_stopped(report)))
        .map(|(network, _)| network)
        .collect();
    let facts = facts(&reports, seeds)?;
    if !is_interrupted {
        left_out(&reports, training, args, say)?;
        lines(&facts, say);
    }
    let epochs = members.epochs();
    let done = reports.iter().flatten();
    let (longest, steps) =
        done.fold((0, 0), |most, report| (most.0.max(report.epochs), most.1.max(report.steps)));
    let course = EpochFacts {
        epochs: longest,
        steps,
        best_epoch: if let [only] = &facts[..] { only.best_epoch } else { None },
        seconds_per_epoch: seconds / epochs.max(1) as f64,
        options: training,
        history: history(&members, &reports, sets.train.len(), seconds),
        members: facts,
    };
    let trained = Trained {
        learning_rate: Some(training.get_learning_rate()),
        training: Some(training),
        points: course.history.clone(),
        course: Course::Epochs(Box::new(course)),
        speed: Speed {
            seconds,
            samples_per_second: (epochs * sets.train.len()) as f64 / seconds.max(1e-9),
            reference: None,
        },
        costs: Vec::new(),
        unsaved: None,
    };
    Ok(Ended { networks, trained, is_interrupted })
}

fn targets<T: Scalar>(batch: &Batch<T>) -> shallownet::Result<PopulationTargets<'_, T>> {
    let y = batch.y()?;
    Ok(match batch.weights() {
        Some(weights) => PopulationTargets::weighted(y, Columns::new(weights, 1)?),
        None => y.into(),
    })
}

type Report = shallownet::Result<TrainingReport>;

/// What became of each network; an error that is none of a single one ends it all.
fn facts(reports: &[Report], seeds: &[u64]) -> Result<Vec<MemberFacts>, Failure> {
    let fact = |(report, &seed): (&Report, &u64)| match report {
        Ok(report) => Ok(MemberFacts {
            seed,
            epochs: Some(report.epochs),
            best_epoch: report.best.map(|best| best.epoch + 1),
            training_cost: report.training_cost,
            validation_cost: report.best.map(|best| best.cost).or(report.validation_cost),
            diverged_in_step: None,
        }),
        Err(Error::Diverged { step, .. }) => Ok(MemberFacts {
            seed,
            epochs: None,
            best_epoch: None,
            training_cost: None,
            validation_cost: None,
            diverged_in_step: Some(*step),
        }),
        Err(other) => Err(Failure::Network(other.clone())),
    };
    reports.iter().zip(seeds).map(fact).collect()
}

/// Notes the networks that diverged; if all did, that is the error.
fn left_out(reports: &[Report], training: Training, args: &Args, say: &Say) -> Result<(), Failure> {
    let diverged = |(k, report): (usize, &Report)| match report {
        Err(Error::Diverged { step, cost }) => Some((k + 1, *step, *cost)),
        _ => None,
    };
    let diverged: Vec<_> = reports.iter().enumerate().filter_map(diverged).collect();
    if let Some(&(_, step, cost)) = diverged.first()
        && diverged.len() == reports.len()
    {
        return Err(args.diverged((step, cost), training.get_learning_rate()));
    }
    for (network, step, cost) in diverged {
        let of = reports.len();
        say.note(format_args!(
            "network {network} of {of} is left out: its cost was {cost} in iteration {step}"
        ));
    }
    Ok(())
}

/// A line a network, unless there are many: the results have all.
fn lines(facts: &[MemberFacts], say: &Say) {
    if facts.len() > TOLD {
        return;
    }
    for (k, member) in facts.iter().enumerate() {
        let (Some(epochs), Some(cost)) = (member.epochs, member.training_cost) else { continue };
        let mut line = format!("network {:>3}   {epochs} epochs   cost {cost:.6}", k + 1);
        if let Some(cost) = member.validation_cost {
            line += &format!("   validation {cost:.6}");
        }
        if let Some(best) = member.best_epoch {
            line += &format!(" (epoch {best})");
        }
        say.line(line);
    }
}
