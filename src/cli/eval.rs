//! `shallownet eval`: how good a model is on labelled samples.

use std::path::PathBuf;

use serde::Serialize;
use shallownet::Scalar;
use shallownet::io::model::{self, AnyModel, Model};
use shallownet::io::table::{Header, same_class};

use crate::batch::Batch;
use crate::data::{self, Data};
use crate::failure::Failure;
use crate::say::Say;
use crate::scores::{self, Score};

/// Measure a model on a labelled CSV file: accuracy, cost, confusion matrix.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  shallownet eval --model shallownet-run/model.safetensors --data test.csv --label species"
)]
pub(crate) struct Args {
    /// The model that `train` wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The samples, as CSV
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// The column with the true classes: its name, or its number from 1
    #[arg(long, value_name = "COLUMN")]
    label: String,
    /// The file has no header: its first line is a sample
    #[arg(long)]
    no_header: bool,
    /// Write one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Results<'a> {
    #[serde(flatten)]
    score: &'a Score,
    classes: &'a [String],
    /// One row an actual class, one column a predicted one.
    confusion: &'a [Vec<usize>],
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match model::load_any(&args.model)? {
        AnyModel::F32(model) => eval(args, &model),
        AnyModel::F64(model) => eval(args, &model),
    }
}

fn eval<T: Scalar>(args: &Args, model: &Model<T>) -> Result<(), Failure> {
    if model.classes.is_empty() {
        let file = args.model.display().to_string();
        let problem = "the model names no classes, so there is nothing to compare".to_owned();
        return Err(Failure::File { file, problem });
    }
    let header = if args.no_header { Header::Absent } else { Header::Present };
    let data = data::for_model(model, &args.data, header, Some(&args.label), true)?;
    let actual = model_classes(&data, &model.classes)?;
    let rows: Vec<usize> = (0..data.len()).collect();
    let count = model.classes.len();
    let batch = Batch::new(&data, &rows, model.standardization.as_ref(), (&actual, count))?;
    let (score, counts) = scores::score(&model.network, &batch, count)?;

    let say = Say { json: args.json };
    say.line(format_args!(
        "accuracy  {:.2} % ({} of {})",
        100.0 * score.accuracy,
        score.correct,
        score.samples
    ));
    say.line(format_args!("cost      {:.6}", score.cost));
    say.line("");
    scores::confusion(&model.classes, &counts).iter().for_each(|line| say.line(line));
    say.results(&Results { score: &score, classes: &model.classes, confusion: &counts })
}

/// The class of every row, as an index into the model's classes.
fn model_classes(data: &Data, classes: &[String]) -> Result<Vec<usize>, Failure> {
    let labels = data.labels();
    let known = |(class, &row): (&String, &usize)| {
        classes.iter().position(|c| same_class(c, class)).ok_or_else(|| {
            let names: Vec<String> = classes.iter().map(|c| format!("{c:?}")).collect();
            let problem = format!("the model has no class {class:?} (but {})", names.join(", "));
            Failure::Cell {
                place: data.samples.place(row, data.label_column.unwrap_or(0)),
                problem,
            }
        })
    };
    let index: Vec<usize> =
        labels.classes.iter().zip(&labels.first_row).map(known).collect::<Result<_, _>>()?;
    Ok(labels.of_row.iter().map(|&class| index[class]).collect())
}
