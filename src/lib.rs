//! Small dense neural networks on the CPU: train them, run them, embed them.
//!
//! # Five minutes
//!
//! Samples are columns: [`Columns`] sees a slice as samples with a number of features each, one
//! after another, without a copy. A [`Network`] holds the parameters; a [`TrainingWorkspace`] (or,
//! to predict, a smaller [`PredictionWorkspace`]) holds everything else that a pass writes, sized
//! once for the largest batch. [`Fit`] trains; [`Network::predict`] runs.
//!
//! ```
//! use std::ops::ControlFlow;
//! use shallownet::{Activation, Columns, Fit, Init, Network, TrainingWorkspace};
//!
//! // Is a point inside the circle of radius 1? 441 samples of two features, one label each.
//! let points: Vec<[f32; 2]> = (0..441)
//!     .map(|i| [(i % 21) as f32 / 5.0 - 2.0, (i / 21) as f32 / 5.0 - 2.0])
//!     .collect();
//! let inside = |p: &[f32; 2]| f32::from(p[0] * p[0] + p[1] * p[1] < 1.0);
//! let labels: Vec<f32> = points.iter().map(inside).collect();
//! let (x, y) = (Columns::new(points.as_flattened(), 2)?, Columns::new(&labels, 1)?);
//!
//! // 1. A network: 8 tanh units, one sigmoid output, so binary cross-entropy.
//! let mut net = Network::builder(2)
//!     .layer(8, Activation::Tanh)
//!     .layer(1, Activation::Sigmoid)
//!     .init(Init::XavierNormal, 1)
//!     .build()?;
//!
//! // 2. Memory, once.
//! let mut workspace = TrainingWorkspace::new(&net, x.samples())?;
//!
//! // 3. Training, watched.
//! let report = Fit::new(2000, 1.0).run(&mut net, x, y, &mut workspace, |iteration| {
//!     if iteration.epoch % 500 == 0 {
//!         println!("iteration {} cost {:.4}", iteration.epoch, iteration.training_cost);
//!     }
//!     ControlFlow::Continue(())
//! })?;
//! assert!(report.cost.unwrap() < 0.2);
//!
//! // 4. Prediction.
//! let mut a = vec![0.0; x.samples()];
//! net.predict(x, &mut a, &mut workspace)?;
//! let right = a.iter().zip(&labels).filter(|(a, y)| (**a > 0.5) == (**y > 0.5)).count();
//! assert!(right > 420);
//! # Ok::<(), shallownet::Error>(())
//! ```
//!
//! For mini-batches, and for more than gradient descent, there is [`Training`]: [`Optimizer`]s,
//! [`Schedule`]s, L2, clipping, validation with early stopping, and a state that can be saved and
//! taken up again with the same bits.
//! For networks of some hundred parameters, [`solvers`] see all samples at every step and end sooner:
//! Levenberg-Marquardt, L-BFGS, RPROP, scaled conjugate gradients, from one start or many.
//! [`metrics`] says how good predictions are, [`select`] which network to take.
//!
//! When the loop is yours, [`Network::step`] is one step; when the update is yours, too,
//! [`Network::backward`] leaves the [`Gradients`] in the workspace. When the loss is yours,
//! [`Network::backward_with_da`] takes it as a closure; when the network is a part of a larger
//! model, a [`ForwardPass`] takes dA or dZ at the output and gives dX; when the optimiser is yours,
//! parameters and gradients go out and in as slices. [`gradient_check`](fn@gradient_check)
//! compares gradients with finite differences.
//!
//! # Embedding
//!
//! **Threads.** Reading calls take `&self`: share one network among threads, give each a workspace.
//! Large batches are split over rayon's current pool, which is yours inside
//! `rayon::ThreadPool::install`; [`Parallelism::Serial`] stays on the calling thread. Results have
//! the same bits on any number of threads.
//!
//! ```
//! use shallownet::{Activation, Columns, Network, Parallelism, PredictionWorkspace};
//!
//! let net = Network::<f32>::builder(3)
//!     .layer(8, Activation::Relu)
//!     .layer(1, Activation::Sigmoid)
//!     .parallelism(Parallelism::Serial)
//!     .build()?;
//! std::thread::scope(|scope| {
//!     for _ in 0..2 {
//!         scope.spawn(|| -> shallownet::Result<f32> {
//!             let mut workspace = PredictionWorkspace::new(&net, 1)?;
//!             let mut a = [0.0];
//!             net.predict(Columns::new(&[0.1, 0.2, 0.3], 3)?, &mut a, &mut workspace)?;
//!             Ok(a[0])
//!         });
//!     }
//! });
//! # Ok::<(), shallownet::Error>(())
//! ```
//!
//! **Allocation.** [`Builder::build`], the constructors of workspaces, and [`Fit::run`] at its
//! start allocate; so do [`Network::weights`] and [`Gradients::weights`], which return a `Vec`. On
//! the fused backend, the calls between do not, on the calling thread or inside a rayon pool.
//! (Called from outside a pool, rayon's queue may allocate now and then.) The other backends' GEMMs
//! allocate packing buffers.
//!
//! **Latency.** The first call is as fast as any other, but for cold caches: kernels are compiled
//! for every level when the program is built, and the processor's level is detected once. For
//! single samples, take a [`Predictor`] of capacity 1, [`Parallelism::Serial`], and, if the data is
//! known to be finite, [`Checks::ShapesOnly`].
//!
//! **Files and the rest.** No default feature touches files. The features for files add the module
//! `io`: data from CSV, NumPy and IDX; models and checkpoints as safetensors, from PyTorch, to
//! ONNX. Weights in the textbook's order go in and out by [`Network::set_weights`] and
//! [`Network::weights`], all parameters as one slice by [`Network::set_parameters`] and
//! [`Network::parameters_into`].
//!
//! # Formulas
//!
//! X is (n_x, m), a column a sample; A\[0\] = X; layers l = 1 to L (numbered from 0 in the calls).
//!
//! | formula | fused | portable, cblas |
//! | --- | --- | --- |
//! | Z\[l\] = W\[l\] A\[l-1\] + b\[l\], A\[l\] = g(Z\[l\]) | `kernels/panel.rs`, `kernels/narrow/dense.rs` | GEMM, then `kernels/epilogue.rs` |
//! | J = (1/m) sum_i L(a_i, y_i), dZ\[L\] | `kernels/head.rs`, `kernels/narrow/loss.rs` | `kernels/head.rs` |
//! | dZ\[l\] = W\[l+1\]^T dZ\[l+1\] * g'(Z\[l\]) | `kernels/panel.rs`, `kernels/narrow/dense.rs` | GEMM, then `kernels/epilogue.rs` |
//! | dW\[l\] = (1/m) dZ\[l\] A\[l-1\]^T, db\[l\] = (1/m) row sums of dZ\[l\] | `kernels/weights.rs`, `kernels/narrow/dense.rs` | GEMM, `engine/portable.rs` |
//! | W -= lr dW, b -= lr db | with the line above (the factor is -lr/m) | `kernels/update.rs` |
//!
//! g and g' are listed at [`Activation`], L and dZ\[L\] at [`Loss`], starting weights at [`Init`].
//! [`mod@reference`] is all of it as plain loops.
//!
//! # Small numbers
//!
//! Weights under a penalty, probabilities of wrong classes, moments of dead units: numbers that
//! decay step by step would end as subnormal numbers (f32: below 1.2e-38), on which many processors
//! take a hundred times as long. So they become 0, by rules that depend on the value alone and hold
//! on all backends, levels and threads:
//!
//! | number | becomes 0 below | f32 | f64 |
//! | --- | --- | --- | --- |
//! | a parameter that is given or drawn; a predicted probability; a moment of an optimiser | the smallest normal number | 1.2e-38 | 2.2e-308 |
//! | a parameter after a step | the same, divided by epsilon | 9.9e-32 | 1.0e-292 |
//! | A and dZ of a hidden sigmoid; dZ of a cross-entropy | its square root | 1.1e-19 | 1.5e-154 |
//! | a gradient g, for RMSProp and Adam | where (1 - beta2) g^2 is below the smallest normal number | 3.4e-18 | 4.7e-153 |
//!
//! Costs are computed from the logits, without such a limit. Data are taken as they are. A step at
//! a learning rate of 0 changes no parameter, however small.
//!
//! # Errors
//!
//! Whatever can be wrong with an argument is an [`Error`] that names the argument, what was
//! expected and what was given. No public call of the network panics on bad data, and a refused
//! call changes nothing. (The [`mod@reference`] is different: it panics on shapes that don't fit.)
//! A cost that is NaN or infinite stops training with [`Error::Diverged`].
//!
//! ```
//! use shallownet::{Activation, Columns, Error, Network, PredictionWorkspace};
//!
//! let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
//! let mut workspace = PredictionWorkspace::new(&net, 1)?;
//! let error = net.predict(Columns::new(&[1.0; 3], 3)?, &mut [0.0], &mut workspace).unwrap_err();
//! assert_eq!(error, Error::Features { argument: "x", expected: 2, given: 3 });
//! assert_eq!(error.to_string(), "x has 3 features a column: expected 2");
//! # Ok::<(), Error>(())
//! ```
//!
//! | error | when | what to do |
//! | --- | --- | --- |
//! | [`Zero`](Error::Zero), [`NoLayers`](Error::NoLayers), [`HiddenSoftmax`](Error::HiddenSoftmax), [`OneUnitSoftmax`](Error::OneUnitSoftmax), [`LossActivation`](Error::LossActivation) | a network that can't be | another shape, or the loss's own activation at the output |
//! | [`Length`](Error::Length), [`NotWholeColumns`](Error::NotWholeColumns), [`Features`](Error::Features), [`Samples`](Error::Samples), [`EmptyBatch`](Error::EmptyBatch), [`Layer`](Error::Layer) | a shape that does not fit | the message has both sizes |
//! | [`NotFinite`](Error::NotFinite), [`Target`](Error::Target), [`Label`](Error::Label), [`OneClass`](Error::OneClass) | a value outside its domain | clean the data; [`Checks::ShapesOnly`] looks at shapes alone |
//! | [`Range`](Error::Range), [`NoValidation`](Error::NoValidation) | an option outside its range | the message has the range |
//! | [`OtherSizes`](Error::OtherSizes), [`OutputActivation`](Error::OutputActivation) | parameters or a standardization that do not fit the network | the message has both |
//! | [`Capacity`](Error::Capacity), [`Mismatch`](Error::Mismatch) | memory made for something else | [`TrainingWorkspace::new`], [`PredictionWorkspace::new`] or [`Tape::new`] for this network and batch |
//! | [`OtherRank`](Error::OtherRank) | another process of the training refused its part | that one's message says |
//! | [`OtherData`](Error::OtherData) | a training that goes on with other data | the data that it began with, or [`TrainingState::on_any_data`] |
//! | [`Diverged`](Error::Diverged) | a cost that is not finite | a smaller learning rate, clipping, standardized features; the parameters are the last good ones |
//! | [`Level`](Error::Level), [`LevelBackend`](Error::LevelBackend), [`Backend`](Error::Backend) | a backend or level that this machine or build lacks | [`Backend::Auto`], no forced level |
//! | [`TooLarge`](Error::TooLarge), [`OutOfMemory`](Error::OutOfMemory), [`Memory`](Error::Memory) | more memory than there is, or than an option allows | [`Network::workspace_bytes`], [`solvers::Solver::bytes_for`], [`source::SourceTrainer::bytes_for`] say it beforehand |
//! | [`SolverLoss`](Error::SolverLoss) | a solver that can't minimise the loss | another of [`solvers`] |
//!
//! Errors of files are types of their own in `io`: they name the file, and the line and column or
//! the offset.
//!
//! # Features
//!
//! Besides the element types `f32` and `f64`, all are off by default: `csv`, `npy`, `idx` (data
//! files), `ndarray` (views), `safetensors` (model files, PyTorch's too), `onnx` (models for other
//! runtimes), `serde` (options and configurations, written and read: `forms`), `testing` (the oracle
//! as a tool, for implementations of your own), `cblas` (a backend: the BLAS that you link), `mpi` (one
//! network trained by several processes: [`ranks`]), `cli` (the program `shallownet`, with all of those
//! but `testing`, `cblas` and `mpi`).
//!
//! The crate needs `std`: it asks for the processor's features, spreads work over threads, and uses
//! the platform's roots and exponentials. It compiles with Rust 1.89 and later.
#![deny(unsafe_code, missing_docs)]
// The documentation says beside an item which feature it needs, if the compiler supports that.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    docsrs,
    doc(auto_cfg(hide(
        feature = "_io",
        feature = "_files",
        feature = "_arrays",
        feature = "_saves",
        feature = "_measure"
    )))
)]

