//! How a network is doing inside: activations, saturated and dead units, sizes of gradients and
//! weights.

use crate::engine::layout;
use crate::error::Result;
use crate::network::forward_pass::ForwardPass;
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::activation::Activation;

/// What the activations of a layer look like on a batch; see [`ForwardPass::layer_statistics`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LayerStatistics {
    /// The layer's activation function.
    pub activation: Activation,
    /// The mean of a over all units and samples.
    pub mean: f64,
    /// The standard deviation of a over all units and samples (divided by their number).
    pub standard_deviation: f64,
    /// Sigmoid and tanh: the share of all a (units times samples) that are nearer to an end of
    /// their range than [`SATURATION`] of it. `None` for other activations.
    pub saturated: Option<f64>,
    /// ReLU: the share of units whose a is 0 on every sample, so that nothing of this batch can
    /// change their weights, unless a z is exactly 0. `None` for other activations.
    pub dead: Option<f64>,
}

/// An activation is called saturated if it is nearer to an end of its range than this share of the
/// range: a sigmoid below 0.005 or above 0.995, |tanh| above 0.99. There g' is less than 2 % of its
/// largest value, and so is what the unit passes back: g'/max g' = 4 s (1 - s) = 0.0199 at s =
/// 0.005, for both (tanh z = 2 sigmoid(2z) - 1).
///
/// ```
/// assert_eq!(shallownet::SATURATION, 0.005);
/// ```
pub const SATURATION: f64 = 0.005;

/// Euclidean norms of a layer's gradients; see [`Gradients::norms`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GradientNorms {
    /// The Frobenius norm of dW.
    pub weights: f64,
    /// The norm of db.
    pub bias: f64,
}

impl<T: Scalar> ForwardPass<'_, T> {
    /// Statistics of every layer's activations, first to last. O(m * units); allocates.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Init, Network, Tape};
    ///
    /// // Weights so large that tanh is a switch.
    /// let net = Network::<f64>::builder(2)
    ///     .layer(50, Activation::Tanh)
    ///     .layer(1, Activation::Sigmoid)
    ///     .init(Init::Normal { scale: 100.0 }, 1)
    ///     .build()?;
    /// let mut tape = Tape::new(&net, 2)?;
    /// let pass = net.forward(Columns::new(&[1.0, -0.5, 0.3, 2.0], 2)?, &mut tape)?;
    /// let hidden = &pass.layer_statistics()[0];
    /// assert!(hidden.saturated > Some(0.9));
    /// assert!(hidden.standard_deviation > 0.9);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn layer_statistics(&self) -> Vec<LayerStatistics> {
        let layers = self.layers().iter().enumerate();
        layers.map(|(layer, size)| self.statistics(layer, size.units, size.activation)).collect()
    }

    fn statistics(&self, layer: usize, units: usize, g: Activation) -> LayerStatistics {
        let mut is_dead = vec![true; units];
        let ends = match g {
            Activation::Sigmoid => Some((SATURATION, 1.0 - SATURATION)),
            Activation::Tanh => Some((2.0 * SATURATION - 1.0, 1.0 - 2.0 * SATURATION)),
            _ => None,
        };
        let (kept, mut column) = (self.kept(), vec![T::ZERO; units]);
        let (mut sum, mut saturated) = (0.0, 0_usize);
        for sample in 0..self.samples() {
            kept.column(layer, sample, &mut column);
            for (dead, a) in is_dead.iter_mut().zip(&column) {
                let a = a.to_f64();
                sum += a;
                *dead &= a == 0.0;
                saturated += usize::from(ends.is_some_and(|(low, high)| a < low || a > high));
            }
        }
        let count = (units * self.samples()) as f64;
        let mean = sum / count;
        let mut squares = 0.0;
        for sample in 0..self.samples() {
            kept.column(layer, sample, &mut column);
            squares += column.iter().map(|a| (a.to_f64() - mean).powi(2)).sum::<f64>();
        }
        let dead = is_dead.iter().filter(|dead| **dead).count();
        LayerStatistics {
            activation: g,
            mean,
            standard_deviation: (squares / count).sqrt(),
            saturated: ends.map(|_| saturated as f64 / count),
            dead: (g == Activation::Relu).then(|| dead as f64 / units as f64),
        }
    }
}

impl<T: Scalar> Gradients<T> {
    /// The norms of dW and db of `layer` (from 0), in f64. O(parameters), no allocation.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// net.backward(Columns::new(&[3.0, -4.0], 2)?, Columns::new(&[1.0], 1)?, &mut workspace)?;
    /// // dZ = a - y = -0.5, dW = dZ x^T, db = dZ.
    /// let norms = workspace.gradients().norms(0)?;
    /// assert_eq!((norms.weights, norms.bias), (2.5, 0.5));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Layer`](crate::Error::Layer) past the last layer.
    pub fn norms(&self, layer: usize) -> Result<GradientNorms> {
        layout::check_layer(&self.shape, layer)?;
        let units = 0..self.shape.layers[layer].units;
        let row = |unit| layout::row(&self.shape, self.buffer.as_slice(), layer, unit);
        let weights = units.flat_map(row);
        Ok(GradientNorms {
            weights: weights.map(|d| d.to_f64().powi(2)).sum::<f64>().sqrt(),
            bias: self.bias(layer)?.iter().map(|d| d.to_f64().powi(2)).sum::<f64>().sqrt(),
        })
    }
}

impl<T: Scalar> Network<T> {
    /// The sum of the squares of all weights, biases not counted, in f64: half of it times l2 is
    /// what [`OptimizerState::l2`](crate::OptimizerState::l2) adds to the cost. O(parameters), no
    /// allocation.
    ///
    /// The same bits at every level of one backend; infinite if squares leave the range of f64.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// let mut net = Network::<f32>::builder(2).layer(1, Activation::Identity).build()?;
    /// // W = (3, 4), b = 5.
    /// net.set_parameters(&[3.0, 4.0, 5.0])?;
    /// assert_eq!(net.sum_of_squared_weights(), 25.0);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn sum_of_squared_weights(&self) -> f64 {
        let parameters = self.parameters.as_slice();
        // The padding of the last panel is 0.
        let of_layer = |weights: &[T]| self.engine.sum_of_squares(1.0, weights);
        self.shape.spans.iter().map(|span| of_layer(&parameters[span.weights.clone()])).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Backend, Init};

    #[test]
    fn squared_weights_are_those_of_every_layer_and_no_biases() {
        fn check<T: Scalar>(backend: Backend) {
            // Panels that are full, in part empty, and half as wide.
            for units in [[16, 8], [17, 3], [5, 1]] {
                let mut net = Network::<T>::builder(300)
                    .layers(units.map(|units| (units, Activation::Tanh)))
                    .backend(backend)
                    .init(Init::Normal { scale: 2.0 }, 7)
                    .build()
                    .unwrap();
                for (layer, units) in units.into_iter().enumerate() {
                    net.set_bias(layer, &vec![T::from_f64(1e3); units]).unwrap();
                }
                let all = (0..2).flat_map(|layer| net.weights(layer).unwrap());
                let expected: f64 = all.map(|w| w.to_f64() * w.to_f64()).sum();
                let given = net.sum_of_squared_weights();
                // Of n terms, each side is off by at most n roundings.
                let bound = 2.0 * net.parameter_count() as f64 * f64::EPSILON * expected;
                assert!((given - expected).abs() <= bound, "{units:?}: {given}, not {expected}");
            }
        }
        for backend in [Backend::Fused, Backend::Portable] {
            check::<f32>(backend);
            check::<f64>(backend);
        }
    }
}
