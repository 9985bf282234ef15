//! The weights of a PyTorch module of `Linear` and activations, one behind the other, saved as
//! safetensors.
//!
//! In Python: `safetensors.torch.save_file(net.state_dict(), "net.safetensors")`. The tensors of an
//! `nn.Sequential` are named by their place: `0.weight` of shape (out, in), `0.bias`, `2.weight`,
//! ...; within a larger module with a prefix, as in `net.0.weight`. Those of another module have the
//! names of its attributes, as in `fc1.weight`, and no order: the caller says it
//! ([`Loader::layers`]). Activations have no weights, so the file does not say which they are: the
//! caller does, one a Linear.
//!
//! | `torch.nn` | here |
//! | --- | --- |
//! | (none) | `Activation::Identity` |
//! | `Sigmoid`, `Tanh`, `ReLU` | the same |
//! | `LeakyReLU(s)` | `Activation::LeakyRelu { slope: s }` |
//! | `ELU(alpha)` | `Activation::Elu { alpha }` |
//! | `Softplus()`, `SiLU`, `GELU()` | `Activation::Softplus`, `Silu`, `Gelu` |
//! | `GELU("tanh")` | `Activation::GeluTanh` |
//! | `Softmax(dim=1)` | `Activation::Softmax` |
//!
//! The type may be F16, BF16 or F32, for a network of either element type, or F64 for one of f64;
//! nothing is rounded. Any other module with weights (a convolution, a normalisation) is refused.
//!
//! **Without a bias.** A weight alone does not say what it is: an `Embedding`, an `EmbeddingBag`
//! and an `RMSNorm` of two dimensions leave a tensor of the same name and form as a
//! `Linear(bias=False)` does. It is refused, unless the caller vouches for it:
//! [`Loader::without_biases`].

mod sequence;

use std::path::Path;

use half::{bf16, f16};
use safetensors::tensor::{Dtype, TensorView};

use super::model::tensors::Tensors;
use super::model::{self, Error, Problem};
use crate::element::Element;
use crate::{Activation, Init, Network, Scalar};

/// Loads a network whose layers are the file's only ones, each with a bias.
///
/// ```
/// use shallownet::Activation;
/// use shallownet::io::pytorch;
///
/// // nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2), nn.Softmax(dim=1))
/// let path = "tests/fixtures/pytorch_f32.safetensors".as_ref();
/// let net = pytorch::load::<f32>(path, &[Activation::Tanh, Activation::Softmax])?;
/// assert_eq!((net.inputs(), net.outputs()), (3, 2));
///
/// let error = pytorch::load::<f32>(path, &[Activation::Tanh]).unwrap_err().to_string();
/// assert!(error.ends_with("1 activations: expected 2"));
/// # Ok::<(), shallownet::io::model::Error>(())
/// ```
///
/// # Errors
/// [`Error`], as [`model::load`]; layers under more than one prefix, or that are not numbered; a
/// weight without a bias.
pub fn load<T: Scalar>(path: &Path, activations: &[Activation]) -> Result<Network<T>, Error> {
    Loader::new(activations).load(path)
}

/// The choices that a file does not contain.
///
/// ```
/// use shallownet::Activation;
/// use shallownet::io::pytorch::Loader;
///
/// // Two networks in one module: self.actor = nn.Sequential(nn.Linear(2, 3, bias=False), ...
/// let path = "tests/fixtures/pytorch_prefixes.safetensors".as_ref();
/// let activations = [Activation::Tanh, Activation::Identity];
/// let loader = Loader::new(&activations).under("actor.");
/// let error = loader.load::<f32>(path).unwrap_err().to_string();
/// assert!(error.contains("\"actor.0.weight\" has no bias beside it"));
///
/// let net = loader.without_biases().load::<f32>(path)?;
/// assert_eq!((net.inputs(), net.bias(0).unwrap()), (2, &[0.0; 3][..]));
/// # Ok::<(), shallownet::io::model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Loader<'a> {
    activations: &'a [Activation],
    prefix: Option<&'a str>,
    layers: Option<&'a [&'a str]>,
    without_biases: bool,
}

impl<'a> Loader<'a> {
    /// One activation a `Linear`; the file holds no other layers, and each has a bias.
    pub fn new(activations: &'a [Activation]) -> Self {
        Self { activations, prefix: None, layers: None, without_biases: false }
    }

    /// Only the layers under `prefix` (`"net."`; `""` for none); others are left alone.
    pub fn under(self, prefix: &'a str) -> Self {
        Self { prefix: Some(prefix), ..self }
    }

