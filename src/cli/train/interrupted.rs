//! A training that Ctrl-C ends: saved, so that it can go on.

use std::path::Path;

use shallownet::io::checkpoint;
use shallownet::{Network, Scalar, TrainingState};

use super::args::Args;
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
