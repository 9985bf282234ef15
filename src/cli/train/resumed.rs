//! The checkpoint that a training goes on from.

use std::path::Path;

use shallownet::Scalar;
use shallownet::io::checkpoint::{self, Checkpoint};

use super::args::Args;
use crate::choices::Precision;
use crate::failure::Failure;
use crate::say::Say;

/// The numbers of a checkpoint, if it can be read.
pub(super) fn element_type(path: &Path) -> Option<Precision> {
    match checkpoint::load::<f32>(path) {
        Ok(_) => Some(Precision::F32),
        Err(error) => {
            matches!(error.problem, checkpoint::Problem::Element { .. }).then_some(Precision::F64)
        }
    }
}

/// A checkpoint as the arguments want it to go on.
pub(super) fn resumed<T: Scalar>(
    path: &Path,
    args: &Args,
    say: &Say,
) -> Result<Checkpoint<T>, Failure> {
    let configure = |builder| args.network.machine.configure(builder);
    let Checkpoint { network, mut state } = checkpoint::load_with::<T>(path, configure)?;
    if let Some(epochs) = args.epochs.epochs {
        let (done, before) = (state.epochs(), state.training());
        state = state.until(epochs.get()).map_err(|_| {
            let path = path.display();
            Failure::Arguments(format!("--epochs {epochs}: {path} has {done} done: expected more"))
        })?;
        if before.get_schedule() != state.training().get_schedule() {
            say.note(format_args!("the cosine of the learning rate now ends with epoch {epochs}"));
        }
    }
    if args.epochs.other_data {
        state = state.on_any_data();
    }
    Ok(Checkpoint { network, state })
}