    /// The names of the layers, in the order in which samples go through them, for a module that is
    /// no `nn.Sequential`; a name may have dots (`encoder.fc1`). They are looked for behind the
    /// prefix, if there is one, and must be all there is there.
    ///
    /// ```
    /// use safetensors::tensor::{Dtype, TensorView, serialize};
    /// use shallownet::Activation;
    /// use shallownet::io::pytorch::Loader;
    ///
    /// // self.fc1 = nn.Linear(2, 3); self.head = nn.Linear(3, 1)
    /// let bytes = [0; 24];
    /// let of = |shape: &[usize]| {
    ///     let size = 4 * shape.iter().product::<usize>();
    ///     TensorView::new(Dtype::F32, shape.to_vec(), &bytes[..size])
    /// };
    /// let tensors = [
    ///     ("fc1.bias", of(&[3])?),
    ///     ("fc1.weight", of(&[3, 2])?),
    ///     ("head.bias", of(&[1])?),
    ///     ("head.weight", of(&[1, 3])?),
    /// ];
    /// let file = serialize(tensors, None)?;
    ///
    /// let activations = [Activation::Tanh, Activation::Sigmoid];
    /// let net = Loader::new(&activations).layers(&["fc1", "head"]).decode::<f32>(&file)?;
    /// assert_eq!((net.inputs(), net.outputs()), (2, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn layers(self, names: &'a [&'a str]) -> Self {
        Self { layers: Some(names), ..self }
    }

    /// Every weight without a bias is a `Linear(bias=False)`: it gets a bias of zeros.
    pub fn without_biases(self) -> Self {
        Self { without_biases: true, ..self }
    }

    /// Loads a network.
    ///
    /// # Errors
    /// As [`load`].
    pub fn load<T: Scalar>(self, path: &Path) -> Result<Network<T>, Error> {
        let bytes = model::read(path)?;
        self.decode(&bytes).map_err(|problem| Error::new(path, problem))
    }

    /// A network from the bytes of a file.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn decode<T: Scalar>(self, bytes: &[u8]) -> Result<Network<T>, Problem> {
        let (tensors, _) = Tensors::parse(bytes)?;
        let layers = match self.layers {
            Some(names) => sequence::named(&tensors, self.prefix, names)?,
            None => sequence::numbered(&tensors, self.prefix)?,
        };
        let activations = self.activations;
        if activations.len() != layers.len() {
            let (expected, given) = (layers.len(), activations.len());
            return Err(Problem::Count { what: "activations", expected, given });
        }
        let mut read: Vec<LayerData<T>> = Vec::new();
        for layer in &layers {
            let before = read.last().map(|layer| layer.bias.len());
            read.push(self.layer_data(&tensors, layer, before)?);
        }
        let inputs = read.first().ok_or(crate::Error::NoLayers)?.inputs;
        let mut builder = Network::builder(inputs).init(Init::Zeros, 0);
        for (layer, &activation) in read.iter().zip(activations) {
            builder = builder.layer(layer.bias.len(), activation);
        }
        let mut net = builder.build()?;
        for (l, layer) in read.iter().enumerate() {
            net.set_weights(l, &layer.weights)?;
            net.set_bias(l, &layer.bias)?;
        }
        Ok(net)
    }

    fn layer_data<T: Scalar>(
        self,
        tensors: &Tensors<'_>,
        layer: &str,
        before: Option<usize>,
    ) -> Result<LayerData<T>, Problem> {
        let name = format!("{layer}.weight");
        let weight = tensors.tensor(&name)?;
        let (units, inputs) = match *weight.shape() {
            [n, k] if n > 0 && k > 0 && before.is_none_or(|before| before == k) => (n, k),
            _ => {
                let expected = match before {
                    Some(k) => format!("(units, {k}), as the layer before has {k} units"),
                    None => "(units, inputs)".to_owned(),
                };
                return Err(Problem::Shape { name, expected, given: weight.shape().to_vec() });
            }
        };
        let bias_name = format!("{layer}.bias");
        let bias = match tensors.find(&bias_name)? {
            None if self.without_biases => vec![T::ZERO; units],
            None => return Err(Problem::NoBias(name)),
            Some(bias) if bias.shape() == [units] => values(&bias_name, &bias)?,
            Some(bias) => {
                let (name, given) = (bias_name, bias.shape().to_vec());
                return Err(Problem::Shape { name, expected: format!("[{units}]"), given });
            }
        };
        Ok(LayerData { inputs, weights: values(&name, &weight)?, bias })
    }
}

struct LayerData<T> {
    inputs: usize,
    weights: Vec<T>,
    bias: Vec<T>,
}

/// The tensor's values; widened, never rounded.
fn values<T: Scalar>(name: &str, tensor: &TensorView<'_>) -> Result<Vec<T>, Problem> {
    let bytes = tensor.data();
    let values: Vec<T> = match tensor.dtype() {
        Dtype::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f64()),
        Dtype::BF16 => each(bytes, |b| bf16::from_le_bytes(b).to_f64()),
        Dtype::F32 => each(bytes, |b| f32::from_le_bytes(b).into()),
        Dtype::F64 if T::NAME == f64::NAME => each(bytes, f64::from_le_bytes),
        other => {
            let is_wide = T::NAME == f64::NAME;
            let expected =
                if is_wide { "F16, BF16, F32 or F64" } else { "F16, BF16 or F32, for f32" };
            let (name, given) = (name.to_owned(), other.to_string());
            return Err(Problem::Element { name, expected, given });
        }
    };
    model::check_finite(name, &values)?;
    Ok(values)
}

fn each<T: Scalar, const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&b| T::from_f64(value(b))).collect()
}

#[cfg(test)]
mod tests;
