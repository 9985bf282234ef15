//! The end of a training among ranks: the model first, then what all measure of it.

use std::path::PathBuf;

use shallownet::Scalar;
use shallownet::io::model::Model;

use super::measure;
use super::share::Share;
use crate::batch::Batch;
use crate::failure::Failure;
use crate::job::Job;
use crate::pictures;
use crate::say::Say;
use crate::scores;
use crate::train::report::Report;
use crate::train::trained::Trained;
use crate::train::{Args, files, output};

/// The first rank writes.
pub(super) fn finish<T: Scalar>(
    args: &Args,
    model: Model<T>,
    share: &Share<T>,
    mut trained: Trained,
    (job, say): (&Job<'_>, &Say),
) -> Result<(), Failure> {
    let saved = job.is_first().then(|| output::save(&args.out, &model, say)).transpose();
    let file = job.agreed(saved)?.unwrap_or_default();
    if job.is_first() && args.out.join(files::ENSEMBLE).exists() {
        say.note(format_args!("{} is of an earlier run", files::ENSEMBLE));
    }
    let unsaved = trained.unsaved.take();
    let told = results(args, model, share, (trained, file.clone()), (job, say));
    let told = told.map_err(|problem| {
        let model = args.out.join(files::MODEL).display().to_string();
        Failure::AfterModel { model, problem: Box::new(problem) }
    });
    // The others have waited while the first drew.
    job.agreed(told.and_then(|()| unsaved.map_or(Ok(()), Err)))
}

fn results<T: Scalar>(
    args: &Args,
    model: Model<T>,
    share: &Share<T>,
    (trained, file): (Trained, PathBuf),
    (job, say): (&Job<'_>, &Say),
) -> Result<(), Failure> {
    let (net, data, rows) = (&model.network, &share.data, &share.sets.rows);
    let shards = trained.training.map_or(args.shards(), |training| training.get_shards());
    let measured =
        |batch: &Batch<T>, rows: &[usize]| measure::of(net, batch, (data, rows), shards, job);
    let some = |batch: &Option<Batch<T>>, rows: &[usize]| {
        batch.as_ref().map(|batch| measured(batch, rows)).transpose()
    };
    let sets = &share.sets;
    let train = measured(&sets.train, &rows.train)?;
    let validation = some(&sets.validation, &rows.validation)?;
    let holdout = some(&sets.holdout, &rows.holdout)?;
    let test = sets.test.as_ref().map(|test| scores::of(net, test)).transpose();
    let test = job.agreed(test.map_err(Failure::from))?;
    if !job.is_first() {
        return Ok(());
    }
    let report =
        Report { model, trained, file, train, validation, holdout, test, some: &sets.train };
    // A boundary is drawn where this rank has all samples.
    let boundary = |model: &Model<T>| match data.is_in_parts() {
        true => Ok(None),
        false => pictures::boundary::draw(model, data, &rows.train),
    };
    report.tell(args, data, boundary, say)
}
