//! `shallownet inspect`: what is in a model file.

use std::path::PathBuf;

use serde::Serialize;
use shallownet::io::Quoted;
use shallownet::pipeline::{Column, InputKind, Inputs, Missing};
use shallownet::{Network, Population, Scalar, Standardization, Training};

use crate::choices;
use crate::failure::Failure;
use crate::model_file::{Held, ModelFile, load, one_alone};
use crate::pictures;
use crate::results::NetworkFacts;
use crate::say::{Say, thousands};

/// Show a model: its layers, parameters, norms, activations, names and preprocessing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shallownet inspect shallownet-run/model.safetensors\n  shallownet inspect mnist.safetensors --image 28x28 --out pictures"
)]
pub(crate) struct Args {
    /// The model, or the ensemble, that `train` wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The input is an image of this width and height: draw the first layer's weights
    #[arg(long, value_name = "WxH", value_parser = choices::image, requires = "out")]
    image: Option<(usize, usize)>,
    /// Folder for that picture
    #[arg(long, value_name = "FOLDER", requires = "image")]
    out: Option<PathBuf>,
    /// Write one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Serialize)]
struct Results<'a> {
    /// The networks of an ensemble.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<usize>,
    network: NetworkFacts,
    layers: Vec<Layer>,
    features: &'a Option<Vec<String>>,
    classes: &'a [String],
    label: &'a Option<String>,
    inputs: Option<Inputs>,
    columns: &'a [Column],
    standardization: &'a Option<Standardization>,
    clip: Option<f64>,
    log_targets: bool,
    target_standardization: &'a Option<Standardization>,
    training: &'a Option<Training>,
}

#[derive(Debug, Serialize)]
struct Layer {
    inputs: usize,
    units: usize,
    activation: &'static str,
    parameters: usize,
    /// Euclidean, of all weights.
    weight_norm: f64,
    largest_weight: f64,
    bias_norm: f64,
}

pub(crate) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    match load(&args.model)? {
        ModelFile::F32(held) => inspect(args, &held, say),
        ModelFile::F64(held) => inspect(args, &held, say),
    }
}

fn inspect<T: Scalar>(args: &Args, held: &Held<T>, say: &Say) -> Result<(), Failure> {
    let (model, population) = (&held.model, held.ensemble.as_ref().map(|e| &e.population));
    let members = population.map(Population::members);
    if let (Some(members), Some(_)) = (members, args.image) {
        return Err(one_alone(&args.model, members, "--image"));
    }
    let layers = match population {
        None => layers(&model.network)?,
        Some(population) => layers_of_all(population)?,
    };
    if let Some(members) = members {
        say.line(format_args!(
            "an ensemble of {members} networks; of each, with the means of their norms:\n"
        ));
    }
    let facts = NetworkFacts::of(&model.network);
    say.line(facts.line());
    say.line(format_args!("loss {}\n", facts.loss));
    say.line("layer  inputs  units  activation  parameters    |W|  largest    |b|");
    for (k, layer) in layers.iter().enumerate() {
        say.line(format_args!(
            "{:>5}  {:>6}  {:>5}  {:<10}  {:>10}  {:>5.4}  {:>7.4}  {:>5.4}",
            k + 1,
            layer.inputs,
            layer.units,
            layer.activation,
            thousands(layer.parameters as f64),
            layer.weight_norm,
            layer.largest_weight,
            layer.bias_norm
        ));
    }
    say.line("");
    let names = |names: &[String]| {
        let shown: Vec<String> = names.iter().map(|n| n.escape_debug().to_string()).collect();
        shown.join(", ")
    };
    if let Some(features) = &model.pipeline.features {
        say.line(format_args!("features  {}", names(features)));
    }
    if let Some(label) = &model.label {
        say.line(format_args!("label     {}", label.escape_debug()));
    }
    if !model.classes.is_empty() {
        say.line(format_args!("classes   {}", names(&model.classes)));
    }
    say.line(inputs(model.pipeline.inputs));
    match &model.pipeline.standardization {
        None => say.line("preprocessing  none"),
        Some(Standardization { means, stds }) => {
            say.line("preprocessing  input  mean  standard deviation");
            let names = model.pipeline.input_names();
            for (k, (mean, std)) in means.iter().zip(stds).enumerate() {
                let input = names.as_ref().map(|names| names[k].escape_debug().to_string());
                let input = input.unwrap_or_else(|| (k + 1).to_string());
                say.line(format_args!("               {input}  {mean}  {std}"));
            }
        }
    }
    if let Some(clip) = model.pipeline.clip {
        say.line(format_args!("               clipped at -{clip} and {clip}"));
    }
    for (k, column) in model.pipeline.columns.iter().enumerate() {
        let name = model.pipeline.features.as_ref().map(|names| &names[k]);
        let name = name.map_or((k + 1).to_string(), |name| name.escape_debug().to_string());
        column_lines(&name, column).iter().for_each(|line| say.line(line));
    }
    if model.pipeline.targets.log {
        say.line("targets        their natural logarithms");
    }
    if let Some(Standardization { means, stds }) = &model.pipeline.targets.standardization {
        say.line("targets        output  mean  standard deviation");
        for (k, (mean, std)) in means.iter().zip(stds).enumerate() {
            say.line(format_args!("               {}  {mean}  {std}", k + 1));
        }
    }
    let image = args.image.zip(args.out.as_ref());
    if let Some((size, _)) = image {
        let (inputs, pixels) = (model.network.inputs(), size.0.saturating_mul(size.1));
        if pixels != inputs {
            let (width, height) = size;
            return Err(Failure::Arguments(format!(
                "--image {width}x{height} has {pixels} pixels: the model takes {inputs} inputs"
            )));
        }
    }
    // Written before the picture, which may fail.
    say.results(&Results {
        members,
        network: facts,
        layers,
        features: &model.pipeline.features,
        classes: &model.classes,
        label: &model.label,
        inputs: model.pipeline.inputs,
        columns: &model.pipeline.columns,
        standardization: &model.pipeline.standardization,
        clip: model.pipeline.clip,
        log_targets: model.pipeline.targets.log,
        target_standardization: &model.pipeline.targets.standardization,
        training: &model.training,
    })?;
    if let Some((size, out)) = image {
        let draw = || pictures::weights::draw(&model.network, size);
        for path in pictures::attempt("the weights", draw)?.save_in(out, "weights")? {
            say.line(format_args!("wrote {}", path.display()));
        }
    }
    Ok(())
}

