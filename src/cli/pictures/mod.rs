//! Pictures, each as PNG and SVG, from one drawing.

mod axis;
pub(crate) mod boundary;
pub(crate) mod boxes;
pub(crate) mod confusion;
pub(crate) mod curve;
pub(crate) mod importance;
mod mistakes;
mod palette;
mod picture;
pub(crate) mod reliability;
pub(crate) mod weights;

pub(crate) use picture::{Picture, attempt};
