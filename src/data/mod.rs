//! Samples as columns, and what is checked of them.

pub(crate) mod buffer;
pub(crate) mod checks;
pub(crate) mod class_weights;
pub(crate) mod columns;
pub(crate) mod data_set;
pub(crate) mod domains;
pub(crate) mod inputs;
pub(crate) mod label_smoothing;
pub(crate) mod moments;
pub(crate) mod owned;
pub mod pipeline;
pub(crate) mod source;
pub(crate) mod standardization;
pub(crate) mod targets;
