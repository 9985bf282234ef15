//! `shallownet eval`: how good a model is on labelled samples.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Serialize;
use shallownet::Scalar;
use shallownet::io::model::Model;
use shallownet::metrics;

use crate::average::{self, Judged, MemberScores};
use crate::batch::{Batch, Meaning};
use crate::data::{Data, Prepared, Source, Want};
use crate::failure::Failure;
use crate::importance::{self, Drop};
use crate::model_file::{Held, ModelFile, load, one_alone};
use crate::pictures::{self, Picture};
use crate::probabilities::Probabilities;
use crate::say::Say;
use crate::scores::{self, Score};
use crate::tables::{self, Cell};
use crate::verdict::{self, Actual};

/// Measure a model on labelled samples: accuracy, cost, confusion matrix, precision, recall, F1,
/// ROC AUC for two classes; Brier score and expected calibration error (ECE) of probabilities; mean
/// squared error and R^2 for values. Of an ensemble's file, these are of the mean of its networks'
/// outputs; and how good each is alone, as mean and standard deviation.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shallownet eval --model shallownet-run/model.safetensors --data test.csv --label species\n  shallownet eval --model shallownet-run/model.safetensors --data mnist --out pictures"
)]
pub(crate) struct Args {
    /// The model, or the ensemble, that `train` wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Shuffle each column this many times, and say how much worse the predictions become
    #[arg(
        long, value_name = "REPEATS", num_args = 0..=1, require_equals = true,
        default_missing_value = "5"
    )]
    importance: Option<NonZeroUsize>,
    /// Draw the confusion matrix, how far probabilities can be believed, and the importance of the
    /// columns, into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Write one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Serialize)]
struct Results<'a> {
    #[serde(flatten)]
    score: &'a Score,
    #[serde(flatten)]
    classes: Option<Classes<'a>>,
    #[serde(flatten)]
    probabilities: Option<&'a Probabilities>,
    /// Of an ensemble: how good each network is alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<MemberScores>,
    /// The most important column first.
    #[serde(skip_serializing_if = "Option::is_none")]
    importance: Option<Vec<Drop>>,
}

#[derive(Debug, Serialize)]
struct Classes<'a> {
    classes: &'a [String],
    /// One row an actual class, one column a predicted one; `null` of many classes.
    confusion: Option<Vec<Vec<u64>>>,
    /// Of many classes: the counts above 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    confusion_counts: Option<Vec<Cell<'a>>>,
    /// In the order of the classes.
    precision: Vec<f64>,
    recall: Vec<f64>,
    f1: Vec<f64>,
    /// Of two classes, if there are samples of both.
    roc_auc: Option<f64>,
}

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    match load(&args.model)? {
        ModelFile::F32(held) => eval(args, &held, say),
        ModelFile::F64(held) => eval(args, &held, say),
    }
}

