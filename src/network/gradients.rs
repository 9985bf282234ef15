//! The gradients of all layers, in one buffer laid out as the parameters are.

use std::sync::Arc;

use crate::data::buffer::AlignedBuffer;
#[cfg(feature = "safetensors")]
use crate::data::checks;
use crate::engine::layout;
use crate::engine::shape::Shape;
use crate::error::Result;
use crate::scalar::Scalar;

/// dW and db of every layer: what [`Network::backward`](crate::Network::backward) fills.
///
/// ```
/// use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
///
/// let net = Network::<f64>::builder(2)
///     .layer(1, Activation::Sigmoid)
///     .init(Init::Zeros, 0)
///     .build()?;
/// let mut workspace = TrainingWorkspace::new(&net, 1)?;
/// let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
/// net.backward(x, y, &mut workspace)?;
/// // dZ = a - y = -0.5, dW = dZ x^T, db = dZ.
/// assert_eq!(workspace.gradients().weights(0)?, [-1.5, 0.5]);
/// assert_eq!(workspace.gradients().bias(0)?, [-0.5]);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Gradients<T> {
    pub(crate) shape: Arc<Shape>,
    pub(crate) buffer: AlignedBuffer<T>,
}

impl<T: Scalar> Gradients<T> {
    pub(crate) fn of_shape(shape: &Arc<Shape>) -> Result<Self> {
        let buffer = AlignedBuffer::zeros(shape.len, "the gradients")?;
        Ok(Self { shape: Arc::clone(shape), buffer })
    }

    /// dW of `layer` (from 0) in the textbook's order: row-major (n_l, n_{l-1}). Allocates.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// # net.backward(Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?, &mut workspace)?;
    /// assert_eq!(workspace.gradients().weights(0)?, [-1.5, 0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Layer`](crate::Error::Layer) past the last layer.
    pub fn weights(&self, layer: usize) -> Result<Vec<T>> {
        layout::check_layer(&self.shape, layer)?;
        let mut weights = vec![T::ZERO; self.shape.layers[layer].weights()];
        layout::gather_weights(&self.shape, self.buffer.as_slice(), layer, &mut weights);
        Ok(weights)
    }

    /// Sets one layer from row-major (n_l, n_{l-1}) weights and its biases.
    #[cfg(feature = "safetensors")]
    pub(crate) fn set_layer(&mut self, layer: usize, weights: &[T], bias: &[T]) -> Result<()> {
        layout::check_layer(&self.shape, layer)?;
        let size = self.shape.layers[layer];
        checks::length("weights", size.weights(), weights.len())?;
        checks::length("bias", size.units, bias.len())?;
        let buffer = self.buffer.as_mut_slice();
        layout::scatter_weights(&self.shape, buffer, layer, weights, checks::normal);
        layout::scatter_bias(&self.shape, buffer, layer, bias, checks::normal);
        Ok(())
    }

    /// db of `layer` (from 0), one value a unit.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// # net.backward(Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?, &mut workspace)?;
    /// assert_eq!(workspace.gradients().bias(0)?, [-0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Layer`](crate::Error::Layer) past the last layer.
    pub fn bias(&self, layer: usize) -> Result<&[T]> {
        layout::check_layer(&self.shape, layer)?;
        Ok(layout::bias(&self.shape, self.buffer.as_slice(), layer))
    }
}
