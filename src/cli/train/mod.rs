//! `shallownet train`: samples to a model, pictures and a few lines on how it went.

mod args;
mod epochs;
mod full;
mod output;

use std::path::Path;

use shallownet::io::Standardization;
use shallownet::io::checkpoint::{self, Checkpoint};
use shallownet::io::model::Model;
use shallownet::{Network, Scalar, Training, TrainingState};

use crate::batch::{self, Batch, Meaning};
use crate::choices::Precision;
use crate::data::Data;
use crate::failure::Failure;
use crate::network::note_reach;
use crate::progress;
use crate::rescue;
use crate::results::{Course, NetworkFacts, Results};
use crate::say::Say;
use crate::scores;

pub(crate) use args::Args;
pub(crate) use epochs::Point;
use output::Trained;

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    args.check()?;
    let data = args.source.training(args.want())?.as_classes(args.classification)?;
    match args.network.precision {
        Precision::F32 => train::<f32>(args, data),
        Precision::F64 => train::<f64>(args, data),
    }
}

/// The samples, by what they are for.
#[derive(Debug)]
struct Sets<T> {
    rows: Vec<usize>,
    train: Batch<T>,
    validation: Option<Batch<T>>,
    holdout: Option<Batch<T>>,
    test: Option<Batch<T>>,
    standardization: Option<Standardization>,
}

/// How it is trained.
enum Plan<T> {
    Full { iterations: usize, learning_rate: f64 },
    Epochs(Training),
    Resume(Box<TrainingState<T>>),
}

fn train<T: Scalar>(args: &Args, data: Data) -> Result<(), Failure> {
    let say = Say { json: args.json };
    let resumed = args.epochs.resume.as_ref().map(|path| resumed::<T>(path, args)).transpose()?;
    let seed = resumed.as_ref().map_or(args.network.seed(), |c| seed_of(c.state.training()));
    let meaning = match &resumed {
        Some(checkpoint) => Meaning::of(&data).for_outputs(checkpoint.network.outputs()),
        None => args.network.meaning(Meaning::of(&data)),
    };
    let sets = sets::<T>(args, (&data, meaning), seed)?;
    let is_built_in = args.source.data.is_none();
    let (mut network, plan) = match (resumed, args.training()) {
        (Some(Checkpoint { network, state }), _) => (network, Plan::Resume(Box::new(state))),
        (None, training) => {
            let network = args.network.build::<T>(data.n_x, meaning, is_built_in)?;
            let learning_rate = args.learning_rate.unwrap_or(if is_built_in { 1.2 } else { 0.1 });
            let iterations = args.iterations.map_or(10_000, |n| n.get());
            let plan = training.map_or(Plan::Full { iterations, learning_rate }, Plan::Epochs);
            (network, plan)
        }
    };
    data.check_values(network.loss())?;
    note_reach(&network, sets.train.y()?.as_slice());
    let facts = NetworkFacts::of(&network);
    say.line(format_args!("{} samples of {}", sets.train.len(), data.file()));
    say.line(format_args!("{}\n", facts.line()));

    progress::catch_interrupts()?;
    let work = || match plan {
        Plan::Full { iterations, learning_rate } => {
            full::train(&mut network, &sets.train, (iterations, learning_rate), args, say)
        }
        Plan::Epochs(training) => epochs::start(&mut network, training, &sets, args, say),
        Plan::Resume(state) => epochs::resume(&mut network, *state, (&sets, &data), args, say),
    };
    let trained = args.network.machine.run(work)??;
    finish(args, (network, facts), &data, sets, trained)
}

/// A checkpoint as the arguments want it to go on.
fn resumed<T: Scalar>(path: &Path, args: &Args) -> Result<Checkpoint<T>, Failure> {
    let configure = |builder| args.network.machine.configure(builder);
    let Checkpoint { network, mut state } = checkpoint::load_with::<T>(path, configure)?;
    if let Some(epochs) = args.epochs.epochs {
        let (done, before) = (state.epochs(), state.training());
        state = state.until(epochs.get()).map_err(|_| {
            let path = path.display();
            Failure::Arguments(format!("--epochs {epochs}: {path} has {done} done: expected more"))
        })?;
        if option(before, "schedule") != option(state.training(), "schedule") {
            Say::note(format_args!("the cosine of the learning rate now ends with epoch {epochs}"));
        }
    }
    if args.epochs.other_data {
        state = state.on_any_data();
    }
    Ok(Checkpoint { network, state })
}

