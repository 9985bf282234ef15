//! A training that Ctrl-C ends: saved, so that it can go on.

use std::num::NonZeroUsize;
use std::path::Path;

use shallownet::io::population;
use shallownet::io::{checkpoint, model::Model};
use shallownet::{Network, Population, Scalar, TrainingState};

use super::args::Args;
use super::output;
use crate::failure::Failure;
use crate::rescue;
use crate::say::Say;

/// Saves a training that was interrupted: where it was to be, or else wherever there is room.
pub(super) fn interrupted<T: Scalar>(
    args: &Args,
    network: &Network<T>,
    state: &TrainingState<T>,
    done: String,
    say: &Say,
) -> Failure {
    let path = args.checkpoint();
    let write = |path: &Path| checkpoint::save(path, network, state);
    let saved = match rescue::write(&path, write) {
        Ok(()) => path,
        Err(failure) => match rescue::elsewhere(&path, write, say) {
            Some(rescued) => rescued,
            None => return failure,
        },
    };
    Failure::Interrupted { done, file: saved.display().to_string() }
}

/// Saves the networks of an ensemble that had ended before: the others have no checkpoint.
pub(super) fn interrupted_ensemble<T: Scalar>(
    args: &Args,
    networks: Vec<Network<T>>,
    about: impl FnOnce(Network<T>) -> Model<T>,
    say: &Say,
) -> Failure {
    let (ended, members) = (networks.len(), args.ensemble.map_or(1, NonZeroUsize::get));
    let saved = || {
        let Some(first) = networks.first() else { return Ok("nothing was written".to_owned()) };
        let model = about(first.try_clone()?);
        let ensemble = output::ensemble_of(&model, Population::from_networks(networks)?);
        let path = args.out.join("interrupted-ensemble.safetensors");
        let write = |path: &Path| population::save(path, &ensemble);
        let path = match rescue::write(&path, write) {
            Ok(()) => path,
            Err(failure) => rescue::elsewhere(&path, write, say).ok_or(failure)?,
        };
        Ok(format!("they are in {}", path.display()))
    };
    match saved() {
        Ok(left) => Failure::InterruptedEnsemble { ended, members, left },
        Err(failure) => failure,
    }
}
