//! Training by mini-batches, watched epoch by epoch.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use shallownet::io::checkpoint;
use shallownet::{
    DataSet, Error, Network, PredictionWorkspace, Scalar, Stop, Trainer, Training, TrainingReport,
    TrainingState, metrics,
};

use super::args::Args;
use super::interrupted::interrupted;
use super::sets::Sets;
use super::trained::Trained;
use crate::batch::Batch;
use crate::data::Data;
use crate::failure::Failure;
use crate::progress;
use crate::results::{Course, EpochFacts, Point, Speed};
use crate::say::{Say, time};

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
    say.line(format_args!("going on after epoch {}", state.epochs()));
    if state.is_finished() {
        say.note("the training is at its end: --epochs N goes on until there are N in all");
    }
    let trainer = Trainer::resume(net, state, data(sets)?);
    let trainer = trainer.map_err(|error| of_resuming(error, args, file))?;
    run(net, trainer, sets, args, say)
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
    let mut data = DataSet::new(sets.train.x()?, sets.train.y()?);
    if let Some(weights) = sets.train.weights() {
        data = data.weights(weights);
    }
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
    let training = trainer.state().training();
    let left = training.get_epochs().saturating_sub(trainer.state().epochs());
    let bar = progress::bar(left, "epochs");
    let mut workspace = PredictionWorkspace::new(net, CHUNK)?;
    let (mut points, mut failed, mut spent) = (Vec::new(), None, Duration::ZERO);
    let mut unsaved = None;
    let mut start = Instant::now();
    let report = trainer.run(net, data(sets)?, |epoch| {
        let seconds = start.elapsed();
        spent += seconds;
        let mut accuracy = |batch: Option<&Batch<T>>| {
            batch.and_then(|batch| accuracy(epoch.network, batch, &mut workspace).ok()?)
        };
        let point = Point {
            epoch: epoch.epoch + 1,
            training_cost: epoch.training_cost,
            validation_cost: epoch.validation_cost,
            training_accuracy: accuracy(Some(&sets.train)),
            validation_accuracy: accuracy(sets.validation.as_ref()),
            learning_rate: epoch.learning_rate,
            seconds: seconds.as_secs_f64(),
        };
        bar.inc(1);
        // With --checkpoint a line says that the epoch before it is safe.
        if args.epochs.checkpoint.is_some() || is_told(point.epoch, training.get_epochs()) {
            bar.suspend(|| say.line(line(&point)));
        }
        points.push(point);
        // A finished training has a model: nothing is left to go on with.
        if progress::is_interrupted() && !epoch.state.is_finished() {
            let done = format!("epoch {}", point.epoch);
            failed = Some(interrupted(args, epoch.network, epoch.state, done, say));
        } else if let Some(path) = &args.epochs.checkpoint {
            // If the checkpoint can't be saved, training goes on: the network is worth more.
            let before = unsaved.is_some();
            unsaved = checkpoint::save(path, epoch.network, epoch.state).err().map(Failure::from);
            if let Some(failure) = unsaved.as_ref().filter(|_| !before) {
                bar.suspend(|| say.note(format_args!("{failure}; the training goes on")));
            }
        }
        start = Instant::now();
        if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    if let Some(failure) = failed {
        return Err(failure);
    }
    let report = report.map_err(|error| match error {
        Error::Diverged { step, cost } => args.diverged((step, cost), training.get_learning_rate()),
        other => Failure::Network(other),
    })?;
    let course = (training, &report, points, spent);
    Ok(trained(course, sets.train.len(), unsaved, say))
}

/// What is known after the last epoch.
pub(super) fn trained(
    (training, report, points, spent): (Training, &TrainingReport, Vec<Point>, Duration),
    samples: usize,
    unsaved: Option<Failure>,
    say: &Say,
) -> Trained {
    let (seconds, epochs) = (spent.as_secs_f64(), points.len());
    if report.stop == Stop::Patience
        && let Some(best) = report.best
    {
        say.line(format_args!("stopped early: the best epoch was {}", best.epoch + 1));
    }
    let facts = EpochFacts {
        epochs: report.epochs,
        steps: report.steps,
        best_epoch: report.best.map(|best| best.epoch + 1),
        seconds_per_epoch: if epochs == 0 { 0.0 } else { seconds / epochs as f64 },
        options: training,
        history: points.clone(),
        members: Vec::new(),
    };
    Trained {
        learning_rate: Some(training.get_learning_rate()),
        training: Some(training),
        course: Course::Epochs(Box::new(facts)),
        speed: Speed {
            seconds,
            samples_per_second: (epochs * samples) as f64 / seconds.max(1e-9),
            reference: None,
        },
        costs: Vec::new(),
        points,
        unsaved,
    }
}

/// Lines on epochs, about: of more epochs than that some are left out.
const LINES: usize = 20;

/// The first two, every so many, and the last are told; the results have all.
pub(super) fn is_told(epoch: usize, epochs: usize) -> bool {
    epoch <= 2 || epoch == epochs || epoch.is_multiple_of(epochs.div_ceil(LINES))
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

pub(super) fn line(point: &Point) -> String {
    let mut line = format!("epoch {:>4}   cost {:.6}", point.epoch, point.training_cost);
    let percent = |accuracy: Option<f64>| {
        accuracy.map(|a| format!(" ({:.2} %)", 100.0 * a)).unwrap_or_default()
    };
    line += &percent(point.training_accuracy);
    if let Some(cost) = point.validation_cost {
        line += &format!("   validation {cost:.6}{}", percent(point.validation_accuracy));
    }
    line + &format!("   {}", time(point.seconds))
}
