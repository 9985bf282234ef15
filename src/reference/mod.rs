//! The oracle: the same network as plain f64 loops, one sample at a time, one unit at a time.
//!
//! Written to be read beside the formulas and to be obviously right, not to be fast. Every backend
//! is tested against it; it is public so that your own property tests and fuzzers can do the same.
//!
//! Its functions panic where shapes don't fit, and say which; [`Network::check`] and
//! [`Network::check_samples`] find the same fault beforehand and return it as an error.
//!
//! ```
//! use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace, reference};
//!
//! let net = Network::<f64>::builder(3)
//!     .layer(5, Activation::Tanh)
//!     .layer(1, Activation::Sigmoid)
//!     .init(Init::XavierNormal, 1)
//!     .build()?;
//! let (x, y) = ([0.1, -0.7, 0.3], [1.0]);
//!
//! // And back: `Network::<f64>::try_from(&oracle)`.
//! let oracle = reference::Network::from(&net);
//! let expected = oracle.cost(&[x.to_vec()], &[y.to_vec()]);
//!
//! let mut workspace = TrainingWorkspace::new(&net, 1)?;
//! let cost = net.backward(Columns::new(&x, 3)?, Columns::new(&y, 1)?, &mut workspace)?;
//! assert!((cost - expected).abs() < 1e-15);
//! # Ok::<(), shallownet::Error>(())
//! ```

mod derivatives;
mod dropout;
mod network;
pub mod optimizer;
mod passes;
mod second;
mod shapes;
pub mod solvers;

pub use dropout::dropout_factor;
pub use network::{Layer, LayerGradient, Network, Trace};