/// What a column's categories are, and what stands for a missing value.
fn column_lines(name: &str, column: &Column) -> Vec<String> {
    let mut lines = Vec::new();
    if let Column::Category { categories, rare, .. } = column {
        let shown = |texts: &[String]| {
            let texts: Vec<String> = texts.iter().map(|t| Quoted(t).to_string()).collect();
            texts.join(", ")
        };
        lines.push(format!("categories     {name}: {}", shown(categories)));
        if !rare.is_empty() {
            lines.push(format!("               rare: {}", shown(rare)));
        }
    }
    if let Missing::Filled { with, has_input } = column.missing() {
        let with =
            column.texts().nth(with as usize).map_or(with.to_string(), |t| Quoted(t).to_string());
        let told = if has_input { ", and told by an input" } else { "" };
        lines.push(format!("missing        {name}: filled with {with}{told}"));
    }
    lines
}

/// What the model learned from.
fn inputs(inputs: Option<Inputs>) -> String {
    let Some(Inputs { from, lowest, highest, divided_by }) = inputs else {
        return "inputs    unknown: the file does not say what they were".to_owned();
    };
    let what = match from {
        InputKind::Bytes => "bytes",
        InputKind::Whole => "whole numbers",
        _ => "numbers",
    };
    let mut line = format!("inputs    {what} from {lowest} to {highest}");
    if divided_by != 1.0 {
        line += &format!(", divided by {divided_by}");
    }
    line
}

/// The means of the norms of several networks, and their largest weights.
fn layers_of_all<T: Scalar>(population: &Population<T>) -> Result<Vec<Layer>, Failure> {
    let mut all = layers(&population.get(0)?)?;
    for member in 1..population.members() {
        for (all, layer) in all.iter_mut().zip(layers(&population.get(member)?)?) {
            all.weight_norm += layer.weight_norm;
            all.bias_norm += layer.bias_norm;
            all.largest_weight = all.largest_weight.max(layer.largest_weight);
        }
    }
    let members = population.members() as f64;
    for layer in &mut all {
        layer.weight_norm /= members;
        layer.bias_norm /= members;
    }
    Ok(all)
}

fn layers<T: Scalar>(network: &Network<T>) -> Result<Vec<Layer>, Failure> {
    let norm = |v: &[T]| v.iter().map(|v| v.to_f64().powi(2)).sum::<f64>().sqrt();
    let mut layers = Vec::new();
    for (k, layer) in network.layers().iter().enumerate() {
        let w = network.weights(k)?;
        layers.push(Layer {
            inputs: layer.inputs,
            units: layer.units,
            activation: layer.activation.name(),
            parameters: layer.parameters(),
            weight_norm: norm(&w),
            largest_weight: w.iter().fold(0.0, |largest, w| w.to_f64().abs().max(largest)),
            bias_norm: norm(network.bias(k)?),
        });
    }
    Ok(layers)
}
