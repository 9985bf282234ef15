//! `shallownet select`: which network to take, by cross-validation.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;

use serde::Serialize;
use shallownet::io::Standardization;
use shallownet::select::{Better, Candidate, Folds, Grid, Row, Score, Split, cross_validate};
use shallownet::{
    Activation, Columns, DataSet, Error, Init, Network, Optimizer, Parallelism, Scalar, Training,
    Workspace, metrics,
};

use crate::batch::{Batch, Meaning};
use crate::choices::{self, InitName, Precision};
use crate::data::{Data, Source, Want};
use crate::failure::Failure;
use crate::network::{self, Machine};
use crate::pictures;
use crate::progress;
use crate::say::Say;

/// Compare networks by k-fold cross-validation: every combination of the lists is a candidate.
///
/// Each candidate is trained by mini-batches once a fold, without that fold's samples, and scored
/// on them. Folds have the classes in the same shares. Without --data, on the built-in set.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  shallownet select --data iris.csv --label species --standardize --activation tanh,relu --hidden 4,16,16-8 --learning-rate 0.003,0.03"
)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
    /// The label is a number to be predicted (regression), not a class
    #[arg(long, requires = "data")]
    regression: bool,
    /// Give every feature mean 0 and standard deviation 1, as the samples to train on have them
    #[arg(long)]
    standardize: bool,

    /// Activations of the hidden layers
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "tanh,relu", value_parser = choices::activation)]
    activation: Vec<Activation>,
    /// Hidden layers: commas between candidates, hyphens between the layers of one; or none
    #[arg(long, value_name = "SIZES", value_delimiter = ',', default_value = "4,16", value_parser = choices::layers)]
    hidden: Vec<choices::Hidden>,
    /// Learning rates
    #[arg(long, value_name = "RATES", value_delimiter = ',', default_value = "0.01", value_parser = choices::positive)]
    learning_rate: Vec<f64>,
    /// How weights begin
    #[arg(long, value_delimiter = ',', default_value = "xavier_normal")]
    init: Vec<InitName>,

    /// Parts that the samples are dealt to
    #[arg(long, value_name = "K", default_value = "5")]
    folds: usize,
    /// Passes over the samples
    #[arg(long, value_name = "N", default_value = "50")]
    epochs: NonZeroUsize,
    /// Samples a step
    #[arg(long, value_name = "SAMPLES", default_value = "32")]
    batch: NonZeroUsize,
    /// sgd, momentum, nesterov, rms_prop, adam or adam_w
    #[arg(long, value_name = "NAME", default_value = "adam", value_parser = choices::optimizer)]
    optimizer: Optimizer,
    /// Judge by accuracy or by cost [default: accuracy; of values cost]
    #[arg(long, value_name = "NAME")]
    score: Option<ScoreName>,
    /// Seed of the folds, the weights and the order of the samples
    #[arg(long, default_value = "0")]
    seed: u64,
    /// Numbers to compute with
    #[arg(long, default_value = "f64")]
    precision: Precision,
    #[command(flatten)]
    machine: Machine,
    /// Folder for the box plot
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Write one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ScoreName {
    Accuracy,
    Cost,
}

#[derive(Debug, Serialize)]
struct Results {
    data: String,
    samples: usize,
    folds: usize,
    score: &'static str,
    /// The best first.
    candidates: Vec<Line>,
    /// Absent if every candidate diverged.
    best: Option<Line>,
}

#[derive(Debug, Clone, Serialize)]
struct Line {
    activation: &'static str,
    hidden: Vec<usize>,
    learning_rate: f64,
    init: String,
    /// `null` if it diverged.
    mean: f64,
    standard_deviation: f64,
    scores: Vec<f64>,
    #[serde(skip)]
    name: String,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let want = if args.regression { Want::Values } else { Want::Classes };
    let data = args.source.training(want)?;
    match args.precision {
        Precision::F32 => select::<f32>(args, &data),
        Precision::F64 => select::<f64>(args, &data),
    }
}

