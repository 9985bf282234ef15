//! A network in the making: every choice, and the errors of wrong ones.

use std::sync::Arc;

use super::initial_weights;
use crate::data::buffer::AlignedBuffer;
use crate::data::domains;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::activation::Activation;
use crate::words::choices::Checks;
use crate::words::choices::{Backend, Parallelism};
use crate::words::init::Init;
use crate::words::level::Level;
use crate::words::loss::Loss;

/// A network in the making; see [`Network::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<T> {
    pub(super) n_x: usize,
    pub(super) layers: Vec<(usize, Activation)>,
    pub(super) loss: Option<Loss>,
    pub(super) init: Init,
    pub(super) seed: u64,
    pub(super) backend: Backend,
    pub(super) level: Option<Level>,
    pub(super) parallelism: Parallelism,
    pub(super) checks: Checks,
    pub(super) element: core::marker::PhantomData<T>,
}

impl<T: Scalar> Network<T> {
    /// Begins a network of `n_x` inputs; add layers, then [`build`](Builder::build).
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!((net.inputs(), net.outputs()), (2, 1));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn builder(n_x: usize) -> Builder<T> {
        Builder::new(n_x)
    }
}

impl<T: Scalar> Builder<T> {
    fn new(n_x: usize) -> Self {
        Self {
            n_x,
            layers: Vec::new(),
            loss: None,
            init: Init::default(),
            seed: 0,
            backend: Backend::Auto,
            level: None,
            parallelism: Parallelism::default(),
            checks: Checks::default(),
            element: core::marker::PhantomData,
        }
    }

    /// Adds a dense layer of `units` units. At least one layer is needed; the last is the output.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// let net = Network::<f32>::builder(2)
    ///     .layer(4, Activation::Tanh)
    ///     .layer(1, Activation::Sigmoid)
    ///     .build()?;
    /// assert_eq!(net.layers().len(), 2);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn layer(mut self, units: usize, activation: Activation) -> Self {
        self.layers.push((units, activation));
        self
    }

    /// Adds dense layers, one after the other: units and activation of each.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// // Widths from a configuration.
    /// let hidden = [64, 32, 16].map(|units| (units, Activation::Relu));
    /// let net = Network::<f32>::builder(10).layers(hidden).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(net.layers().len(), 4);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn layers(mut self, layers: impl IntoIterator<Item = (usize, Activation)>) -> Self {
        self.layers.extend(layers);
        self
    }

    /// The loss; by default [`Loss::default_for`] the output activation.
    ///
    /// ```
    /// # use shallownet::{Activation, Loss, Network};
    /// let net = Network::<f32>::builder(2)
    ///     .layer(1, Activation::Sigmoid)
    ///     .loss(Loss::SquaredError)
    ///     .build()?;
    /// assert_eq!(net.loss(), Loss::SquaredError);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn loss(mut self, loss: Loss) -> Self {
        self.loss = Some(loss);
        self
    }

    /// The initialisation of the weights, and the seed of the stream they are drawn from. Default:
    /// [`Init::Auto`], Glorot's or He's by each layer's activation, seed 0. Biases begin at 0 (but for
    /// [`Init::NguyenWidrow`]).
    ///
    /// ```
    /// # use shallownet::{Activation, Init, Network};
    /// let builder = Network::<f64>::builder(2).layer(4, Activation::Relu);
    /// let a = builder.clone().init(Init::HeNormal, 7).build()?;
    /// let b = builder.init(Init::HeNormal, 7).build()?;
    /// assert_eq!(a.weights(0)?, b.weights(0)?);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn init(mut self, init: Init, seed: u64) -> Self {
        (self.init, self.seed) = (init, seed);
        self
    }

    /// The backend; default [`Backend::Auto`].
    ///
    /// ```
    /// # use shallownet::{Activation, Backend, Network};
    /// let builder = Network::<f32>::builder(2).layer(1, Activation::Tanh);
    /// let net = builder.backend(Backend::Portable).build()?;
    /// assert_eq!(net.level(), None);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Forces a SIMD level of the `fused` backend; by default the best that the machine has.
    ///
    /// ```
    /// # use shallownet::{Activation, Level, Network};
    /// let builder = Network::<f32>::builder(2).layer(1, Activation::Tanh);
    /// let lowest = Level::available()[0];
    /// assert_eq!(builder.level(lowest).build()?.level(), Some(lowest));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// Who computes; default [`Parallelism::Rayon`].
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Parallelism};
    /// // For a server that runs one network a thread.
    /// let net = Network::<f32>::builder(2)
    ///     .layer(1, Activation::Tanh)
    ///     .parallelism(Parallelism::Serial)
    ///     .build()?;
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn parallelism(mut self, parallelism: Parallelism) -> Self {
        self.parallelism = parallelism;
        self
    }

    /// Which checks of values the calls make; default [`Checks::Full`].
    ///
    /// ```
    /// # use shallownet::{Activation, Checks, Network};
    /// let net = Network::<f32>::builder(2)
    ///     .layer(1, Activation::Tanh)
    ///     .checks(Checks::ShapesOnly)
    ///     .build()?;
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn checks(mut self, checks: Checks) -> Self {
        self.checks = checks;
        self
    }

    /// Builds the network and draws its weights. O(parameters).
    ///
    /// ```
    /// # use shallownet::{Error, Network};
    /// assert_eq!(Network::<f32>::builder(2).build().unwrap_err(), Error::NoLayers);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error`](crate::Error)`::Zero`, `NoLayers`, `Range` of a slope, an alpha, a scale or a loss's
    /// number, `HiddenSoftmax`, `HiddenExp`, `OneUnitSoftmax`, `LossActivation`, `OddOutputs`,
    /// `Backend`, `Level`, `LevelBackend`, `TooLarge`,
    /// `OutOfMemory`.
    pub fn build(self) -> Result<Network<T>> {
        let engine = T::passes(self.backend, self.level)?;
        for &(_, g) in &self.layers {
            domains::activation(g)?;
        }
        let shape = Shape::new(self.n_x, &self.layers, engine.panel(), size_of::<T>())?;
        let output = shape.output().activation;
        let loss = self.loss.unwrap_or(Loss::default_for(output));
        domains::output(loss, (shape.output().units, output))?;
        domains::loss::<T>(loss)?;
        if output == Activation::Softmax && shape.output().units == 1 {
            return Err(Error::OneUnitSoftmax);
        }
        let mut parameters = AlignedBuffer::zeros(shape.len, "the parameters")?;
        initial_weights::fill(&shape, parameters.as_mut_slice(), self.init, self.seed)?;
        Ok(Network {
            shape: Arc::new(shape),
            parameters,
            loss,
            engine,
            parallelism: self.parallelism,
            checks: self.checks,
        })
    }
}
