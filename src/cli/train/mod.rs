//! `shallownet train`: samples to a model, pictures and a few lines on how it went.

mod args;
mod epochs;
mod full;
mod output;

use shallownet::io::checkpoint::{self, Checkpoint};
use shallownet::io::model::Model;
use shallownet::io::{Standardization, atomic};
use shallownet::{Network, Scalar, Training, TrainingState};

use crate::batch::{self, Batch, Meaning, Preprocessing};
use crate::choices::Precision;
use crate::data::Data;
use crate::failure::Failure;
use crate::network;
use crate::notes::Notes;
use crate::progress;
use crate::results::{NetworkFacts, Results};
use crate::say::Say;
use crate::scores::{self, Score};
use crate::split::split;
use crate::targets;
use crate::verdict;

pub(crate) use args::Args;
pub(crate) use epochs::Point;
use output::Trained;

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    args.check()?;
    let data = args.source.training(args.want())?;
    let mut notes = Notes::default();
    args.source.suspect(&data, &mut notes);
    match args.network.precision {
        Precision::F32 => train::<f32>(args, data, notes),
        Precision::F64 => train::<f64>(args, data, notes),
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
    target_standardization: Option<Standardization>,
}

/// How it is trained.
enum Plan<T> {
    Full { iterations: usize, learning_rate: f64 },
    Epochs(Training),
    Resume(Box<TrainingState<T>>),
}

fn train<T: Scalar>(args: &Args, data: Data, mut notes: Notes) -> Result<(), Failure> {
    let say = Say { json: args.json };
    let resumed = match &args.epochs.resume {
        Some(path) => Some(checkpoint::load_with::<T>(path, |builder| {
            args.network.machine.configure(builder)
        })?),
        None => None,
    };
    let seed = resumed.as_ref().map_or(args.network.seed(), |c| seed_of(c.state.training()));
    let meaning = Meaning::of(&data);
    let of_checkpoint = resumed.as_ref().and_then(|c| c.network.layers().last());
    let output = of_checkpoint
        .map(|layer| layer.activation)
        .or(args.network.output)
        .unwrap_or_else(|| network::output(meaning));
    let is_standardized = targets::is_standardized(args.target_transform, output)?;
    let sets = sets::<T>(args, &data, (seed, is_standardized), &mut notes)?;
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
    say.line(facts.line());
    if let Some(Standardization { means, stds }) = &sets.target_standardization {
        say.line(match (&means[..], &stds[..]) {
            ([mean], [std]) => format!(
                "targets are standardized (mean {mean}, standard deviation {std}), and so are costs"
            ),
            _ => "targets are standardized, and so are costs".to_owned(),
        });
    }
    say.line("");

    progress::catch_interrupts()?;
    let work = || match plan {
        Plan::Full { iterations, learning_rate } => {
            full::train(&mut network, &sets.train, (iterations, learning_rate), args, say)
        }
        Plan::Epochs(training) => epochs::start(&mut network, training, &sets, args, say),
        Plan::Resume(state) => epochs::resume(&mut network, *state, &sets, args, say),
    };
    let trained = args.network.machine.run(work)??;
    finish(args, (network, facts), &data, sets, (trained, notes))
}

/// Measures, draws, writes and says.
fn finish<T: Scalar>(
    args: &Args,
    (network, facts): (Network<T>, NetworkFacts),
    data: &Data,
    sets: Sets<T>,
    (trained, mut notes): (Trained, Notes),
) -> Result<(), Failure> {
    let score = |batch: &Batch<T>| scores::of(&network, batch);
    let of = |batch: &Option<Batch<T>>| batch.as_ref().map(score).transpose();
    let (train, validation) = (score(&sets.train)?, of(&sets.validation)?);
    let (holdout, test) = (of(&sets.holdout)?, of(&sets.test)?);
    let model = Model {
        features: data.feature_names.clone(),
        standardization: sets.standardization.clone(),
        target_standardization: sets.target_standardization.clone(),
        classes: data.labels().classes.clone(),
        label: data.label_name.clone(),
        ..Model::new(network)
    };
    let files = output::write(&args.out, &model, data, &sets, &trained)?;
    let held = [(&validation, &sets.validation), (&holdout, &sets.holdout), (&test, &sets.test)];
    judge(args, (&train, held), &sets, (&model.classes, &mut notes));
    let results = Results {
        data: data.file(),
        classes: model.classes,
        network: facts,
        learning_rate: trained.learning_rate,
        course: trained.course,
        target_standardization: sets.target_standardization,
        train,
        validation,
        holdout,
        test,
        speed: trained.speed,
        files,
        notes,
    };
    results.say(Say { json: args.json });
    Ok(())
}