mod data;
mod element;
mod engine;
mod error;
mod ffi;
#[cfg(feature = "serde")]
pub mod forms;
#[cfg(feature = "_io")]
pub mod io;
mod kernels;
pub mod metrics;
mod network;
mod population;
pub mod ranks;
pub mod reference;
mod rounding;
mod scalar;
pub mod select;
pub mod solvers;
#[cfg(feature = "_measure")]
pub mod testing;
mod train;
pub mod vector;
mod words;

/// The code of the pages, compiled and run with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/guide.md")]
struct Pages;

/// Error bounds of the vector functions, in units in the last place (ULP): what the tests check
/// over all `f32` and samples of `f64`. "Unfused" is where a level has no FMA.
///
/// ```
/// assert!(shallownet::accuracy::EXP_MAX_ULP <= 2.0);
/// ```
pub mod accuracy {
    pub use crate::kernels::exp::{EXP_MAX_ULP, EXP_MAX_ULP_UNFUSED};
    pub use crate::kernels::gauss::{ERF_MAX_ULP, ERF_MAX_ULP_UNFUSED};
    pub use crate::kernels::ln_1p::{LN_1P_MAX_ULP, LN_1P_MAX_ULP_UNFUSED};
    pub use crate::kernels::sigmoid::{SIGMOID_MAX_ULP, SIGMOID_MAX_ULP_UNFUSED};
    pub use crate::kernels::sine::{SIN_MAX_ULP, SIN_MAX_ULP_UNFUSED};
    pub use crate::kernels::tanh::{TANH_MAX_ULP, TANH_MAX_ULP_UNFUSED};
}

