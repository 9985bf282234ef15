//! From one network's parameters to another's: copied, or blended.

use super::parameters::Network;
use crate::engine::layout;
use crate::error::{Error, Result};
use crate::kernels::update;
use crate::scalar::Scalar;
use crate::words::choices::Checks;

impl<T: Scalar> Network<T> {
    /// Takes over all parameters of a network with layers of the same sizes, whatever its
    /// activations, loss and checks. O(parameters): one copy of memory between networks of the same
    /// backend, weight by weight between backends with different layouts. Allocates nothing.
    ///
    /// ```
    /// use shallownet::{Activation, Init, Network};
    ///
    /// // One network learns, another one serves.
    /// let builder = Network::<f32>::builder(4).layer(16, Activation::Tanh).layer(2, Activation::Softmax);
    /// let learning = builder.clone().init(Init::XavierNormal, 7).build()?;
    /// let mut serving = builder.build()?;
    /// serving.copy_from(&learning)?;
    /// assert_eq!(serving.weights(0)?, learning.weights(0)?);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OtherSizes`]; [`Error::NotFinite`] if the other network holds such a parameter,
    /// under this network's [`Checks::Full`], with its index in the order of
    /// [`parameters_into`](Self::parameters_into). A refused call changes nothing.
    pub fn copy_from(&mut self, other: &Self) -> Result<()> {
        self.check_other(other)?;
        let (from, into) = (other.parameters.as_slice(), self.parameters.as_mut_slice());
        if self.shape.has_layout_of(&other.shape) {
            into.copy_from_slice(from);
        } else {
            layout::combine((&self.shape, into), (&other.shape, from), |_, other| other);
        }
        Ok(())
    }

    /// Moves every parameter p towards the other network's: p = (1 - tau) p + tau other, the
    /// update of a target network in reinforcement learning. The layers of both are of the same
    /// sizes; see [`copy_from`](Self::copy_from). O(parameters); allocates nothing.
    ///
    /// `tau` is from 0 to 1: at 0 nothing changes, and 1 is [`copy_from`](Self::copy_from), bit
    /// by bit. Between, the formula is p + (tau other - tau p) for a tau of up to one half, and
    /// other + ((1 - tau) p - (1 - tau) other) above, with tau or 1 - tau rounded to T and each
    /// product and sum rounded once. So equal parameters stay as they are, finite ones stay
    /// finite, and with s, the smaller of tau and 1 - tau, the result is off by at most u |p'| +
    /// 3 u s (|p| + |other|), where p' is the result and u half of T's epsilon (and a result
    /// below the limit of [small numbers](crate#small-numbers) becomes 0, like a parameter after
    /// a step).
    ///
    /// ```
    /// use shallownet::{Activation, Network};
    ///
    /// let mut target = Network::<f32>::builder(1).layer(1, Activation::Identity).build()?;
    /// let mut online = target.try_clone()?;
    /// target.set_parameters(&[1.0, 8.0])?;
    /// online.set_parameters(&[2.0, 0.0])?;
    /// target.blend(&online, 0.25)?;
    /// assert_eq!((target.weights(0)?, target.bias(0)?), (vec![1.25], &[6.0][..]));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`copy_from`](Self::copy_from), and [`Error::Range`] for a `tau` below 0, above 1 or NaN.
    pub fn blend(&mut self, other: &Self, tau: f64) -> Result<()> {
        if !(0.0..=1.0).contains(&tau) {
            return Err(Error::Range { argument: "tau", expected: "from 0 to 1", given: tau });
        }
        if tau == 1.0 {
            return self.copy_from(other);
        }
        self.check_other(other)?;
        if tau == 0.0 {
            return Ok(());
        }
        let (from, into) = (other.parameters.as_slice(), self.parameters.as_mut_slice());
        if self.shape.has_layout_of(&other.shape) {
            update::blend::<T::Wide>((), tau, from, into);
        } else {
            let blended = |p, other| update::blended(tau, p, other);
            layout::combine((&self.shape, into), (&other.shape, from), blended);
        }
        Ok(())
    }

    /// Refuses layers of other sizes, and parameters that are not finite.
    fn check_other(&self, other: &Self) -> Result<()> {
        if !self.shape.has_sizes_of(&other.shape) {
            let size = |net: &Self, layer: usize| {
                net.layers().get(layer).map(|layer| (layer.inputs, layer.units))
            };
            let layers = 0..self.layers().len().max(other.layers().len());
            let mut pairs = layers.map(|layer| (layer, size(self, layer), size(other, layer)));
            if let Some((layer, expected, given)) = pairs.find(|(_, a, b)| a != b) {
                return Err(Error::OtherSizes { layer, expected, given });
            }
        }
        let parameters = other.parameters.as_slice();
        if self.checks == Checks::ShapesOnly || self.engine.all_finite(parameters) {
            return Ok(());
        }
        // The index is counted in the caller's order, since the buffer has padding.
        let mut index = 0;
        for (layer, size) in other.layers().iter().enumerate() {
            let row = |unit| layout::row(&other.shape, parameters, layer, unit);
            let bias = layout::bias(&other.shape, parameters, layer);
            for &value in (0..size.units).flat_map(row).chain(bias) {
                if !value.is_finite() {
                    let argument = "the other network";
                    return Err(Error::NotFinite { argument, index, value: value.to_f64() });
                }
                index += 1;
            }
        }
        Ok(())
    }
}
