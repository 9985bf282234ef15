//! `shallownet predict`: a model and a file of samples to classes and probabilities.

use std::path::PathBuf;

use shallownet::io::model::Model;
use shallownet::{Activation, Loss, Scalar, metrics};

use crate::average;
use crate::batch::turned_back;
use crate::data::{Prepared, Source, Want};
use crate::failure::Failure;
use crate::model_file::{Held, ModelFile, load};
use crate::say::Say;
use crate::scores;

/// Predict the class (or the value) of every sample of a file.
///
/// Writes CSV to standard output: a header, then one row a sample with the predicted class and its
/// probability (of sigmoid and softmax outputs; of others the output itself, which is none). A value
/// learned by --loss gaussian_nll has the standard deviation to be expected beside it. Of one
/// output, the second class is predicted where it is more than 0.5. Of an ensemble's file, these are
/// means over its networks, and a column spread says how far they are apart: the standard deviation
/// of each value, or of the predicted class's probability. Columns of a CSV file are
/// matched to the model's features by name where both have names, so their order does not matter
/// and others are ignored; else by position.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  shallownet predict --model shallownet-run/model.safetensors --data new.csv --proba > classes.csv"
)]
pub(crate) struct Args {
    /// The model, or the ensemble, that `train` wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Write the probability of every class, too; of outputs that are no probabilities, all outputs
    #[arg(long)]
    proba: bool,
}

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    match load(&args.model)? {
        ModelFile::F32(held) => predict(args, &held, say),
        ModelFile::F64(held) => predict(args, &held, say),
    }
}

fn predict<T: Scalar>(args: &Args, held: &Held<T>, say: &Say) -> Result<(), Failure> {
    let model = &held.model;
    let data = args.source.for_model(model, Want::Nothing, say)?;
    let rows = data.rows()?;
    let x = data.inputs::<T>(&rows, &Prepared::of(model), model.network.inputs())?;
    let columns = Columns::of(model);
    if args.proba && columns == Columns::Outputs {
        let name = output(model).map_or("these", Activation::name);
        say.note(format_args!("{name} outputs are no probabilities: they are headed output"));
    }
    let mut out = csv::Writer::from_writer(std::io::stdout().lock());
    let (mut written, n_y) = (Ok(()), model.network.outputs());
    if let Some(ensemble) = &held.ensemble {
        out.write_record(averaged_heads(args, model, columns))?;
        let of_targets = &model.pipeline.targets;
        average::each_chunk(&ensemble.population, of_targets, &x, |means, spreads| {
            for (mean, spread) in means.chunks(n_y).zip(spreads.chunks(n_y)) {
                if written.is_ok() {
                    let row = averaged_row(args, model, columns, (mean, spread));
                    written = out.write_record(row);
                }
            }
        })?;
    } else {
        out.write_record(heads(args, model, columns))?;
        scores::each_chunk(&model.network, &x, |a| {
            for a in a.chunks(n_y) {
                if written.is_ok() {
                    written = out.write_record(row(args, model, (columns, a)));
                }
            }
        })?;
    }
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
            let outputs = model.network.outputs();
            let n_y = model.network.loss().targets(outputs);
            let head = |k: usize| match k < n_y {
                true => format!("output_{}", k + 1),
                false => format!("deviation_{}", k + 1 - n_y),
            };
            return (0..outputs).map(head).collect();
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
    let loss = model.network.loss();
    if !model.pipeline.targets.is_none() || loss == Loss::GaussianNll {
        // In f64: a mean far from 0 takes digits that f32 lacks.
        let mut values = turned_back(a, &model.pipeline.targets.of_outputs(loss));
        average::deviations(&mut values, a.len(), loss);
        return values.iter().map(number).collect();
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

/// Of an ensemble: a spread beside each value, or beside the predicted class's probability.
fn averaged_heads<T: Scalar>(args: &Args, model: &Model<T>, columns: Columns) -> Vec<String> {
    let mut heads = heads(args, model, columns);
    match columns {
        Columns::Values => {
            let n_y = model.network.loss().targets(heads.len());
            let of = |k: usize| match k < n_y {
                true => format!("spread_{}", k + 1),
                false => format!("deviation_spread_{}", k + 1 - n_y),
            };
            heads.extend((0..heads.len()).map(of));
        }
        _ => heads.insert(SPREAD_AT, "spread".to_owned()),
    }
    heads
}

/// Behind the class and its probability.
const SPREAD_AT: usize = 2;

/// Means and spreads of the networks' outputs, in the units of the targets.
fn averaged_row<T: Scalar>(
    args: &Args,
    model: &Model<T>,
    columns: Columns,
    (mean, spread): (&[f64], &[f64]),
) -> Vec<String> {
    let rounded = |values: &[f64]| values.iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
    let is_gaussian = model.network.loss() == Loss::GaussianNll;
    if !model.pipeline.targets.is_none() || is_gaussian {
        return mean.iter().chain(spread).map(number).collect();
    }
    // No more digits than the networks have.
    let (mean, spread) = (rounded(mean), rounded(spread));
    let mut row = row(args, model, (columns, &mean));
    match columns {
        Columns::Values => row.extend(spread.iter().map(number)),
        _ => {
            let of_class = spread[metrics::class(&mean).min(spread.len() - 1)];
            row.insert(SPREAD_AT, number(&of_class));
        }
    }
    row
}

/// With all its digits, and an exponent instead of many zeros.
fn number<T: Scalar>(value: &T) -> String {
    format!("{value:?}")
}
