//! The course of the command: samples, a network, its training, and what is left of it.

use std::num::NonZeroUsize;
use std::path::Path;

use shallownet::io::checkpoint::{self, Checkpoint};
use shallownet::io::model::Model;
use shallownet::io::population::Ensemble;
use shallownet::{Loss, Network, Population, Scalar, Training};

use super::args::Args;
use super::ensemble::{self, Ended};
use super::interrupted::interrupted_ensemble;
use super::plan::Plan;
use super::sets::{Sets, sets};
use super::trained::Trained;
use super::{calibrate, describe, epochs, files, full, output, solve};
use crate::batch::{Batch, Meaning};
use crate::choices::Precision;
use crate::data::Data;
use crate::failure::Failure;
use crate::network::{Defaults, note_reach};
use crate::prepare::TargetChoice;
use crate::progress;
use crate::results::{Course, NetworkFacts, Results};
use crate::say::Say;
use crate::scores::{self, Score};
use crate::verdict;

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    args.check()?;
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
    let seed = resumed.as_ref().map_or(args.network.seed(), |c| c.state.training().get_seed());
    let meaning = match &resumed {
        Some(checkpoint) => Meaning::of(&data).for_outputs(checkpoint.network.outputs()),
        None => args.network.meaning(Meaning::of(&data)),
    };
    let of_checkpoint = resumed.as_ref().and_then(|c| c.network.layers().last());
    let output =
        of_checkpoint.map(|layer| layer.activation).unwrap_or_else(|| args.network.output(meaning));
    if args.calibrate {
        calibrate::check(output)?;
    }
    let of_targets = args.preparation.of_targets(output)?;
    let loss = resumed.as_ref().map_or(args.network.loss, |c| Some(c.network.loss()));
    if loss == Some(Loss::GaussianNll) && of_targets == TargetChoice::Log {
        let problem = "--target-transform log: the variance of --loss gaussian_nll would be that of \
                       logarithms; expected standardize or none";
        return Err(Failure::Arguments(problem.to_owned()));
    }
    let mut sets = sets::<T>(args, (&data, meaning), (seed, of_targets), say)?;
    if let Some(smoothing) = args.label_smoothing {
        sets.train.smooth(output, smoothing)?;
    }
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
    let Ended { networks, trained, is_interrupted } = args.network.machine.run(say, || {
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
    let about = |network| described(network, &data, &sets, trained.training);
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

/// The numbers of a checkpoint, if it can be read.
fn element_type(path: &Path) -> Option<Precision> {
    match checkpoint::load::<f32>(path) {
        Ok(_) => Some(Precision::F32),
        Err(error) => {
            matches!(error.problem, checkpoint::Problem::Element { .. }).then_some(Precision::F64)
        }
    }
}

/// A checkpoint as the arguments want it to go on.
fn resumed<T: Scalar>(path: &Path, args: &Args, say: &Say) -> Result<Checkpoint<T>, Failure> {
    let configure = |builder| args.network.machine.configure(builder);
    let Checkpoint { network, mut state } = checkpoint::load_with::<T>(path, configure)?;
    if let Some(epochs) = args.epochs.epochs {
        let (done, before) = (state.epochs(), state.training());
        state = state.until(epochs.get()).map_err(|_| {
            let path = path.display();
            Failure::Arguments(format!("--epochs {epochs}: {path} has {done} done: expected more"))
        })?;
        if before.get_schedule() != state.training().get_schedule() {
            say.note(format_args!("the cosine of the learning rate now ends with epoch {epochs}"));
        }
    }
    if args.epochs.other_data {
        state = state.on_any_data();
    }
    Ok(Checkpoint { network, state })
}

/// A network with what its inputs and outputs mean.
fn described<T: Scalar>(
    network: Network<T>,
    data: &Data,
    sets: &Sets<T>,
    training: Option<Training>,
) -> Model<T> {
    let mut model = Model {
        pipeline: sets.prepared.pipeline.clone(),
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
    if let Some(note) = verdict::no_better(train, &sets.train, "the training samples", classes) {
        return say.note(format_args!("{note}; try {}", args.against_nothing_learned()));
    }
    let names = ["the validation samples", "the samples held out", "the test samples"];
    for ((score, batch), name) in held.into_iter().zip(names) {
        if let (Some(score), Some(batch)) = (score, batch)
            && let Some(note) = verdict::no_better(score, batch, name, classes)
        {
            say.note(format_args!(
                "{note}: what was learned does not carry over; try more samples, fewer --hidden \
                 units, fewer epochs or iterations"
            ));
        }
    }
}