/// Saves the model before all else; then measures, draws and says. What fails there does not cost
/// the model.
fn finish<T: Scalar>(
    args: &Args,
    (network, facts): (Network<T>, NetworkFacts),
    data: &Data,
    sets: Sets<T>,
    mut trained: Trained,
) -> Result<(), Failure> {
    let model = Model {
        features: data.feature_names.clone(),
        standardization: sets.standardization.clone(),
        classes: data.labels().classes.clone(),
        label: data.label_name.clone(),
        ..Model::new(network)
    };
    let file = output::save(&args.out, &model)?;
    let unsaved = trained.unsaved.take();
    let report = || {
        let score = |batch: &Batch<T>| scores::of(&model.network, batch);
        let of = |batch: &Option<Batch<T>>| batch.as_ref().map(score).transpose();
        let (train, validation) = (score(&sets.train)?, of(&sets.validation)?);
        let (holdout, test) = (of(&sets.holdout)?, of(&sets.test)?);
        if let Course::Iterations { .. } = trained.course {
            let rate = full::reference_rate(&model.network, &sets.train, trained.learning_rate)?;
            trained.speed.compare(rate);
        }
        let mut files = vec![file.clone()];
        files.extend(output::pictures(&args.out, &model, data, &sets, &trained));
        let results = Results {
            data: data.file(),
            classes: model.classes,
            network: facts,
            learning_rate: trained.learning_rate,
            course: trained.course,
            train,
            validation,
            holdout,
            test,
            speed: trained.speed,
            files,
        };
        results.say(Say { json: args.json });
        Ok(())
    };
    report().map_err(|problem: Failure| Failure::AfterModel {
        model: file.display().to_string(),
        problem: Box::new(problem),
    })?;
    unsaved.map_or(Ok(()), Err)
}

/// The seed that a training was begun with.
fn seed_of(training: Training) -> u64 {
    option(training, "seed").as_u64().unwrap_or(0)
}

/// An option of a training, as a checkpoint has it.
fn option(training: Training, name: &str) -> serde_json::Value {
    serde_json::to_value(training).unwrap_or_default()[name].take()
}

fn sets<T: Scalar>(
    args: &Args,
    (data, meaning): (&Data, Meaning<'_>),
    seed: u64,
) -> Result<Sets<T>, Failure> {
    let all: Vec<usize> = (0..data.len()).collect();
    let (rows, held) = batch::split(all, args.holdout, (seed, batch::HOLDOUT));
    check_split(("--holdout", args.holdout), data, &rows, &held)?;
    let share = args.epochs.validation;
    let (rows, validation) = batch::split(rows, share, (seed, batch::VALIDATION));
    check_split(("--validation", share), data, &rows, &validation)?;
    let standardization =
        if args.standardize { Some(batch::standardize(data, &rows)?) } else { None };
    let batch = |rows: &[usize]| Batch::<T>::new(data, rows, standardization.as_ref(), meaning);
    let some = |rows: &[usize]| (!rows.is_empty()).then(|| batch(rows)).transpose();
    let test = args.source.test(args.want())?;
    let of = (data, meaning.outputs());
    let test = test.map(|test| test_set(&test, of, standardization.as_ref())).transpose()?;
    Ok(Sets {
        train: batch(&rows)?,
        validation: some(&validation)?,
        holdout: some(&held)?,
        test,
        rows,
        standardization,
    })
}

/// The samples of the file for testing; their classes must be those of the training set.
fn test_set<T: Scalar>(
    test: &Data,
    (data, outputs): (&Data, usize),
    standardization: Option<&Standardization>,
) -> Result<Batch<T>, Failure> {
    if test.n_x != data.n_x {
        let problem = format!("{} features a sample: expected {}", test.n_x, data.n_x);
        return Err(Failure::File { file: test.file(), problem });
    }
    let rows: Vec<usize> = (0..test.len()).collect();
    let classes = &data.labels().classes;
    let of_row = test.classes_among(classes)?;
    let meaning = Meaning::of(test).among(&of_row, classes.len()).for_outputs(outputs);
    Batch::new(test, &rows, standardization, meaning)
}

/// Both parts must hold something, and the one to learn from two classes.
fn check_split(
    (option, fraction): (&str, Option<f64>),
    data: &Data,
    rows: &[usize],
    held: &[usize],
) -> Result<(), Failure> {
    let Some(fraction) = fraction else {
        return Ok(());
    };
    let of_row = &data.labels().of_row;
    let problem = if held.is_empty() {
        "no sample"
    } else if rows.is_empty() {
        "every sample"
    } else if !of_row.is_empty() && rows.iter().all(|&row| of_row[row] == of_row[rows[0]]) {
        "all samples of every class but one"
    } else {
        return Ok(());
    };
    let samples = rows.len() + held.len();
    Err(Failure::Arguments(format!("{option} {fraction} of {samples} samples: {problem} held out")))
}

/// Saves a training that was interrupted: where it was to be, or else wherever there is room.
fn interrupted<T: Scalar>(
    args: &Args,
    network: &Network<T>,
    state: &TrainingState<T>,
    done: String,
) -> Failure {
    let path = args.checkpoint();
    let write = |path: &Path| checkpoint::save(path, network, state);
    let saved = match rescue::write(&path, write) {
        Ok(()) => path,
        Err(failure) => match rescue::elsewhere(&path, write) {
            Some(rescued) => rescued,
            None => return failure,
        },
    };
    Failure::Interrupted { done, file: saved.display().to_string() }
}
