//! Logits: what goes into the output's activation.

use std::sync::Arc;

use super::parameters::Network;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::words::activation::Activation;
use crate::words::loss::Loss;

impl<T: Scalar> Network<T> {
    /// A copy that predicts the logits: the same parameters, and the identity in place of the
    /// output's activation (its loss is then [`Loss::SquaredError`]). Workspaces fit both.
    ///
    /// The logits of probabilities near 0 or 1 can't be had from these: 1 - 1e-20 is 1.
    /// O(parameters); allocates.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Network, PredictionWorkspace};
    ///
    /// let mut net = Network::<f64>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// net.set_parameters(&[2.0, -3.0])?;
    /// let mut workspace = PredictionWorkspace::new(&net, 1)?;
    /// let (x, mut z) = (Columns::new(&[50.0], 1)?, [0.0]);
    /// net.try_clone_to_logits()?.predict(x, &mut z, &mut workspace)?;
    /// assert_eq!(z, [97.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn try_clone_to_logits(&self) -> Result<Self> {
        let mut shape = (*self.shape).clone();
        if let Some(output) = shape.layers.last_mut() {
            output.activation = Activation::Identity;
        }
        let loss = Loss::SquaredError;
        Ok(Self { shape: Arc::new(shape), loss, ..self.try_clone()? })
    }

    /// Multiplies what goes into the output's activation by `factor`: W' = W factor and b' = b
    /// factor, of the last layer. So a [`Temperature`](crate::metrics::Temperature) t is put into a
    /// network, with `factor` 1 / t.
    ///
    /// Computed in f64 and rounded once: a logit is off by at most u (sum_i |W'_i| |a_i| + |b'|), u
    /// half of T's epsilon, plus what the network rounds anew. O(weights of the layer); allocates
    /// nothing.
    ///
    /// ```
    /// use shallownet::{Activation, Network};
    ///
    /// let mut net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// net.set_parameters(&[2.0, 0.5])?;
    /// net.scale_logits(0.5)?;
    /// assert_eq!((net.weights(0)?, net.bias(0)?), (vec![1.0], &[0.25][..]));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] if the factor is not finite and more than 0; [`Error::NotFinite`] if a
    /// parameter would leave T's range. A refused call changes nothing.
    pub fn scale_logits(&mut self, factor: f64) -> Result<()> {
        if !(factor.is_finite() && factor > 0.0) {
            let expected = "finite and more than 0";
            return Err(Error::Range { argument: "factor", expected, given: factor });
        }
        self.scale_last(|_| (factor, 0.0))
    }
}
