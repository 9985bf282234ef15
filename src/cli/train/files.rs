//! The names of the files that `train` leaves.

pub(super) const MODEL: &str = "model.safetensors";
pub(super) const ENSEMBLE: &str = "ensemble.safetensors";
