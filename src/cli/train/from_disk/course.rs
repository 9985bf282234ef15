//! The course of a training whose samples need not fit in memory: samples to a model.

use std::num::NonZeroUsize;

use shallownet::io::checkpoint::Checkpoint;
use shallownet::io::model::Model;
use shallownet::source::SourceTrainer;
use shallownet::{Network, Scalar, Training};

use super::limit::Limit;
use super::samples::Samples;
use super::{epochs, measure, survey};
use crate::choices::{Precision, given};
use crate::data::{Data, Prepared};
use crate::failure::Failure;
use crate::network::{Defaults, note_outside, outside};
use crate::progress;
use crate::say::Say;
use crate::train::epochs::say_resumed;
use crate::train::intent::{Intent, meaning};
use crate::train::plan::Plan;
use crate::train::report::Report;
use crate::train::resumed::{element_type, resumed};
use crate::train::run::described;
use crate::train::sets::{Rows, Sets};
use crate::train::trained::Trained;
use crate::train::{Args, describe, files, output};

/// Trains in so many mebibytes.
pub(in crate::train) fn run(
    args: &Args,
    mebibytes: NonZeroUsize,
    say: &Say,
) -> Result<(), Failure> {
    refuse(args)?;
    let Some(outline) = args.source.outline(&args.learning, say)? else {
        let problem = "--memory is for samples that can be read in any order: expected --data with an \
                       .npy file in C order, or an IDX file";
        return Err(Failure::Arguments(problem.to_owned()));
    };
    args.source.refuse_packed("--memory")?;
    let limit = Limit::new(mebibytes.get(), &outline);
    let defaults = Defaults::of(&outline, args.preparation.plain);
    let of_checkpoint = args.epochs.resume.as_deref().and_then(element_type);
    match args.network.precision(of_checkpoint, defaults) {
        Precision::F32 => train::<f32>(args, outline, limit, say),
        Precision::F64 => train::<f64>(args, outline, limit, say),
    }
}

/// Refuses options that need all samples.
fn refuse(args: &Args) -> Result<(), Failure> {
    let options = [
        (args.solver.solver.is_some(), "--solver"),
        (args.iterations.is_some(), "--iterations"),
        (args.ensemble.is_some(), "--ensemble"),
        (args.calibrate, "--calibrate"),
        (args.class_weight.is_some(), "--class-weight"),
        (args.epochs.shards.is_some_and(|shards| shards.get() > 1), "--shards"),
    ];
    match given(&options) {
        Some(option) => {
            let problem = format!(
                "--memory with {option}: samples that are not in memory are trained on by mini-batches, \
                 each counting the same (without --memory it goes)"
            );
            Err(Failure::Arguments(problem))
        }
        None => Ok(()),
    }
}

fn train<T: Scalar>(
    args: &Args,
    mut outline: Data,
    limit: Limit,
    say: &Say,
) -> Result<(), Failure> {
    let resumed = args.epochs.resume.as_ref().map(|path| resumed::<T>(path, args, say));
    let resumed = resumed.transpose()?;
    let intent = Intent::of(args, &outline, resumed.as_ref())?;
    let rows = Rows::of(args, &outline, &intent, say)?;
    let prepared = survey::survey(args, &mut outline, &rows, &intent, say)?;
    let data = &outline;
    let of_samples = Samples {
        args,
        outline: data,
        prepared: &prepared,
        meaning: meaning(args, data, resumed.as_ref()),
        output: intent.output,
        train: &rows.train,
        validation: &rows.validation,
    };
    let defaults = Defaults::of(data, args.preparation.plain);
    let (mut network, plan) = match resumed {
        Some(Checkpoint { network, state }) => (network, Plan::Resume(Box::new(state))),
        None => {
            let n_x = prepared.inputs(data.width);
            let network =
                args.network.build::<T>(n_x, of_samples.meaning, (defaults, intent.seed))?;
            (network, Plan::of(args, defaults, rows.train.len(), intent.seed))
        }
    };
    data.check_values(network.loss())?;
    note_reach(&network, data, (&rows.train, &prepared), say);
    let some = of_samples.batch::<T>(&rows.train[..rows.train.len().min(of_samples.at_once())])?;
    let sets = Sets {
        rows: Rows { train: rows.train.clone(), validation: Vec::new(), holdout: Vec::new() },
        train: some,
        validation: None,
        holdout: None,
        test: None,
        prepared: Prepared::new(prepared.pipeline.clone(), &data.kinds),
        class_weights: None,
    };
    describe::say(args, (data, &sets), (&network, &plan), say);
    progress::catch_interrupts()?;

    let mut samples = of_samples;
    let trained = args.network.machine.run(say, || {
        let trainer = trainer(&network, plan, &mut samples, limit, say)?;
        epochs::run(&mut network, trainer, &mut samples, say)
    })??;
    let model = described(network, data, &prepared, trained.training);
    finish(args, (model, trained), (&samples, &rows), &sets, say)
}

