//! The table of all candidates, the best first; as lines, as JSON and as a box plot.

use std::path::Path;

use serde::Serialize;
use shallownet::select::{Better, Row};

use super::args::ScoreName;
use super::baseline;
use super::selection::{About, Choice, Selection};
use crate::choices::InitName;
use crate::failure::Failure;
use crate::pictures;
use crate::say::Say;

#[derive(Debug, Serialize)]
struct Results<'a> {
    data: &'a str,
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

/// Tells the results of a selection: `scores` are those of the first candidate on each fold, then
/// those of the second, and so on.
pub(super) fn tell(
    (selection, about): (&Selection, &About),
    scores: &[f64],
    out: Option<&Path>,
    say: &Say,
) -> Result<(), Failure> {
    let score = selection.score;
    let rows = selection.candidates.iter().zip(scores.chunks_exact(selection.folds));
    let mut lines: Vec<Line> = rows.map(|(choice, scores)| Line::new(choice, scores)).collect();
    sort(&mut lines, score.better());
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
        Some(best) => baseline::judge((best.mean, score), about.constant, say),
        None => {
            let hints = &about.against_divergence;
            say.note(format_args!("every candidate diverged: try {hints}"));
        }
    }
    let finite = lines.iter().filter(|line| line.mean.is_finite());
    let rows: Vec<_> = finite.map(|line| (line.name.clone(), line.scores.clone())).collect();
    let (samples, folds) = (selection.samples, selection.folds);
    // Written before the picture, which may fail.
    say.results(&Results {
        data: &about.data,
        samples,
        folds,
        score: name,
        candidates: lines,
        best,
    })?;
    let Some(out) = out.filter(|_| !rows.is_empty()) else { return Ok(()) };
    let axis = format!("{} on the fold held out", name.replace('_', " "));
    let picture = pictures::attempt("the box plot", || pictures::boxes::draw(&rows, &axis, folds))?;
    say.line("");
    for path in picture.map(|p| p.save_in(out, "selection")).transpose()?.iter().flatten() {
        say.line(format_args!("wrote {}", path.display()));
    }
    Ok(())
}

/// The best first. Stable, so the first of equals stays first; candidates that diverged come last.
fn sort(lines: &mut [Line], better: Better) {
    lines.sort_by(|a, b| match (a.mean.is_finite(), b.mean.is_finite()) {
        (true, true) if better == Better::Higher => b.mean.total_cmp(&a.mean),
        (true, true) => a.mean.total_cmp(&b.mean),
        (a, b) => b.cmp(&a),
    });
}

impl Line {
    fn new(choice: &Choice, scores: &[f64]) -> Self {
        let row = Row::new(choice, scores.to_vec());
        Self {
            activation: choice.activation.name(),
            hidden: choice.hidden.clone(),
            learning_rate: choice.learning_rate,
            init: InitName::name_of(choice.init),
            mean: row.mean,
            standard_deviation: row.standard_deviation,
            scores: row.scores,
            name: choice.name(),
        }
    }
}
