//! `shallownet eval`: how good a model is on labelled samples.

use std::path::PathBuf;

use serde::Serialize;
use shallownet::Scalar;
use shallownet::io::model::{self, AnyModel, Model};
use shallownet::metrics;

use crate::batch::{Batch, Meaning};
use crate::data::{Prepared, Source, Want};
use crate::failure::Failure;
use crate::pictures;
use crate::say::Say;
use crate::scores::{self, Score};
use crate::tables::{self, Cell};
use crate::verdict;

/// Measure a model on labelled samples: accuracy, cost, confusion matrix, precision, recall, F1,
/// ROC AUC for two classes; mean squared error and R^2 for values.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shallownet eval --model shallownet-run/model.safetensors --data test.csv --label species\n  shallownet eval --model shallownet-run/model.safetensors --data mnist --out pictures"
)]
pub(crate) struct Args {
    /// The model that `train` wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Draw the confusion matrix, into this folder
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
    match model::load_any(&args.model)? {
        AnyModel::F32(model) => eval(args, &model, say),
        AnyModel::F64(model) => eval(args, &model, say),
    }
}

fn eval<T: Scalar>(args: &Args, model: &Model<T>, say: &Say) -> Result<(), Failure> {
    let want = if model.classes.is_empty() { Want::Values } else { Want::Classes };
    let data = args.source.for_model(model, want, say)?;
    let rows = data.rows()?;
    let actual = data.classes_among(&model.classes, say)?;
    let meaning = Meaning::of(&data).among(&actual, model.classes.len());
    let meaning = meaning.for_outputs(model.network.outputs());
    let batch = Batch::new(&data, &rows, &Prepared::of(model), meaning)?;
    let a = scores::outputs(&model.network, batch.x()?.as_slice())?;
    let score = scores::score(&model.network, &batch, &a)?;
    if let Some(note) = verdict::no_better(&score, &batch, "these samples", &model.classes) {
        say.note(note);
    }
    if want == Want::Values {
        let of = if model.pipeline.targets.is_none() { "" } else { " (of standardized targets)" };
        say.line(&score);
        say.line(format_args!("cost      {:.6}{of}", score.cost));
        return say.results(&Results { score: &score, classes: None });
    }
    let counts = scores::counts(&model.network, &batch, model.classes.len(), &a)?;
    let roc_auc = roc_auc(&batch, &a);
    say.line(format_args!("accuracy  {score}"));
    say.line(format_args!("cost      {:.6}", score.cost));
    if let Some(auc) = roc_auc {
        say.line(format_args!("ROC AUC   {auc:.4}"));
    }
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
    // Written before the picture, which may fail.
    say.results(&Results { score: &score, classes: Some(classes) })?;
    if let Some(out) = &args.out {
        let draw = || pictures::confusion::draw(&model.classes, &counts, "evaluated");
        let picture = pictures::attempt("the confusion matrix", draw)?;
        say.line("");
        for path in picture.save_in(out, "confusion")? {
            say.line(format_args!("wrote {}", path.display()));
        }
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
