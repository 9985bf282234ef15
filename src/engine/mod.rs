//! The engines: what a backend does for a network, in which order, on which threads.
//!
//! A network holds [`passes::Passes`], the one door; [`resolve`] finds it once, when the network is
//! built. Behind it, a backend chooses by shape and samples alone: `tiny` and `single` for one
//! sample, `narrow` for layers below a register, else [`pass`] over tiles of columns, with the
//! backend's [`ops::LayerOps`].

mod curves;
pub(crate) mod custom;
pub(crate) mod derivatives;
mod dropped;
mod elementwise;
pub(crate) mod flat;
pub(crate) mod float;
mod fused;
mod fused_ops;
pub(crate) mod groups;
pub(crate) mod kept;
pub(crate) mod layout;
pub(crate) mod levels;
mod narrow;
mod narrow_custom;
mod narrow_plan;
mod narrow_tile;
pub(crate) mod noise;
pub(crate) mod ops;
pub(crate) mod optimizer;
pub(crate) mod own_loss;
pub(crate) mod pass;
pub(crate) mod passes;
pub(crate) mod plan;
mod portable;
pub(crate) mod purpose;
pub(crate) mod resolve;
pub(crate) mod shape;
mod single;
mod single_custom;
pub(crate) mod squares;
pub(crate) mod stretches;
pub(crate) mod sums;
#[cfg(test)]
mod tests;
mod tile;
pub(crate) mod tiles;
pub(crate) mod tiny;
pub(crate) mod tiny_back;
mod turns;
