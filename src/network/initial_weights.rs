//! Draws the weights that a network begins with.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::words::init::Init;

/// One weight of a layer with `n_in` inputs and `n_out` units.
fn draw(init: Init, rng: &mut ChaCha8Rng, n_in: usize, n_out: usize) -> f64 {
    // A uniform on [-r, r) has the variance r^2 / 3.
    match init {
        Init::Zeros => 0.0,
        Init::Uniform { scale } => scale * uniform(rng),
        Init::Normal { scale } => scale * normal(rng),
        Init::XavierUniform => (6.0 / (n_in + n_out) as f64).sqrt() * uniform(rng),
        Init::XavierNormal => (2.0 / (n_in + n_out) as f64).sqrt() * normal(rng),
        Init::HeUniform => (6.0 / n_in as f64).sqrt() * uniform(rng),
        Init::HeNormal => (2.0 / n_in as f64).sqrt() * normal(rng),
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
        draw(self.init, &mut self.rng, n_in, n_out)
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
