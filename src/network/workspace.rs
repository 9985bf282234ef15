//! The memory a pass needs, sized once from a network and a batch capacity.

use std::sync::Arc;

use crate::data::buffer::AlignedBuffer;
use crate::engine::plan::{self, Purpose, Regions};
use crate::engine::shape::Shape;
use crate::engine::stretches;
use crate::error::{Error, Result};
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;

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
///
/// **Inside parallel iterators**, do not keep a workspace in a `thread_local`: a call that splits a
/// large batch waits for its parts, and a thread of rayon's that waits takes up other work, perhaps the
/// next item of the same iterator. That would borrow the workspace a second time, and the `RefCell`
/// panics, now and then. Let the iterator hand out the workspaces instead:
///
/// ```
/// use rayon::prelude::*;
/// use shallownet::{Activation, Columns, Network, Workspace};
///
/// let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
/// let (x, mut a) = (vec![0.5; 2 * 1000], vec![0.0; 1000]);
/// x.par_chunks(2 * 100).zip(a.par_chunks_mut(100)).try_for_each_init(
///     || Workspace::prediction(&net, 100),
///     |workspace, (x, a)| {
///         let workspace = workspace.as_mut().map_err(|error| error.clone())?;
///         net.predict(Columns::new(x, 2)?, a, workspace)
///     },
/// )?;
/// assert!(a.iter().all(|a| *a == a.clamp(0.01, 0.99)));
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
    /// The gradients of a stretch of a large batch.
    pub(crate) stretch: AlignedBuffer<T>,
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
        workspace.gradients = Some(Gradients::of_shape(net.shape())?);
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
        let Room { regions, tiles: elements, transposed, stretch, costs: tiles } =
            Room::new::<T>(net.shape(), capacity, purpose)?;
        let mut costs = Vec::new();
        costs.try_reserve_exact(tiles).map_err(|_| Error::OutOfMemory {
            what: "the workspace",
            bytes: tiles.saturating_mul(size_of::<f64>()),
        })?;
        costs.resize(tiles, 0.0);
        let tiles = AlignedBuffer::zeros(elements, "the workspace")?;
        let transposed = AlignedBuffer::zeros(transposed, "the workspace")?;
        let stretch = AlignedBuffer::zeros(stretch, "the workspace")?;
        let shape = Arc::clone(net.shape());
        Ok(Self { shape, regions, capacity, tiles, transposed, costs, gradients: None, stretch })
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

    /// The memory held, in bytes; [`Network::workspace_bytes`] says it beforehand.
    ///
    /// ```
    /// # use shallownet::{Activation, Error, Network, Workspace};
    /// # let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert!(Workspace::prediction(&net, 1)?.bytes() < Workspace::prediction(&net, 4096)?.bytes());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        let gradients = self.gradients.as_ref().map_or(0, |g| g.buffer.as_slice().len());
        let buffers = [&self.tiles, &self.transposed, &self.stretch];
        let elements = buffers.map(|buffer| buffer.as_slice().len()).iter().sum::<usize>();
        (elements + gradients) * size_of::<T>() + self.costs.len() * size_of::<f64>()
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

    /// Was it made for this very network, or a copy of it?
    #[inline]
    pub(crate) fn is_for(&self, shape: &Arc<Shape>) -> bool {
        Arc::ptr_eq(&self.shape, shape)
    }

    /// Refuses a workspace of another network shape, and batches above its capacity.
    pub(crate) fn check(&self, shape: &Arc<Shape>, samples: usize) -> Result<()> {
        if !self.is_for(shape) && *self.shape != **shape {
            return Err(Error::Mismatch { argument: "workspace" });
        }
        if samples > self.capacity {
            return Err(Error::Capacity { capacity: self.capacity, given: samples });
        }
        Ok(())
    }
}

/// What a workspace will hold, counted in elements of each buffer.
struct Room {
    regions: Regions,
    tiles: usize,
    transposed: usize,
    stretch: usize,
    costs: usize,
}

impl Room {
    fn new<T: Scalar>(shape: &Shape, capacity: usize, purpose: Purpose) -> Result<Self> {
        if capacity == 0 {
            return Err(Error::Zero { argument: "workspace capacity" });
        }
        let regions = Regions::new(shape, purpose, size_of::<T>(), capacity)?;
        let (tiles, costs) = plan::room_for(&regions, capacity)?;
        let transposed = regions.transposed(shape.layers.len() - 1).end;
        let stretch = match purpose {
            Purpose::Training => stretches::room(shape, size_of::<T>(), capacity),
            Purpose::Prediction => 0,
        };
        Ok(Self { regions, tiles, transposed, stretch, costs })
    }
}

/// Bytes of a training workspace; see [`Network::workspace_bytes`].
pub(crate) fn training_bytes<T: Scalar>(shape: &Shape, capacity: usize) -> Result<usize> {
    let room = Room::new::<T>(shape, capacity, Purpose::Training)?;
    let others = [room.transposed, room.stretch, shape.len];
    let elements = others.into_iter().try_fold(room.tiles, usize::checked_add);
    let bytes = elements.and_then(|n| n.checked_mul(size_of::<T>()));
    let costs = room.costs.checked_mul(size_of::<f64>());
    bytes.and_then(|n| n.checked_add(costs?)).ok_or(Error::TooLarge { what: "the workspace" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::activation::Activation::{Identity, Relu, Sigmoid, Softmax, Tanh};
    use crate::{Backend, Error};

    fn is_foretold<T: Scalar>(units: &[usize], backend: Backend, capacity: usize) {
        let (last, hidden) = units[1..].split_last().unwrap();
        let mut builder = Network::<T>::builder(units[0]).backend(backend);
        for &n in hidden {
            builder = builder.layer(n, if n % 2 == 0 { Tanh } else { Relu });
        }
        let g = if *last == 1 { Sigmoid } else { Softmax };
        let net = builder.layer(*last, g).build().unwrap();
        let held = Workspace::training(&net, capacity).unwrap().bytes();
        assert_eq!(net.workspace_bytes(capacity), Ok(held), "{units:?} {backend:?} {capacity}");
        assert!(held > 0);
    }

    #[test]
    fn the_size_told_beforehand_is_the_size_held() {
        let shapes: [&[usize]; 5] =
            [&[2, 4, 1], &[3, 1], &[8, 16, 1], &[100, 120, 10], &[17, 65, 33, 5]];
        for units in shapes {
            for capacity in [1, 5, 31, 32, 33, 400, 1001, 40_000] {
                for backend in [Backend::Auto, Backend::Fused, Backend::Portable] {
                    is_foretold::<f32>(units, backend, capacity);
                    is_foretold::<f64>(units, backend, capacity);
                }
                #[cfg(feature = "cblas")]
                is_foretold::<f32>(units, Backend::Cblas, capacity);
            }
        }
    }

    #[test]
    fn sizes_that_no_workspace_has_are_errors() {
        let net = Network::<f64>::builder(2).layer(3, Identity).build().unwrap();
        assert!(matches!(net.workspace_bytes(0), Err(Error::Zero { .. })));
        // A sample takes two arrays of at least three numbers, 48 bytes; more where they are padded.
        for capacity in [usize::MAX, usize::MAX / 8, usize::MAX / 48 + 1] {
            let told = net.workspace_bytes(capacity);
            assert!(matches!(told, Err(Error::TooLarge { .. })), "{capacity}: {told:?}");
        }
    }
}
