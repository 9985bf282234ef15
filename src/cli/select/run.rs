//! The course of the command: the candidates, their scores, and which is the best.

use serde::Serialize;
use shallownet::select::{Better, Candidate, Folds, Grid, Row, cross_validate};
use shallownet::{Columns, Init, Scalar};

use super::args::{Args, ScoreName};
use super::baseline;
use super::fold::{self, Fold};
use crate::batch::Meaning;
use crate::choices::{InitName, Precision};
use crate::data::Data;
use crate::failure::Failure;
use crate::network;
use crate::pictures;
use crate::progress;
use crate::say::Say;

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

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    let data = args.source.training(&args.learning, say)?;
    match args.precision {
        Precision::F32 => select::<f32>(args, &data, say),
        Precision::F64 => select::<f64>(args, &data, say),
    }
}

fn select<T: Scalar>(args: &Args, data: &Data, say: &Say) -> Result<(), Failure> {
    let score = ScoreName::of(args)?;
    args.source.suspect(data, say);
    let inits: Result<Vec<Init>, String> = args.init.iter().map(|i| i.with_scale(None)).collect();
    let grid = Grid::default()
        .activations(args.activation.iter().copied())
        .hidden(args.hidden.iter().map(|hidden| hidden.0.clone()))
        .learning_rates(args.learning_rate.iter().copied())
        .inits(inits.map_err(Failure::Arguments)?);
    let candidates = grid.candidates();
    let rows = data.rows()?;
    let meaning = Meaning::of(data);
    let folds = match meaning {
        Meaning::Values { .. } => Folds::new(rows.len(), args.folds, args.seed)?,
        Meaning::Classes { of_row, .. } => Folds::stratified(of_row, args.folds, args.seed)?,
    };
    fold::note(args, data, &folds, say)?;
    say.line(format_args!(
        "{} samples of {}, {} candidates, {} folds\n",
        rows.len(),
        data.file(),
        candidates.len(),
        folds.count()
    ));
    let bar = progress::bar(candidates.len() * folds.count(), "trainings");
    let output = network::output(meaning);
    let of_targets = args.preparation.of_targets(output)?;
    let how = Fold { args, data, meaning, output, score, of_targets };
    // A fold's rows are prepared by those that it trains on: so what is split are their numbers.
    let numbers: Vec<f64> = rows.iter().map(|&row| row as f64).collect();
    let table = args.machine.run(say, || {
        let numbers = Columns::new(&numbers, 1)?;
        cross_validate(&candidates, numbers, numbers, &folds, |candidate, split| {
            let rows = |numbers: Columns<'_, f64>| -> Vec<usize> {
                numbers.as_slice().iter().map(|&number| number as usize).collect()
            };
            let (train, held) = (rows(split.train_x()), rows(split.validation_x()));
            let value = how.train::<T>(candidate, (&train, &held));
            bar.inc(1);
            value
        })
    })?;
    bar.finish_and_clear();
    let table = table?;
    let better = score.better();
    let mut lines: Vec<Line> = table.rows.iter().map(line).collect();
    // Stable, so the first of equals stays first; candidates that diverged come last.
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
        Some(best) => baseline::judge((best.mean, score), &folds, data, say),
        None => {
            say.note(format_args!("every candidate diverged: try {}", against_divergence(args)))
        }
    }
    let (samples, folds) = (rows.len(), args.folds);
    let finite = lines.iter().filter(|line| line.mean.is_finite());
    let rows: Vec<_> = finite.map(|line| (line.name.clone(), line.scores.clone())).collect();
    // Written before the picture, which may fail.
    say.results(&Results {
        data: data.file(),
        samples,
        folds,
        score: name,
        candidates: lines,
        best,
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

/// The options that were not given.
fn against_divergence(args: &Args) -> String {
    let smallest = args.learning_rate.iter().copied().fold(f64::INFINITY, f64::min);
    let mut hints = vec![format!("a --learning-rate below {smallest}")];
    hints.extend(args.preparation.against_scales(args.source.data.is_some()));
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
