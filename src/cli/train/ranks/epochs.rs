//! Training among ranks, watched epoch by epoch.

use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use shallownet::io::checkpoint;
use shallownet::{Error, Network, PredictionWorkspace, Result, Scalar, Trainer, metrics};

use super::job::Job;
use super::share::{Share, own};
use crate::batch::Batch;
use crate::failure::Failure;
use crate::progress;
use crate::results::Point;
use crate::say::Say;
use crate::train::Args;
use crate::train::epochs::{CHUNK, WATCHED, data, is_told, line, trained};
use crate::train::interrupted::interrupted;
use crate::train::trained::Trained;

/// Ranks say this for an accuracy that they don't know.
const UNKNOWN: u64 = u64::MAX;

pub(super) fn run<T: Scalar>(
    net: &mut Network<T>,
    mut trainer: Trainer<T>,
    share: &Share<T>,
    args: &Args,
    (job, say): (&Job<'_>, &Say),
) -> std::result::Result<Trained, Failure> {
    let (sets, training) = (&share.sets, trainer.state().training());
    let left = training.get_epochs().saturating_sub(trainer.state().epochs());
    let bar = if job.is_first() { progress::bar(left, "epochs") } else { ProgressBar::hidden() };
    let mut workspace = job.agreed(PredictionWorkspace::new(net, CHUNK).map_err(Failure::from))?;
    // Accuracies are of the first samples of all, as in one process.
    let watched = |samples: usize| {
        let Range { start, end } = own(samples, training.get_shards(), job);
        (samples.min(WATCHED), start.min(WATCHED)..end.min(WATCHED))
    };
    let of_train = watched(share.rows.train.len());
    let of_validation = watched(share.rows.validation.len());
    let (mut points, mut failed, mut spent) = (Vec::new(), None, Duration::ZERO);
    let mut unsaved = None;
    let mut start = Instant::now();
    let report = trainer.run_among(net, data(sets)?, &mut job.turn(), |epoch| {
        let seconds = start.elapsed();
        spent += seconds;
        let mut count = |batch: Option<&Batch<T>>, own: &Range<usize>| {
            let batch = batch.filter(|batch| !batch.classes.is_empty());
            let found = batch.map(|b| correct(epoch.network, b, own.len(), &mut workspace));
            found.and_then(Result::ok).map_or(UNKNOWN, |count| count as u64)
        };
        let told = job.words([
            u64::from(progress::is_interrupted()),
            count(Some(&sets.train), &of_train.1),
            count(sets.validation.as_ref(), &of_validation.1),
        ]);
        let accuracy = |at: usize, samples: usize| {
            let counts = told.iter().map(|of| (of[at] != UNKNOWN).then_some(of[at]));
            let correct: Option<u64> = counts.sum();
            correct.filter(|_| samples > 0).map(|correct| correct as f64 / samples as f64)
        };
        let point = Point {
            epoch: epoch.epoch + 1,
            training_cost: epoch.training_cost,
            validation_cost: epoch.validation_cost,
            training_accuracy: accuracy(1, of_train.0),
            validation_accuracy: accuracy(2, of_validation.0),
            learning_rate: epoch.learning_rate,
            seconds: seconds.as_secs_f64(),
        };
        bar.inc(1);
        // With --checkpoint a line says that the epoch before it is safe.
        if args.epochs.checkpoint.is_some() || is_told(point.epoch, training.get_epochs()) {
            bar.suspend(|| say.line(line(&point)));
        }
        points.push(point);
        // A signal reaches the ranks at different times: all stop after the epoch in which one has it.
        let is_interrupted = told.iter().any(|of| of[0] != 0) && !epoch.state.is_finished();
        if is_interrupted && job.is_first() {
            let done = format!("epoch {}", point.epoch);
            failed = Some(interrupted(args, epoch.network, epoch.state, done, say));
        } else if let (true, Some(path)) = (job.is_first(), &args.epochs.checkpoint) {
            // If the checkpoint can't be saved, training goes on: the network is worth more.
            let before = unsaved.is_some();
            unsaved = checkpoint::save(path, epoch.network, epoch.state).err().map(Failure::from);
            if let Some(failure) = unsaved.as_ref().filter(|_| !before) {
                bar.suspend(|| say.note(format_args!("{failure}; the training goes on")));
            }
        }
        start = Instant::now();
        if is_interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    job.agreed(failed.map_or(Ok(()), Err))?;
    let report = job.agreed(report.map_err(|error| match error {
        Error::Diverged { step, cost } => args.diverged((step, cost), training.get_learning_rate()),
        other => Failure::Network(other),
    }))?;
    Ok(trained((training, &report, points, spent), share.rows.train.len(), unsaved, say))
}

/// How many of this rank's first samples are rightly classified.
fn correct<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    samples: usize,
    workspace: &mut PredictionWorkspace<T>,
) -> Result<usize> {
    if samples == 0 {
        return Ok(0);
    }
    let (x, _) = batch.head(samples)?;
    let mut a = vec![T::ZERO; CHUNK * net.outputs()];
    let mut correct = 0;
    for (x, classes) in x.as_slice().chunks(CHUNK * net.inputs()).zip(batch.classes.chunks(CHUNK)) {
        let a = &mut a[..x.len() / net.inputs() * net.outputs()];
        net.predict(shallownet::Columns::new(x, net.inputs())?, a, workspace)?;
        let predicted = a.chunks(net.outputs()).map(metrics::class);
        correct += predicted.zip(classes).filter(|(class, actual)| class == *actual).count();
    }
    Ok(correct)
}
