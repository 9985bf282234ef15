//! An unfinished training in one safetensors file: everything needed to go on with the same bits.
//!
//! The file holds the network's tensors by the names of a [`super::model`] file
//! (`layers.0.weight`, ...), the optimiser's moments likewise after `m.` and `v.` (those that it
//! has), the parameters of the best epoch after `best.` (with early stopping, once an epoch has
//! been judged); and one metadata entry, `shallownet_checkpoint`, a JSON object with the format's
//! version, the network's activations and loss, the options of the training, the number of
//! samples, the fingerprint of the data, and the epochs and steps done. The order of the samples
//! needs no room: it follows from the seed.
//!
//! ```
//! use std::ops::ControlFlow;
//! use shallownet::io::checkpoint;
//! use shallownet::{Activation, Columns, DataSet, Network, Optimizer, Trainer, Training};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("training.safetensors");
//! let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
//! let data = DataSet::new(x, y);
//! let training = Training::new(10, 1).optimizer(Optimizer::adam());
//! let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
//!
//! // Saved after every epoch; stopped after the fourth.
//! let mut saved = Ok(());
//! training.run(&mut net, data, |epoch| {
//!     saved = checkpoint::save(&path, epoch.network, epoch.state);
//!     if epoch.epoch == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
//! })?;
//! saved?;
//!
//! // Later, elsewhere.
//! let checkpoint::Checkpoint { mut network, state } = checkpoint::load::<f64>(&path)?;
//! let mut trainer = Trainer::resume(&network, state, data)?;
//! let report = trainer.run(&mut network, data, |_| ControlFlow::Continue(()))?;
//! assert_eq!((report.epochs, report.steps), (10, 20));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **What loading promises:** as [`super::model`], and that the state fits the network and does not
//! contradict itself. **The same bits** come from the same data on the same backend, at levels that
//! agree on FMA; [`load_with`] is for backends other than [`Backend::Auto`](crate::Backend::Auto).

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic;
use super::model;
use super::model::description::Description;
use super::model::encode::{bias_name, weight_name};
use super::model::tensors::Tensors;
use super::one_line;
use crate::train::Done;
use crate::{Builder, Network, Scalar, TrainingState};

pub use super::model::{Error, Problem};

/// The metadata entry's name.
const ENTRY: &str = "shallownet_checkpoint";

/// The format's version; it changes when an older program would misread a file.
const VERSION: u64 = 1;

/// 2^53: schedules and optimisers compute with the step as an f64, and the rest of a u64 is room
/// enough to go on counting. At ten nanoseconds a step it takes three years to get there.
const MOST_STEPS: u64 = 1 << 53;

/// The prefixes of the names of m and v, and of the best parameters.
const MOMENTS: [&str; 2] = ["m.", "v."];
const BEST: &str = "best.";

/// What a checkpoint holds.
#[derive(Debug)]
pub struct Checkpoint<T> {
    /// The network after the last epoch.
    pub network: Network<T>,
    /// For [`Trainer::resume`](crate::Trainer::resume).
    pub state: TrainingState<T>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    version: u64,
    network: Description,
    done: Done,
}

/// The version is read first, since the rest may differ in another version.
#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// Saves a checkpoint completely or not at all, as [`atomic::write`] does. An earlier one at `path`
/// stays until this one is on the disk.
///
/// # Errors
/// [`Error`], if a value is not finite, the state is not the network's, or the file can't be
/// written.
pub fn save<T: Scalar>(
    path: &Path,
    network: &Network<T>,
    state: &TrainingState<T>,
) -> Result<(), Error> {
    let bytes = encode(network, state).map_err(|problem| Error::new(path, problem))?;
    atomic::write(path, &bytes).map_err(|error| Error::unwritten(error, Problem::Write))
}

/// Loads a checkpoint of element type `T`; its network is on the backend that
/// [`Backend::Auto`](crate::Backend::Auto) picks.
///
/// ```
/// # use shallownet::io::checkpoint;
/// let error = checkpoint::load::<f32>("no/such/file".as_ref()).unwrap_err();
/// assert_eq!(error.to_string(), "no/such/file: No such file or directory");
/// ```
///
/// # Errors
/// [`Error`], which names the file and what is wrong with it.
pub fn load<T: Scalar>(path: &Path) -> Result<Checkpoint<T>, Error> {
    load_with(path, |builder| builder)
}

/// The same with a network on a backend, at a level, with a parallelism of your choice.
///
/// ```
/// # use shallownet::{Activation, Backend, Columns, DataSet, Network, Trainer, Training};
/// # use shallownet::io::checkpoint;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("training.safetensors");
/// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// # let trainer = Trainer::new(&net, Training::new(2, 1), DataSet::new(x, y))?;
/// # checkpoint::save(&path, &net, trainer.state())?;
/// let loaded = checkpoint::load_with::<f64>(&path, |net| net.backend(Backend::Portable))?;
/// assert_eq!(loaded.network.backend(), Backend::Portable);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`load`], and [`Problem::Network`] for a network that can't be built so.
pub fn load_with<T: Scalar>(
    path: &Path,
    configure: impl FnOnce(Builder<T>) -> Builder<T>,
) -> Result<Checkpoint<T>, Error> {
    decode(&model::read(path)?, configure).map_err(|problem| Error::new(path, problem))
}

