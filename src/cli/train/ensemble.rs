//! Several networks trained by mini-batches together, each from a seed of its own.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use indicatif::ProgressBar;
use shallownet::{
    Columns, MemberEpoch, Network, Population, PopulationData, PopulationTargets,
    PopulationTraining, Scalar, Training,
};

use super::args::Args;
use super::members::{Course, Courses, Members, Outcome, TOLD, history};
use super::sets::Sets;
use super::trained::Trained;
use crate::batch::Batch;
use crate::failure::Failure;
use crate::progress;
use crate::results::{self, EpochFacts, MemberFacts, Speed};
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
    let all = networks.len();
    ended(
        run((networks, seeds, all), training, (sets, true), say)?,
        (seeds, training),
        sets,
        args,
        say,
    )
}

/// Trains some of `all` networks.
pub(super) fn run<T: Scalar>(
    (networks, seeds, all): (Vec<Network<T>>, &[u64], usize),
    training: Training,
    (sets, draws_bar): (&Sets<T>, bool),
    say: &Say,
) -> Result<Courses<T>, Failure> {
    let mut data = PopulationData::new(sets.train.x()?, targets(&sets.train)?);
    if let Some(held) = &sets.validation {
        data = data.validation(held.x()?, targets(held)?);
    }
    let mut population = Population::from_networks(networks)?;
    // By the number of all: sums in lanes have an order of their own.
    if all < IN_LANES {
        population = population.one_by_one()?;
    }
    let most = seeds.len().saturating_mul(training.get_epochs());
    let bar = if draws_bar { progress::bar(most, "epochs") } else { ProgressBar::hidden() };
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
    let costs = members.into_inner().unwrap_or_else(PoisonError::into_inner).into_costs();
    let each = reports?.into_iter().zip(costs).zip(population.into_networks()?);
    let course =
        |((report, costs), network)| Ok(Course { outcome: Outcome::of(report)?, costs, network });
    Ok(Courses { each: each.map(course).collect::<Result<_, Failure>>()?, seconds })
}

/// What all networks have come to: said, and put together.
pub(super) fn ended<T: Scalar>(
    Courses { each, seconds }: Courses<T>,
    (seeds, training): (&[u64], Training),
    sets: &Sets<T>,
    args: &Args,
    say: &Say,
) -> Result<Ended<T>, Failure> {
    let done = || each.iter().filter_map(|course| course.outcome.done());
    let is_interrupted = done().any(|done| done.was_stopped);
    let facts: Vec<_> =
        each.iter().zip(seeds).map(|(course, &seed)| course.outcome.facts(seed)).collect();
    if !is_interrupted {
        left_out(&each, training, args, say)?;
        lines(&facts, say);
    }
    let epochs: usize = each.iter().map(|course| course.costs.len()).sum();
    let (longest, steps) =
        done().fold((0, 0), |most, done| (most.0.max(done.epochs), most.1.max(done.steps)));
    let course = EpochFacts {
        epochs: longest,
        steps,
        best_epoch: if let [only] = &facts[..] { only.best_epoch } else { None },
        seconds_per_epoch: seconds / epochs.max(1) as f64,
        options: training,
        history: history(&each, training, sets.train.len(), seconds),
        members: facts,
    };
    let trained = Trained {
        learning_rate: Some(training.get_learning_rate()),
        training: Some(training),
        points: course.history.clone(),
        course: results::Course::Epochs(Box::new(course)),
        speed: Speed {
            seconds,
            samples_per_second: (epochs * sets.train.len()) as f64 / seconds.max(1e-9),
            reference: None,
        },
        costs: Vec::new(),
        unsaved: None,
    };
    let kept = |course: &Course<T>| course.outcome.done().is_some_and(|done| !done.was_stopped);
    let networks = each.into_iter().filter(kept).map(|course| course.network).collect();
    Ok(Ended { networks, trained, is_interrupted })
}

fn targets<T: Scalar>(batch: &Batch<T>) -> shallownet::Result<PopulationTargets<'_, T>> {
    let y = batch.y()?;
    Ok(match batch.weights() {
        Some(weights) => PopulationTargets::weighted(y, Columns::new(weights, 1)?),
        None => y.into(),
    })
}

/// Notes the networks that diverged; if all did, that is the error.
fn left_out<T>(
    each: &[Course<T>],
    training: Training,
    args: &Args,
    say: &Say,
) -> Result<(), Failure> {
    let diverged = |(k, course): (usize, &Course<T>)| match course.outcome {
        Outcome::Diverged { step, cost } => Some((k + 1, step, cost)),
        Outcome::Done(_) => None,
    };
    let diverged: Vec<_> = each.iter().enumerate().filter_map(diverged).collect();
    if let Some(&(_, step, cost)) = diverged.first()
        && diverged.len() == each.len()
    {
        return Err(args.diverged((step, cost), training.get_learning_rate()));
    }
    for (network, step, cost) in diverged {
        let of = each.len();
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
