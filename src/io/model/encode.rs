//! A model to bytes.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};

use super::Model;
use super::description::{Description, ENTRY};
use super::error::Problem;
use crate::element::Element;
use crate::io::one_line;
use crate::{Layer, Scalar};

/// The bytes of a model file; the same for the same model.
///
/// ```
/// use shallownet::io::model::{Model, decode, encode};
/// # use shallownet::{Activation, Network};
/// let network = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).build()?;
/// let bytes = encode(&Model::new(network))?;
/// assert_eq!(encode(&decode::<f64>(&bytes)?)?, bytes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Problem`]: names that do not fit the network, a parameter that is not finite.
pub fn encode<T: Scalar>(model: &Model<T>) -> Result<Vec<u8>, Problem> {
    model.check()?;
    let network = &model.network;
    let tensors = layers("", network.layers(), |l| Ok((network.weights(l)?, network.bias(l)?)))?;
    serialize::<T>(&tensors, ENTRY, description(model)?)
}

/// What the metadata says of a model, as JSON.
pub(in crate::io) fn description<T: Scalar>(model: &Model<T>) -> Result<String, Problem> {
    to_json(&Description::of(model))
}

pub(in crate::io) fn to_json(description: &Description) -> Result<String, Problem> {
    serde_json::to_string(description).map_err(|error| Problem::Description(one_line(&error)))
}

/// Name, shape and bytes of a tensor.
pub(in crate::io) type Tensor = (String, Vec<usize>, Vec<u8>);

/// One set of weights and biases, every name after `prefix`.
pub(in crate::io) fn layers<'a, T: Scalar>(
    prefix: &str,
    layers: &[Layer],
    values: impl Fn(usize) -> crate::Result<(Vec<T>, &'a [T])>,
) -> Result<Vec<Tensor>, Problem> {
    let mut tensors = Vec::new();
    for (l, layer) in layers.iter().enumerate() {
        let (weights, bias) = values(l)?;
        let weight = (weight_name(l), vec![layer.units, layer.inputs], &weights[..]);
        for (name, shape, values) in [weight, (bias_name(l), vec![layer.units], bias)] {
            let name = format!("{prefix}{name}");
            check_finite(&name, values)?;
            tensors.push((name, shape, to_bytes(values)));
        }
    }
    Ok(tensors)
}

/// A file of these tensors, all of element type `T`, and one metadata entry.
pub(in crate::io) fn serialize<T: Scalar>(
    tensors: &[Tensor],
    entry: &str,
    description: String,
) -> Result<Vec<u8>, Problem> {
    let layout = |error: safetensors::SafeTensorError| Problem::Layout(one_line(&error));
    let mut views = Vec::new();
    for (name, shape, bytes) in tensors {
        let view = TensorView::new(dtype::<T>(), shape.clone(), bytes).map_err(layout)?;
        views.push((name.as_str(), view));
    }
    let metadata = HashMap::from([(entry.to_owned(), description)]);
    safetensors::serialize(views, Some(metadata)).map_err(layout)
}

pub(in crate::io) fn weight_name(layer: usize) -> String {
    format!("layers.{layer}.weight")
}

pub(in crate::io) fn bias_name(layer: usize) -> String {
    format!("layers.{layer}.bias")
}

pub(super) fn dtype<T: Scalar>() -> Dtype {
    if T::NAME == f32::NAME { Dtype::F32 } else { Dtype::F64 }
}

pub(in crate::io) fn check_finite<T: Scalar>(name: &str, values: &[T]) -> Result<(), Problem> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(index) => {
            Err(Problem::NotFinite { name: name.to_owned(), index, value: values[index].to_f64() })
        }
    }
}

/// Little-endian, as the format wants it. f32 to f64 and back is exact.
pub(in crate::io) fn to_bytes<T: Scalar>(values: &[T]) -> Vec<u8> {
    match dtype::<T>() {
        Dtype::F32 => values.iter().flat_map(|v| (v.to_f64() as f32).to_le_bytes()).collect(),
        _ => values.iter().flat_map(|v| v.to_f64().to_le_bytes()).collect(),
    }
}
