//! The end of a training among ranks: the model first, then what all measure of it.

use std::path::PathBuf;

use shallownet::Scalar;
use shallownet::io::model::Model;

use super::measured::Measured;
use super::share::Share;
use crate::batch::Batch;
use crate::failure::Failure;
use crate::job::Job;
use crate::pictures::{self, weights};
use crate::results::{NetworkFacts, Results};
use crate::say::Say;
use crate::scores;
use crate::train::output::{self, accuracies, draw_all, epochs, image_of};
use crate::train::run::NOTHING_CARRIED;
use crate::train::trained::Trained;
use crate::train::{Args, files};
use crate::verdict;

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
    let shards = trained.training.map_or(1, |training| training.get_shards());
    let measured =
        |batch: &Batch<T>, rows: &[usize]| Measured::of(net, batch, (data, rows), shards, job);
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
    let mut files = vec![file];
    let least_used = match (&holdout, &validation) {
        (Some(holdout), _) => (holdout, "held-out"),
        (None, Some(validation)) => (validation, "validation"),
        (None, None) => (&train, "training"),
    };
    files.extend(pictures(args, (&model, share), &trained, least_used, say));
    let score = |of: Option<Measured>| of.map(|of| of.score);
    judge(args, [Some(&train), validation.as_ref(), holdout.as_ref()], &model.classes, say);
    if !train.score.is_good()
        && let Some(note) = verdict::saturated(net, &sets.train)?
    {
        say.note(format_args!("{note}; try {}", args.against_saturation()));
    }
    let results = Results {
        data: data.file(),
        network: NetworkFacts::of(net),
        classes: model.classes,
        learning_rate: trained.learning_rate,
        course: trained.course,
        log_targets: model.pipeline.targets.log,
        target_standardization: model.pipeline.targets.standardization,
        train: train.score,
        validation: score(validation),
        holdout: score(holdout),
        test,
        speed: trained.speed,
        files,
    };
    results.say(say);
    Ok(())
}

/// What one process draws, but the boundary only where this rank has all samples, and the test samples
/// of a folder not at all.
fn pictures<T: Scalar>(
    args: &Args,
    (model, share): (&Model<T>, &Share<T>),
    trained: &Trained,
    (least_used, set): (&Measured, &str),
    say: &Say,
) -> Vec<PathBuf> {
    let data = &share.data;
    let image = image_of(model, data);
    let boundary = || match data.is_in_parts() {
        true => Ok(None),
        false => pictures::boundary::draw(model, data, &share.sets.rows.train),
    };
    let confusion = || {
        let counts = least_used.confusion(model.classes.len())?;
        counts.map(|counts| pictures::confusion::draw(&model.classes, &counts, set)).transpose()
    };
    draw_all(
        &args.out,
        [
            ("accuracy", &|| accuracies(&trained.points)),
            ("boundary", &boundary),
            ("confusion", &confusion),
            ("cost", &|| epochs(&trained.points)),
            ("weights", &|| image.map(|size| weights::draw(&model.network, size)).transpose()),
        ],
        say,
    )
}

/// Notes what a constant answer does as well, as one process does.
fn judge(
    args: &Args,
    [train, validation, holdout]: [Option<&Measured>; 3],
    classes: &[String],
    say: &Say,
) {
    let worse = |of: &Measured, name| verdict::no_better(&of.score, of.actual(), name, classes);
    if let Some(note) = train.and_then(|train| worse(train, "the training samples")) {
        return say.note(format_args!("{note}; try {}", args.against_nothing_learned()));
    }
    let held = [(validation, "the validation samples"), (holdout, "the samples held out")];
    for (measured, name) in held {
        if let Some(note) = measured.and_then(|measured| worse(measured, name)) {
            say.note(format_args!("{note}: {NOTHING_CARRIED}"));
        }
    }
}
