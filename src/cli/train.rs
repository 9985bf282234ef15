//! `shallownet train`: samples to a model, two pictures and a few lines on how it went.

use std::path::{Path, PathBuf};

use shallownet::io::atomic;
use shallownet::io::model::{self, Model};
use shallownet::io::table::Header;
use shallownet::io::{NotStandardizable, Standardization};
use shallownet::{Activation, Backend, Network, Parallelism, Scalar};

use crate::batch::{self, Batch};
use crate::choices::{self, Hidden, HiddenActivations, InitName, Precision};
use crate::data::{self, Data};
use crate::failure::Failure;
use crate::pictures;
use crate::results::{NetworkFacts, Results, Speed};
use crate::say::Say;
use crate::{scores, trial};

/// Train a network by full-batch gradient descent.
///
/// Without --data, trains the planar-flower network: 400 points of two classes that no line can
/// part, 2-4-1 tanh/sigmoid, from published starting weights (or from your --seed or --init).
/// Nothing is written unless all went well.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shallownet train\n  shallownet train --data iris.csv --label species --standardize --hidden 8 --holdout 0.2"
)]
pub(crate) struct Args {
    /// Your samples, as CSV: one column the label, all others numbers
    #[arg(long, value_name = "FILE", requires = "label")]
    data: Option<PathBuf>,
    /// The column with the class, as words or numbers: its name, or its number from 1
    #[arg(long, value_name = "COLUMN", requires = "data")]
    label: Option<String>,
    /// The file has no header: its first line is a sample
    #[arg(long, requires = "data")]
    no_header: bool,
    /// Give every feature mean 0 and standard deviation 1; the model remembers how
    #[arg(long)]
    standardize: bool,
    /// Hold out this fraction of the samples, to measure on them
    #[arg(long, value_name = "FRACTION", value_parser = choices::fraction)]
    holdout: Option<f64>,

    /// Sizes of the hidden layers, or none [default: 4; with --data 16]
    #[arg(long, value_name = "SIZES", value_parser = choices::hidden)]
    hidden: Option<Hidden>,
    /// tanh, sigmoid, relu, leaky_relu or identity: one for all hidden layers, or one each
    #[arg(long, value_name = "NAMES", default_value = "tanh", value_parser = choices::activations)]
    activation: HiddenActivations,
    /// How weights begin [default: xavier_normal]
    #[arg(long)]
    init: Option<InitName>,
    /// Half the width of --init uniform, or the standard deviation of normal [default: 0.01]
    #[arg(long, requires = "init", value_parser = choices::not_negative)]
    scale: Option<f64>,
    /// Seed of the starting weights and of the held-out samples [default: 0]
    #[arg(long)]
    seed: Option<u64>,

    /// Step size [default: 1.2; with --data 0.1]
    #[arg(long, value_name = "RATE", value_parser = choices::positive)]
    learning_rate: Option<f64>,
    /// Steps, each on all samples
    #[arg(long, value_name = "STEPS", default_value = "10000")]
    iterations: std::num::NonZeroUsize,

    /// Numbers to compute with
    #[arg(long, default_value = "f64")]
    precision: Precision,
    /// What computes: auto, fused, portable, cblas
    #[arg(long, default_value = "auto", value_parser = choices::backend)]
    backend: Backend,
    /// Threads to use; 1 computes on the calling thread alone [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,

    /// Folder for the model and the pictures; those of an earlier run are replaced
    #[arg(long, value_name = "FOLDER", default_value = "shallownet-run")]
    out: PathBuf,
    /// Write the results as one JSON object on standard output, and all lines to standard error
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if args.out.exists() && !args.out.is_dir() {
        let file = args.out.display().to_string();
        return Err(Failure::File { file, problem: "is a file: expected a folder".to_owned() });
    }
    let header = if args.no_header { Header::Absent } else { Header::Present };
    let data = match (&args.data, &args.label) {
        (Some(path), Some(label)) => data::training(path, header, label)?,
        _ => data::planar()?,
    };
    match args.precision {
        Precision::F32 => train::<f32>(args, data),
        Precision::F64 => train::<f64>(args, data),
    }
}

fn train<T: Scalar>(args: &Args, data: Data) -> Result<(), Failure> {
    let say = Say { json: args.json };
    let (rows, held_rows) = batch::split(data.len(), args.holdout, args.seed.unwrap_or(0));
    check_split(args, &data, &rows, &held_rows)?;
    let standardization = if args.standardize { Some(standardize(&data, &rows)?) } else { None };
    let classes = (&data.labels().of_row[..], data.labels().classes.len());
    let batch = Batch::<T>::new(&data, &rows, standardization.as_ref(), classes)?;
    let held = Batch::<T>::new(&data, &held_rows, standardization.as_ref(), classes)?;

    let mut network = build::<T>(args, data.columns.len(), classes.1)?;
    let learning_rate = args.learning_rate.unwrap_or(if args.data.is_some() { 0.1 } else { 1.2 });
    let facts = facts(&network);
    say.line(format_args!("{} samples of {}", batch.len(), data.samples.place(0, 0).file));
    say.line(format_args!("{}\n", facts.line()));

    let pool = pool(args)?;
    let iterations = args.iterations.get();
    let mut work = || trial::train(&mut network, &batch, iterations, learning_rate, say);
    let trained = match &pool {
        Some(pool) => pool.install(work)?,
        None => work()?,
    };
    let (train, _) = scores::score(&network, &batch, classes.1)?;
    let holdout = match held.len() {
        0 => None,
        _ => Some(scores::score(&network, &held, classes.1)?.0),
    };
    let samples_per_second = (iterations * batch.len()) as f64 / trained.seconds;
    let reference_samples_per_second = trial::reference_rate(&network, &batch, learning_rate)?;

    let model = Model {
        features: data.feature_names.clone(),
        standardization,
        classes: data.labels().classes.clone(),
        label: data.label_name.clone(),
        ..Model::new(network)
    };
    let files = write(&args.out, &model, &data, &rows, &trained.costs)?;
    let results = Results {
        data: data.samples.place(0, 0).file,
        classes: model.classes,
        network: facts,
        iterations,
        learning_rate,
        train,
        holdout,
        speed: Speed {
            seconds: trained.seconds,
            samples_per_second,
            reference_samples_per_second,
            ratio: samples_per_second / reference_samples_per_second,
        },
        files,
    };
    results.say(say);
    Ok(())
}

