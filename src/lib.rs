//! shallownet: train and run a small dense neural network on a CPU, fast, in safe Rust.
#![deny(unsafe_code, missing_docs)]

mod activation;
mod buffer;
mod checks;
mod engine;
mod error;
mod ffi;
mod fit;
mod gradients;
mod init;
#[cfg(any(feature = "csv", feature = "safetensors"))]
pub mod io;
mod kernels;
mod loss;
mod network;
pub mod reference;
mod scalar;
mod shape;
pub mod vector;
mod view;
mod workspace;

/// Error bounds of the vector functions, in units in the last place (ULP): what the tests check
/// over all `f32` and samples of `f64`. "Unfused" is where a level has no FMA.
pub mod accuracy {
    pub use crate::kernels::exp::{EXP_MAX_ULP, EXP_MAX_ULP_UNFUSED};
    pub use crate::kernels::sigmoid::{SIGMOID_MAX_ULP, SIGMOID_MAX_ULP_UNFUSED};
    pub use crate::kernels::tanh::{TANH_MAX_ULP, TANH_MAX_ULP_UNFUSED};
}

pub use activation::Activation;
pub use checks::Checks;
pub use engine::{Backend, Level, Parallelism};
pub use error::{Error, Result};
pub use fit::{Fit, Progress, Report};
pub use gradients::Gradients;
pub use init::Init;
pub use loss::Loss;
pub use network::{Builder, Network};
pub use scalar::Scalar;
pub use shape::Layer;
pub use view::Columns;
pub use workspace::Workspace;