fn select<T: Scalar>(args: &Args, data: &Data) -> Result<(), Failure> {
    let say = Say { json: args.json };
    let score = match (args.score, args.regression) {
        (Some(ScoreName::Accuracy), true) => {
            return Err(Failure::Arguments("--score accuracy is for classes only".to_owned()));
        }
        (Some(ScoreName::Accuracy), _) | (None, false) => Score::Accuracy,
        _ => Score::Cost,
    };
    let inits: Result<Vec<Init>, String> = args.init.iter().map(|i| i.with_scale(None)).collect();
    let grid = Grid {
        activations: args.activation.clone(),
        hidden: args.hidden.iter().map(|hidden| hidden.0.clone()).collect(),
        learning_rates: args.learning_rate.clone(),
        inits: inits.map_err(Failure::Arguments)?,
    };
    let candidates = grid.candidates();
    let rows = data.rows()?;
    let meaning = Meaning::of(data);
    let batch = Batch::<T>::new(data, &rows, None, meaning)?;
    let folds = if args.regression {
        Folds::new(batch.len(), args.folds, args.seed)?
    } else {
        Folds::stratified(&batch.classes, args.folds, args.seed)?
    };
    say.line(format_args!(
        "{} samples of {}, {} candidates, {} folds\n",
        batch.len(),
        data.file(),
        candidates.len(),
        folds.count()
    ));
    let bar = progress::bar(candidates.len() * folds.count(), "trainings");
    let output = network::output(meaning);
    let table = args.machine.run(|| {
        let (x, y) = (batch.x()?, batch.y()?);
        cross_validate(&candidates, x, y, &folds, |candidate, split| {
            let value = train(args, candidate, split, (output, score));
            bar.inc(1);
            value
        })
    })?;
    bar.finish_and_clear();
    let table = table?;
    let better = score.better();
    let mut lines: Vec<Line> = table.rows.iter().map(line).collect();
    // Stable, so the first of equals stays first; what diverged comes last.
    lines.sort_by(|a, b| match (a.mean.is_finite(), b.mean.is_finite()) {
        (true, true) if better == Better::Higher => b.mean.total_cmp(&a.mean),
        (true, true) => a.mean.total_cmp(&b.mean),
        (a, b) => b.cmp(&a),
    });
    let name = if score == Score::Accuracy { "accuracy" } else { "cost" };
    say.line(format_args!("{name:>10}  {:>8}  candidate", "sd"));
    for (k, line) in lines.iter().enumerate() {
        let mark = if k == 0 && line.mean.is_finite() { "  <- best" } else { "" };
        let (mean, sd) = (line.mean, line.standard_deviation);
        say.line(format_args!("{mean:>10.4}  {sd:>8.4}  {}{mark}", line.name));
    }
    if let Some(out) = &args.out {
        let finite = lines.iter().filter(|line| line.mean.is_finite());
        let rows: Vec<_> = finite.map(|line| (line.name.clone(), line.scores.clone())).collect();
        let axis = format!("{name} on the fold held out");
        let picture =
            if rows.is_empty() { None } else { pictures::boxes::draw(&rows, &axis, args.folds)? };
        say.line("");
        for path in picture.map(|p| p.save_in(out, "selection")).transpose()?.iter().flatten() {
            say.line(format_args!("wrote {}", path.display()));
        }
    }
    let best = lines.first().filter(|line| line.mean.is_finite()).cloned();
    let (samples, folds) = (batch.len(), args.folds);
    say.results(&Results {
        data: data.file(),
        samples,
        folds,
        score: name,
        candidates: lines,
        best,
    })
}

fn line(row: &Row<'_, Candidate>) -> Line {
    let candidate = row.candidate;
    let layers: Vec<String> = candidate.hidden.iter().map(usize::to_string).collect();
    let hidden = if layers.is_empty() { "none".to_owned() } else { layers.join("-") };
    let (activation, init) = (candidate.activation.name(), InitName::name_of(candidate.init));
    let name = format!("{activation} {hidden}, rate {}, {init}", candidate.learning_rate);
    Line {
        activation,
        hidden: candidate.hidden.clone(),
        learning_rate: candidate.learning_rate,
        init,
        mean: row.mean,
        standard_deviation: row.standard_deviation,
        scores: row.scores.clone(),
        name,
    }
}

/// One candidate on one fold; NaN if it diverges.
fn train<T: Scalar>(
    args: &Args,
    candidate: &Candidate,
    split: &Split<T>,
    (output, score): (Activation, Score),
) -> Result<f64, Failure> {
    let (y, held_y) = (split.train_y(), split.validation_y());
    let (n_x, n_y) = (split.train_x().features(), y.features());
    let (x, held_x) = inputs(args, split)?;
    let (x, held_x) = (Columns::new(&x, n_x)?, Columns::new(&held_x, n_x)?);
    let builder = candidate.network::<T>(n_x, (n_y, output), args.seed);
    let mut net: Network<T> =
        args.machine.configure(builder).parallelism(Parallelism::Serial).build()?;
    let training = Training::new(args.epochs.get(), args.batch.get())
        .optimizer(args.optimizer)
        .learning_rate(candidate.learning_rate)
        .seed(args.seed);
    match training.run(&mut net, DataSet::new(x, y), |_| ControlFlow::Continue(())) {
        Err(Error::Diverged { .. }) => return Ok(f64::NAN),
        other => other?,
    };
    let mut workspace = Workspace::prediction(&net, held_x.samples())?;
    if score == Score::Cost {
        return Ok(net.cost(held_x, held_y, &mut workspace)?);
    }
    let mut a = vec![T::ZERO; held_y.as_slice().len()];
    net.predict(held_x, &mut a, &mut workspace)?;
    Ok(metrics::accuracy(Columns::new(&a, n_y)?, held_y)?)
}

/// What is learned from a fold's training samples must not know the others: means neither.
fn inputs<T: Scalar>(args: &Args, split: &Split<T>) -> Result<(Vec<T>, Vec<T>), Failure> {
    let wide = |x: Columns<'_, T>| x.as_slice().iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
    let (mut x, mut held) = (wide(split.train_x()), wide(split.validation_x()));
    if args.standardize {
        let features = split.train_x().features();
        let standardization = Standardization::of(&x, features).map_err(|error| {
            Failure::Arguments(format!(
                "--standardize: feature {} has values that are too large",
                error.feature + 1
            ))
        })?;
        standardization.apply(&mut x);
        standardization.apply(&mut held);
    }
    let narrow = |x: Vec<f64>| x.into_iter().map(T::from_f64).collect();
    Ok((narrow(x), narrow(held)))
}