pub use data::pipeline;

/// Weights of samples by their class, for classes of which some are rare.
pub mod class_weights {
    pub use crate::data::class_weights::{balanced, of_samples};
}

/// Labels that are less than sure, so that no probability is learned to be quite 0 or 1.
pub mod label_smoothing {
    pub use crate::data::label_smoothing::smooth;
}

/// Evolution strategies: noise that is a function of where it goes, and weights from ranks. The calls
/// are [`Population::perturb`] and [`Population::recombine`].
///
/// T. Salimans et al., "Evolution strategies as a scalable alternative to reinforcement learning",
/// arXiv:1703.03864 (2017); D. Wierstra et al., "Natural evolution strategies", JMLR 15 (2014).
pub mod evolution {
    pub use crate::population::{Noise, centred_ranks};
}

/// Samples that are not in memory: read from files or elsewhere while the network is trained on those
/// read before.
///
/// A [`Source`](source::Source) has the samples, [`SourceData`](source::SourceData) says which of them are
/// trained on and which are held out, and a [`SourceTrainer`](source::SourceTrainer) trains in memory that
/// is said beforehand. `io::source` reads `.npy` and IDX files.
pub mod source {
    pub use crate::data::source::{InMemory, Source, SourceError, SourceMoments, Standardized};
    pub use crate::train::{SourceData, SourceTrainer};
}

