//! `shallownet export`: a model for other programs.

use std::path::PathBuf;

use shallownet::Scalar;
use shallownet::io::model::{AnyModel, Model};
use shallownet::io::onnx;
use shallownet::pipeline::Column;

use crate::failure::Failure;
use crate::model_file::load_one;
use crate::say::Say;

/// Write a model with all that it does to its inputs and outputs as ONNX, for other runtimes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  shallownet export --onnx model.onnx --model shallownet-run/model.safetensors"
)]
pub(crate) struct Args {
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    onnx: PathBuf,
    /// The model that `train` wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
}

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    match load_one(&args.model, "export")? {
        AnyModel::F32(model) => export(args, &model, say),
        AnyModel::F64(model) => export(args, &model, say),
    }
}

fn export<T: Scalar>(args: &Args, model: &Model<T>, say: &Say) -> Result<(), Failure> {
    onnx::save_model(&args.onnx, model)?;
    let (network, pipeline) = (&model.network, &model.pipeline);
    let columns = pipeline.raw_columns(network.inputs());
    say.line(format_args!(
        "input x: float64 (batch, {columns}), rows as the model's data has them{}",
        if pipeline.columns.is_empty() { "" } else { ", NaN where a value is missing" }
    ));
    let are_texts = |column: &&Column| matches!(column, Column::Category { .. });
    match pipeline.columns.iter().filter(are_texts).count() {
        0 => {}
        1 => say
            .line("  1 column is of texts: x holds a text's index in the metadata, -1 if unknown"),
        n => say.line(format_args!(
            "  {n} columns are of texts: x holds a text's index in the metadata, -1 if unknown"
        )),
    }
    say.line(format_args!("output a: float64 (batch, {})", network.outputs()));
    say.line("metadata shallownet: the names of columns, texts and classes, as JSON");
    say.line(format_args!("\n{}", args.onnx.display()));
    Ok(())
}