/// The trainer, whose window is as large as the limit allows.
fn trainer<T: Scalar>(
    network: &Network<T>,
    plan: Plan<T>,
    samples: &mut Samples<'_>,
    limit: Limit,
    say: &Say,
) -> Result<SourceTrainer<T>, Failure> {
    let room = limit.of_training();
    let told = |training: Training, bytes: usize| {
        let (block, blocks) = training.get_window().unwrap_or_default();
        let mebibytes = limit.with(bytes).div_ceil(1 << 20);
        say.line(format_args!(
            "{mebibytes} MiB at most; shuffled within {blocks} blocks of {block} samples\n"
        ));
    };
    let trainer = match plan {
        Plan::Epochs(training) => {
            let data = epochs::data(samples);
            let trainer = SourceTrainer::within(network, training, &data, room);
            trainer.map_err(|error| limit.refused(error))?
        }
        Plan::Resume(state) => {
            let training = state.training();
            if training.get_window().is_none() {
                let problem =
                    "--memory: the checkpoint is of a training whose samples were in memory";
                return Err(Failure::Arguments(problem.to_owned()));
            }
            say_resumed(&state, say);
            let data = epochs::data(samples);
            let trainer = SourceTrainer::within(network, training, &data, room);
            trainer.map_err(|error| limit.refused(error))?;
            SourceTrainer::resume(network, *state, &data)?
        }
        Plan::Full { .. } | Plan::Solve(_) => {
            let problem = "--memory: expected mini-batches (--epochs)".to_owned();
            return Err(Failure::Arguments(problem));
        }
    };
    let training = trainer.state().training();
    told(training, SourceTrainer::bytes_for(network, training, &epochs::data(samples))?);
    Ok(trainer)
}

/// Notes values to learn that the outputs can't reach.
fn note_reach<T: Scalar>(
    network: &Network<T>,
    data: &Data,
    (rows, prepared): (&[usize], &Prepared),
    say: &Say,
) {
    let crate::data::Targets::Values { y, n_y } = &data.targets else { return };
    let mut sample = vec![0.0; *n_y];
    let mut of_row = |&row: &usize| {
        sample.copy_from_slice(&y[row * n_y..(row + 1) * n_y]);
        prepared.pipeline.targets.apply(&mut sample);
        let values: Vec<T> = sample.iter().map(|&v| T::from_f64(v)).collect();
        outside(network, &values)
    };
    let out = rows.iter().map(&mut of_row).sum();
    note_outside(network, out, rows.len() * n_y, say);
}

/// Saves the model before all else; then reads the samples once more, measures, draws and says.
fn finish<T: Scalar>(
    args: &Args,
    (model, mut trained): (Model<T>, Trained),
    (samples, rows): (&Samples<'_>, &Rows),
    sets: &Sets<T>,
    say: &Say,
) -> Result<(), Failure> {
    let file = output::save(&args.out, &model, say)?;
    let unsaved = trained.unsaved.take();
    let report = || {
        let measured = |rows: &[usize]| measure::of(&model.network, samples, rows);
        let (Some(train), validation) = (measured(&rows.train)?, measured(&rows.validation)?)
        else {
            return Ok(());
        };
        let holdout = measured(&rows.holdout)?;
        let (test, some) = (None, &sets.train);
        let report =
            Report { model, trained, file: file.clone(), train, validation, holdout, test, some };
        // The samples of a picture are those of which the rest is not in memory.
        report.tell(args, samples.outline, |_| Ok(None), say)
    };
    report().map_err(|problem: Failure| Failure::AfterModel {
        model: args.out.join(files::MODEL).display().to_string(),
        problem: Box::new(problem),
    })?;
    unsaved.map_or(Ok(()), Err)
}
