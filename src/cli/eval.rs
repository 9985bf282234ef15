//! `shallownet eval`: how good a model is on labelled samples.

use std::path::PathBuf;

use serde::Serialize;
use shallownet::Scalar;
use shallownet::io::model::{self, AnyModel, Model};
use shallownet::metrics::{self, Confusion};

use crate::batch::{Batch, Meaning};
use crate::data::{Source, Want};
use crate::failure::Failure;
use crate::pictures;
use crate::say::Say;
use crate::scores::{self, Score};

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
    json: bool,
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
    /// One row an actual class, one column a predicted one.
    confusion: Vec<Vec<u64>>,
    /// In the order of the classes.
    precision: Vec<f64>,
    recall: Vec<f64>,
    f1: Vec<f64>,
    /// Of two classes, if there are samples of both.
    roc_auc: Option<f64>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match model::load_any(&args.model)? {
        AnyModel::F32(model) => eval(args, &model),
        AnyModel::F64(model) => eval(args, &model),
    }
}

fn eval<T: Scalar>(args: &Args, model: &Model<T>) -> Result<(), Failure> {
    let say = Say { json: args.json };
    let want = if model.classes.is_empty() { Want::Values } else { Want::Classes };
    let data = args.source.for_model(model, want)?;
    let rows = data.rows()?;
    let actual = data.classes_among(&model.classes)?;
    let meaning = match Meaning::of(&data) {
        Meaning::Classes { .. } => Meaning::Classes { of_row: &actual, count: model.classes.len() },
        values => values,
    };
    let batch = Batch::new(&data, &rows, model.standardization.as_ref(), meaning)?;
    let a = scores::outputs(&model.network, batch.x()?.as_slice())?;
    let score = scores::score(&model.network, &batch, &a)?;
    if want == Want::Values {
        say.line(&score);
        say.line(format_args!("cost      {:.6}", score.cost));
        return say.results(&Results { score: &score, classes: None });
    }
    let counts = scores::counts(&model.network, &batch, model.classes.len(), &a)?;
    let roc_auc = match batch.y()?.features() {
        1 => metrics::roc_auc(&a, batch.y()?.as_slice()).ok(),
        _ => None,
    };
    say.line(format_args!("accuracy  {score}"));
    say.line(format_args!("cost      {:.6}", score.cost));
    if let Some(auc) = roc_auc {
        say.line(format_args!("ROC AUC   {auc:.4}"));
    }
    say.line("");
    let rows = scores::rows(&counts);
    scores::confusion(&model.classes, &rows).iter().for_each(|line| say.line(line));
    say.line("");
    table(&model.classes, &counts).iter().for_each(|line| say.line(line));
    if let Some(out) = &args.out {
        let picture = pictures::confusion::draw(&model.classes, &rows, "evaluated")?;
        say.line("");
        for path in picture.save_in(out, "confusion")? {
            say.line(format_args!("wrote {}", path.display()));
        }
    }
    let each = |f: &dyn Fn(usize) -> f64| (0..counts.classes()).map(f).collect();
    let classes = Classes {
        classes: &model.classes,
        confusion: rows,
        precision: each(&|k| counts.precision(k)),
        recall: each(&|k| counts.recall(k)),
        f1: each(&|k| counts.f1(k)),
        roc_auc,
    };
    say.results(&Results { score: &score, classes: Some(classes) })
}

/// Precision, recall and F1 of every class, and their means.
fn table(classes: &[String], counts: &Confusion) -> Vec<String> {
    let shown = classes.iter().map(|class| class.escape_debug().to_string());
    let mut rows: Vec<(String, metrics::Scores)> =
        shown.enumerate().map(|(k, class)| (class, counts.scores(k))).collect();
    rows.push(("mean".to_owned(), counts.macro_scores()));
    let width = rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0).max(5);
    let head = format!("{:<width$}  precision  recall      F1", "class");
    let line = |(class, s): (String, metrics::Scores)| {
        format!("{class:<width$}  {:>9.4}  {:>6.4}  {:>6.4}", s.precision, s.recall, s.f1)
    };
    std::iter::once(head).chain(rows.into_iter().map(line)).collect()
}
