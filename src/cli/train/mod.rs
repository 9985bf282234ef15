//! `shallownet train`: samples to a model, pictures and a few lines on how it went.

mod args;
mod calibrate;
mod class_weights;
mod describe;
mod ensemble;
mod epoch_args;
mod epochs;
mod files;
mod from_disk;
mod full;
mod intent;
mod interrupted;
mod measured;
mod members;
mod output;
mod plan;
#[cfg(feature = "mpi")]
pub(crate) mod ranks;
mod report;
mod resumed;
mod run;
mod sets;
mod solve;
mod solver_args;
mod trained;
mod watch;

pub(crate) use args::Args;
pub(crate) use run::run;
