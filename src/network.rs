//! The network: shape, parameters, and the calls that use them.

use std::sync::Arc;

use crate::buffer::AlignedBuffer;
use crate::builder::Builder;
use crate::checks::{self, Checks};
use crate::engine::pass::{Model, Prediction, Propagation, Samples};
use crate::engine::sums::WeightSums;
use crate::engine::{Backend, Engine, Level, OutputHead, Parallelism, tiny};
use crate::error::{Error, Result};
use crate::gradients::{self, Gradients};
use crate::kernels::update;
use crate::loss::Loss;
use crate::scalar::Scalar;
use crate::shape::{Layer, Shape};
use crate::targets::Targets;
use crate::view::Columns;
use crate::workspace::{self, Workspace};

/// A dense feed-forward network of one or more layers, its parameters in one contiguous buffer.
///
/// Reading calls ([`predict`](Self::predict), [`cost`](Self::cost), [`backward`](Self::backward))
/// take `&self`, so one network can serve many threads, each with a [`Workspace`] of its own.
///
/// ```
/// use shallownet::{Activation, Columns, Init, Network, Workspace};
///
/// // XOR: four samples of two features, one label each.
/// let x = [0.0_f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
/// let y = [0.0_f32, 1.0, 1.0, 0.0];
/// let (x, y) = (Columns::new(&x, 2)?, Columns::new(&y, 1)?);
///
/// let mut net = Network::builder(2)
///     .layer(4, Activation::Tanh)
///     .layer(1, Activation::Sigmoid)
///     .init(Init::XavierNormal, 3)
///     .build()?;
/// let mut workspace = Workspace::training(&net, 4)?;
/// for _ in 0..2000 {
///     net.step(x, y, 1.0, &mut workspace)?;
/// }
/// let mut a = [0.0; 4];
/// net.predict(x, &mut a, &mut workspace)?;
/// assert_eq!(a.map(f32::round), [0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct Network<T> {
    pub(crate) shape: Arc<Shape>,
    pub(crate) parameters: AlignedBuffer<T>,
    pub(crate) loss: Loss,
    pub(crate) engine: Engine,
    pub(crate) parallelism: Parallelism,
    pub(crate) checks: Checks,
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

    /// The layers, first to last.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// assert_eq!(net.layers()[0].units, 16);
    /// assert_eq!(net.layers()[1].activation, Activation::Softmax);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn layers(&self) -> &[Layer] {
        &self.shape.layers
    }

    /// Inputs (n_x).
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// assert_eq!(net.inputs(), 8);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn inputs(&self) -> usize {
        self.shape.n_x()
    }

    /// Outputs (n_y).
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// assert_eq!(net.outputs(), 3);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn outputs(&self) -> usize {
        self.shape.n_y()
    }

    /// Weights and biases of all layers together.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// // 16 * 8 + 16 and 3 * 16 + 3.
    /// assert_eq!(net.parameters(), 195);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn parameters(&self) -> usize {
        self.shape.layers.iter().map(Layer::parameters).sum()
    }

    /// The loss that training minimises.
    ///
    /// ```
    /// # use shallownet::{Activation, Loss, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// assert_eq!(net.loss(), Loss::CategoricalCrossEntropy);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// The backend in use; never [`Backend::Auto`].
    ///
    /// ```
    /// # use shallownet::{Activation, Backend, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// assert_ne!(net.backend(), Backend::Auto);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn backend(&self) -> Backend {
        self.engine.backend()
    }

    /// The SIMD level in use, if the backend is [`Backend::Fused`].
    ///
    /// ```
    /// # use shallownet::{Activation, Backend, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// assert_eq!(net.level().is_some(), net.backend() == Backend::Fused);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn level(&self) -> Option<Level> {
        self.engine.level()
    }

    /// The bytes that a [`Workspace::training`] for batches of up to `batch` samples will hold
    /// (its [`bytes`](Workspace::bytes)), without allocating it. O(layers).
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Workspace};
    /// let net = Network::<f32>::builder(8).layer(1, Activation::Sigmoid).build()?;
    /// let bytes = net.workspace_bytes(1000)?;
    /// assert_eq!(bytes, Workspace::training(&net, 1000)?.bytes());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`] for a batch of 0 samples; [`Error::TooLarge`].
    pub fn workspace_bytes(&self, batch: usize) -> Result<usize> {
        workspace::training_bytes::<T>(&self.shape, batch)
    }

    /// W of `layer` (from 0) in the textbook's order: row-major (n_l, n_{l-1}), so that the weight
    /// from input i to unit j stands at j n_{l-1} + i. Allocates.
    ///
    /// ```
    /// # use shallownet::{Activation, Init, Network};
    /// let net = Network::<f32>::builder(3)
    ///     .layer(2, Activation::Tanh)
    ///     .init(Init::Zeros, 0)
    ///     .build()?;
    /// assert_eq!(net.weights(0)?, [0.0; 6]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Layer`] past the last layer.
    pub fn weights(&self, layer: usize) -> Result<Vec<T>> {
        gradients::gather_weights(&self.shape, self.parameters.as_slice(), layer)
    }

    /// b of `layer` (from 0), one value a unit.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// assert_eq!(net.bias(0)?, [0.0; 16]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Layer`] past the last layer.
    pub fn bias(&self, layer: usize) -> Result<&[T]> {
        gradients::bias(&self.shape, self.parameters.as_slice(), layer)
    }

    /// Sets W of `layer` from row-major (n_l, n_{l-1}) values.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// let mut net = Network::<f32>::builder(3).layer(2, Activation::Tanh).build()?;
    /// net.set_weights(0, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// assert_eq!(net.weights(0)?, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Layer`], [`Error::Length`]; [`Error::NotFinite`] under [`Checks::Full`].
    pub fn set_weights(&mut self, layer: usize, weights: &[T]) -> Result<()> {
        gradients::check_layer(&self.shape, layer)?;
        let size = self.shape.layers[layer];
        checks::length("weights", size.weights(), weights.len())?;
        self.check_finite("weights", weights)?;
        let parameters = self.parameters.as_mut_slice();
        gradients::scatter_weights(&self.shape, parameters, layer, weights);
        Ok(())
    }

    /// Sets b of `layer`.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// let mut net = Network::<f32>::builder(3).layer(2, Activation::Tanh).build()?;
    /// net.set_bias(0, &[0.5, -0.5])?;
    /// assert_eq!(net.bias(0)?, [0.5, -0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`set_weights`](Self::set_weights).
    pub fn set_bias(&mut self, layer: usize, bias: &[T]) -> Result<()> {
        gradients::check_layer(&self.shape, layer)?;
        let units = self.shape.layers[layer].units;
        checks::length("bias", units, bias.len())?;
        self.check_finite("bias", bias)?;
        let start = self.shape.spans[layer].bias.start;
        self.parameters.as_mut_slice()[start..start + units].copy_from_slice(bias);
        Ok(())
    }

    /// A copy with its own parameters.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// let mut copy = net.try_clone()?;
    /// copy.set_bias(0, &[1.0; 16])?;
    /// assert_eq!(net.bias(0)?, [0.0; 16]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            shape: Arc::clone(&self.shape),
            parameters: self.parameters.try_clone("the parameters")?,
            ..*self
        })
    }

    /// Forward propagation: the output activations of every sample of `x`, column after column,
    /// into `out` (n_y * m values). O(m * weights); on the same thread for small work.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, Workspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = Workspace::training(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// let mut out = [0.0];
    /// net.predict(x, &mut out, &mut workspace)?;
    /// assert_eq!(out, [0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`], [`Error::EmptyBatch`], [`Error::Length`] of `out`, [`Error::Capacity`],
    /// [`Error::Mismatch`]; [`Error::NotFinite`] in `x` under [`Checks::Full`].
    // Inlined, so that what the caller knows of `x` and `out` stays in registers: see `engine::tiny`.
    #[inline]
    pub fn predict(
        &self,
        x: Columns<'_, T>,
        out: &mut [T],
        workspace: &mut Workspace<T>,
    ) -> Result<()> {
        if self.is_tiny_sample(&x, workspace) && out.len() == self.outputs() {
            let net = tiny::Net { shape: &self.shape, parameters: self.parameters.as_slice() };
            if T::predict_tiny(self.engine, &net, x.as_slice(), out) {
                return Ok(());
            }
        }
        self.predict_any(x, out, workspace)
    }

    /// [`predict`](Self::predict) of whatever network and batch.
    fn predict_any(
        &self,
        x: Columns<'_, T>,
        out: &mut [T],
        workspace: &mut Workspace<T>,
    ) -> Result<()> {
        self.check_x_shape(x)?;
        checks::length("out", self.outputs() * x.samples(), out.len())?;
        workspace.check(&self.shape, x.samples())?;
        let mut task = Prediction {
            model: self.model(),
            regions: &workspace.regions,
            x: &x,
            tiles: workspace.tiles.as_mut_slice(),
            out,
            check_x: self.checks == Checks::Full,
        };
        // If not, x is to blame.
        if T::predict(self.engine, &mut task) { Ok(()) } else { self.check_finite_x(x) }
    }

    /// The cost J of the batch, computed from the logits. Any workspace will do.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, Workspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = Workspace::training(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// // An undecided network: -ln(1/2).
    /// assert!((net.cost(x, y, &mut workspace)? - 2.0_f64.ln()).abs() < 1e-15);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and [`Error::Samples`] or [`Error::Features`] of `y`,
    /// [`Error::Target`] for targets outside the loss's domain under [`Checks::Full`].
    pub fn cost<'a>(
        &self,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64> {
        let y = y.into();
        self.check_all_but_x(x, y, workspace)?;
        self.propagate(x, y, workspace, (Want::Cost, self.checks))
    }

    /// [`cost`](Self::cost) on arguments that have been checked.
    pub(crate) fn cost_checked(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64> {
        self.propagate(x, y, workspace, (Want::Cost, Checks::ShapesOnly))
    }

    /// Forward and backward propagation: returns the cost J and leaves every dW and db in
    /// [`Workspace::gradients`]. The parameters stay as they are.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, Workspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = Workspace::training(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// net.backward(x, y, &mut workspace)?;
    /// // dZ = a - y = -0.5, dW = dZ x^T.
    /// assert_eq!(workspace.gradients()?.weights(0)?, [-1.5, 0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`cost`](Self::cost), and [`Error::PredictionOnly`].
    pub fn backward<'a>(
        &self,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64> {
        let y = y.into();
        self.check_all_but_x(x, y, workspace)?;
        workspace.gradients()?;
        self.backward_checked(x, y, workspace, self.checks)
    }

    /// [`backward`](Self::backward) on arguments that have been checked, but perhaps for x's values.
    pub(crate) fn backward_checked(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        workspace: &mut Workspace<T>,
        check_x: Checks,
    ) -> Result<f64> {
        let cost = self.propagate(x, y, workspace, (Want::Gradients, check_x))?;
        let task = WeightSums {
            shape: &self.shape,
            parallelism: self.parallelism,
            regions: &workspace.regions,
            x: x.as_slice(),
            tiles: workspace.tiles.as_slice(),
            factor: T::from_f64(1.0 / y.total()),
        };
        let gradients = workspace.gradients.as_mut().ok_or(Error::PredictionOnly)?;
        T::sum_weights(self.engine, &task, gradients.buffer.as_mut_slice(), None);
        Ok(cost)
    }

    /// W -= lr dW, b -= lr db.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, Workspace};
    /// # let mut net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = Workspace::training(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// net.backward(x, y, &mut workspace)?;
    /// net.descend(workspace.gradients()?, 2.0)?;
    /// assert_eq!(net.weights(0)?, [3.0, -1.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] for a learning rate that is not finite and positive, [`Error::Mismatch`].
    pub fn descend(&mut self, gradients: &Gradients<T>, learning_rate: T) -> Result<()> {
        checks::learning_rate(learning_rate)?;
        if *gradients.shape != *self.shape {
            return Err(Error::Mismatch { argument: "gradients" });
        }
        let parameters = self.parameters.as_mut_slice();
        update::descend::<T::Wide>((), learning_rate, gradients.buffer.as_slice(), parameters);
        Ok(())
    }

    /// One step of gradient descent on the batch. Returns the cost J before the update. Uses the
    /// workspace's gradients as scratch: what they hold afterwards is unspecified.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, Workspace};
    /// # let mut net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = Workspace::training(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// let before = net.step(x, y, 2.0, &mut workspace)?;
    /// assert_eq!(net.weights(0)?, [3.0, -1.0]);
    /// assert!(net.cost(x, y, &mut workspace)? < before);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// A batch may be one sample: then this is an online step.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Init, Network, Parallelism, Workspace};
    ///
    /// let mut net = Network::<f32>::builder(2)
    ///     .layer(8, Activation::Tanh)
    ///     .layer(1, Activation::Identity)
    ///     .init(Init::XavierNormal, 1)
    ///     .parallelism(Parallelism::Serial)
    ///     .build()?;
    /// let mut workspace = Workspace::training(&net, 1)?;
    /// let mut mean_cost = 0.0;
    /// // Samples as they come in: learn to add two numbers.
    /// for i in 0..2000 {
    ///     let sample = [(i % 7) as f32 / 7.0, (i % 5) as f32 / 5.0];
    ///     let target = [sample[0] + sample[1]];
    ///     let (x, y) = (Columns::new(&sample, 2)?, Columns::new(&target, 1)?);
    ///     mean_cost = 0.99 * mean_cost + 0.01 * net.step(x, y, 0.1, &mut workspace)?;
    /// }
    /// assert!(mean_cost < 1e-3);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`backward`](Self::backward) and [`descend`](Self::descend); [`Error::Diverged`] if the
    /// cost is not finite, with the parameters unchanged.
    #[inline]
    pub fn step<'a>(
        &mut self,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        learning_rate: T,
        workspace: &mut Workspace<T>,
    ) -> Result<f64> {
        let y = y.into();
        checks::learning_rate(learning_rate)?;
        if self.is_tiny_sample(&x, workspace)
            && workspace.gradients.is_some()
            && self.is_sample_of_targets(&y)
            && let Some(cost) = self.step_tiny(&x, &y, learning_rate)
        {
            return finite(cost);
        }
        self.step_any(x, y, learning_rate, workspace)
    }

    /// [`step`](Self::step) of whatever network and batch.
    fn step_any(
        &mut self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        learning_rate: T,
        workspace: &mut Workspace<T>,
    ) -> Result<f64> {
        self.check_all_but_x(x, y, workspace)?;
        workspace.gradients()?;
        self.step_checked(&x, &y, learning_rate, workspace, self.checks)
    }

    /// [`step`](Self::step) on arguments that have been checked, but perhaps for x's values.
    pub(crate) fn step_checked(
        &mut self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        learning_rate: T,
        workspace: &mut Workspace<T>,
        check_x: Checks,
    ) -> Result<f64> {
        if self.is_tiny_sample(x, workspace)
            && let Some(cost) = self.step_tiny(x, y, learning_rate)
        {
            return finite(cost);
        }
        let cost = finite(self.propagate(*x, *y, workspace, (Want::Gradients, check_x))?)?;
        // The sums go into the parameters; the gradient buffer is scratch.
        let task = WeightSums {
            shape: &self.shape,
            parallelism: self.parallelism,
            regions: &workspace.regions,
            x: x.as_slice(),
            tiles: workspace.tiles.as_slice(),
            factor: T::from_f64(-learning_rate.to_f64() / y.total()),
        };
        let sums = workspace.gradients.as_mut().ok_or(Error::PredictionOnly)?;
        let parameters = self.parameters.as_mut_slice();
        T::sum_weights(self.engine, &task, sums.buffer.as_mut_slice(), Some(parameters));
        Ok(cost)
    }

    /// [`step`](Self::step) on one sample of a tiny network, if there is a shorter way for it, and if
    /// the sample is finite.
    #[inline]
    fn step_tiny(
        &mut self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        learning_rate: T,
    ) -> Option<f64> {
        let total = y.total();
        let mut task = tiny::Step {
            head: self.head(),
            shape: &self.shape,
            parameters: self.parameters.as_mut_slice(),
            weights: y.weights,
            total,
            factor: T::from_f64(-learning_rate.to_f64() / total),
        };
        T::step_tiny(self.engine, &mut task, x.as_slice(), y.y.as_slice())
    }

    /// Forward, loss and (for a training workspace) backward, on checked arguments; x's values are
    /// looked at on the way.
    fn propagate(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        workspace: &mut Workspace<T>,
        (want, check_x): (Want, Checks),
    ) -> Result<f64> {
        let cost = T::propagate(
            self.engine,
            Propagation {
                model: self.model(),
                regions: &workspace.regions,
                samples: Samples { x: x.as_slice(), y: y.y.as_slice(), weights: y.weights },
                total: y.total(),
                tiles: workspace.tiles.as_mut_slice(),
                costs: &mut workspace.costs,
                backward: (want == Want::Gradients).then(|| workspace.transposed.as_mut_slice()),
                check_x: check_x == Checks::Full,
            },
        );
        match cost {
            Some(cost) => Ok(cost),
            // A pass refuses only what this finds.
            None => self.check_finite_x(x).map(|()| f64::NAN),
        }
    }

    /// Everything about a training batch that can be wrong.
    pub(crate) fn check_batch(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        workspace: &Workspace<T>,
    ) -> Result<()> {
        self.check_samples(x, y)?;
        workspace.check(&self.shape, x.samples())
    }

    /// The same, but for the values of x: the pass itself finds those that are not finite.
    pub(crate) fn check_all_but_x(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        workspace: &Workspace<T>,
    ) -> Result<()> {
        self.check_x_shape(x)?;
        self.check_targets(x, y)?;
        workspace.check(&self.shape, x.samples())
    }

    /// Everything about samples with targets that can be wrong, whatever workspace they go through.
    pub(crate) fn check_samples(&self, x: Columns<'_, T>, y: Targets<'_, T>) -> Result<()> {
        self.check_x(x)?;
        self.check_targets(x, y)
    }

    fn check_targets(&self, x: Columns<'_, T>, y: Targets<'_, T>) -> Result<()> {
        features("y", self.outputs(), y.y.features())?;
        if y.y.samples() != x.samples() {
            return Err(Error::Samples {
                argument: "y",
                expected: x.samples(),
                given: y.y.samples(),
            });
        }
        if self.checks == Checks::Full {
            self.loss.check_targets(y.y)?;
        }
        y.check_weights()
    }

    /// One sample of the right length, for a network so small that checks would take longer than the
    /// arithmetic? Its values have not been looked at.
    #[inline]
    fn is_tiny_sample(&self, x: &Columns<'_, T>, workspace: &Workspace<T>) -> bool {
        self.shape.tiny
            && x.samples() == 1
            && x.features() == self.inputs()
            && workspace.is_for(&self.shape)
    }

    /// One sample's targets, and nothing wrong with them?
    #[inline]
    fn is_sample_of_targets(&self, y: &Targets<'_, T>) -> bool {
        y.weights.is_none()
            && y.y.samples() == 1
            && y.y.features() == self.outputs()
            && (self.checks == Checks::ShapesOnly || self.loss.check_targets(y.y).is_ok())
    }

    pub(crate) fn check_x(&self, x: Columns<'_, T>) -> Result<()> {
        self.check_x_shape(x)?;
        self.check_finite_x(x)
    }

    fn check_x_shape(&self, x: Columns<'_, T>) -> Result<()> {
        features("x", self.inputs(), x.features())?;
        if x.samples() == 0 { Err(Error::EmptyBatch { argument: "x" }) } else { Ok(()) }
    }

    fn check_finite_x(&self, x: Columns<'_, T>) -> Result<()> {
        self.check_finite("x", x.as_slice())
    }

    pub(crate) fn check_finite(&self, argument: &'static str, values: &[T]) -> Result<()> {
        match self.checks {
            Checks::Full if T::all_finite(self.engine, values) => Ok(()),
            Checks::Full => checks::finite(argument, values),
            Checks::ShapesOnly => Ok(()),
        }
    }

    pub(crate) fn model(&self) -> Model<'_, T> {
        Model {
            shape: &self.shape,
            parameters: self.parameters.as_slice(),
            head: self.head(),
            parallelism: self.parallelism,
        }
    }

    fn head(&self) -> OutputHead {
        let output = self.shape.output();
        OutputHead { loss: self.loss, g: output.activation, n_y: output.units }
    }

    pub(crate) fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    pub(crate) fn parameter_buffer(&self) -> &AlignedBuffer<T> {
        &self.parameters
    }

    pub(crate) fn parameter_buffer_mut(&mut self) -> &mut AlignedBuffer<T> {
        &mut self.parameters
    }
}

/// What a pass is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    Cost,
    Gradients,
}

pub(crate) fn features(argument: &'static str, expected: usize, given: usize) -> Result<()> {
    if given == expected { Ok(()) } else { Err(Error::Features { argument, expected, given }) }
}

/// A step's cost, refused unless it is finite.
fn finite(cost: f64) -> Result<f64> {
    if cost.is_finite() { Ok(cost) } else { Err(Error::Diverged { step: 0, cost }) }
}
