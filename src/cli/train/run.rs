//! The course of the command: samples, a network, its training, and what is left of it.

use std::num::NonZeroUsize;

use shallownet::io::checkpoint::Checkpoint;
use shallownet::io::model::Model;
use shallownet::io::population::Ensemble;
use shallownet::{Network, Population, Scalar, Training};

use super::args::Args;
use super::ensemble::{self, Ended};
use super::intent::{Intent, meaning};
use super::interrupted::interrupted_ensemble;
use super::plan::Plan;
use super::resumed::{element_type, resumed};
use super::sets::{Sets, sets};
use super::trained::Trained;
use super::{calibrate, describe, epochs, files, from_disk, full, output, solve};
use crate::batch::Batch;
use crate::choices::Precision;
use crate::data::{Data, Prepared};
use crate::failure::Failure;
use crate::network::{Defaults, note_reach};
use crate::progress;
use crate::results::{Course, NetworkFacts, Results};
use crate::say::Say;
use crate::scores::{self, Score};
use crate::verdict::{self, Actual};

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    args.check()?;
    if let Some(mebibytes) = args.epochs.memory {
        return from_disk::run(args, mebibytes, say);
    }
    let data = args.source.training(&args.learning, say)?;
    args.source.suspect(&data, say);
    let defaults = Defaults::of(&data, args.preparation.plain);
    let of_checkpoint = args.epochs.resume.as_deref().and_then(element_type);
    match args.network.precision(of_checkpoint, defaults) {
        Precision::F32 => train::<f32>(args, data, say),
        Precision::F64 => train::<f64>(args, data, say),
    }
}

fn train<T: Scalar>(args: &Args, data: Data, say: &Say) -> Result<(), Failure> {
    let resumed =
        args.epochs.resume.as_ref().map(|path| resumed::<T>(path, args, say)).transpose()?;
    if resumed.as_ref().is_some_and(|of| of.state.training().get_window().is_some()) {
        let problem = "the checkpoint is of samples that are not held in memory: expected --memory";
        return Err(Failure::Arguments(problem.to_owned()));
    }
    let intent = Intent::of(args, &data, resumed.as_ref())?;
    let (seed, meaning) = (intent.seed, meaning(args, &data, resumed.as_ref()));
    let sets = sets::<T>(args, (&data, meaning), &intent, say)?;
    let n_x = sets.prepared.inputs(data.width);
    let defaults = Defaults::of(&data, args.preparation.plain);
    let member = |k: usize| {
        let seed = seed.wrapping_add(k as u64);
        let network = args.network.build::<T>(n_x, meaning, (defaults, seed))?;
        Ok::<_, Failure>((network, Plan::of(args, defaults, sets.train.len(), seed)))
    };
    let (network, plan) = match resumed {
        Some(Checkpoint { network, state }) => (network, Plan::Resume(Box::new(state))),
        None => member(0)?,
    };
    data.check_values(network.loss())?;
    note_reach(&network, sets.train.y()?.as_slice(), say);
    describe::say(args, (&data, &sets), (&network, &plan), say);

    progress::catch_interrupts()?;
    let members = args.ensemble.map_or(1, NonZeroUsize::get);
    let one = |(mut network, plan): (Network<T>, Plan<T>)| {
        let trained = match plan {
            Plan::Full { iterations, learning_rate } => {
                full::train(&mut network, &sets.train, (iterations, learning_rate), args, say)
            }
            Plan::Solve(solving) => solve::train(&mut network, &sets.train, solving, args, say),
            Plan::Epochs(training) => epochs::start(&mut network, training, &sets, args, say),
            Plan::Resume(state) => epochs::resume(&mut network, *state, (&sets, &data), args, say),
        };
        if args.ensemble.is_some() && matches!(trained, Err(Failure::Interrupted { .. })) {
            say.note("the checkpoint is of one network: an ensemble begins anew");
        }
        Ok::<_, Failure>((network, trained?))
    };
    let ended = args.network.machine.run(say, || {
        if let (Plan::Epochs(training), Some(_)) = (&plan, args.ensemble) {
            let (training, mut networks) = (*training, vec![network]);
            for k in 1..members {
                networks.push(member(k)?.0);
            }
            let seeds: Vec<u64> = (0..members).map(|k| seed.wrapping_add(k as u64)).collect();
            return ensemble::train((networks, &seeds), training, &sets, args, say);
        }
        let (network, mut trained) = one((network, plan))?;
        let mut networks = vec![network];
        for k in 1..members {
            say.line(format_args!("\nnetwork {} of {members}", k + 1));
            let (network, more) = one(member(k)?)?;
            networks.push(network);
            trained = trained.and(more);
        }
        Ok::<_, Failure>(Ended { networks, trained, is_interrupted: false })
    })??;
    conclude(args, (data, sets), ended, say)
}

