//! Training by mini-batches, watched epoch by epoch.

use std::path::Path;

use shallownet::{
    DataSet, Error, Network, PredictionWorkspace, Scalar, Trainer, Training, TrainingState, metrics,
};

use super::args::Args;
use super::sets::Sets;
use super::trained::Trained;
use super::watch::Watch;
use crate::batch::Batch;
use crate::data::Data;
use crate::failure::Failure;
use crate::progress;
use crate::say::Say;

/// Training samples whose accuracy is taken after an epoch.
pub(super) const WATCHED: usize = 10_000;

/// Samples predicted at a time.
pub(super) const CHUNK: usize = 1024;

pub(super) fn start<T: Scalar>(
    net: &mut Network<T>,
    training: Training,
    sets: &Sets<T>,
    args: &Args,
    say: &Say,
) -> Result<Trained, Failure> {
    let trainer = Trainer::new(net, training, data(sets)?)?;
    run(net, trainer, sets, args, say)
}

pub(super) fn resume<T: Scalar>(
    net: &mut Network<T>,
    state: TrainingState<T>,
    (sets, file): (&Sets<T>, &Data),
    args: &Args,
    say: &Say,
) -> Result<Trained, Failure> {
    say_resumed(&state, say);
    let trainer = Trainer::resume(net, state, data(sets)?);
    let trainer = trainer.map_err(|error| of_resuming(error, args, file))?;
    run(net, trainer, sets, args, say)
}

pub(super) fn say_resumed<T: Scalar>(state: &TrainingState<T>, say: &Say) {
    say.line(format_args!("going on after epoch {}", state.epochs()));
    if state.is_finished() {
        say.note("the training is at its end: --epochs N goes on until there are N in all");
    }
}

/// Why a training can't go on.
pub(super) fn of_resuming(error: Error, args: &Args, file: &Data) -> Failure {
    match error {
        Error::OtherData { .. } => {
            let checkpoint = args.epochs.resume.as_deref().unwrap_or(Path::new("the checkpoint"));
            let checkpoint = checkpoint.display().to_string();
            Failure::OtherData { checkpoint, data: file.file() }
        }
        other => other.into(),
    }
}

pub(super) fn data<T: Scalar>(sets: &Sets<T>) -> shallownet::Result<DataSet<'_, T>> {
    let data = sets.train.data_set()?;
    Ok(match &sets.validation {
        Some(held) => data.validation(held.x()?, held.targets()?),
        None => data,
    })
}

fn run<T: Scalar>(
    net: &mut Network<T>,
    mut trainer: Trainer<T>,
    sets: &Sets<T>,
    args: &Args,
    say: &Say,
) -> Result<Trained, Failure> {
    let mut workspace = PredictionWorkspace::new(net, CHUNK)?;
    let mut watch = Watch::new(trainer.state(), true, args, say);
    let report = trainer.run(net, data(sets)?, |epoch| {
        let seconds = watch.lap();
        let accuracies = [Some(&sets.train), sets.validation.as_ref()].map(|batch| {
            batch.and_then(|batch| accuracy(epoch.network, batch, &mut workspace).ok()?)
        });
        watch.see(epoch, seconds, accuracies);
        // A finished training has a model: nothing is left to go on with.
        watch.keep(epoch, progress::is_interrupted() && !epoch.state.is_finished())
    });
    watch.end()?;
    let report = report.map_err(|error| watch.failure(error))?;
    Ok(watch.trained(&report, sets.train.len()))
}

/// Of classes; on the first samples, where there are many.
fn accuracy<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    workspace: &mut PredictionWorkspace<T>,
) -> shallownet::Result<Option<f64>> {
    if batch.classes.is_empty() {
        return Ok(None);
    }
    let (x, y) = batch.head(WATCHED)?;
    let mut a = vec![T::ZERO; y.as_slice().len()];
    let parts = (0..x.samples()).step_by(CHUNK).map(|i| i..(i + CHUNK).min(x.samples()));
    for (part, a) in parts.zip(a.chunks_mut(CHUNK * net.outputs())) {
        if let Some(x) = x.range(part) {
            net.predict(x, a, workspace)?;
        }
    }
    let a = shallownet::Columns::new(&a, net.outputs())?;
    metrics::accuracy(a, y).map(Some)
}