/// The bytes of a checkpoint's file; the same for the same state.
///
/// ```
/// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
/// use shallownet::io::checkpoint::{decode, encode};
/// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// # let trainer = Trainer::new(&net, Training::new(2, 1), DataSet::new(x, y))?;
/// let bytes = encode(&net, trainer.state())?;
/// let copy = decode::<f64>(&bytes, |builder| builder)?;
/// assert_eq!(encode(&copy.network, &copy.state)?, bytes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Problem`]: a value that is not finite, a state that is not the network's.
pub fn encode<T: Scalar>(
    network: &Network<T>,
    state: &TrainingState<T>,
) -> Result<Vec<u8>, Problem> {
    state.optimizer.check(network.shape())?;
    let layers = network.layers();
    let mut tensors =
        model::encode::layers("", layers, |l| Ok((network.weights(l)?, network.bias(l)?)))?;
    for (prefix, moment) in MOMENTS.into_iter().zip(state.optimizer.moments()) {
        if let Some(m) = moment {
            tensors.extend(model::encode::layers(prefix, layers, |l| {
                Ok((m.weights(l)?, m.bias(l)?))
            })?);
        }
    }
    if let Some(best) = state.best_network() {
        let values = |l| Ok((best.weights(l)?, best.bias(l)?));
        tensors.extend(model::encode::layers(BEST, layers, values)?);
    }
    let (network, done) = (Description::of_network(network), state.done());
    let entry = serde_json::to_string(&Entry { version: VERSION, network, done });
    let entry = entry.map_err(|error| Problem::Description(one_line(&error)))?;
    model::encode::serialize::<T>(&tensors, ENTRY, entry)
}

/// A checkpoint of element type `T` from the bytes of its file; see [`load_with`].
///
/// ```
/// use shallownet::io::checkpoint::{Problem, decode};
/// assert!(matches!(decode::<f32>(b"hello", |b| b), Err(Problem::TooShort { given: 5 })));
/// ```
///
/// # Errors
/// [`Problem`].
pub fn decode<T: Scalar>(
    bytes: &[u8],
    configure: impl FnOnce(Builder<T>) -> Builder<T>,
) -> Result<Checkpoint<T>, Problem> {
    let (tensors, metadata) = Tensors::parse(bytes)?;
    let entry = metadata.get(ENTRY).ok_or(Problem::NotACheckpoint)?;
    let unreadable = |error: serde_json::Error| Problem::Description(one_line(&error));
    let Version { version } = serde_json::from_str(entry).map_err(unreadable)?;
    if version != VERSION {
        return Err(Problem::Version { given: version, known: VERSION });
    }
    let Entry { network: description, done, .. } =
        serde_json::from_str(entry).map_err(unreadable)?;
    check(&done)?;
    let mut prefixes = vec![""];
    let moments = MOMENTS.into_iter().zip(done.training.optimizer.moments());
    prefixes.extend(moments.filter(|(_, present)| *present).map(|(prefix, _)| prefix));
    prefixes.extend(done.best.map(|_| BEST));
    let network = tensors.network(&description, &prefixes, configure)?;
    let activations = description.activations()?;
    let state = TrainingState::restore(
        &network,
        done,
        |which, moment| {
            let prefix = MOMENTS[which];
            for (l, layer) in tensors.layers::<T>(prefix, &activations)?.iter().enumerate() {
                if prefix == MOMENTS[1] {
                    not_negative(&format!("{prefix}{}", weight_name(l)), &layer.weights)?;
                    not_negative(&format!("{prefix}{}", bias_name(l)), &layer.bias)?;
                }
                moment.set_layer(l, &layer.weights, &layer.bias)?;
            }
            Ok::<(), Problem>(())
        },
        |best| {
            for (l, layer) in tensors.layers::<T>(BEST, &activations)?.iter().enumerate() {
                best.set_weights(l, &layer.weights)?;
                best.set_bias(l, &layer.bias)?;
            }
            Ok(())
        },
    )?;
    Ok(Checkpoint { network, state })
}

/// Options in their ranges, counts that fit each other.
fn check(done: &Done) -> Result<(), Problem> {
    let Done { training, samples, epochs, steps, best, patient_from, .. } = *done;
    training.check()?;
    if samples == 0 {
        return Err(Problem::Contradiction("there are no samples"));
    }
    let batches = training.batch_size.steps(samples) as u64;
    if batches.checked_mul(epochs as u64) != Some(steps) {
        return Err(Problem::Contradiction("its steps are not those of its epochs"));
    }
    if patient_from > epochs {
        return Err(Problem::Contradiction("its patience begins after its last epoch"));
    }
    if steps > MOST_STEPS {
        return Err(Problem::Contradiction("it has more steps than any computer has taken"));
    }
    match best {
        Some(_) if training.early_stopping.is_none() => {
            Err(Problem::Contradiction("it has a best epoch without early stopping"))
        }
        Some(best) if best.epoch >= epochs => {
            Err(Problem::Contradiction("its best epoch is yet to come"))
        }
        _ => Ok(()),
    }
}

/// Refuses values below 0, since their root is taken.
fn not_negative<T: Scalar>(name: &str, values: &[T]) -> Result<(), Problem> {
    match values.iter().position(|v| *v < T::ZERO) {
        None => Ok(()),
        Some(index) => {
            let (name, value) = (name.to_owned(), values[index].to_f64());
            Err(Problem::Negative { name, index, value })
        }
    }
}

#[cfg(test)]
mod tests;
