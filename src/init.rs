//! How weights begin: seeded, with a stream that is the same on every machine.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::checks;
use crate::error::{Error, Result};
use crate::scalar::Scalar;

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

impl Init {
    /// Refuses a scale that is none, and one that would become infinite in T, or 0: weights that are
    /// all 0 must be asked for.
    pub(crate) fn check<T: Scalar>(self) -> Result<()> {
        const ARGUMENT: &str = "initialisation scale";
        let (Self::Uniform { scale } | Self::Normal { scale }) = self else { return Ok(()) };
        if !(scale.is_finite() && scale >= 0.0) {
            let expected = "finite and not negative";
            return Err(Error::Range { argument: ARGUMENT, expected, given: scale });
        }
        checks::finite_as::<T>(ARGUMENT, scale)?;
        if scale == 0.0 { Ok(()) } else { checks::least_as::<T>(ARGUMENT, scale) }
    }

    /// One weight of a layer with `n_in` inputs and `n_out` units.
    fn draw(self, rng: &mut ChaCha8Rng, n_in: usize, n_out: usize) -> f64 {
        // A uniform on [-r, r) has the variance r^2 / 3.
        match self {
            Self::Zeros => 0.0,
            Self::Uniform { scale } => scale * uniform(rng),
            Self::Normal { scale } => scale * normal(rng),
            Self::XavierUniform => (6.0 / (n_in + n_out) as f64).sqrt() * uniform(rng),
            Self::XavierNormal => (2.0 / (n_in + n_out) as f64).sqrt() * normal(rng),
            Self::HeUniform => (6.0 / n_in as f64).sqrt() * uniform(rng),
            Self::HeNormal => (2.0 / n_in as f64).sqrt() * normal(rng),
        }
    }
}

/// Draws the weights of one network, layer after layer.
pub(crate) struct Weights {
    init: Init,
    rng: ChaCha8Rng,
}

impl Weights {
    pub(crate) fn new(init: Init, seed: u64) -> Self {
        Self { init, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    pub(crate) fn draw(&mut self, n_in: usize, n_out: usize) -> f64 {
        self.init.draw(&mut self.rng, n_in, n_out)
    }
}

fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    2.0 * rng.random::<f64>() - 1.0
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(init: Init, seed: u64) -> Vec<f64> {
        let mut weights = Weights::new(init, seed);
        (0..20_000).map(|_| weights.draw(30, 50)).collect()
    }

    /// Mean and variance within 5 standard errors of what the name says.
    #[test]
    fn moments_are_those_of_the_named_distributions() {
        let cases = [
            (Init::Uniform { scale: 0.3 }, 0.03, true),
            (Init::Normal { scale: 0.01 }, 1e-4, false),
            (Init::XavierUniform, 2.0 / 80.0, true),
            (Init::XavierNormal, 2.0 / 80.0, false),
            (Init::HeUniform, 2.0 / 30.0, true),
            (Init::HeNormal, 2.0 / 30.0, false),
        ];
        for (init, variance, bounded) in cases {
            let w = draws(init, 7);
            let n = w.len() as f64;
            let mean = w.iter().sum::<f64>() / n;
            let second = w.iter().map(|v| v * v).sum::<f64>() / n;
            assert!(mean.abs() < 5.0 * (variance / n).sqrt(), "{init:?}: mean {mean}");
            // Var(v^2) is 2 variance^2 for the normal, 0.8 variance^2 for the uniform.
            let spread = 5.0 * variance * (2.0 / n).sqrt();
            assert!((second - variance).abs() < spread, "{init:?}: variance {second}");
            let widest = w.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
            assert_eq!(widest <= (3.0 * variance).sqrt(), bounded, "{init:?}");
        }
        assert!(draws(Init::Zeros, 7).iter().all(|&w| w == 0.0));
    }

    #[test]
    fn a_seed_names_a_stream() {
        assert_eq!(draws(Init::default(), 3), draws(Init::default(), 3));
        assert_ne!(draws(Init::default(), 3), draws(Init::default(), 4));
    }
}
