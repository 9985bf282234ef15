//! `shallownet predict`: a model and a file of samples to classes and probabilities.

use std::path::PathBuf;

use shallownet::Scalar;
use shallownet::io::model::{self, AnyModel, Model};

use crate::data::{Source, Want};
use crate::failure::Failure;
use crate::scores;

/// Predict the class (or the value) of every sample of a file.
///
/// Writes CSV to standard output: a header, then one row a sample with the predicted class and its
/// probability. Columns of a CSV file are matched to the model's features by name where both have
/// names, so their order does not matter and others are ignored; else by position.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  shallownet predict --model shallownet-run/model.safetensors --data new.csv --proba > classes.csv"
)]
pub(crate) struct Args {
    /// The model that `train` wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Write the probability of every class, too
    #[arg(long)]
    proba: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match model::load_any(&args.model)? {
        AnyModel::F32(model) => predict(args, &model),
        AnyModel::F64(model) => predict(args, &model),
    }
}

fn predict<T: Scalar>(args: &Args, model: &Model<T>) -> Result<(), Failure> {
    let data = args.source.for_model(model, Want::Nothing)?;
    let rows = data.rows()?;
    let x = data.inputs::<T>(&rows, model.standardization.as_ref())?;
    let a = scores::outputs(&model.network, &x)?;

    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    out.write_record(heads(args, model))?;
    for a in a.chunks(model.network.outputs()) {
        out.write_record(row(args, model, a))?;
    }
    out.flush().map_err(Failure::Output)
}

fn heads<T: Scalar>(args: &Args, model: &Model<T>) -> Vec<String> {
    if model.classes.is_empty() {
        return (1..=model.network.outputs()).map(|k| format!("output_{k}")).collect();
    }
    let mut heads = vec!["prediction".to_owned(), "probability".to_owned()];
    if args.proba {
        heads.extend(model.classes.iter().map(|class| format!("probability_{class}")));
    }
    heads
}

fn row<T: Scalar>(args: &Args, model: &Model<T>, a: &[T]) -> Vec<String> {
    if model.classes.is_empty() {
        return a.iter().map(number).collect();
    }
    let both = |p: T| vec![T::from_f64(1.0) - p, p];
    let probabilities = if let [p] = a { both(*p) } else { a.to_vec() };
    let class = scores::class(a);
    let mut row = vec![model.classes[class].clone(), number(&probabilities[class])];
    if args.proba {
        row.extend(probabilities.iter().map(number));
    }
    row
}

/// With all its digits, and an exponent where zeros would be many.
fn number<T: Scalar>(value: &T) -> String {
    format!("{value:?}")
}
