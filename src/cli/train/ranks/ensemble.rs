//! Networks of an ensemble, dealt out to the ranks: each trains some, on all samples.

use std::ops::Range;

use shallownet::Scalar;

use super::{alike, courses};
use crate::choices::Precision;
use crate::data::Data;
use crate::failure::Failure;
use crate::job::Job;
use crate::network::{Defaults, note_reach};
use crate::progress;
use crate::say::Say;
use crate::train::ensemble::{ended, run as train_some};
use crate::train::intent::{Intent, meaning};
use crate::train::members::Courses;
use crate::train::plan::Plan;
use crate::train::run::conclude;
use crate::train::sets::{Sets, sets};
use crate::train::{Args, describe};

/// Trains as this rank of the job, which has agreed on the options.
pub(super) fn run(
    args: &Args,
    members: usize,
    (job, say): (&Job<'_>, &Say),
) -> Result<(), Failure> {
    let data = job.agreed(args.source.training(&args.learning, say))?;
    args.source.suspect(&data, say);
    let defaults = Defaults::of(&data, args.preparation.plain);
    match args.network.precision(None, defaults) {
        Precision::F32 => train::<f32>(args, data, members, (job, say)),
        Precision::F64 => train::<f64>(args, data, members, (job, say)),
    }
}

fn train<T: Scalar>(
    args: &Args,
    data: Data,
    members: usize,
    (job, say): (&Job<'_>, &Say),
) -> Result<(), Failure> {
    let intent = job.agreed(Intent::of::<T>(args, &data, None))?;
    let meaning = meaning::<T>(args, &data, None);
    let sets = job.agreed(sets::<T>(args, (&data, meaning), &intent, say))?;
    job.agreed(same_samples(&sets, job))?;
    let defaults = Defaults::of(&data, args.preparation.plain);
    let n_x = sets.prepared.inputs(data.width);
    let seeds: Vec<u64> = (0..members).map(|k| intent.seed.wrapping_add(k as u64)).collect();
    let network = |&seed: &u64| args.network.build::<T>(n_x, meaning, (defaults, seed));
    let plan = Plan::of(args, defaults, sets.train.len(), intent.seed);
    let Plan::Epochs(training) = plan else {
        let problem = "ranks train the networks of --ensemble by mini-batches: expected --epochs";
        return Err(Failure::Arguments(problem.to_owned()));
    };
    let own = share(members, job);
    let made = || {
        let first = network(&intent.seed)?;
        data.check_values(first.loss())?;
        note_reach(&first, sets.train.y()?.as_slice(), say);
        let networks = seeds[own.clone()].iter().map(network).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Failure>((first, networks))
    };
    let (first, networks) = job.agreed(made())?;
    alike::check(&first, job)?;
    describe::say(args, (&data, &sets), (&first, &plan), say);
    if own.len() < members {
        say.line(format_args!("networks 1 to {} are this rank's, of {members}", own.len()));
    }
    job.agreed(progress::catch_interrupts())?;
    let some = match own.is_empty() {
        true => Ok(Courses { each: Vec::new(), seconds: 0.0 }),
        false => {
            train_some((networks, &seeds[own], members), training, (&sets, job.is_first()), say)
        }
    };
    let all = courses::gathered(job.agreed(some)?, &first, job)?;
    // The others wait while the first writes and draws.
    let told = |all| {
        let ended = ended(all, (&seeds, training), &sets, args, say)?;
        conclude(args, (data, sets), ended, say)
    };
    job.agreed(if job.is_first() { told(all) } else { Ok(()) })
}

/// The networks of this rank; the first has some.
fn share(members: usize, job: &Job<'_>) -> Range<usize> {
    let border = |rank: usize| (members * rank).div_ceil(job.ranks());
    border(job.rank())..border(job.rank() + 1)
}

/// Refuses ranks that have read other samples than the first.
fn same_samples<T: Scalar>(sets: &Sets<T>, job: &Job<'_>) -> Result<(), Failure> {
    let data = job.agreed(crate::train::epochs::data(sets).map_err(Failure::from))?;
    match job.compared(&data.fingerprint().to_string()).1 {
        Some(rank) => {
            let file = format!("rank {rank}");
            let problem = "has read other samples than rank 0".to_owned();
            Err(Failure::File { file, problem })
        }
        None => Ok(()),
    }
}
