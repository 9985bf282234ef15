//! The memory a pass needs, sized once from a network and a batch capacity.

use std::sync::Arc;

use crate::buffer::AlignedBuffer;
use crate::engine::plan::{self, Purpose, Regions};
use crate::error::{Error, Result};
use crate::gradients::Gradients;
use crate::network::Network;
use crate::scalar::Scalar;
use crate::shape::Shape;

/// Activations, output errors and gradients of one pass: everything that training or prediction
/// writes besides the parameters, allocated here once.
///
/// A network is read-only during prediction and can be shared by threads; each thread brings a
/// workspace of its own.
///
/// ```
/// use shallownet::{Activation, Network, Workspace};
///
/// let net = Network::<f32>::builder(8)
///     .layer(16, Activation::Relu)
///     .layer(1, Activation::Sigmoid)
///     .build()?;
/// let training = Workspace::training(&net, 64)?;
/// let prediction = Workspace::prediction(&net, 64)?;
/// assert_eq!(training.capacity(), 64);
/// assert!(prediction.bytes() < training.bytes());
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct Workspace<T> {
    pub(crate) shape: Arc<Shape>,
    pub(crate) regions: Regions,
    capacity: usize,
    pub(crate) tiles: AlignedBuffer<T>,
    /// W^T of the layers after the first, for backends that want it.
    pub(crate) transposed: AlignedBuffer<T>,
    /// One partial cost a tile, added up in tile order whatever thread wrote it.
    pub(crate) costs: Vec<f64>,
    pub(crate) gradients: Option<Gradients<T>>,
}

impl<T: Scalar> Workspace<T> {
    /// For [`fit`](crate::Fit), [`step`](Network::step), [`backward`](Network::backward) and all
    /// that [`Workspace::prediction`] is for, with batches of up to `capacity` samples.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, Workspace};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// let workspace = Workspace::training(&net, 32)?;
    /// assert!(workspace.gradients().is_ok());
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`] for a capacity of 0; [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn training(net: &Network<T>, capacity: usize) -> Result<Self> {
        let mut workspace = Self::sized(net, capacity, Purpose::Training)?;
        workspace.gradients = Some(Gradients::zeros(net.shape())?);
        Ok(workspace)
    }

    /// For [`predict`](Network::predict) and [`cost`](Network::cost) only: smaller.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, Workspace};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// let workspace = Workspace::prediction(&net, 32)?;
    /// assert_eq!(workspace.gradients().unwrap_err(), Error::PredictionOnly);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Workspace::training`].
    pub fn prediction(net: &Network<T>, capacity: usize) -> Result<Self> {
        Self::sized(net, capacity, Purpose::Prediction)
    }

    fn sized(net: &Network<T>, capacity: usize, purpose: Purpose) -> Result<Self> {
        if capacity == 0 {
            return Err(Error::Zero { argument: "workspace capacity" });
        }
        let shape = Arc::clone(net.shape());
        let regions = Regions::new(&shape, purpose, size_of::<T>())?;
        let (elements, tiles) = plan::room_for(&regions, capacity)?;
        let mut costs = Vec::new();
        costs.try_reserve_exact(tiles).map_err(|_| Error::OutOfMemory {
            what: "the workspace",
            bytes: tiles.saturating_mul(size_of::<f64>()),
        })?;
        costs.resize(tiles, 0.0);
        let tiles = AlignedBuffer::zeros(elements, "the workspace")?;
        let weights = regions.transposed(shape.layers.len() - 1).end;
        let transposed = AlignedBuffer::zeros(weights, "the workspace")?;
        Ok(Self { shape, regions, capacity, tiles, transposed, costs, gradients: None })
    }

    /// The largest batch, in samples.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, Workspace};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(Workspace::prediction(&net, 32)?.capacity(), 32);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The memory held, in bytes.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, Workspace};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert!(Workspace::prediction(&net, 1)?.bytes() < Workspace::prediction(&net, 4096)?.bytes());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        let gradients = self.gradients.as_ref().map_or(0, |g| g.buffer.as_slice().len());
        (self.tiles.as_slice().len() + self.transposed.as_slice().len() + gradients)
            * size_of::<T>()
            + self.costs.len() * size_of::<f64>()
    }

    /// The gradients of the last [`backward`](Network::backward).
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, Workspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = Workspace::training(&net, 1)?;
    /// # net.backward(Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?, &mut workspace)?;
    /// assert_eq!(workspace.gradients()?.bias(0)?, [-0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::PredictionOnly`] if the workspace is not for training.
    pub fn gradients(&self) -> Result<&Gradients<T>> {
        self.gradients.as_ref().ok_or(Error::PredictionOnly)
    }

    /// Refuses a workspace of another network shape, and batches above its capacity.
    pub(crate) fn check(&self, shape: &Arc<Shape>, samples: usize) -> Result<()> {
        if !Arc::ptr_eq(&self.shape, shape) && *self.shape != **shape {
            return Err(Error::Mismatch { argument: "workspace" });
        }
        if samples > self.capacity {
            return Err(Error::Capacity { capacity: self.capacity, given: samples });
        }
        Ok(())
    }
}
