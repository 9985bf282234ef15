//! A network in the reference's form.

use super::parameters::Network;
use crate::error::{Error, Result};
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

impl<T: Scalar> TryFrom<&reference::Network> for Network<T> {
    type Error = Error;

    /// The same network, its parameters rounded to `T` and, as all parameters that are given, 0 where
    /// that would be subnormal; on the backend and level that [`Builder`](crate::Builder) picks.
    ///
    /// ```
    /// use shallownet::reference::{self, Layer};
    /// use shallownet::{Activation, Loss, Network};
    ///
    /// let layer = Layer { w: vec![vec![0.5, -2.0]], b: vec![0.25], activation: Activation::Tanh };
    /// let oracle = reference::Network { layers: vec![layer], loss: Loss::SquaredError };
    /// let net = Network::<f32>::try_from(&oracle)?;
    /// assert_eq!(reference::Network::from(&net), oracle);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As of [`check`](reference::Network::check) and [`Builder::build`](crate::Builder::build);
    /// [`Error::NotFinite`] for a parameter that is not finite in `T`.
    fn try_from(oracle: &reference::Network) -> Result<Self> {
        oracle.check()?;
        let inputs = oracle.layers.first().and_then(|layer| layer.w.first()).map_or(0, Vec::len);
        let layers = oracle.layers.iter().map(|layer| (layer.b.len(), layer.activation));
        let mut net = Self::builder(inputs).layers(layers).loss(oracle.loss).build()?;
        for (l, layer) in oracle.layers.iter().enumerate() {
            let w: Vec<T> = layer.w.iter().flatten().map(|&w| T::from_f64(w)).collect();
            let b: Vec<T> = layer.b.iter().map(|&b| T::from_f64(b)).collect();
            net.set_weights(l, &w)?;
            net.set_bias(l, &b)?;
        }
        Ok(net)
    }
}
