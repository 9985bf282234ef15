//! What the fuzz targets do. The targets themselves (`fuzz_targets/`) are a line each, so that all
//! of this, and the library, is compiled once. README.md says what each target asserts.
//!
//! | room | targets |
//! | --- | --- |
//! | `differential` | `differential` |
//! | `api` | `api` |
//! | `population` | `population` |
//! | `loaders` | `csv`, `idx`, `npy`, `npz`, `model`, `pytorch`, `checkpoint` |
//! | `round_trip` | `model_round_trip`, `optimizer_round_trip` |
//! | `numbers`, `shapes`, `training` | values, networks and trainings out of a fuzzer's bytes |

pub mod api;
mod bits;
pub mod differential;
pub mod loaders;
mod memory;
mod numbers;
pub mod population;
pub mod round_trip;
mod shapes;
mod training;

#[path = "../../tests/common/mod.rs"]
mod common;
