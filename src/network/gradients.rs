//! The gradients of all layers, in one buffer laid out as the parameters are.

use std::sync::Arc;

use crate::data::buffer::AlignedBuffer;
use crate::data::checks;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};
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
    pub(crate) fn zeros(shape: &Arc<Shape>) -> Result<Self> {
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
    /// [`Error::Layer`] past the last layer.
    pub fn weights(&self, layer: usize) -> Result<Vec<T>> {
        gather_weights(&self.shape, self.buffer.as_slice(), layer)
    }

    /// Sets one layer from row-major (n_l, n_{l-1}) weights and its biases.
    #[cfg(feature = "safetensors")]
    pub(crate) fn set_layer(&mut self, layer: usize, weights: &[T], bias: &[T]) -> Result<()> {
        check_layer(&self.shape, layer)?;
        let size = self.shape.layers[layer];
        checks::length("weights", size.weights(), weights.len())?;
        checks::length("bias", size.units, bias.len())?;
        let buffer = self.buffer.as_mut_slice();
        scatter_weights(&self.shape, buffer, layer, weights);
        let start = self.shape.spans[layer].bias.start;
        for (into, &b) in buffer[start..start + size.units].iter_mut().zip(bias) {
            *into = checks::normal(b);
        }
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
    /// [`Error::Layer`] past the last layer.
    pub fn bias(&self, layer: usize) -> Result<&[T]> {
        bias(&self.shape, self.buffer.as_slice(), layer)
    }
}

/// `layer`'s weights out of a buffer of this shape, row-major (n_l, n_{l-1}).
pub(crate) fn gather_weights<T: Scalar>(
    shape: &Shape,
    buffer: &[T],
    layer: usize,
) -> Result<Vec<T>> {
    check_layer(shape, layer)?;
    let size = shape.layers[layer];
    Ok((0..size.units)
        .flat_map(|unit| (0..size.inputs).map(move |input| (unit, input)))
        .map(|(unit, input)| buffer[shape.weight_index(layer, unit, input)])
        .collect())
}

/// The other way: row-major (n_l, n_{l-1}) weights, as many as the layer has, into a buffer;
/// subnormal ones become 0.
pub(crate) fn scatter_weights<T: Scalar>(
    shape: &Shape,
    buffer: &mut [T],
    layer: usize,
    weights: &[T],
) {
    for (unit, row) in weights.chunks_exact(shape.layers[layer].inputs).enumerate() {
        for (input, &w) in row.iter().enumerate() {
            buffer[shape.weight_index(layer, unit, input)] = checks::normal(w);
        }
    }
}

/// `layer`'s biases out of a buffer of this shape.
pub(crate) fn bias<'a, T>(shape: &Shape, buffer: &'a [T], layer: usize) -> Result<&'a [T]> {
    check_layer(shape, layer)?;
    let start = shape.spans[layer].bias.start;
    Ok(&buffer[start..start + shape.layers[layer].units])
}

pub(crate) fn check_layer(shape: &Shape, layer: usize) -> Result<()> {
    let last = shape.layers.len() - 1;
    if layer <= last { Ok(()) } else { Err(Error::Layer { last, given: layer }) }
}
