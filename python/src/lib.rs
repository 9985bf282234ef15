//! The border between Python and shallownet: networks, training, solvers and populations on NumPy
//! arrays.
//!
//! A C-contiguous array of m rows and n columns has the memory of m samples of n features, one
//! after the other: the library's columns. So no array is copied on its way in.
//!
//! A file imports only files of lines above its own (`tests/test_layering.py`).
//!
//! | file | what it is |
//! | --- | --- |
//! | `failure.rs` | the library's errors as Python's |
//! | `either.rs` | f32 or f64, decided by an array or an argument |
//! | `arrays.rs` | NumPy's arrays as samples, and results as arrays |
//! | `words.rs` | the names of activations, losses, optimisers and solvers |
//! | `threads.rs` | on how many threads work runs, also after a fork |
//! | `watching.rs` | Ctrl-C and callbacks while the library works |
//! | `inner.rs` | a network of one element type with the memory of its passes |
//! | `network.rs` | `Network`: what it is and its parameters |
//! | `passes.rs` | `Network`: predict, cost, gradients, steps, derivatives |
//! | `optimizer.rs` | `Optimizer`, and a step by it |
//! | `epoch.rs` | one pass over all samples in an order of the caller's |
//! | `training.rs` | `Network.fit`, `Report` |
//! | `solving.rs` | `Network.solve`, `Solution` |
//! | `files.rs` | `Network.save`, `Network.load`; errors of files |
//! | `model.rs` | `Model`: a network with names and what is done to samples |
//! | `population.rs`, `population_training.rs` | `Population` |

mod arrays;
mod either;
mod epoch;
mod failure;
mod files;
mod inner;
mod model;
mod network;
mod optimizer;
mod passes;
mod population;
mod population_training;
mod solving;
mod threads;
mod training;
mod watching;
mod words;

use pyo3::prelude::*;

/// The compiled part of the package; everything in it is in `shallownet` as well.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("Diverged", module.py().get_type::<failure::Diverged>())?;
    module.add_class::<network::PyNetwork>()?;
    module.add_class::<model::PyModel>()?;
    module.add_class::<optimizer::PyOptimizer>()?;
    module.add_class::<population::PyPopulation>()?;
    module.add_class::<training::Report>()?;
    module.add_class::<solving::Solution>()?;
    module.add_function(wrap_pyfunction!(threads::set_threads, module)?)?;
    module.add_function(wrap_pyfunction!(threads::threads, module)?)?;
    module.add_function(wrap_pyfunction!(threads::after_fork, module)?)
}
