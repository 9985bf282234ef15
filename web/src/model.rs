//! Model files, the same as the command line's.

use shallownet::io::model::{Model, decode, encode};
use shallownet::pipeline::Column;
use shallownet::{Network, Optimizer, Training};

use crate::network::{Trained, at_its_fastest};
use crate::samples::Samples;

/// The bytes of a model file.
pub(crate) fn save(
    trained: &Trained,
    samples: &Samples,
    (optimizer, learning_rate): (Optimizer, f64),
) -> Result<Vec<u8>, String> {
    let mut model = Model::new(trained.network.clone());
    model.pipeline = trained.pipeline.clone();
    model.classes = samples.classes.clone();
    model.label = Some(samples.label.clone());
    let steps = usize::try_from(trained.steps).unwrap_or(usize::MAX);
    model.training =
        Some(Training::full_batch(steps).optimizer(optimizer).learning_rate(learning_rate));
    encode(&model).map_err(|problem| problem.to_string())
}

/// The network of a model file, ready to go on learning from `samples`, which it must fit.
pub(crate) fn open(
    (name, bytes): (&str, &[u8]),
    samples: &Samples,
    optimizer: Optimizer,
) -> Result<Trained, String> {
    let model: Model<f32> = decode(bytes).map_err(|problem| format!("{name}: {problem}"))?;
    let refused = |what: String| Err(format!("{name}: {what}"));
    if model.pipeline.columns.iter().any(|column| matches!(column, Column::Category { .. })) {
        return refused(
            "the model has columns of categories: the page takes columns of numbers".to_owned(),
        );
    }
    let (given, width) = (model.pipeline.raw_columns(model.network.inputs()), samples.width());
    if given != width {
        return refused(format!(
            "the model has {given} features, the data here {width}: choose its data first"
        ));
    }
    if let Some(features) = &model.pipeline.features
        && *features != samples.features
    {
        return refused(format!(
            "the model's features are {}, those of the data here {}: choose its data first",
            features.join(", "),
            samples.features.join(", ")
        ));
    }
    if model.classes != samples.classes {
        let classes = match &model.classes[..] {
            [] => "no classes".to_owned(),
            classes => format!("the classes {}", classes.join(", ")),
        };
        return refused(format!(
            "the model has {classes}, the data here {}: choose its data first",
            samples.classes.join(", ")
        ));
    }
    let network = fast_copy(&model.network)?;
    Trained::new(network, model.pipeline, samples, optimizer)
}

/// The same parameters on the kernels that the page computes with.
fn fast_copy(network: &Network<f32>) -> Result<Network<f32>, String> {
    let layers = network.layers().iter().map(|layer| (layer.units, layer.activation));
    let builder = Network::builder(network.inputs()).layers(layers).loss(network.loss());
    let mut copy = at_its_fastest(builder).build().map_err(|error| error.to_string())?;
    let mut parameters = vec![0.0; network.parameter_count()];
    network
        .parameters_into(&mut parameters)
        .and_then(|()| copy.set_parameters(&parameters))
        .map_err(|error| error.to_string())?;
    Ok(copy)
}
