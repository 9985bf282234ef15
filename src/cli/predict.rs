//! `shallownet predict`: a model and a file of samples to classes and probabilities.

use std::path::PathBuf;

use shallownet::io::model::{self, AnyModel, Model};
use shallownet::{Activation, Scalar, metrics};

use crate::batch::turned_back;
use crate::data::{Prepared, Source, Want};
use crate::failure::Failure;
use crate::say::Say;
use crate::scores;

/// Predict the class (or the value) of every sample of a file.
///
/// Writes CSV to standard output: a header, then one row a sample with the predicted class and its
/// probability (of sigmoid and softmax outputs; of others the output itself, which is none). Of one
/// output, the second class is predicted where it is more than 0.5. Columns of a CSV file are
/// matched to the model's features by name where both have names, so their order does not matter
/// and others are ignored; else by position.
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
    /// Write the probability of every class, too; of outputs that are no probabilities, all outputs
    #[arg(long)]
    proba: bool,
}

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    match model::load_any(&args.model)? {
        AnyModel::F32(model) => predict(args, &model, say),
        AnyModel::F64(model) => predict(args, &model, say),
    }
}

fn predict<T: Scalar>(args: &Args, model: &Model<T>, say: &Say) -> Result<(), Failure> {
    let data = args.source.for_model(model, Want::Nothing, say)?;
    let rows = data.rows()?;
    let x = data.inputs::<T>(&rows, &Prepared::of(model), model.network.inputs())?;
    let columns = Columns::of(model);
    if args.proba && columns == Columns::Outputs {
        let name = output(model).map_or("these", Activation::name);
        say.note(format_args!("{name} outputs are no probabilities: they are headed output"));
    }
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    out.write_record(heads(args, model, columns))?;
    let mut written = Ok(());
    scores::each_chunk(&model.network, &x, |a| {
        for a in a.chunks(model.network.outputs()) {
            if written.is_ok() {
                written = out.write_record(row(args, model, (columns, a)));
            }
        }
    })?;
    written?;
    out.flush().map_err(Failure::Output)
}

fn output<T: Scalar>(model: &Model<T>) -> Option<Activation> {
    model.network.layers().last().map(|layer| layer.activation)
}

/// What is written of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Columns {
    /// Of a model without classes.
    Values,
    /// The class and its probability.
    Probabilities,
    /// The class and its output, which is no probability.
    Outputs,
}

impl Columns {
    fn of<T: Scalar>(model: &Model<T>) -> Self {
        match output(model) {
            _ if model.classes.is_empty() => Self::Values,
            Some(Activation::Sigmoid | Activation::Softmax) => Self::Probabilities,
            _ => Self::Outputs,
        }
    }
}

fn heads<T: Scalar>(args: &Args, model: &Model<T>, columns: Columns) -> Vec<String> {
    let name = match columns {
        Columns::Values => {
            return (1..=model.network.outputs()).map(|k| format!("output_{k}")).collect();
        }
        Columns::Probabilities => "probability",
        Columns::Outputs => "output",
    };
    let mut heads = vec!["prediction".to_owned(), name.to_owned()];
    if args.proba {
        // A single output that is no probability says nothing about the first class.
        let from = usize::from(columns == Columns::Outputs && model.network.outputs() == 1);
        heads.extend(model.classes[from..].iter().map(|class| format!("{name}_{class}")));
    }
    heads
}

fn row<T: Scalar>(args: &Args, model: &Model<T>, (columns, a): (Columns, &[T])) -> Vec<String> {
    if !model.pipeline.targets.is_none() {
        // In f64: a mean far from 0 takes digits that f32 lacks.
        return turned_back(a, &model.pipeline.targets).iter().map(number).collect();
    }
    let both = |p: T| vec![T::from_f64(1.0) - p, p];
    let shown = match (columns, a) {
        (Columns::Values, _) => return a.iter().map(number).collect(),
        (Columns::Probabilities, [p]) => both(*p),
        _ => a.to_vec(),
    };
    let class = metrics::class(a);
    let of_class = shown[class.min(shown.len() - 1)];
    let mut row = vec![model.classes[class].clone(), number(&of_class)];
    if args.proba {
        row.extend(shown.iter().map(number));
    }
    row
}

/// With all its digits, and an exponent instead of many zeros.
fn number<T: Scalar>(value: &T) -> String {
    format!("{value:?}")
}
