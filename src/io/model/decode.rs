//! Bytes to a model, each step checked before the next one relies on it.

use safetensors::tensor::{Dtype, TensorView};

use super::description::{Description, ENTRY};
use super::encode::{bias_name, check_finite, dtype, weight_name};
use super::error::Problem;
use super::tensors::Tensors;
use super::{AnyModel, Model};
use crate::{Activation, Builder, Init, Network, Scalar};

/// A model of element type `T` from the bytes of its file.
///
/// ```
/// use shallownet::io::model::{Problem, decode};
/// assert!(matches!(decode::<f32>(b"hello"), Err(Problem::TooShort { given: 5 })));
/// ```
///
/// # Errors
/// [`Problem`].
pub fn decode<T: Scalar>(bytes: &[u8]) -> Result<Model<T>, Problem> {
    Contents::parse(bytes)?.model()
}

/// A model of the element type that the file has.
///
/// ```
/// use shallownet::io::model::{AnyModel, Model, decode_any, encode};
/// # use shallownet::{Activation, Network};
/// let network = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
/// let bytes = encode(&Model::new(network))?;
/// assert!(matches!(decode_any(&bytes)?, AnyModel::F32(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Problem`].
pub fn decode_any(bytes: &[u8]) -> Result<AnyModel, Problem> {
    let contents = Contents::parse(bytes)?;
    match contents.is_f32()? {
        true => contents.model().map(AnyModel::F32),
        false => contents.model().map(AnyModel::F64),
    }
}

/// A file whose header has been read and agrees with its length.
pub(in crate::io) struct Contents<'a> {
    pub(in crate::io) tensors: Tensors<'a>,
    pub(in crate::io) description: Description,
}

impl<'a> Contents<'a> {
    pub(in crate::io) fn parse(bytes: &'a [u8]) -> Result<Self, Problem> {
        let (tensors, metadata) = Tensors::parse(bytes)?;
        let description = Description::parse(metadata.get(ENTRY).ok_or(Problem::NotOurs)?)?;
        Ok(Self { tensors, description })
    }

    /// Are the parameters F32, or F64?
    pub(in crate::io) fn is_f32(&self) -> Result<bool, Problem> {
        let (name, expected) = (weight_name(0), "F32 or F64");
        match self.tensors.tensor(&name)?.dtype() {
            Dtype::F32 => Ok(true),
            Dtype::F64 => Ok(false),
            other => Err(Problem::Element { name, expected, given: other.to_string() }),
        }
    }

    fn model<T: Scalar>(self) -> Result<Model<T>, Problem> {
        if let Some(members) = self.description.members() {
            return Err(Problem::Ensemble { members });
        }
        let network = self.tensors.network(&self.description, &[""], |builder| builder)?;
        let model = self.description.model(network);
        model.check()?;
        Ok(model)
    }
}