/// Notes what a constant answer does as well: on the training samples or, if these were learned, on
/// others.
fn judge<T: Scalar>(
    args: &Args,
    (train, held): (&Score, [(&Option<Score>, &Option<Batch<T>>); 3]),
    sets: &Sets<T>,
    (classes, notes): (&[String], &mut Notes),
) {
    if let Some(note) = verdict::no_better(train, &sets.train, "the training samples", classes) {
        return notes.add(format_args!("{note}; try {}", args.against_nothing_learned()));
    }
    let names = ["the validation samples", "the samples held out", "the test samples"];
    for ((score, batch), name) in held.into_iter().zip(names) {
        if let (Some(score), Some(batch)) = (score, batch)
            && let Some(note) = verdict::no_better(score, batch, name, classes)
        {
            notes.add(format_args!(
                "{note}: what was learned does not carry over; try more samples, fewer --hidden \
                 units, fewer epochs or iterations"
            ));
        }
    }
}

/// The seed that a training was begun with.
fn seed_of(training: Training) -> u64 {
    let value = serde_json::to_value(training).unwrap_or_default();
    value["seed"].as_u64().unwrap_or(0)
}

fn sets<T: Scalar>(
    args: &Args,
    data: &Data,
    (seed, is_standardized): (u64, bool),
    notes: &mut Notes,
) -> Result<Sets<T>, Failure> {
    let all: Vec<usize> = (0..data.len()).collect();
    let (rows, held) = split(data, all, ("--holdout", args.holdout), seed, notes)?;
    // Not the held-out samples' seed: else these would be shuffled alike.
    let share = ("--validation", args.epochs.validation);
    let (rows, validation) = split(data, rows, share, !seed, notes)?;
    let standardization =
        if args.standardize { Some(batch::standardize(data, &rows, notes)?) } else { None };
    let target_standardization =
        if is_standardized { targets::standardization(data, &rows, notes)? } else { None };
    let meaning = Meaning::of(data);
    let preprocessing = Preprocessing {
        features: standardization.as_ref(),
        targets: target_standardization.as_ref(),
    };
    let batch = |rows: &[usize]| Batch::<T>::new(data, rows, preprocessing, meaning);
    let some = |rows: &[usize]| (!rows.is_empty()).then(|| batch(rows)).transpose();
    let test = args.source.test(args.want())?;
    let test = test.map(|test| test_set(&test, data, preprocessing)).transpose()?;
    Ok(Sets {
        train: batch(&rows)?,
        validation: some(&validation)?,
        holdout: some(&held)?,
        test,
        rows,
        standardization,
        target_standardization,
    })
}

/// The samples of the file for testing; their classes must be those of the training set.
fn test_set<T: Scalar>(
    test: &Data,
    data: &Data,
    preprocessing: Preprocessing<'_>,
) -> Result<Batch<T>, Failure> {
    if test.n_x != data.n_x {
        let problem = format!("{} features a sample: expected {}", test.n_x, data.n_x);
        return Err(Failure::File { file: test.file(), problem });
    }
    let rows: Vec<usize> = (0..test.len()).collect();
    let classes = &data.labels().classes;
    let of_row = test.classes_among(classes)?;
    let meaning = match Meaning::of(test) {
        Meaning::Classes { .. } => Meaning::Classes { of_row: &of_row, count: classes.len() },
        values => values,
    };
    Batch::new(test, &rows, preprocessing, meaning)
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
