//! `shallownet gradcheck`: the gradients of a network against finite differences.

use std::path::PathBuf;

use serde::Serialize;
use shallownet::io::model::{AnyModel, Model};
use shallownet::{GradientCheck, Network, Parameter, Scalar};

use crate::batch::{Batch, Meaning};
use crate::choices::{self, Precision};
use crate::data::{Data, Learning, Prepared, Source, Want};
use crate::failure::Failure;
use crate::model_file::load_one;
use crate::network::{Defaults, NetworkArgs};
use crate::prepare::PreparationArgs;
use crate::results::NetworkFacts;
use crate::say::Say;

/// Compare backward propagation with central differences of the cost.
///
/// Of a model (--model), or of a fresh network; on your samples or on the built-in set. Fails if
/// the gradients differ by more than the tolerance.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shallownet gradcheck --hidden 8,4\n  shallownet gradcheck --model shallownet-run/model.safetensors --data iris.csv --label species"
)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
    /// The model that `train` wrote, instead of a fresh network
    #[arg(long, value_name = "FILE", requires = "data")]
    model: Option<PathBuf>,
    #[command(flatten)]
    learning: Learning,
    #[command(flatten)]
    preparation: PreparationArgs,
    #[command(flatten)]
    network: NetworkArgs,
    /// Samples to check on: the first of the file
    #[arg(long, value_name = "N", default_value = "32")]
    samples: std::num::NonZeroUsize,
    /// Parameters to check of each layer, drawn at random
    #[arg(long, value_name = "N", default_value = "200")]
    per_layer: std::num::NonZeroUsize,
    /// The largest distance |g - d| / (|g| + |d|) that passes [default: 1e-7; f32 1e-4]
    #[arg(long, value_parser = choices::positive)]
    tolerance: Option<f64>,
    /// Write one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Serialize)]
struct Results {
    network: NetworkFacts,
    samples: usize,
    checked: usize,
    skipped: usize,
    distance: f64,
    tolerance: f64,
    passed: bool,
    worst: Option<Worst>,
}

#[derive(Debug, Serialize)]
struct Worst {
    parameter: String,
    gradient: f64,
    difference: f64,
    relative_error: f64,
}

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    if let Some(path) = &args.model {
        args.network.must_be_absent("--model")?;
        if let Some(option) = args.learning.given().or(args.preparation.given()) {
            return Err(Failure::Arguments(format!(
                "--model says what it learned: {option} does not go with it"
            )));
        }
        return match load_one(path, "gradcheck")? {
            AnyModel::F32(model) => of_model(args, &model, say),
            AnyModel::F64(model) => of_model(args, &model, say),
        };
    }
    let data = args.source.training(&args.learning, say)?;
    match args.network.precision(None, Defaults::Plain) {
        Precision::F32 => fresh::<f32>(args, &data, say),
        Precision::F64 => fresh::<f64>(args, &data, say),
    }
}

fn of_model<T: Scalar>(args: &Args, model: &Model<T>, say: &Say) -> Result<(), Failure> {
    let want = if model.classes.is_empty() { Want::Values } else { Want::Classes };
    let data = args.source.for_model(model, want, say)?;
    let actual = data.classes_among(&model.classes, say)?;
    let meaning = Meaning::of(&data).among(&actual, model.classes.len());
    let meaning = meaning.for_outputs(model.network.outputs());
    check(args, &model.network, (&data, meaning), &Prepared::of(model), say)
}

fn fresh<T: Scalar>(args: &Args, data: &Data, say: &Say) -> Result<(), Failure> {
    let rows = data.rows()?;
    let meaning = args.network.meaning(Meaning::of(data));
    // As they are trained on.
    let of_targets = args.preparation.of_targets(args.network.output(meaning))?;
    let prepared = args.preparation.fit(data, &rows, of_targets, Some(say))?;
    let defaults = (Defaults::of(data, args.preparation.plain), args.network.seed());
    let network = args.network.build::<T>(prepared.inputs(data.width), meaning, defaults)?;
    data.check_values(network.loss())?;
    check(args, &network, (data, meaning), &prepared, say)
}

fn check<T: Scalar>(
    args: &Args,
    network: &Network<T>,
    (data, meaning): (&Data, Meaning<'_>),
    prepared: &Prepared,
    say: &Say,
) -> Result<(), Failure> {
    let rows: Vec<usize> = (0..data.len().min(args.samples.get())).collect();
    let batch = Batch::<T>::new(data, &rows, prepared, meaning)?;
    let tolerance = args.tolerance.unwrap_or(if T::NAME == "f32" { 1e-4 } else { 1e-7 });
    let report = GradientCheck::default()
        .per_layer(args.per_layer.get())
        .seed(args.network.seed())
        .run(network, batch.x()?, batch.targets()?)?;
    let passed = report.distance <= tolerance;
    let results = Results {
        network: NetworkFacts::of(network),
        samples: rows.len(),
        checked: report.checked,
        skipped: report.skipped,
        distance: report.distance,
        tolerance,
        passed,
        worst: report.worst.map(|worst| Worst {
            parameter: name(worst.parameter),
            gradient: worst.gradient,
            difference: worst.difference,
            relative_error: worst.relative_error,
        }),
    };
    say.line(results.network.line());
    say.line(format_args!("{} samples of {}\n", results.samples, data.file()));
    say.line(format_args!(
        "checked   {} parameters ({} at kinks skipped)",
        results.checked, results.skipped
    ));
    say.line(format_args!("distance  {:.3e} (passes up to {tolerance:.0e})", results.distance));
    if let Some(worst) = &results.worst {
        say.line(format_args!(
            "worst     {}: gradient {:e}, difference {:e}",
            worst.parameter, worst.gradient, worst.difference
        ));
    }
    say.results(&results)?;
    if passed {
        return Ok(());
    }
    Err(Failure::WrongGradients { distance: report.distance, tolerance })
}

/// Counted from 1, as people do.
fn name(parameter: Parameter) -> String {
    match parameter {
        Parameter::Weight { layer, unit, input } => {
            format!("layer {}, weight of unit {} for input {}", layer + 1, unit + 1, input + 1)
        }
        Parameter::Bias { layer, unit } => {
            format!("layer {}, bias of unit {}", layer + 1, unit + 1)
        }
        other => other.to_string(),
    }
}