impl Tensors<'_> {
    /// The network whose parameters have plain names. The file must hold one set of tensors for
    /// each prefix, and nothing else; the first prefix is the plain names' (empty).
    pub(in crate::io) fn network<T: Scalar>(
        &self,
        description: &Description,
        prefixes: &[&str],
        configure: impl FnOnce(Builder<T>) -> Builder<T>,
    ) -> Result<Network<T>, Problem> {
        let activations = description.activations()?;
        self.check_tensor_names(activations.len(), prefixes)?;
        let layers = self.layers::<T>("", &activations)?;
        let mut network = configure(builder(description, &layers)?).build()?;
        for (l, layer) in layers.iter().enumerate() {
            network.set_weights(l, &layer.weights)?;
            network.set_bias(l, &layer.bias)?;
        }
        Ok(network)
    }

    /// The parameters of an ensemble's networks: those of one after those of the other in each
    /// layer's weights and biases. The file must hold nothing else.
    pub(in crate::io) fn ensemble<T: Scalar>(
        &self,
        description: &Description,
        members: usize,
    ) -> Result<(Network<T>, Vec<LayerData<T>>), Problem> {
        let activations = description.activations()?;
        self.check_tensor_names(activations.len(), &[""])?;
        let layers = self.layers_of::<T>("", &activations, Some(members))?;
        Ok((builder(description, &layers)?.build()?, layers))
    }

    /// One set of weights and biases, every name after `prefix`, each layer fitting the one before.
    pub(in crate::io) fn layers<T: Scalar>(
        &self,
        prefix: &str,
        activations: &[Activation],
    ) -> Result<Vec<LayerData<T>>, Problem> {
        self.layers_of(prefix, activations, None)
    }

    /// Of several networks, each tensor has one more dimension, the first.
    fn layers_of<T: Scalar>(
        &self,
        prefix: &str,
        activations: &[Activation],
        members: Option<usize>,
    ) -> Result<Vec<LayerData<T>>, Problem> {
        let all = members.map_or(String::new(), |members| format!("{members}, "));
        let mut layers: Vec<LayerData<T>> = Vec::new();
        for (l, &activation) in activations.iter().enumerate() {
            let name = format!("{prefix}{}", weight_name(l));
            let weight = self.tensor(&name)?;
            let n_prev = layers.last().map(|layer| layer.units);
            let fits = |n, k| n > 0 && k > 0 && n_prev.is_none_or(|n_prev| n_prev == k);
            let (units, inputs) = match (members, weight.shape()) {
                (None, &[n, k]) if fits(n, k) => (n, k),
                (Some(members), &[given, n, k]) if given == members && fits(n, k) => (n, k),
                _ => {
                    let columns = n_prev.map_or(format!("({all}units, inputs)"), |k| {
                        format!("({all}units, {k}), as the layer before has {k} units")
                    });
                    return Err(shape(name, columns, &weight));
                }
            };
            let bias_name = format!("{prefix}{}", bias_name(l));
            let bias = self.tensor(&bias_name)?;
            let fits = match members {
                None => bias.shape() == [units],
                Some(members) => bias.shape() == [members, units],
            };
            if !fits {
                return Err(shape(bias_name, format!("[{all}{units}]"), &bias));
            }
            let (weights, bias) = (values(&name, &weight)?, values(&bias_name, &bias)?);
            layers.push(LayerData { inputs, units, weights, bias, activation });
        }
        Ok(layers)
    }

    fn check_tensor_names(&self, layers: usize, prefixes: &[&str]) -> Result<(), Problem> {
        let names = (0..layers).flat_map(|l| [weight_name(l), bias_name(l)]);
        let known: std::collections::HashSet<String> =
            names.flat_map(|name| prefixes.iter().map(move |p| format!("{p}{name}"))).collect();
        match self.names().filter(|name| !known.contains(*name)).min() {
            Some(name) => Err(Problem::Unexpected(name.to_owned(), layers)),
            None => Ok(()),
        }
    }
}

/// One layer as it stands in the file.
pub(in crate::io) struct LayerData<T> {
    pub(in crate::io) inputs: usize,
    pub(in crate::io) units: usize,
    pub(in crate::io) weights: Vec<T>,
    pub(in crate::io) bias: Vec<T>,
    activation: Activation,
}

/// A network of these layers, before its parameters.
fn builder<T: Scalar>(
    description: &Description,
    layers: &[LayerData<T>],
) -> Result<Builder<T>, Problem> {
    let inputs = layers.first().ok_or(crate::Error::NoLayers)?.inputs;
    let mut builder = Network::builder(inputs).init(Init::Zeros, 0);
    for layer in layers {
        builder = builder.layer(layer.units, layer.activation);
    }
    Ok(builder.loss(description.loss()?))
}

fn shape(name: String, expected: String, tensor: &TensorView<'_>) -> Problem {
    Problem::Shape { name, expected, given: tensor.shape().to_vec() }
}

/// The tensor's values, if they are of type `T` and finite. Its length has been checked against
/// its shape by `Tensors::parse`.
fn values<T: Scalar>(name: &str, tensor: &TensorView<'_>) -> Result<Vec<T>, Problem> {
    let expected = dtype::<T>();
    if tensor.dtype() != expected {
        return Err(Problem::Element {
            name: name.to_owned(),
            expected: if expected == Dtype::F32 { "F32" } else { "F64" },
            given: tensor.dtype().to_string(),
        });
    }
    let values: Vec<T> = match expected {
        Dtype::F32 => from_bytes(tensor.data(), |b| f64::from(f32::from_le_bytes(b))),
        _ => from_bytes(tensor.data(), f64::from_le_bytes),
    };
    check_finite(name, &values)?;
    Ok(values)
}

fn from_bytes<T: Scalar, const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&b| T::from_f64(value(b))).collect()
}
