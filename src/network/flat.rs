//! All parameters of a network, or all gradients, as one slice.
//!
//! The order is the textbook's: layer by layer, W row-major (n_l, n_{l-1}), then b.

use super::gradients::Gradients;
use super::parameters::Network;
use crate::data::checks;
use crate::engine::layout;
use crate::engine::shape::Shape;
use crate::error::Result;
use crate::scalar::Scalar;
use crate::words::layer::Layer;

impl<T: Scalar> Network<T> {
    /// Copies all parameters into a slice of [`parameter_count`](Self::parameter_count) values:
    /// layer by layer, W row-major (n_l, n_{l-1}), then b. For methods that see a network as one
    /// vector: evolution strategies, line searches, parameter servers, other people's optimisers.
    /// O(its length); allocates nothing.
    ///
    /// ```
    /// use shallownet::{Activation, Init, Network};
    ///
    /// let mut net = Network::<f32>::builder(2)
    ///     .layer(2, Activation::Tanh)
    ///     .layer(1, Activation::Identity)
    ///     .build()?;
    /// net.set_parameters(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])?;
    /// assert_eq!(net.weights(0)?, [1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!((net.bias(0)?, net.weights(1)?, net.bias(1)?), (&[5.0, 6.0][..], vec![7.0, 8.0], &[9.0][..]));
    ///
    /// let mut flat = vec![0.0; net.parameter_count()];
    /// net.parameters_into(&mut flat)?;
    /// assert_eq!(flat, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length).
    pub fn parameters_into(&self, into: &mut [T]) -> Result<()> {
        checks::length("into", self.parameter_count(), into.len())?;
        self.gather(into);
        Ok(())
    }

    /// Writes all parameters to a slice of their number.
    pub(crate) fn gather(&self, into: &mut [T]) {
        layout::gather(&self.shape, self.parameters.as_slice(), into);
    }

    /// Sets all parameters from a slice in the order of
    /// [`parameters_into`](Self::parameters_into). Subnormal values become 0, as all
    /// [small numbers](crate#small-numbers) of a network do. O(its length); allocates nothing.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network};
    /// let mut net = Network::<f32>::builder(1).layer(1, Activation::Tanh).build()?;
    /// net.set_parameters(&[0.5, -1.0])?;
    /// assert_eq!((net.weights(0)?, net.bias(0)?), (vec![0.5], &[-1.0][..]));
    /// // A refused call changes nothing.
    /// let error = net.set_parameters(&[2.0, f32::NAN]).unwrap_err();
    /// assert_eq!(error.to_string(), "parameters holds NaN at index 1: expected finite values");
    /// assert_eq!(net.weights(0)?, [0.5]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length); [`Error::NotFinite`](crate::Error::NotFinite) under
    /// [`Checks::Full`](crate::Checks::Full).
    pub fn set_parameters(&mut self, parameters: &[T]) -> Result<()> {
        checks::length("parameters", self.parameter_count(), parameters.len())?;
        self.check_finite("parameters", parameters)?;
        self.assign(parameters);
        Ok(())
    }

    /// Writes all gradients to a slice of their number, in the same order.
    pub(crate) fn gather_gradients(&self, gradients: &Gradients<T>, into: &mut [T]) {
        layout::gather(&self.shape, gradients.buffer.as_slice(), into);
    }

    /// Sets all parameters, of which there are as many.
    pub(crate) fn assign(&mut self, parameters: &[T]) {
        layout::scatter(&self.shape, self.parameters.as_mut_slice(), parameters, checks::normal);
    }