pub use data::columns::Columns;
pub use data::data_set::DataSet;
pub use data::moments::Moments;
pub use data::owned::OwnedColumns;
pub use data::standardization::{NotStandardizable, Standardization};
pub use data::targets::Targets;
pub use element::Element;
pub use error::{Error, Result};
pub use network::builder::Builder;
pub use network::configuration::Configuration;
pub use network::derivative_workspaces::{
    HessianWorkspace, InputHessianWorkspace, JacobianWorkspace,
};
pub use network::diagnostics::{GradientNorms, LayerStatistics, SATURATION};
pub use network::forward_pass::{ForwardPass, OutputGradient};
pub use network::gradient_check::{
    GradientCheck, GradientError, GradientReport, Parameter, gradient_check,
};
pub use network::gradients::Gradients;
pub use network::parameters::Network;
pub use network::predictor::Predictor;
pub use network::tape::Tape;
pub use network::workspace::{PredictionWorkspace, TrainingWorkspace, Workspace};
pub use population::{
    MemberEpoch, OfMembers, Population, PopulationData, PopulationGradients, PopulationOptimizer,
    PopulationTargets, PopulationTraining, PopulationWorkspace, Samples,
};
pub use scalar::Scalar;
pub use train::{
    Best, Decay, EarlyStopping, Epoch, Fit, OptimizerState, Schedule, Stop, Trainer, Training,
    TrainingReport, TrainingState,
};
pub use words::activation::Activation;
pub use words::choices::{Backend, Checks, Parallelism};
pub use words::dropout::Dropout;
pub use words::fingerprint::{Fingerprint, NoFingerprint};
pub use words::init::Init;
pub use words::layer::Layer;
pub use words::level::Level;
pub use words::loss::Loss;
pub use words::names::UnknownName;
pub use words::optimizer::Optimizer;
