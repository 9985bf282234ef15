//! Many networks of one shape, a network a lane: the passes of a group of them, and the memory that
//! a thread needs for it. (The kernels, and how a group lies: `kernels::group`.)

pub(crate) mod batch;
mod fused;
pub(crate) mod job;
mod layers;
mod one;
mod optimize;
mod pass;
pub(crate) mod room;
