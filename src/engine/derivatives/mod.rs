//! Derivatives beyond the gradient: of outputs by inputs (`inputs`), and of gradients along a
//! direction (`directions`).
//!
//! The products are those of a forward and a backward pass, over more columns; what stands between
//! them is in `kernels::curvature`. The formulas are those of `reference::derivatives`.

pub(crate) mod directions;
pub(crate) mod inputs;
mod output;
pub(crate) mod places;
mod tangents;
mod tile;
pub(crate) mod walk;
