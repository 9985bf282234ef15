//! An ensemble, the networks of a [`Population`] and everything needed to use them again, in one
//! safetensors file.
//!
//! The file is that of a [`model`], but for one more dimension, the first, of every
//! tensor: `layers.0.weight` has the shape (members, n_l, n_{l-1}), and `layers.0.bias` (members,
//! n_l). What the metadata entry `shallownet` says is said of all members; it has their number,
//! `members`, and version 4. A program that reads models alone refuses it.
//!
//! ```python
//! from safetensors.numpy import load_file
//! load_file("ensemble.safetensors")["layers.0.weight"][3]  # W of the fourth network's first layer
//! ```
//!
//! ```
//! use shallownet::io::population::{self, Ensemble};
//! use shallownet::{Activation, Network, Population};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("ensemble.safetensors");
//! let builder = Network::<f32>::builder(2).layer(4, Activation::Tanh).layer(1, Activation::Sigmoid);
//! let mut ensemble = Ensemble::new(Population::from_seeds(&builder, 0..100)?);
//! ensemble.classes = vec!["lily".to_owned(), "rose".to_owned()];
//! population::save(&path, &ensemble)?;
//!
//! let loaded = population::load::<f32>(&path)?;
//! assert_eq!(loaded.population.members(), 100);
//! assert_eq!(loaded.member(99)?.classes, ["lily", "rose"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **What loading promises:** as [`super::model`], of every member.

mod codec;

use std::path::Path;

use super::atomic;
use super::model::{self, Model};
use crate::data::pipeline::Pipeline;
use crate::{Population, Scalar, Training};

pub use super::model::{Error, Problem};
pub use codec::{decode, decode_any, encode};

/// The networks of a population, and what their inputs and outputs mean: the same for all.
/// Everything but the networks may be unknown.
///
/// ```
/// use shallownet::io::population::Ensemble;
/// # use shallownet::{Activation, Network, Population};
/// # let builder = Network::<f64>::builder(2).layer(3, Activation::Softmax);
/// let ensemble = Ensemble::new(Population::from_seeds(&builder, 0..5)?);
/// assert!(ensemble.classes.is_empty());
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct Ensemble<T> {
    /// The networks.
    pub population: Population<T>,
    /// What is done to samples before the networks, and undone in their predictions.
    pub pipeline: Pipeline,
    /// The names of the classes, as a [`Model`] has them.
    pub classes: Vec<String>,
    /// The name of the label column in the training data.
    pub label: Option<String>,
    /// How each was trained, but for its seed: for people to read, no call needs it.
    pub training: Option<Training>,
}

impl<T: Scalar> Ensemble<T> {
    /// An ensemble with nothing but the networks.
    pub fn new(population: Population<T>) -> Self {
        let (pipeline, classes) = (Pipeline::default(), Vec::new());
        Self { population, pipeline, classes, label: None, training: None }
    }

    /// A member, as a model of its own.
    ///
    /// ```
    /// use shallownet::io::model;
    /// # use shallownet::io::population::Ensemble;
    /// # use shallownet::{Activation, Network, Population};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.safetensors");
    /// # let builder = Network::<f64>::builder(2).layer(3, Activation::Softmax);
    /// # let ensemble = Ensemble::new(Population::from_seeds(&builder, 0..5)?);
    /// model::save(&path, &ensemble.member(4)?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Member`](crate::Error::Member) past the last one;
    /// [`OutOfMemory`](crate::Error::OutOfMemory).
    pub fn member(&self, member: usize) -> crate::Result<Model<T>> {
        let Self { population, pipeline, classes, label, training } = self;
        Ok(Model {
            network: population.get(member)?,
            pipeline: pipeline.clone(),
            classes: classes.clone(),
            label: label.clone(),
            training: *training,
        })
    }
}

/// An ensemble of either element type, depending on the file.
#[derive(Debug)]
pub enum AnyEnsemble {
    /// An ensemble of `f32`.
    F32(Ensemble<f32>),
    /// An ensemble of `f64`.
    F64(Ensemble<f64>),
}

/// Saves an ensemble completely or not at all, as [`atomic::write`] does.
///
/// # Errors
/// [`Error`], if the ensemble is not one that could be loaded (its names do not fit its networks, a
/// parameter is not finite) or the file can't be written.
pub fn save<T: Scalar>(path: &Path, ensemble: &Ensemble<T>) -> Result<(), Error> {
    let bytes = encode(ensemble).map_err(|problem| Error::new(path, problem))?;
    atomic::write(path, &bytes).map_err(|error| Error::unwritten(error, Problem::Write))
}

/// Loads an ensemble of element type `T`.
///
/// ```
/// # use shallownet::io::population;
/// let error = population::load::<f32>("no/such/file".as_ref()).unwrap_err();
/// assert_eq!(error.to_string(), "no/such/file: No such file or directory");
/// ```
///
/// # Errors
/// [`Error`], which names the file and what is wrong with it; [`Problem::NotAnEnsemble`] for a model
/// of one network; [`Problem::Element`] if the element type is the other one.
pub fn load<T: Scalar>(path: &Path) -> Result<Ensemble<T>, Error> {
    decode(&model::read(path)?).map_err(|problem| Error::new(path, problem))
}

/// Loads an ensemble of whichever element type the file has.
///
/// ```
/// # use shallownet::io::population::{self, AnyEnsemble, Ensemble};
/// # use shallownet::{Activation, Network, Population};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("ensemble.safetensors");
/// let builder = Network::<f64>::builder(1).layer(1, Activation::Tanh);
/// population::save(&path, &Ensemble::new(Population::from_seeds(&builder, 0..3)?))?;
/// assert!(matches!(population::load_any(&path)?, AnyEnsemble::F64(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`load`].
pub fn load_any(path: &Path) -> Result<AnyEnsemble, Error> {
    decode_any(&model::read(path)?).map_err(|problem| Error::new(path, problem))
}

#[cfg(test)]
mod tests;
