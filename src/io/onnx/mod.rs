//! A network as an ONNX file, for other runtimes.
//!
//! One input `x` of shape (batch, n_x), a sample a row, the batch's size free; one output `a` of
//! shape (batch, n_y). Opset 13: Gemm, Tanh, Sigmoid, Relu, Softmax; leaky ReLU as Mul and Max;
//! before them Sub and Div, if a standardization of the features is given, after them Mul and Add,
//! if one of the targets is (in f64, between Casts for an f32 network). f32 and f64.
//!
//! [`save`] exports a network: `x` is what the standardization, or else the network, takes. With
//! the feature `safetensors`, `save_model` exports a model: `x` is a row as the file has it that
//! the model learned from, and the whole of its pipeline is in the graph.
//!
//! ```
//! use shallownet::io::onnx;
//! use shallownet::{Activation, Network};
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("net.onnx");
//! let net = Network::<f32>::builder(2)
//!     .layer(4, Activation::Tanh)
//!     .layer(1, Activation::Sigmoid)
//!     .build()?;
//! onnx::save(&path, &net, None, None)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In Python: `onnxruntime.InferenceSession("net.onnx").run(["a"], {"x": x})[0]`. The repository's
//! `tools/check_onnx.py` and `tests/onnx.rs` compare the two programs.

mod graph;
#[cfg(feature = "safetensors")]
mod model;
#[cfg(feature = "safetensors")]
mod prepare;
mod proto;

use std::path::Path;

use prost::Message;

use super::{FileError, atomic, reason};
use crate::data::pipeline::TargetTransform;
use crate::data::standardization::Standardization;
use crate::{Network, Scalar};
use graph::Graph;
#[cfg(feature = "safetensors")]
#[cfg_attr(docsrs, doc(cfg(all(feature = "onnx", feature = "safetensors"))))]
pub use model::{encode_model, save_model};
use proto::{GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto};

/// The names of what goes in and out.
const INPUT: &str = "x";
const OUTPUT: &str = "a";

/// Operators as of ONNX 1.8; the file format that came with them.
const OPSET: i64 = 13;
const IR_VERSION: i64 = 7;

/// Why a network could not be exported: one line that names the file.
pub type Error = FileError<Problem>;

/// What is wrong with a network to export.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file can't be written: what the operating system said, or a
    /// [`NotReplaceable`](super::atomic::NotReplaceable).
    #[error("could not be written: {}", reason(.0))]
    Write(#[source] std::io::Error),
    /// Means or deviations of other samples than the network takes, or of other outputs than it
    /// has.
    #[error("{given} {what}: expected {expected}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        given: usize,
    },
    /// A mean that is not finite, or a deviation that is not finite and above 0.
    #[error("the standardization is not of finite means and positive standard deviations")]
    Standardization,
    /// A parameter that is NaN or infinite.
    #[error(
        "the network's parameter {name} holds {value} at index {index}: expected finite values"
    )]
    NotFinite {
        /// `W0`, `b0`, `W1`, ...
        name: String,
        /// Where.
        index: usize,
        /// What.
        value: f64,
    },
    /// A model whose parts do not fit each other.
    #[cfg(feature = "safetensors")]
    #[error(transparent)]
    Model(#[from] super::model::Problem),
    /// Protobuf's limit is 2 GiB.
    #[error("{bytes} bytes of ONNX: the format's limit is 2147483647")]
    TooLarge {
        /// The size it would have.
        bytes: usize,
    },
    /// An error of the network.
    #[error(transparent)]
    Network(#[from] crate::Error),
}

/// Saves a network, completely or not at all: with the standardization to be applied to its inputs,
/// and that of the targets, to be undone at its outputs, if any.
///
/// # Errors
/// [`Error`].
pub fn save<T: Scalar>(
    path: &Path,
    net: &Network<T>,
    standardization: Option<&Standardization>,
    target_standardization: Option<&Standardization>,
) -> Result<(), Error> {
    let bytes = encode(net, standardization, target_standardization)
        .map_err(|problem| Error::new(path, problem))?;
    atomic::write(path, &bytes).map_err(|error| Error::unwritten(error, Problem::Write))
}

/// The bytes of an ONNX file; the same for the same network.
///
/// ```
/// # use shallownet::io::onnx;
/// # use shallownet::Standardization;
/// # use shallownet::{Activation, Network};
/// let net = Network::<f64>::builder(2).layer(1, Activation::Tanh).build()?;
/// let standardization = Standardization { means: vec![0.0], stds: vec![1.0] };
/// let error = onnx::encode(&net, Some(&standardization), None).unwrap_err();
/// assert_eq!(error.to_string(), "1 means: expected 2");
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`Problem`]: a standardization of other features or targets, with a mean that is not finite or a
/// deviation that is not finite and above 0; a parameter that is not finite; a file beyond 2 GiB.
pub fn encode<T: Scalar>(
    net: &Network<T>,
    standardization: Option<&Standardization>,
    target_standardization: Option<&Standardization>,
) -> Result<Vec<u8>, Problem> {
    let n_y = net.loss().targets(net.outputs());
    let both = [(standardization, net.inputs()), (target_standardization, n_y)];
    for (standardization, expected) in both {
        let Some(standardization) = standardization else { continue };
        let Standardization { means, stds } = standardization;
        for (what, given) in [("means", means.len()), ("standard deviations", stds.len())] {
            if given != expected {
                return Err(Problem::Count { what, expected, given });
            }
        }
        if !standardization.is_sound() {
            return Err(Problem::Standardization);
        }
    }
    check_parameters(net)?;
    let of_targets = target_standardization.cloned();
    let of_targets = TargetTransform { log: false, standardization: of_targets };
    let of_outputs = of_targets.of_outputs(net.loss()).standardization;
    file(Graph::of(net, standardization, of_outputs.as_ref())?, Vec::new())
}

/// The bytes of a file.
fn file(
    graph: GraphProto,
    metadata_props: Vec<StringStringEntryProto>,
) -> Result<Vec<u8>, Problem> {
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: env!("CARGO_PKG_NAME").to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        metadata_props,
    };
    let bytes = model.encoded_len();
    if i32::try_from(bytes).is_err() {
        return Err(Problem::TooLarge { bytes });
    }
    Ok(model.encode_to_vec())
}

fn check_parameters<T: Scalar>(net: &Network<T>) -> Result<(), Problem> {
    for l in 0..net.layers().len() {
        check_finite(format!("W{l}"), &net.weights(l)?)?;
        check_finite(format!("b{l}"), net.bias(l)?)?;
    }
    Ok(())
}

fn check_finite<T: Scalar>(name: String, values: &[T]) -> Result<(), Problem> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Problem::NotFinite { name, index, value: values[index].to_f64() }),
    }
}
