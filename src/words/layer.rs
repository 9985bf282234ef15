//! One layer: its size and its activation.

use super::activation::Activation;

/// One dense layer: `units` outputs of `inputs` inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Layer {
    /// Values that come in (n_{l-1}).
    pub inputs: usize,
    /// Units, one output each (n_l).
    pub units: usize,
    /// The activation g_l.
    pub activation: Activation,
}

impl Layer {
    /// Weights and biases together: units * (inputs + 1).
    ///
    /// ```
    /// use shallownet::{Activation, Network};
    /// let net = Network::<f32>::builder(2).layer(4, Activation::Tanh).build()?;
    /// assert_eq!(net.layers()[0].parameters(), 12);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn parameters(&self) -> usize {
        self.units * (self.inputs + 1)
    }

    /// Weights alone: units * inputs.
    pub(crate) fn weights(&self) -> usize {
        self.units * self.inputs
    }
}
