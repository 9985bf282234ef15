//! A network in the reference's form.

use super::parameters::Network;
use crate::reference;
use crate::scalar::Scalar;

impl<T: Scalar> From<&Network<T>> for reference::Network {
    /// The same parameters, widened exactly.
    fn from(net: &Network<T>) -> Self {
        let wide = |values: &[T]| values.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
        let layers = net.layers().iter().enumerate().map(|(l, layer)| reference::Layer {
            // Both calls fail only past the last layer.
            w: net.weights(l).unwrap_or_default().chunks(layer.inputs).map(wide).collect(),
            b: wide(net.bias(l).unwrap_or_default()),
            activation: layer.activation,
        });
        Self { layers: layers.collect(), loss: net.loss() }
    }
}
