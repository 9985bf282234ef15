//! The network: what it is made of, and its parameters. Its calls are in `passes`.

use std::sync::Arc;

use crate::data::buffer::AlignedBuffer;
use crate::data::checks;
use crate::engine::layout;
use crate::engine::passes::Passes;
use crate::engine::shape::Shape;
use crate::engine::tiles::Model;
use crate::error::Result;
use crate::kernels::head::OutputHead;
use crate::network::buffers;
use crate::scalar::Scalar;
use crate::words::choices::{Backend, Checks, Parallelism};
use crate::words::layer::Layer;
use crate::words::level::Level;
use crate::words::loss::Loss;

/// A dense feed-forward network of one or more layers, its parameters in one contiguous buffer.
///
/// Reading calls ([`predict`](Self::predict), [`cost`](Self::cost), [`backward`](Self::backward))
/// take `&self`, so one network can serve many threads, each with a
/// [`Workspace`](crate::Workspace) of its own.
///
/// ```
/// use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
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
/// let mut workspace = TrainingWorkspace::new(&net, 4)?;
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
    pub(crate) engine: Box<dyn Passes<T>>,
    pub(crate) parallelism: Parallelism,
    pub(crate) checks: Checks,
}

impl<T: Scalar> Network<T> {
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

    /// Targets of a sample: as many as outputs, but half of them for [`Loss::GaussianNll`].
    ///
    /// ```
    /// # use shallownet::{Activation, Loss, Network};
    /// // A mean and a variance for each of two targets.
    /// let builder = Network::<f32>::builder(8).layer(4, Activation::Identity);
    /// assert_eq!(builder.loss(Loss::GaussianNll).build()?.targets(), 2);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn targets(&self) -> usize {
        self.loss.targets(self.outputs())
    }

    /// The number of weights and biases of all layers together.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// # let net = Network::<f32>::builder(8)
    /// #     .layer(16, Activation::Relu)
    /// #     .layer(3, Activation::Softmax)
    /// #     .build()?;
    /// // 16 * 8 + 16 and 3 * 16 + 3.
    /// assert_eq!(net.parameter_count(), 195);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn parameter_count(&self) -> usize {
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

    /// The bytes that a [`TrainingWorkspace`](crate::TrainingWorkspace) for batches of up to
    /// `batch` samples will hold (its [`bytes`](crate::TrainingWorkspace::bytes)), without
    /// allocating it. O(layers).
    ///
    /// ```
    /// # use shallownet::{Activation, Network, TrainingWorkspace};
    /// let net = Network::<f32>::builder(8).layer(1, Activation::Sigmoid).build()?;
    /// let bytes = net.workspace_bytes(1000)?;
    /// assert_eq!(bytes, TrainingWorkspace::new(&net, 1000)?.bytes());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`](crate::Error::Zero) for a batch of 0 samples;
    /// [`Error::TooLarge`](crate::Error::TooLarge).
    pub fn workspace_bytes(&self, batch: usize) -> Result<usize> {
        buffers::training_bytes::<T>(&self.shape, batch)
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
    /// [`Error::Layer`](crate::Error::Layer) past the last layer.
    pub fn weights(&self, layer: usize) -> Result<Vec<T>> {
        layout::check_layer(&self.shape, layer)?;
        let mut weights = vec![T::ZERO; self.shape.layers[layer].weights()];
        layout::gather_weights(&self.shape, self.parameters.as_slice(), layer, &mut weights);
        Ok(weights)
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
    /// [`Error::Layer`](crate::Error::Layer) past the last layer.
    pub fn bias(&self, layer: usize) -> Result<&[T]> {
        layout::check_layer(&self.shape, layer)?;
        Ok(layout::bias(&self.shape, self.parameters.as_slice(), layer))
    }

    /// Sets W of `layer` from row-major (n_l, n_{l-1}) values. Subnormal ones become 0, as all
    /// [small numbers](crate#small-numbers) of a network do.
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
    /// [`Error::Layer`](crate::Error::Layer), [`Error::Length`](crate::Error::Length);
    /// [`Error::NotFinite`](crate::Error::NotFinite) under [`Checks::Full`].
    pub fn set_weights(&mut self, layer: usize, weights: &[T]) -> Result<()> {
        layout::check_layer(&self.shape, layer)?;
        let size = self.shape.layers[layer];
        checks::length("weights", size.weights(), weights.len())?;
        self.check_finite("weights", weights)?;
        let parameters = self.parameters.as_mut_slice();
        layout::scatter_weights(&self.shape, parameters, layer, weights, checks::normal);
        Ok(())
    }

    /// Sets b of `layer`. Subnormal values become 0.
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
        layout::check_layer(&self.shape, layer)?;
        let units = self.shape.layers[layer].units;
        checks::length("bias", units, bias.len())?;
        self.check_finite("bias", bias)?;
        let parameters = self.parameters.as_mut_slice();
        layout::scatter_bias(&self.shape, parameters, layer, bias, checks::normal);
        Ok(())
    }

    /// A copy with its own parameters, or an error where [`clone`](Clone::clone) would abort.
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
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            shape: Arc::clone(&self.shape),
            parameters: self.parameters.try_clone("the parameters")?,
            engine: self.engine.again(),
            ..*self
        })
    }

    pub(crate) fn model(&self) -> Model<'_, T> {
        Model {
            shape: &self.shape,
            parameters: self.parameters.as_slice(),
            head: self.head(),
            parallelism: self.parallelism,
        }
    }

    pub(crate) fn head(&self) -> OutputHead {
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

/// A copy with its own parameters; like that of a `Vec`, it aborts where there is no memory, which
/// [`try_clone`](Network::try_clone) returns as an error.
impl<T: Scalar> Clone for Network<T> {
    fn clone(&self) -> Self {
        Self {
            shape: Arc::clone(&self.shape),
            parameters: self.parameters.clone(),
            engine: self.engine.again(),
            ..*self
        }
    }
}
