//! Draws the weights that a network begins with.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::parameters::Network;
use crate::data::{checks, domains};
use crate::element::Element;
use crate::engine::layout;
use crate::engine::shape::Shape;
use crate::error::Result;
use crate::scalar::Scalar;
use crate::words::activation::Activation;
use crate::words::init::Init;
use crate::words::layer::Layer;

/// One weight of a layer.
fn draw(init: Init, rng: &mut ChaCha8Rng, layer: &Layer) -> f64 {
    let (n_in, n_out) = (layer.inputs, layer.units);
    // A uniform on [-r, r) has the variance r^2 / 3.
    match init {
        Init::Auto => match layer.activation {
            Activation::Relu
            | Activation::Elu { .. }
            | Activation::Softplus
            | Activation::Silu
            | Activation::Gelu
            | Activation::GeluTanh
            | Activation::Sin => draw(Init::HeNormal, rng, layer),
            Activation::LeakyRelu { slope } => {
                (2.0 / ((1.0 + slope * slope) * n_in as f64)).sqrt() * normal(rng)
            }
            _ => draw(Init::XavierNormal, rng, layer),
        },
        Init::Zeros => 0.0,
        Init::Uniform { scale } => scale * uniform(rng),
        Init::Normal { scale } => scale * normal(rng),
        Init::XavierUniform => (6.0 / (n_in + n_out) as f64).sqrt() * uniform(rng),
        Init::XavierNormal => (2.0 / (n_in + n_out) as f64).sqrt() * normal(rng),
        Init::HeUniform => (6.0 / n_in as f64).sqrt() * uniform(rng),
        Init::HeNormal => (2.0 / n_in as f64).sqrt() * normal(rng),
        // Of layers that are not Nguyen and Widrow's: see `Weights::unit`.
        Init::NguyenWidrow => uniform(rng) / 2.0,
    }
}

/// Draws the weights of one network, layer after layer.
struct Weights {
    init: Init,
    rng: ChaCha8Rng,
}