/// Both parts must hold something, and the one to learn from two classes.
fn check_split(args: &Args, data: &Data, rows: &[usize], held: &[usize]) -> Result<(), Failure> {
    let Some(fraction) = args.holdout else {
        return Ok(());
    };
    let of_row = &data.labels().of_row;
    let problem = if held.is_empty() {
        "no sample"
    } else if rows.is_empty() {
        "every sample"
    } else if rows.iter().all(|&row| of_row[row] == of_row[rows[0]]) {
        "all samples of every class but one"
    } else {
        return Ok(());
    };
    let samples = data.len();
    Err(Failure::Arguments(format!(
        "--holdout {fraction} of {samples} samples: {problem} held out"
    )))
}

fn standardize(data: &Data, rows: &[usize]) -> Result<Standardization, Failure> {
    Standardization::of(&data.gather(rows), data.columns.len()).map_err(
        |NotStandardizable { feature }| Failure::Cell {
            place: data.samples.place(rows[0], data.columns[feature]),
            problem: "the values of this column are too large to be standardized".to_owned(),
        },
    )
}

fn build<T: Scalar>(args: &Args, n_x: usize, classes: usize) -> Result<Network<T>, Failure> {
    let default = if args.data.is_some() { 16 } else { 4 };
    let hidden = args.hidden.clone().unwrap_or(Hidden(vec![default])).0;
    let activations = args.activation.of_layers(hidden.len()).map_err(Failure::Arguments)?;
    let init = args.init.unwrap_or(InitName::XavierNormal);
    let init = init.with_scale(args.scale).map_err(Failure::Arguments)?;
    let mut builder = Network::builder(n_x);
    for (&units, activation) in hidden.iter().zip(activations) {
        builder = builder.layer(units, activation);
    }
    let n_y = batch::outputs(classes);
    let output = if n_y == 1 { Activation::Sigmoid } else { Activation::Softmax };
    let is_serial = args.threads.is_some_and(|n| n.get() == 1);
    let mut network = builder
        .layer(n_y, output)
        .init(init, args.seed.unwrap_or(0))
        .backend(args.backend)
        .parallelism(if is_serial { Parallelism::Serial } else { Parallelism::Rayon })
        .build()?;
    let is_own_start = args.data.is_some() || args.seed.is_some() || args.init.is_some();
    if !is_own_start && hidden == [4] {
        for (layer, weights) in data::planar_weights()?.iter().enumerate() {
            let weights: Vec<T> = weights.iter().map(|&w| T::from_f64(w)).collect();
            network.set_weights(layer, &weights)?;
        }
    }
    Ok(network)
}

fn facts<T: Scalar>(network: &Network<T>) -> NetworkFacts {
    let layers = network.layers();
    NetworkFacts {
        sizes: std::iter::once(network.inputs()).chain(layers.iter().map(|l| l.units)).collect(),
        activations: layers.iter().map(|layer| layer.activation.name()).collect(),
        loss: network.loss().name(),
        parameters: network.parameters(),
        precision: T::NAME,
        backend: network.backend().name(),
    }
}

/// A pool of its own, if a number of threads was asked for.
fn pool(args: &Args) -> Result<Option<rayon::ThreadPool>, Failure> {
    let Some(threads) = args.threads.filter(|n| n.get() > 1) else {
        return Ok(None);
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build();
    pool.map(Some).map_err(|error| Failure::Arguments(format!("--threads {threads}: {error}")))
}

/// Draws everything, then writes everything.
fn write<T: Scalar>(
    out: &Path,
    model: &Model<T>,
    data: &Data,
    rows: &[usize],
    costs: &[(usize, f64)],
) -> Result<Vec<PathBuf>, Failure> {
    let curve = pictures::curve::draw(costs)?;
    let boundary = pictures::boundary::draw(model, data, rows)?;
    std::fs::create_dir_all(out)
        .map_err(|source| atomic::WriteError { file: out.display().to_string(), source })?;
    let path = out.join("model.safetensors");
    model::save(&path, model)?;
    let mut files = vec![path];
    for (name, picture) in [("boundary", boundary.as_ref()), ("cost", Some(&curve))] {
        let (png, svg) = (out.join(format!("{name}.png")), out.join(format!("{name}.svg")));
        let Some(picture) = picture else {
            // An earlier run's would be of another network.
            let _ = (std::fs::remove_file(png), std::fs::remove_file(svg));
            continue;
        };
        atomic::write(&png, &picture.png)?;
        atomic::write(&svg, picture.svg.as_bytes())?;
        files.extend([png, svg]);
    }
    Ok(files)
}
