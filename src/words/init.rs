//! How weights begin: seeded, with a stream that is the same on every machine.

/// How a network's weights are drawn. Biases always begin at 0.
///
/// **Why not zeros.** With all weights equal, every unit of a hidden layer computes the same
/// value, receives the same gradient and stays the same for ever: the layer acts as one unit.
/// Biases may be zero, since different weights already tell the units apart.
///
/// **Why small.** Sigmoid and tanh are flat for large |z|, so large weights start training where
/// g' is almost 0 and it hardly moves. [`Init::Normal`] with scale 0.01 is the textbook's choice
/// for one hidden layer; deeper or wider nets do better with a scale that follows the layer's
/// width (Xavier for tanh and sigmoid, He for the ReLUs).
///
/// The stream: ChaCha8 (`rand_chacha`), seeded by `seed_from_u64`; weights are drawn layer by
/// layer, row by row (`W[j][0]`, `W[j][1]`, ...) in f64 and rounded to the element type, so one seed
/// gives the same f64 network on every machine and the f32 network is its rounding.
///
/// ```
/// use shallownet::{Activation, Init, Network};
///
/// let net = Network::<f64>::builder(2)
///     .layer(4, Activation::Tanh)
///     .layer(1, Activation::Sigmoid)
///     .init(Init::Normal { scale: 0.01 }, 1)
///     .build()?;
/// assert!(net.weights(0)?.iter().all(|w| w.abs() < 0.06));
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// All weights 0: for showing why one should not, and for loading weights afterwards.
    Zeros,
    /// Uniform in [-scale, scale).
    Uniform {
        /// Half the width of the interval.
        scale: f64,
    },
    /// Normal with mean 0 and standard deviation `scale`.
    Normal {
        /// The standard deviation.
        scale: f64,
    },
    /// Uniform with variance 2 / (n_in + n_out) (Glorot and Bengio 2010, equation 16).
    XavierUniform,
    /// Normal with variance 2 / (n_in + n_out) (Glorot and Bengio 2010).
    XavierNormal,
    /// Uniform with variance 2 / n_in (He et al. 2015).
    HeUniform,
    /// Normal with variance 2 / n_in (He et al. 2015, equation 10).
    HeNormal,
}

impl Default for Init {
    /// Normal with standard deviation 0.01.
    fn default() -> Self {
        Self::Normal { scale: 0.01 }
    }
}