impl Weights {
    fn new(init: Init, seed: u64) -> Self {
        Self { init, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn draw(&mut self, layer: &Layer) -> f64 {
        draw(self.init, &mut self.rng, layer)
    }

    /// The weights of one unit of `layer`, whose inputs are those of g `before` it; returns its bias.
    fn unit<'a, T: Element>(
        &mut self,
        layer: &Layer,
        before: Option<Activation>,
        weights: impl Iterator<Item = &'a mut T>,
    ) -> f64 {
        let steepness = match (self.init, layer.activation) {
            (Init::NguyenWidrow, Activation::Tanh) => 1.0,
            // sigmoid(z) = (1 + tanh(z/2)) / 2
            (Init::NguyenWidrow, Activation::Sigmoid) => 2.0,
            _ => {
                weights.for_each(|w| *w = checks::normal(T::from_f64(self.draw(layer))));
                return 0.0;
            }
        };
        let (n_in, n_out) = (layer.inputs as f64, layer.units as f64);
        let beta = 0.7 * n_out.powf(1.0 / n_in);
        // The same stream twice: first for the norm.
        let mut ahead = self.rng.clone();
        let squares: f64 = (0..layer.inputs).map(|_| uniform(&mut ahead).powi(2)).sum();
        // All of them 0 has the probability 2^-53 and less.
        let factor = if squares > 0.0 { steepness * beta / squares.sqrt() } else { 0.0 };
        // Inputs in (0, 1) are shifted and stretched to (-1, 1): 2 a - 1.
        let (stretch, shift) = match before {
            Some(Activation::Sigmoid) => (2.0, 1.0),
            _ => (1.0, 0.0),
        };
        let mut sum = 0.0;
        for w in weights {
            let value = factor * uniform(&mut self.rng);
            sum += value;
            *w = checks::normal(T::from_f64(stretch * value));
        }
        steepness * beta * uniform(&mut self.rng) - shift * sum
    }
}

/// Draws all parameters of a network, and sets its biases.
pub(crate) fn fill<T: Element>(
    shape: &Shape,
    parameters: &mut [T],
    init: Init,
    seed: u64,
) -> Result<()> {
    domains::scale::<T>(init)?;
    let mut weights = Weights::new(init, seed);
    let mut before = None;
    for (index, layer) in shape.layers.iter().enumerate() {
        for unit in 0..layer.units {
            let row = layout::row_mut(shape, parameters, index, unit);
            let bias = weights.unit(layer, before, row);
            parameters[shape.spans[index].bias.start + unit] = checks::normal(T::from_f64(bias));
        }
        before = Some(layer.activation);
    }
    checks::finite("initial weights", parameters)
}

impl<T: Scalar> Network<T> {
    /// Draws all parameters anew, as [`Builder::init`](crate::Builder::init) does for a network that
    /// is built. O(parameters); allocates nothing.
    ///
    /// ```
    /// use shallownet::{Activation, Init, Network};
    ///
    /// let builder = Network::<f64>::builder(2).layer(4, Activation::Tanh);
    /// let mut net = builder.clone().init(Init::Auto, 1).build()?;
    /// net.initialize(Init::NguyenWidrow, 7)?;
    /// let other = builder.init(Init::NguyenWidrow, 7).build()?;
    /// assert_eq!((net.weights(0)?, net.bias(0)?), (other.weights(0)?, other.bias(0)?));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`](crate::Error::Range) for a scale that does not fit, and
    /// [`Error::NotFinite`](crate::Error::NotFinite) where it makes a weight infinite: then the
    /// parameters are those drawn so far.
    pub fn initialize(&mut self, init: Init, seed: u64) -> Result<()> {
        fill(&self.shape, self.parameters.as_mut_slice(), init, seed)
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

    fn draws_of(activation: Activation, init: Init, seed: u64) -> Vec<f64> {
        let mut weights = Weights::new(init, seed);
        let layer = Layer { inputs: 30, units: 50, activation };
        (0..20_000).map(|_| weights.draw(&layer)).collect()
    }

    fn draws(init: Init, seed: u64) -> Vec<f64> {
        draws_of(Activation::Tanh, init, seed)
    }

    /// Mean and variance within 5 standard errors of what the name says.
    #[test]
    fn moments_are_those_of_the_named_distributions() {
        let cases = [
            (Init::Uniform { scale: 0.3 }, 0.03, true),
            (Init::LECTURE, 1e-4, false),
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

    /// The streams are those of Glorot's and He's; a slope of 1 is the identity, whose variance by
    /// He is 1 / n_in.
    #[test]
    fn without_a_name_the_activation_decides() {
        use Activation::{Identity, LeakyRelu, Relu, Sigmoid, Softmax, Tanh};
        for g in [Identity, Sigmoid, Tanh, Softmax] {
            assert_eq!(draws_of(g, Init::Auto, 3), draws(Init::XavierNormal, 3), "{g:?}");
        }
        let he = draws(Init::HeNormal, 3);
        for g in
            [Relu, LeakyRelu { slope: 0.0 }, Activation::ELU, Activation::Gelu, Activation::Sin]
        {
            assert_eq!(draws_of(g, Init::Auto, 3), he, "{g:?}");
        }
        for slope in [0.01_f64, 0.5, 1.0] {
            let factor = (1.0 + slope * slope).sqrt();
            for (w, he) in draws_of(LeakyRelu { slope }, Init::Auto, 3).into_iter().zip(&he) {
                // Five roundings, of each 2^-53 at most.
                assert!((w * factor - he).abs() <= 5.0 * f64::EPSILON * he.abs(), "{slope}");
            }
        }
    }

    #[test]
    fn a_seed_names_a_stream() {
        assert_eq!(draws(Init::default(), 3), draws(Init::default(), 3));
        assert_ne!(draws(Init::default(), 3), draws(Init::default(), 4));
    }
}
