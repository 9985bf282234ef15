//! What fits together: the checks of the reference, as errors, and as the panics of its functions.

use super::network::{Layer, Network, Trace};
use crate::data::checks::length;
use crate::data::domains;
use crate::error::{Error, Result};

impl Network {
    /// Do the layers fit each other, and the output the loss? Every function of the reference
    /// panics with this error's message where they don't.
    ///
    /// ```
    /// use shallownet::{Activation, Error, Loss, reference::{Layer, Network}};
    ///
    /// let layer = Layer { w: vec![vec![1.0, 2.0]], b: vec![0.0], activation: Activation::Tanh };
    /// let mut net = Network { layers: vec![layer], loss: Loss::SquaredError };
    /// assert_eq!(net.check(), Ok(()));
    /// net.layers[0].b.clear();
    /// assert_eq!(net.check(), Err(Error::Length { argument: "b", expected: 1, given: 0 }));
    /// ```
    ///
    /// # Errors
    /// [`Error::NoLayers`], [`Error::Zero`] for a layer without units or inputs, [`Error::Length`]
    /// of a row of W or of b, [`Error::HiddenSoftmax`], [`Error::HiddenExp`],
    /// [`Error::LossActivation`], [`Error::OddOutputs`].
    pub fn check(&self) -> Result<()> {
        let Some(output) = self.layers.last() else { return Err(Error::NoLayers) };
        domains::output(self.loss, (output.b.len(), output.activation))?;
        let mut inputs = inputs(&self.layers[0]);
        if inputs == 0 {
            return Err(Error::Zero { argument: "inputs" });
        }
        for (l, layer) in self.layers.iter().enumerate() {
            if layer.w.is_empty() {
                return Err(Error::Zero { argument: "units" });
            }
            if l + 1 < self.layers.len() {
                domains::output_only(layer.activation, l)?;
            }
            each_length("a row of W", inputs, &layer.w)?;
            length("b", layer.w.len(), layer.b.len())?;
            inputs = layer.w.len();
        }
        Ok(())
    }

    /// The same, and do samples and targets fit the network and each other? What
    /// [`cost`](Self::cost), [`gradients`](Self::gradients) and [`step`](Self::step) ask for.
    ///
    /// ```
    /// use shallownet::{Activation, Error, Network, reference};
    ///
    /// let net = Network::<f64>::builder(3).layer(1, Activation::Sigmoid).build()?;
    /// let oracle = reference::Network::from(&net);
    /// let (x, y) = (vec![0.1, -0.7, 0.3], vec![1.0]);
    /// assert_eq!(oracle.check_samples(&[x.clone()], &[y.clone()]), Ok(()));
    /// let refused = oracle.check_samples(&[x[..2].to_vec()], &[y]);
    /// assert_eq!(refused, Err(Error::Length { argument: "x", expected: 3, given: 2 }));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`check`](Self::check); [`Error::EmptyBatch`], [`Error::Samples`], [`Error::Length`] of
    /// an x or a y.
    pub fn check_samples(&self, x: &[Vec<f64>], y: &[Vec<f64>]) -> Result<()> {
        self.check_batch(x, ("y", y), self.targets())
    }

    /// The same for `features` values a sample, called `argument` in errors.
    pub(super) fn check_batch(
        &self,
        x: &[Vec<f64>],
        (argument, y): (&'static str, &[Vec<f64>]),
        features: usize,
    ) -> Result<()> {
        self.check()?;
        if x.is_empty() {
            return Err(Error::EmptyBatch { argument: "x" });
        }
        if y.len() != x.len() {
            return Err(Error::Samples { argument, expected: x.len(), given: y.len() });
        }
        each_length("x", self.inputs(), x)?;
        each_length(argument, features, y)
    }

    /// One sample's x.
    pub(super) fn check_x(&self, x: &[f64]) -> Result<()> {
        self.check()?;
        length("x", self.inputs(), x.len())
    }

    /// One sample's trace, and `features` values, called `argument` in errors.
    pub(super) fn check_trace(
        &self,
        trace: &Trace,
        (argument, y): (&'static str, &[f64]),
        features: usize,
    ) -> Result<()> {
        self.check()?;
        self.check_layers("z of the trace", &trace.z)?;
        self.check_layers("a of the trace", &trace.a)?;
        length(argument, features, y.len())
    }

    /// A value for each unit of each layer.
    pub(super) fn check_layers(&self, argument: &'static str, values: &[Vec<f64>]) -> Result<()> {
        self.check()?;
        length(argument, self.layers.len(), values.len())?;
        let mut layers = self.layers.iter().zip(values);
        layers.try_for_each(|(layer, values)| length(argument, layer.b.len(), values.len()))
    }

    fn inputs(&self) -> usize {
        self.layers.first().map_or(0, inputs)
    }

    /// Targets of a sample.
    pub(super) fn targets(&self) -> usize {
        self.loss.targets(self.outputs())
    }

    pub(super) fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.b.len())
    }
}

fn inputs(layer: &Layer) -> usize {
    layer.w.first().map_or(0, Vec::len)
}

fn each_length(argument: &'static str, expected: usize, rows: &[Vec<f64>]) -> Result<()> {
    rows.iter().try_for_each(|row| length(argument, expected, row.len()))
}

/// Panics with the error's message.
#[track_caller]
pub(super) fn must(checked: Result<()>) {
    if let Err(error) = checked {
        panic!("{error}");
    }
}