fn eval<T: Scalar>(args: &Args, held: &Held<T>, say: &Say) -> Result<(), Failure> {
    let (model, population) = (&held.model, held.ensemble.as_ref().map(|e| &e.population));
    if let (Some(population), Some(_)) = (population, args.importance) {
        return Err(one_alone(&args.model, population.members(), "--importance"));
    }
    let want = if model.classes.is_empty() { Want::Values } else { Want::Classes };
    let data = args.source.for_model(model, want, say)?;
    let rows = data.rows()?;
    let actual = data.classes_among(&model.classes, say)?;
    let meaning = Meaning::of(&data).among(&actual, model.classes.len());
    let meaning = meaning.for_outputs(model.network.outputs());
    let batch = Batch::new(&data, &rows, &Prepared::of(model), meaning)?;
    let (a, score, members) = match population {
        None => {
            let a = scores::outputs(&model.network, batch.x()?.as_slice())?;
            let score = scores::score(&model.network, &batch, &a)?;
            (a, score, None)
        }
        Some(population) => {
            let Judged { a, score, members } = average::judge(population, model, &batch)?;
            (a, score, Some(members))
        }
    };
    if let Some(note) =
        verdict::no_better(&score, Actual::of(&batch), "these samples", &model.classes)
    {
        say.note(note);
    }
    if want == Want::Values {
        let of = if model.pipeline.targets.is_none() { "" } else { " (of standardized targets)" };
        say.line(&score);
        say.line(format_args!("cost      {:.6}{of}", score.cost));
        members.iter().for_each(|members| say.line(members.line()));
        let (drops, importance) = importance(args, model, (&data, &batch), say)?;
        let (classes, probabilities) = (None, None);
        say.results(&Results {
            score: &score,
            classes,
            probabilities,
            members,
            importance: drops,
        })?;
        return pictures(args, importance.into_iter().collect(), say);
    }
    let counts = scores::counts(&model.network, &batch, model.classes.len(), &a)?;
    let roc_auc = roc_auc(&batch, &a);
    say.line(format_args!("accuracy  {score}"));
    say.line(format_args!("cost      {:.6}", score.cost));
    if let Some(auc) = roc_auc {
        say.line(format_args!("ROC AUC   {auc:.4}"));
    }
    let probabilities = Probabilities::of(&model.network, &batch, &a)?;
    if let Some(probabilities) = &probabilities {
        probabilities.lines().iter().for_each(|line| say.line(line));
    }
    members.iter().for_each(|members| say.line(members.line()));
    say.line("");
    tables::confusion(&model.classes, &counts).iter().for_each(|line| say.line(line));
    say.line("");
    tables::scores(&model.classes, &counts).iter().for_each(|line| say.line(line));
    let each = |f: &dyn Fn(usize) -> f64| (0..counts.classes()).map(f).collect();
    let classes = Classes {
        classes: &model.classes,
        confusion: tables::rows(&counts),
        confusion_counts: tables::cells(&model.classes, &counts),
        precision: each(&|k| counts.precision(k)),
        recall: each(&|k| counts.recall(k)),
        f1: each(&|k| counts.f1(k)),
        roc_auc,
    };
    let (drops, importance) = importance(args, model, (&data, &batch), say)?;
    // Written before the pictures, which may fail.
    say.results(&Results {
        score: &score,
        classes: Some(classes),
        probabilities: probabilities.as_ref(),
        members,
        importance: drops,
    })?;
    let confusion = || pictures::confusion::draw(&model.classes, &counts, "evaluated").map(Some);
    let mut drawings: Vec<Drawing<'_>> = vec![("confusion", Box::new(confusion))];
    if let Some(probabilities) = &probabilities {
        let ((reliability, outputs), brier) =
            (probabilities.reliability(), probabilities.brier_score());
        let draw =
            move || pictures::reliability::draw(reliability, brier, outputs, "evaluated").map(Some);
        drawings.push(("reliability", Box::new(draw)));
    }
    drawings.extend(importance);
    pictures(args, drawings, say)
}

/// A picture's name, and what draws it.
type Drawing<'a> = (&'static str, Box<dyn Fn() -> Result<Option<Picture>, Failure> + 'a>);

/// How much the model relies on each column, if that was asked for: for programs, and as a picture.
fn importance<T: Scalar>(
    args: &Args,
    model: &Model<T>,
    (data, batch): (&Data, &Batch<T>),
    say: &Say,
) -> Result<(Option<Vec<Drop>>, Option<Drawing<'static>>), Failure> {
    let Some(repeats) = args.importance else { return Ok((None, None)) };
    let found = importance::of(model, (data, batch), repeats.get())?;
    let names = importance::names(data);
    let score = if batch.classes.is_empty() { "R^2" } else { "accuracy" };
    let drops = importance::drops(&found, &names);
    say.line("");
    importance::lines(&drops, score).iter().for_each(|line| say.line(line));
    let draw = move || pictures::importance::draw(&names, &found, score);
    Ok((Some(drops), Some(("importance", Box::new(draw)))))
}

/// Draws what there is into the folder that was asked for.
fn pictures(args: &Args, drawings: Vec<Drawing<'_>>, say: &Say) -> Result<(), Failure> {
    let Some(out) = &args.out else { return Ok(()) };
    say.line("");
    for (name, draw) in drawings {
        save(out, name, &*draw, say)?;
    }
    Ok(())
}

fn save(
    out: &Path,
    name: &'static str,
    draw: &dyn Fn() -> Result<Option<Picture>, Failure>,
    say: &Say,
) -> Result<(), Failure> {
    let Some(picture) = pictures::attempt(name, draw)? else { return Ok(()) };
    for path in picture.save_in(out, name)? {
        say.line(format_args!("wrote {}", path.display()));
    }
    Ok(())
}

/// Of two classes: by the one output, or by how far the second is above the first.
fn roc_auc<T: Scalar>(batch: &Batch<T>, a: &[T]) -> Option<f64> {
    let labels: Vec<T> = batch
        .classes
        .iter()
        .map(|&class| T::from_f64(if class == 1 { 1.0 } else { 0.0 }))
        .collect();
    match batch.y().ok()?.features() {
        1 => metrics::roc_auc(a, &labels).ok(),
        2 => {
            let (pairs, _) = a.as_chunks::<2>();
            let scores: Vec<T> = pairs.iter().map(|[first, second]| *second - *first).collect();
            metrics::roc_auc(&scores, &labels).ok()
        }
        _ => None,
    }
}
