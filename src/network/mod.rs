//! The network and its calls.

mod blend;
pub(crate) mod buffers;
pub(crate) mod builder;
pub(crate) mod checking;
pub(crate) mod configuration;
pub(crate) mod derivative_workspaces;
pub(crate) mod diagnostics;
mod dropped;
mod ensemble;
mod flat;
mod folding;
pub(crate) mod forward_pass;
pub(crate) mod gradient_check;
pub(crate) mod gradients;
mod hessian_vector;
mod initial_weights;
mod input_derivatives;
mod logits;
mod oracle;
mod own_loss;
pub(crate) mod parameters;
mod passes;
pub(crate) mod predictor;
mod step;
pub(crate) mod tape;
pub(crate) mod workspace;
