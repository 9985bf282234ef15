//! `shallownet select`: which network to take, by cross-validation.

mod baseline;
mod fold;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Serialize;
use shallownet::select::{Better, Candidate, Folds, Grid, Row, cross_validate};
use shallownet::{Activation, Init, Optimizer, Scalar};

use crate::batch::{Batch, Meaning, Preprocessing};
use crate::choices::{self, InitName, Precision};
use crate::data::{Data, Source, Want};
use crate::failure::Failure;
use crate::network::{self, Machine};
use crate::notes::Notes;
use crate::pictures;
use crate::progress;
use crate::say::Say;
use crate::targets::{self, TargetTransform};
use fold::Fold;

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
    /// The label is a class, though it looks like a number to be predicted: many different numbers
    /// of few samples each
    #[arg(long, requires = "data", conflicts_with = "regression")]
    classification: bool,
    /// Give every feature mean 0 and standard deviation 1, as the samples to train on have them
    #[arg(long)]
    standardize: bool,
    /// What is done to the numbers to be predicted, by those of the samples to train on; predictions
    /// are turned back
    #[arg(long, value_name = "NAME", requires = "regression", default_value = "standardize")]
    target_transform: TargetTransform,

    /// Activations of the hidden layers
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "tanh,relu", value_parser = choices::hidden_activation)]
    activation: Vec<Activation>,
    /// Hidden layers: commas between candidates, hyphens between the layers of one; or none
    #[arg(long, value_name = "SIZES", value_delimiter = ',', default_value = "4,16", value_parser = choices::layers)]
    hidden: Vec<choices::Hidden>,
    /// Learning rates
    #[arg(long, value_name = "RATES", value_delimiter = ',', default_value = "0.01", value_parser = choices::positive)]
    learning_rate: Vec<f64>,
    /// How weights begin
    #[arg(long, value_delimiter = ',', default_value = "auto")]
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
    /// Judge by accuracy, by cost or, of values, by mean_squared_error, in the values' own units
    /// [default: accuracy; of values mean_squared_error]
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
#[value(rename_all = "snake_case")]
enum ScoreName {
    Accuracy,
    Cost,
    MeanSquaredError,
}

impl ScoreName {
    /// What is to be judged by: as asked for, or as suits what is predicted.
    fn of(args: &Args) -> Result<Self, Failure> {
        let refused = |what| Err(Failure::Arguments(format!("--score {what} only")));
        match (args.score, args.regression) {
            (Some(Self::Accuracy), true) => refused("accuracy is for classes"),
            (Some(Self::MeanSquaredError), false) => refused("mean_squared_error is for values"),
            (Some(score), _) => Ok(score),
            (None, true) => Ok(Self::MeanSquaredError),
            (None, false) => Ok(Self::Accuracy),
        }
    }

    fn better(self) -> Better {
        if self == Self::Accuracy { Better::Higher } else { Better::Lower }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Cost => "cost",
            Self::MeanSquaredError => "mean_squared_error",
        }
    }
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
    notes: Notes,
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
    let data = args.source.training(want)?.into_classes(args.classification)?;
    match args.precision {
        Precision::F32 => select::<f32>(args, &data),
        Precision::F64 => select::<f64>(args, &data),
    }
}

fn select<T: Scalar>(args: &Args, data: &Data) -> Result<(), Failure> {
    let say = Say { json: args.json };
    let score = ScoreName::of(args)?;
    let mut notes = Notes::default();
    args.source.suspect(data, &mut notes);
    let inits: Result<Vec<Init>, String> = args.init.iter().map(|i| i.with_scale(None)).collect();
    let grid = Grid::default()
        .activations(args.activation.iter().copied())
        .hidden(args.hidden.iter().map(|hidden| hidden.0.clone()))
        .learning_rates(args.learning_rate.iter().copied())
        .inits(inits.map_err(Failure::Arguments)?);
    let candidates = grid.candidates();
    let rows = data.rows()?;
    let meaning = Meaning::of(data);
    // In f64 to the end: standardization comes before rounding to f32. What does not fit is named
    // here, by its place.
    let batch = Batch::<f64>::new(data, &rows, Preprocessing::default(), meaning)?;
    if !args.standardize {
        data.inputs::<T>(&rows, None)?;
    }
    let folds = if args.regression {
        Folds::new(batch.len(), args.folds, args.seed)?
    } else {
        Folds::stratified(&batch.classes, args.folds, args.seed)?
    };
    fold::note(args, data, &folds, &mut notes)?;
    say.line(format_args!(
        "{} samples of {}, {} candidates, {} folds\n",
        batch.len(),
        data.file(),
        candidates.len(),
        folds.count()
    ));
    let bar = progress::bar(candidates.len() * folds.count(), "trainings");
    let output = network::output(meaning);
    let transform = args.regression.then_some(args.target_transform);
    let how =
        Fold { args, output, score, is_standardized: targets::is_standardized(transform, output)? };
    let table = args.machine.run(|| {
        let (x, y) = (batch.x()?, batch.y()?);
        cross_validate(&candidates, x, y, &folds, |candidate, split| {
            let value = how.train::<T>(candidate, split);
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
    let name = score.name();
    let heading = if score == ScoreName::MeanSquaredError { "mse" } else { name };
    say.line(format_args!("{heading:>10}  {:>8}  candidate", "sd"));
    for (k, line) in lines.iter().enumerate() {
        let mark = if k == 0 && line.mean.is_finite() { "  <- best" } else { "" };
        let (mean, sd) = (line.mean, line.standard_deviation);
        say.line(format_args!("{mean:>10.4}  {sd:>8.4}  {}{mark}", line.name));
    }
    let best = lines.first().filter(|line| line.mean.is_finite()).cloned();
    match &best {
        Some(best) => baseline::judge((best.mean, score), &batch, &folds, (data, &mut notes)),
        None => {
            notes.add(format_args!("every candidate diverged: try {}", against_divergence(args)))
        }
    }
    let (samples, folds) = (batch.len(), args.folds);
    let finite = lines.iter().filter(|line| line.mean.is_finite());
    let rows: Vec<_> = finite.map(|line| (line.name.clone(), line.scores.clone())).collect();
    // Before the picture, which may fail.
    say.results(&Results {
        data: data.file(),
        samples,
        folds,
        score: name,
        candidates: lines,
        best,
        notes,
    })?;
    let Some(out) = args.out.as_ref().filter(|_| !rows.is_empty()) else { return Ok(()) };
    let axis = format!("{} on the fold held out", name.replace('_', " "));
    let picture = pictures::attempt("the box plot", || pictures::boxes::draw(&rows, &axis, folds))?;
    say.line("");
    for path in picture.map(|p| p.save_in(out, "selection")).transpose()?.iter().flatten() {
        say.line(format_args!("wrote {}", path.display()));
    }
    Ok(())
}

/// Of the options, those that were not given.
fn against_divergence(args: &Args) -> String {
    let smallest = args.learning_rate.iter().copied().fold(f64::INFINITY, f64::min);
    let mut hints = vec![format!("a --learning-rate below {smallest}")];
    if !args.standardize {
        hints.push("--standardize".to_owned());
    }
    if args.regression && args.target_transform == TargetTransform::None {
        hints.push("--target-transform standardize".to_owned());
    }
    hints.join(", or ")
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
