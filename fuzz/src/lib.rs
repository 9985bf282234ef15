//! What the fuzz targets do. The targets themselves (`fuzz_targets/`) are a line each, so that all
//! of this, and the library, is compiled once. README.md says what each target asserts. Values,
//! networks and trainings out of a fuzzer's bytes are those of `shallownet::testing::cases::bytes`.
//!
//! | room | targets |
//! | --- | --- |
//! | `differential` | `differential` |
//! | `api` | `api` |
//! | `population` | `population` |
//! | `loaders` | `csv`, `idx`, `npy`, `npz`, `model`, `pytorch`, `checkpoint` |
//! | `round_trip` | `model_round_trip`, `optimizer_round_trip` |

pub mod api;
mod bits;
pub mod differential;
pub mod loaders;
mod memory;
pub mod population;
pub mod round_trip;