    /// [`weights`](Self::weights) of `layer` (from 0) into a slice: row-major (n_l, n_{l-1}).
    /// Allocates nothing.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network};
    /// let mut net = Network::<f32>::builder(2).layer(2, Activation::Tanh).build()?;
    /// net.set_weights(0, &[1.0, 2.0, 3.0, 4.0])?;
    /// let mut w = [0.0; 4];
    /// net.weights_into(0, &mut w)?;
    /// assert_eq!(w, [1.0, 2.0, 3.0, 4.0]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Layer`](crate::Error::Layer) past the last layer,
    /// [`Error::Length`](crate::Error::Length).
    pub fn weights_into(&self, layer: usize, into: &mut [T]) -> Result<()> {
        weights_into(&self.shape, self.parameters.as_slice(), layer, into)
    }
}

impl<T: Scalar> Gradients<T> {
    /// Gradients of 0 for a network, for [`set_values`](Self::set_values). O(parameters);
    /// allocates.
    ///
    /// ```
    /// use shallownet::{Activation, Gradients, Network, Optimizer, OptimizerState};
    ///
    /// let mut net = Network::<f64>::builder(1).layer(1, Activation::Identity).build()?;
    /// net.set_parameters(&[3.0, -1.0])?;
    /// // A gradient that comes from elsewhere, through an optimiser of this crate.
    /// let mut gradients = Gradients::zeros(&net)?;
    /// let mut adam = OptimizerState::new(&net, Optimizer::adam())?;
    /// gradients.set_values(&[10.0, 0.0])?;
    /// net.update(&mut adam, &gradients, 0.1)?;
    /// assert!((net.weights(0)?[0] - 2.9).abs() < 1e-6);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn zeros(net: &Network<T>) -> Result<Self> {
        Self::of_shape(net.shape())
    }

    /// Copies every dW and db into a slice, in the order of [`Network::parameters_into`]. O(its
    /// length); allocates nothing.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// net.backward(Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?, &mut workspace)?;
    /// let mut flat = [0.0; 3];
    /// workspace.gradients().values_into(&mut flat)?;
    /// assert_eq!(flat, [-1.5, 0.5, -0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length).
    pub fn values_into(&self, into: &mut [T]) -> Result<()> {
        checks::length("into", count(&self.shape), into.len())?;
        layout::gather(&self.shape, self.buffer.as_slice(), into);
        Ok(())
    }

    /// Sets every dW and db from a slice, in the order of [`Network::parameters_into`]. Subnormal
    /// values become 0. O(its length); allocates nothing. See [`zeros`](Self::zeros).
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length), [`Error::NotFinite`](crate::Error::NotFinite).
    pub fn set_values(&mut self, values: &[T]) -> Result<()> {
        self.check_values("gradients", values)?;
        layout::scatter(&self.shape, self.buffer.as_mut_slice(), values, checks::normal);
        Ok(())
    }

    /// Refuses values that are none of this network's parameters.
    pub(crate) fn check_values(&self, argument: &'static str, values: &[T]) -> Result<()> {
        checks::length(argument, count(&self.shape), values.len())?;
        checks::finite(argument, values)
    }

    /// [`weights`](Self::weights) of `layer` (from 0), dW, into a slice: row-major (n_l, n_{l-1}).
    /// Allocates nothing.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Gradients, Network};
    /// let net = Network::<f32>::builder(2).layer(2, Activation::Tanh).build()?;
    /// let mut dw = [1.0; 4];
    /// Gradients::zeros(&net)?.weights_into(0, &mut dw)?;
    /// assert_eq!(dw, [0.0; 4]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Network::weights_into`].
    pub fn weights_into(&self, layer: usize, into: &mut [T]) -> Result<()> {
        weights_into(&self.shape, self.buffer.as_slice(), layer, into)
    }
}

fn weights_into<T: Scalar>(
    shape: &Shape,
    buffer: &[T],
    layer: usize,
    into: &mut [T],
) -> Result<()> {
    layout::check_layer(shape, layer)?;
    checks::length("into", shape.layers[layer].weights(), into.len())?;
    layout::gather_weights(shape, buffer, layer, into);
    Ok(())
}

/// Parameters of all layers.
fn count(shape: &Shape) -> usize {
    shape.layers.iter().map(Layer::parameters).sum()
}
