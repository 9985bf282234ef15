//! A network and everything needed to use it again, in one safetensors file.
//!
//! The file holds, for every layer from 0, a tensor `layers.0.weight` of shape (n_l, n_{l-1}),
//! row-major, and a tensor `layers.0.bias` of shape (n_l), all F32 or all F64; and one metadata
//! entry, `shallownet`, a JSON object with the format's version, the activations (with the slope of
//! a leaky ReLU), the loss (with `loss_parameter`, the number that Huber's and the quantile loss
//! have), and if known the [`Pipeline`]'s parts: the kind of inputs (`inputs`:
//! from `bytes`, `whole` or `real` numbers, their range, what they are divided by), the names of
//! the raw columns (`features`), how they become inputs (`columns`), the standardization of the
//! inputs, where they are clipped (`clip`), whether logarithms of the targets were learned
//! (`log_targets`) and their standardization; and the class names, the label column, and how it was trained. One entry,
//! so that the same model gives the same bytes.
//!
//! The version is 1; 2 where the targets were standardized; 3 where there are columns, a clip or
//! logarithms; 4 of [ensembles](super::population), which are no models of one network: a program
//! that knows a lower version alone would misread it, and refuses it. Files of version 0.1 have no `inputs`: nothing is known of their scale.
//!
//! ```
//! use shallownet::io::model::{self, Model};
//! use shallownet::{Activation, Network};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("model.safetensors");
//! let network = Network::<f32>::builder(2)
//!     .layer(4, Activation::LEAKY_RELU)
//!     .layer(1, Activation::Sigmoid)
//!     .build()?;
//! let mut model = Model::new(network);
//! model.classes = vec!["lily".to_owned(), "rose".to_owned()];
//! model::save(&path, &model)?;
//!
//! let loaded = model::load::<f32>(&path)?;
//! assert_eq!(loaded.network.weights(0)?, model.network.weights(0)?);
//! assert_eq!(loaded.classes, ["lily", "rose"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **What loading promises.** Whatever the file holds, loading returns a model or an [`Error`] that
//! says what is wrong: no size stated is used before it is checked against the file's bytes, and
//! every parameter is finite. Loading can't promise that the model is the one you meant.

pub(in crate::io) mod decode;
pub(in crate::io) mod description;
pub(in crate::io) mod encode;
mod error;
mod header;
mod predictor;
pub(in crate::io) mod tensors;

use std::path::Path;

use crate::data::pipeline::Pipeline;
use crate::io::atomic;
use crate::io::open::{self, NotOpened};
use crate::{Loss, Network, Scalar, Training};

pub use decode::{decode, decode_any};
pub use encode::encode;
pub use error::{Error, Problem};
pub use predictor::{Predictions, Predictor};

pub(in crate::io) use encode::check_finite;

/// A network together with what its inputs and outputs mean. Everything but the network may be
/// unknown (`None`, or no classes).
///
/// ```
/// use shallownet::io::model::{Model, decode, encode};
/// # use shallownet::{Activation, Network};
/// # let network = Network::<f64>::builder(2).layer(3, Activation::Softmax).build()?;
/// let mut model = Model::new(network);
/// model.pipeline.features = Some(vec!["height".to_owned(), "width".to_owned()]);
/// let bytes = encode(&model)?;
/// assert_eq!(decode::<f64>(&bytes)?.pipeline, model.pipeline);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Model<T> {
    /// The network.
    pub network: Network<T>,
    /// What is done to samples before the network, and undone in its predictions.
    pub pipeline: Pipeline,
    /// The names of the classes: two for one sigmoid output (the second is the one whose
    /// probability the output is), else one an output, or none.
    pub classes: Vec<String>,
    /// The name of the label column in the training data.
    pub label: Option<String>,
    /// How it was trained: for people to read, no call needs it.
    pub training: Option<Training>,
}

impl<T: Scalar> Model<T> {
    /// A model with nothing but the network.
    pub fn new(network: Network<T>) -> Self {
        let (pipeline, classes) = (Pipeline::default(), Vec::new());
        Self { network, pipeline, classes, label: None, training: None }
    }

    /// Do the names and numbers fit the network? Checked before saving and after loading.
    pub(in crate::io) fn check(&self) -> Result<(), Problem> {
        let (inputs, outputs) = (self.network.inputs(), self.network.outputs());
        let loss = self.network.loss();
        self.pipeline.check(inputs, loss.targets(outputs))?;
        if loss == Loss::GaussianNll && self.pipeline.targets.log {
            return Err(Problem::VarianceOfLogarithms);
        }
        let (expected, given) = (outputs.max(2), self.classes.len());
        if given == 0 {
            return Ok(());
        }
        if !self.pipeline.targets.is_none() {
            return Err(Problem::StandardizedClasses);
        }
        if given == expected {
            return Ok(());
        }
        Err(Problem::Count { what: "class names", expected, given })
    }
}

/// A model of either element type, depending on the file.
#[derive(Debug)]
pub enum AnyModel {
    /// A model of `f32`.
    F32(Model<f32>),
    /// A model of `f64`.
    F64(Model<f64>),
}

/// Saves a model completely or not at all, as [`atomic::write`] does.
///
/// # Errors
/// [`Error`], if the model is not one that could be loaded (its names do not fit its network, a
/// parameter is not finite) or the file can't be written.
pub fn save<T: Scalar>(path: &Path, model: &Model<T>) -> Result<(), Error> {
    let bytes = encode(model).map_err(|problem| Error::new(path, problem))?;
    atomic::write(path, &bytes).map_err(|error| Error::unwritten(error, Problem::Write))
}

/// Loads a model of element type `T`.
///
/// ```
/// # use shallownet::io::model;
/// let error = model::load::<f32>("no/such/model".as_ref()).unwrap_err();
/// assert_eq!(error.to_string(), "no/such/model: No such file or directory");
/// ```
///
/// # Errors
/// [`Error`], which names the file and what is wrong with it; [`Problem::Element`] if the model's
/// element type is the other one.
pub fn load<T: Scalar>(path: &Path) -> Result<Model<T>, Error> {
    decode(&read(path)?).map_err(|problem| Error::new(path, problem))
}

/// Loads a model of whichever element type the file has.
///
/// ```
/// # use shallownet::io::model::{self, AnyModel, Model};
/// # use shallownet::{Activation, Network};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.safetensors");
/// let network = Network::<f64>::builder(1).layer(1, Activation::Tanh).build()?;
/// model::save(&path, &Model::new(network))?;
/// assert!(matches!(model::load_any(&path)?, AnyModel::F64(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`load`].
pub fn load_any(path: &Path) -> Result<AnyModel, Error> {
    decode_any(&read(path)?).map_err(|problem| Error::new(path, problem))
}

/// The bytes of a regular file whose first eight bytes state a length within the file, so that a
/// large file that is no model is refused before it is read.
pub(in crate::io) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    use std::io::Read;
    let io = |source| Error::new(path, Problem::Read(source));
    let (mut file, length) = open::regular(path).map_err(|refused| match refused {
        NotOpened::Io(source) => io(source),
        NotOpened::Is(kind) => Error::new(path, Problem::NotAFile(kind)),
    })?;
    let mut bytes = Vec::new();
    file.by_ref().take(header::LENGTH_BYTES as u64).read_to_end(&mut bytes).map_err(io)?;
    header::check_length(&bytes, length).map_err(|problem| Error::new(path, problem))?;
    file.take(length.saturating_sub(bytes.len() as u64)).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
