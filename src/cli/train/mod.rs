//! `shallownet train`: samples to a model, pictures and a few lines on how it went.

mod args;
mod epochs;
mod full;
mod output;

use shallownet::io::checkpoint::{self, Checkpoint};
use shallownet::io::model::Model;
use shallownet::io::{Standardization, atomic};
use shallownet::{Network, Scalar, Training, TrainingState};

use crate::batch::{self, Batch, Meaning};
use crate::choices::Precision;
use crate::data::Data;
use crate::failure::Failure;
use crate::progress;
use crate::results::{NetworkFacts, Results};
use crate::say::Say;
use crate::scores;

pub(crate) use args::Args;
pub(crate) use epochs::Point;
use output::Trained;

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    args.check()?;
    let data = args.source.training(args.want())?;
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
    let resumed = match &args.epochs.resume {
        Some(path) => Some(checkpoint::load_with::<T>(path, |builder| {
            args.network.machine.configure(builder)
        })?),
        None => None,
    };
    let seed = resumed.as_ref().map_or(args.network.seed(), |c| seed_of(c.state.training()));
    let sets = sets::<T>(args, &data, seed)?;
    let meaning = Meaning::of(&data);
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
    let facts = NetworkFacts::of(&network);
    say.line(format_args!("{} samples of {}", sets.train.len(), data.file()));
    say.line(format_args!("{}\n", facts.line()));

    progress::catch_interrupts()?;
    let work = || match plan {
        Plan::Full { iterations, learning_rate } => {
            full::train(&mut network, &sets.train, (iterations, learning_rate), args, say)
        }
        Plan::Epochs(training) => epochs::start(&mut network, training, &sets, args, say),
        Plan::Resume(state) => epochs::resume(&mut network, *state, &sets, args, say),
    };
    let trained = args.network.machine.run(work)??;
    finish(args, (network, facts), &data, sets, trained)
}

/// Measures, draws, writes and says.
fn finish<T: Scalar>(
    args: &Args,
    (network, facts): (Network<T>, NetworkFacts),
    data: &Data,
    sets: Sets<T>,
    trained: Trained,
) -> Result<(), Failure> {
    let score = |batch: &Batch<T>| scores::of(&network, batch);
    let of = |batch: &Option<Batch<T>>| batch.as_ref().map(score).transpose();
    let (train, validation) = (score(&sets.train)?, of(&sets.validation)?);
    let (holdout, test) = (of(&sets.holdout)?, of(&sets.test)?);
    let model = Model {
        features: data.feature_names.clone(),
        standardization: sets.standardization.clone(),
        classes: data.labels().classes.clone(),
        label: data.label_name.clone(),
        ..Model::new(network)
    };
    let files = output::write(&args.out, &model, data, &sets, &trained)?;
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
}

/// The seed that a training was begun with.
fn seed_of(training: Training) -> u64 {
    let value = serde_json::to_value(training).unwrap_or_default();
    value["seed"].as_u64().unwrap_or(0)
}

fn sets<T: Scalar>(args: &Args, data: &Data, seed: u64) -> Result<Sets<T>, Failure> {
    let all = data.rows()?;
    let (rows, held) = batch::split(all, args.holdout, (seed, batch::HOLDOUT));
    check_split(("--holdout", args.holdout), data, &rows, &held)?;
    let share = args.epochs.validation;
    let (rows, validation) = batch::split(rows, share, (seed, batch::VALIDATION));
    check_split(("--validation", share), data, &rows, &validation)?;
    let standardization =
        if args.standardize { Some(batch::standardize(data, &rows)?) } else { None };
    let meaning = Meaning::of(data);
    let batch = |rows: &[usize]| Batch::<T>::new(data, rows, standardization.as_ref(), meaning);
    let some = |rows: &[usize]| (!rows.is_empty()).then(|| batch(rows)).transpose();
    let test = args.source.test(args.want())?;
    let test = test.map(|test| test_set(&test, data, standardization.as_ref())).transpose()?;
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
    data: &Data,
    standardization: Option<&Standardization>,
) -> Result<Batch<T>, Failure> {
    if test.n_x != data.n_x {
        let problem = format!("{} features a sample: expected {}", test.n_x, data.n_x);
        return Err(Failure::File { file: test.file(), problem });
    }
    let rows = test.rows()?;
    let classes = &data.labels().classes;
    let of_row = test.classes_among(classes)?;
    let meaning = match Meaning::of(test) {
        Meaning::Classes { .. } => Meaning::Classes { of_row: &of_row, count: classes.len() },
        values => values,
    };
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

/// Saves a training that was interrupted.
fn interrupted<T: Scalar>(
    args: &Args,
    network: &Network<T>,
    state: &TrainingState<T>,
    done: String,
) -> Failure {
    let path = args.checkpoint();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder
        && let Err(source) = std::fs::create_dir_all(folder)
    {
        return atomic::WriteError { file: folder.display().to_string(), source }.into();
    }
    match checkpoint::save(&path, network, state) {
        Ok(()) => Failure::Interrupted { done, file: path.display().to_string() },
        Err(error) => error.into(),
    }
}
