//! Files in and out: data from CSV, NumPy and IDX files, models from safetensors, to ONNX.
//!
//! Nothing in the rest of the crate knows about files; these modules use only the crate's public
//! types. Each is behind a feature and costs nothing when it is off:
//!
//! | room | feature | what for | block by block |
//! | --- | --- | --- | --- |
//! | `table` | `csv` | labelled samples from a CSV file, plain or gzipped, each mistake named by line and column | `Table::blocks` |
//! | `npy` | `npy` | NumPy's `.npy`: samples of shape (m, n), or (m, h, w) and so on, labels of shape (m); in and out | `npy::blocks` |
//! | `npy::npz` | `npy` | NumPy's `.npz`: several such arrays, each by its name; in and out | - |
//! | `idx` | `idx` | IDX, MNIST's format, plain or gzipped: bytes become 0 to 1 | `idx::blocks` |
//! | `source` | `npy`, `idx` | such files as a [`Source`](crate::source::Source): a training on samples that are never all in memory | by windows |
//! | `arrays` | `ndarray` | views of the `ndarray` crate as columns, without a copy | - |
//! | `model` | `safetensors` | a network with its feature and class names, in one file; in and out | - |
//! | `population` | `safetensors` | an ensemble: the networks of a population and what a model says, in one file; in and out | - |
//! | `checkpoint` | `safetensors` | an unfinished training: network, optimiser, best parameters | - |
//! | `pytorch` | `safetensors` | the weights of a PyTorch network, saved as safetensors | - |
//! | `onnx` | `onnx` | a network, or a model with its pipeline, for other runtimes; out only | - |
//! | `atomic` | those that write | files written completely or not at all | - |
//! | [`Inputs`] | any | the kind of samples that a model learned from: bytes or numbers, divided or not | - |
//!
//! **Bad files.** Whatever a file holds, loading returns its contents or an error of one line that
//! names the file, and the line and column of a text or the offset in bytes. A size in a header is
//! checked against the file's length before any memory is reserved by it; of compressed files,
//! against the most that their bytes can unpack to, and then memory grows only with what comes, up
//! to a limit (64 times the file's length, or 256 MiB if that is more) that `idx::Reader` and
//! `npy::npz::Archive` can be given. Names that stand twice are refused. Numbers are finite.
//! Messages quote the first 60 characters of long names and cells. Anything but a regular file is
//! refused at once; a CSV file may come through a pipe without a name, as in `<(command)`.

#[cfg(feature = "ndarray")]
pub mod arrays;
#[cfg(feature = "_saves")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "npy", feature = "onnx", feature = "safetensors"))))]
pub mod atomic;
#[cfg(feature = "_arrays")]
#[cfg_attr(not(feature = "idx"), allow(dead_code, reason = "only IDX is scaled"))]
mod blocks;
#[cfg(feature = "_arrays")]
mod bytes;
#[cfg(feature = "safetensors")]
pub mod checkpoint;
#[cfg(feature = "_arrays")]
#[cfg_attr(not(feature = "npy"), allow(dead_code, reason = "IDX has fewer types"))]
mod element;
#[cfg(feature = "_arrays")]
mod fault;
#[cfg(any(feature = "_arrays", feature = "_saves"))]
mod file_error;
#[cfg(feature = "_gzip")]
mod gzip;
#[cfg(feature = "idx")]
pub mod idx;
#[cfg(feature = "safetensors")]
pub mod model;
#[cfg(feature = "_files")]
mod names;
#[cfg(feature = "npy")]
pub mod npy;
#[cfg(feature = "onnx")]
pub mod onnx;
#[cfg(feature = "_files")]
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "each format needs its part of it")
)]
mod open;
#[cfg(any(feature = "csv", feature = "npy"))]
mod order;
#[cfg(feature = "safetensors")]
pub mod population;
#[cfg(feature = "safetensors")]
pub mod pytorch;
#[cfg(feature = "_arrays")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "idx", feature = "npy"))))]
pub mod source;
#[cfg(feature = "csv")]
pub mod table;

pub use crate::pipeline::{InputKind, Inputs};
#[cfg(feature = "_arrays")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "idx", feature = "npy"))))]
pub use blocks::Blocks;
#[cfg(feature = "_arrays")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "idx", feature = "npy"))))]
pub use fault::{DataError, DataProblem};
#[cfg(any(feature = "_arrays", feature = "_saves"))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(feature = "idx", feature = "npy", feature = "onnx", feature = "safetensors")))
)]
pub use file_error::FileError;

#[cfg(feature = "_files")]
pub use names::Quoted;
#[cfg(feature = "safetensors")]
use names::{dimensions, one_line};
#[cfg(feature = "_files")]
use names::{display, reason};
