//! The course of a training among ranks: samples to a model, as in one process.

use std::num::NonZeroUsize;

use shallownet::io::checkpoint::Checkpoint;
use shallownet::{Network, Scalar, Trainer};

use super::share::Share;
use super::{alike, calibrate, ensemble, epochs, finish, refused, solve};
use crate::choices::Precision;
use crate::data::Data;
use crate::failure::Failure;
use crate::job::Job;
use crate::network::{Defaults, note_outside, outside};
use crate::progress;
use crate::say::Say;
use crate::threads;
use crate::train::Args;
use crate::train::describe;
use crate::train::epochs::{data as data_set, of_resuming, say_resumed};
use crate::train::intent::{Intent, meaning};
use crate::train::plan::Plan;
use crate::train::resumed::{element_type, resumed};
use crate::train::run::described;
use crate::train::trained::Trained;

/// Shards, unless --shards says it.
const SHARDS: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// Trains as this rank of the job.
pub(crate) fn run(args: &mut Args, job: &Job<'_>, say: &Say) -> Result<(), Failure> {
    let by_default = if args.epochs.shards.is_none() { " (--shards)" } else { "" };
    let shards = args.epochs.shards.unwrap_or(SHARDS);
    let refused = refused::check(args, (job.ranks(), shards.get()));
    if args.epochs.resume.is_none() && args.ensemble.is_none() {
        args.epochs.shards = Some(shards);
    }
    // What is to be written is checked by the rank that will.
    job.agreed(refused.and_then(|()| if job.is_first() { args.check() } else { Ok(()) }))?;
    job.agreed(threads::of_rank(args.network.machine.threads, say))?;
    if args.epochs.shards.is_some() {
        say.line(format_args!("{} ranks, {shards} shards{by_default}", job.ranks()));
    } else {
        say.line(format_args!("{} ranks", job.ranks()));
    }
    if let Some(members) = args.ensemble {
        return ensemble::run(args, members.get(), (job, say));
    }
    let data = samples(args, (job, say))?;
    let defaults = Defaults::of(&data, args.preparation.plain);
    let of_checkpoint = args.epochs.resume.as_deref().and_then(element_type);
    match args.network.precision(of_checkpoint, defaults) {
        Precision::F32 => train::<f32>(args, data, (job, say)),
        Precision::F64 => train::<f64>(args, data, (job, say)),
    }
}

/// What there is to be learned from: without the values of samples, where a file can be read in parts.
fn samples(args: &Args, (job, say): (&Job<'_>, &Say)) -> Result<Data, Failure> {
    if let Some(outline) = job.agreed(args.source.outline(&args.learning, say))? {
        return Ok(outline);
    }
    if let Some(outline) = args.source.table_outline(&args.learning, (job, say))? {
        args.source.suspect(&outline, say);
        return Ok(outline);
    }
    let data = job.agreed(args.source.training(&args.learning, say))?;
    args.source.suspect(&data, say);
    Ok(data)
}

fn train<T: Scalar>(args: &Args, data: Data, (job, say): (&Job<'_>, &Say)) -> Result<(), Failure> {
    let resumed = args.epochs.resume.as_ref().map(|path| resumed::<T>(path, args, say));
    let resumed = job.agreed(resumed.transpose())?;
    let intent = job.agreed(Intent::of(args, &data, resumed.as_ref()))?;
    let share = Share::of(args, data, (&intent, resumed.as_ref()), (job, say))?;
    let (mut network, plan) = job.agreed(begun(args, &share, &intent, resumed))?;
    alike::check(&network, job)?;
    let of_rank =
        share.sets.train.y().map(|y| (outside(&network, y.as_slice()), y.as_slice().len()));
    let (out, all) = job.agreed(of_rank.map_err(Failure::from))?;
    note_outside(&network, job.sum(out), job.sum(all), say);
    describe::say(args, (&share.data, &share.sets), (&network, &plan), say);
    job.agreed(progress::catch_interrupts())?;

    let made = match plan {
        Plan::Solve(solving) => {
            let trained = solve::run(&mut network, solving, &share, (job, say))?;
            return finished(args, (network, trained), &share, (job, say));
        }
        Plan::Resume(state) => {
            say_resumed(&state, say);
            Trainer::resume_among(&network, *state, data_set(&share.sets)?, &mut job.turn())
        }
        Plan::Epochs(training) => {
            Trainer::among(&network, training, data_set(&share.sets)?, &mut job.turn())
        }
        Plan::Full { .. } => {
            let problem =
                "ranks train by mini-batches or a solver: expected --epochs or --solver".to_owned();
            return Err(Failure::Arguments(problem));
        }
    };
    let trainer = job.agreed(made.map_err(|error| of_resuming(error, args, &share.data)))?;
    let trained = epochs::run(&mut network, trainer, &share, args, (job, say))?;
    finished(args, (network, trained), &share, (job, say))
}

fn finished<T: Scalar>(
    args: &Args,
    (mut network, trained): (Network<T>, Trained),
    share: &Share<T>,
    (job, say): (&Job<'_>, &Say),
) -> Result<(), Failure> {
    if args.calibrate {
        // The model is worth more than its calibration.
        calibrate::calibrate(&mut network, share, (job, say))
            .unwrap_or_else(|failure| say.note(format_args!("not calibrated: {failure}")));
    }
    let model = described(network, &share.data, &share.sets.prepared, trained.training);
    finish::finish(args, model, share, trained, (job, say))
}

/// The network, and how it is trained: anew, or from a checkpoint on.
fn begun<T: Scalar>(
    args: &Args,
    share: &Share<T>,
    intent: &Intent,
    resumed: Option<Checkpoint<T>>,
) -> Result<(Network<T>, Plan<T>), Failure> {
    let data = &share.data;
    let (network, plan) = match resumed {
        Some(Checkpoint { network, state }) => (network, Plan::Resume(Box::new(state))),
        None => {
            let defaults = Defaults::of(data, args.preparation.plain);
            let meaning = meaning::<T>(args, data, None);
            let n_x = share.sets.prepared.inputs(data.width);
            let network = args.network.build::<T>(n_x, meaning, (defaults, intent.seed))?;
            (network, Plan::of(args, defaults, share.sets.rows.train.len(), intent.seed))
        }
    };
    data.check_values(network.loss())?;
    Ok((network, plan))
}