/// A model of one network or several: saved, measured, told.
pub(super) fn conclude<T: Scalar>(
    args: &Args,
    (data, sets): (Data, Sets<T>),
    Ended { networks, trained, is_interrupted }: Ended<T>,
    say: &Say,
) -> Result<(), Failure> {
    let about = |network| described(network, &data, &sets.prepared, trained.training);
    if is_interrupted {
        return Err(interrupted_ensemble(args, networks, about, say));
    }
    let mean = mean(&networks);
    let ensemble = match (args.ensemble, networks.first()) {
        (Some(_), Some(first)) => {
            let about = about(first.try_clone()?);
            Some(output::ensemble_of(&about, Population::from_networks(networks)?))
        }
        _ => None,
    };
    let mut network = match (mean, &ensemble) {
        (Err(problem), Some(ensemble)) => {
            return Err(output::without_mean(&args.out, ensemble, problem.into(), say));
        }
        (mean, _) => mean?,
    };
    if args.calibrate {
        // The model is worth more than its calibration.
        calibrate::calibrate(&mut network, &sets, say)
            .unwrap_or_else(|failure| say.note(format_args!("not calibrated: {failure}")));
        if ensemble.is_some() {
            say.note("the networks of ensemble.safetensors are not calibrated: their mean is");
        }
    }
    finish(args, (about(network), ensemble), &data, sets, trained, say)
}

/// Their mean; of one network, the network itself.
fn mean<T: Scalar>(networks: &[Network<T>]) -> shallownet::Result<Network<T>> {
    if let [network] = networks { network.try_clone() } else { Network::mean_of(networks) }
}

/// A network with what its inputs and outputs mean.
pub(super) fn described<T: Scalar>(
    network: Network<T>,
    data: &Data,
    prepared: &Prepared,
    training: Option<Training>,
) -> Model<T> {
    let mut model = Model {
        pipeline: prepared.pipeline.clone(),
        classes: data.labels().classes.clone(),
        label: data.label_name.clone(),
        training,
        ..Model::new(network)
    };
    model.pipeline.features = data.feature_names.clone();
    model.pipeline.inputs = data.inputs;
    model
}

/// Saves the model before all else; then measures, draws and says. If that fails, the model is
/// safe.
fn finish<T: Scalar>(
    args: &Args,
    (model, ensemble): (Model<T>, Option<Ensemble<T>>),
    data: &Data,
    sets: Sets<T>,
    mut trained: Trained,
    say: &Say,
) -> Result<(), Failure> {
    let facts = NetworkFacts::of(&model.network);
    let file = output::save(&args.out, &model, say)?;
    let mut unsaved = trained.unsaved.take();
    let mut files = vec![file.clone()];
    match ensemble.map(|ensemble| output::save_ensemble(&args.out, &ensemble, say)) {
        Some(Ok(file)) => files.push(file),
        Some(Err(failure)) => unsaved = Some(failure),
        None if args.out.join(files::ENSEMBLE).exists() => {
            say.note(format_args!("{} is of an earlier run", files::ENSEMBLE));
        }
        None => {}
    }
    let report = || {
        let score = |batch: &Batch<T>| scores::of(&model.network, batch);
        let of = |batch: &Option<Batch<T>>| batch.as_ref().map(score).transpose();
        let (train, validation) = (score(&sets.train)?, of(&sets.validation)?);
        let (holdout, test) = (of(&sets.holdout)?, of(&sets.test)?);
        if let (Course::Iterations { .. }, Some(rate)) = (&trained.course, trained.learning_rate) {
            let rate = full::reference_rate(&model.network, &sets.train, rate)?;
            trained.speed.compare(rate);
        }
        files.extend(output::pictures(&args.out, &model, data, &sets, &trained, say));
        let held =
            [(&validation, &sets.validation), (&holdout, &sets.holdout), (&test, &sets.test)];
        judge(args, (&train, held), &sets, &model.classes, say);
        // The lecture's units end at -1 and 1, since the flower's borders are sharp.
        if !train.is_good()
            && !data.is_built_in()
            && let Some(note) = verdict::saturated(&model.network, &sets.train)?
        {
            let hints = args.against_saturation();
            say.note(format_args!("{note}; try {hints}"));
        }
        let results = Results {
            data: data.file(),
            classes: model.classes,
            network: facts,
            learning_rate: trained.learning_rate,
            course: trained.course,
            log_targets: model.pipeline.targets.log,
            target_standardization: model.pipeline.targets.standardization,
            train,
            validation,
            holdout,
            test,
            speed: trained.speed,
            files,
        };
        results.say(say);
        Ok(())
    };
    report().map_err(|problem: Failure| Failure::AfterModel {
        model: file.display().to_string(),
        problem: Box::new(problem),
    })?;
    unsaved.map_or(Ok(()), Err)
}

/// Of samples that were not trained on.
pub(super) const NOTHING_CARRIED: &str = "what was learned does not carry over; try more samples, fewer --hidden units, fewer epochs or \
     iterations";

/// A score and what it was taken on, if there is such a set.
type Held<'a, T> = (&'a Option<Score>, &'a Option<Batch<T>>);

/// Notes what a constant answer does as well: on the training samples or, if these were learned, on
/// others.
fn judge<T: Scalar>(
    args: &Args,
    (train, held): (&Score, [Held<'_, T>; 3]),
    sets: &Sets<T>,
    classes: &[String],
    say: &Say,
) {
    if let Some(note) =
        verdict::no_better(train, Actual::of(&sets.train), "the training samples", classes)
    {
        return say.note(format_args!("{note}; try {}", args.against_nothing_learned()));
    }
    let names = ["the validation samples", "the samples held out", "the test samples"];
    for ((score, batch), name) in held.into_iter().zip(names) {
        if let (Some(score), Some(batch)) = (score, batch)
            && let Some(note) = verdict::no_better(score, Actual::of(batch), name, classes)
        {
            say.note(format_args!("{note}: {NOTHING_CARRIED}"));
        }
    }
}
