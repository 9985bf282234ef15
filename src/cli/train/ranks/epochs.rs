//! Training among ranks, watched epoch by epoch.

use std::ops::Range;

use shallownet::{Network, PredictionWorkspace, Result, Scalar, Trainer, metrics};

use super::share::{Share, own};
use crate::batch::Batch;
use crate::failure::Failure;
use crate::job::Job;
use crate::progress;
use crate::say::Say;
use crate::train::Args;
use crate::train::epochs::{CHUNK, WATCHED, data};
use crate::train::trained::Trained;
use crate::train::watch::Watch;

/// Ranks say this for an accuracy that they don't know.
const UNKNOWN: u64 = u64::MAX;

pub(super) fn run<T: Scalar>(
    net: &mut Network<T>,
    mut trainer: Trainer<T>,
    share: &Share<T>,
    args: &Args,
    (job, say): (&Job<'_>, &Say),
) -> std::result::Result<Trained, Failure> {
    let (sets, shards) = (&share.sets, trainer.state().training().get_shards());
    let mut workspace = job.agreed(PredictionWorkspace::new(net, CHUNK).map_err(Failure::from))?;
    // Accuracies are of the first samples of all, as in one process.
    let watched = |samples: usize| {
        let Range { start, end } = own(samples, shards, job);
        (samples.min(WATCHED), start.min(WATCHED)..end.min(WATCHED))
    };
    let of_train = watched(sets.rows.train.len());
    let of_validation = watched(sets.rows.validation.len());
    let mut watch = Watch::new(trainer.state(), job.is_first(), args, say);
    let report = trainer.run_among(net, data(sets)?, &mut job.turn(), |epoch| {
        let seconds = watch.lap();
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
        watch.see(epoch, seconds, [accuracy(1, of_train.0), accuracy(2, of_validation.0)]);
        // A signal reaches the ranks at different times: all stop after the epoch in which one has it.
        watch.keep(epoch, told.iter().any(|of| of[0] != 0) && !epoch.state.is_finished())
    });
    job.agreed(watch.end())?;
    let report = job.agreed(report.map_err(|error| watch.failure(error)))?;
    Ok(watch.trained(&report, sets.rows.train.len()))
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
