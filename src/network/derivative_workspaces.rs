//! Memory for derivatives beyond the gradient.

use core::ops::Range;
use std::sync::Arc;

use crate::data::buffer::AlignedBuffer;
use crate::engine::derivatives::places::{DirectionPlaces, Places};
use crate::engine::derivatives::walk;
use crate::engine::plan::Regions;
use crate::engine::purpose::Purpose;
use crate::engine::shape::Shape;
use crate::engine::stretches;
use crate::error::{Error, Result};
use crate::network::buffers::check_layout;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::choices::Parallelism;

const WHAT: &str = "the derivatives";
const TOO_LARGE: Error = Error::TooLarge { what: WHAT };

/// Tiles that threads may work on at a time.
const TILES: usize = 16;

/// What both kinds of passes want: W^T of every layer, and biases of 0.
#[derive(Debug, Clone)]
pub(super) struct Linear<T> {
    pub(super) shape: Arc<Shape>,
    pub(super) places: Vec<Range<usize>>,
    pub(super) transposed: AlignedBuffer<T>,
    pub(super) zeros: AlignedBuffer<T>,
}

impl<T: Scalar> Linear<T> {
    fn new(net: &Network<T>) -> Result<Self> {
        let shape = Arc::clone(net.shape());
        let sizes = shape.layers.iter().map(|layer| (layer.inputs, layer.units));
        let places = walk::transposed_places(sizes, shape.panel).ok_or(TOO_LARGE)?;
        let transposed = places.last().map_or(0, |place| place.end);
        let zeros = shape.widest.checked_next_multiple_of(shape.panel).ok_or(TOO_LARGE)?;
        Ok(Self {
            transposed: AlignedBuffer::zeros(transposed, WHAT)?,
            zeros: AlignedBuffer::zeros(zeros, WHAT)?,
            shape,
            places,
        })
    }

    fn bytes(&self) -> usize {
        size_of_val(self.transposed.as_slice()) + size_of_val(self.zeros.as_slice())
    }
}

/// Memory for passes over the inputs' derivatives: n columns of tangents a sample.
#[derive(Debug, Clone)]
pub(super) struct InputRoom<T> {
    pub(super) linear: Linear<T>,
    pub(super) tile: Places,
    pub(super) w: AlignedBuffer<T>,
    pub(super) tiles: AlignedBuffer<T>,
}

impl<T: Scalar> InputRoom<T> {
    fn new(net: &Network<T>, n: usize) -> Result<Self> {
        let linear = Linear::new(net)?;
        let regions = Regions::new(&linear.shape, Purpose::Prediction, size_of::<T>(), 1)?;
        let tile = Places::new(&linear.shape, &regions, n, size_of::<T>())?;
        let count = if net.model().parallelism == Parallelism::Serial { 1 } else { TILES };
        let tiles = tile.tile()?.checked_mul(count).ok_or(TOO_LARGE)?;
        let w = tile.wide().checked_mul(linear.shape.n_x()).ok_or(TOO_LARGE)?;
        Ok(Self {
            w: AlignedBuffer::zeros(w, WHAT)?,
            tiles: AlignedBuffer::zeros(tiles, WHAT)?,
            tile,
            linear,
        })
    }

    fn bytes(&self) -> usize {
        let Self { linear, w, tiles, .. } = self;
        linear.bytes() + size_of_val(w.as_slice()) + size_of_val(tiles.as_slice())
    }

    pub(super) fn check(&self, shape: &Arc<Shape>) -> Result<()> {
        check_layout("workspace", &self.linear.shape, shape)
    }
}

/// Memory for [`Network::jacobian`] and [`Network::jacobian_vector`], for batches of any size.
///
/// ```
/// use shallownet::{Activation, JacobianWorkspace, Network};
///
/// let net = Network::<f32>::builder(2).layer(3, Activation::Tanh).build()?;
/// let workspace = JacobianWorkspace::new(&net)?;
/// assert!(workspace.bytes() > 0);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct JacobianWorkspace<T>(pub(super) InputRoom<T>);

impl<T: Scalar> JacobianWorkspace<T> {
    /// For networks of this layout.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn new(net: &Network<T>) -> Result<Self> {
        InputRoom::new(net, net.inputs().min(net.outputs())).map(Self)
    }

    /// The memory held, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

/// Memory for [`Network::input_hessian`], for batches of any size: it grows with n_x times the units
/// of the widest layer.
///
/// ```
/// use shallownet::{Activation, InputHessianWorkspace, Network};
///
/// let net = Network::<f32>::builder(2).layer(3, Activation::Tanh).build()?;
/// let workspace = InputHessianWorkspace::new(&net)?;
/// assert!(workspace.bytes() > 0);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InputHessianWorkspace<T>(pub(super) InputRoom<T>);

impl<T: Scalar> InputHessianWorkspace<T> {
    /// For networks of this layout.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn new(net: &Network<T>) -> Result<Self> {
        InputRoom::new(net, net.inputs()).map(Self)
    }

    /// The memory held, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

/// Memory for the passes along a direction themselves.
#[derive(Debug, Clone)]
pub(super) struct DirectionRoom<T> {
    pub(super) linear: Linear<T>,
    pub(super) tile: DirectionPlaces,
    pub(super) tiles: AlignedBuffer<T>,
}

/// Memory for [`Network::hessian_vector`] and [`Network::input_hessian_vector`]: about three times
/// that of a [`Tape`](crate::Tape), and three times the parameters.
///
/// ```
/// use shallownet::{Activation, HessianWorkspace, Network};
///
/// let net = Network::<f32>::builder(2).layer(3, Activation::Tanh).build()?;
/// let workspace = HessianWorkspace::new(&net, 100)?;
/// assert_eq!(workspace.capacity(), 100);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HessianWorkspace<T> {
    pub(super) room: DirectionRoom<T>,
    capacity: usize,
    /// The direction, laid out as the parameters, its transposed weights, and as many zeros as x.
    pub(super) v: AlignedBuffer<T>,
    pub(super) v_transposed: AlignedBuffer<T>,
    pub(super) still: AlignedBuffer<T>,
    /// Two parts of the product, and room for a stretch of a large batch.
    pub(super) sums: AlignedBuffer<T>,
    pub(super) others: AlignedBuffer<T>,
    pub(super) stretch: AlignedBuffer<T>,
}

impl<T: Scalar> HessianWorkspace<T> {
    /// For batches of up to `capacity` samples.
    ///
    /// # Errors
    /// [`Error::Zero`] for a capacity of 0; [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn new(net: &Network<T>, capacity: usize) -> Result<Self> {
        if capacity == 0 {
            return Err(Error::Zero { argument: "workspace capacity" });
        }
        let linear = Linear::new(net)?;
        let shape = Arc::clone(&linear.shape);
        let regions = Regions::new(&shape, Purpose::Tape, size_of::<T>(), capacity)?;
        let tile = DirectionPlaces::new(&shape, &regions)?;
        let tiles = tile.column.checked_mul(capacity).ok_or(TOO_LARGE)?;
        let still = shape.n_x().checked_mul(capacity).ok_or(TOO_LARGE)?;
        let parameters = || AlignedBuffer::zeros(shape.len, WHAT);
        let tiles = AlignedBuffer::zeros(tiles, WHAT)?;
        Ok(Self {
            v: parameters()?,
            v_transposed: AlignedBuffer::zeros(linear.transposed.as_slice().len(), WHAT)?,
            still: AlignedBuffer::zeros(still, WHAT)?,
            sums: parameters()?,
            others: parameters()?,
            stretch: AlignedBuffer::zeros(stretches::room(&shape, size_of::<T>(), capacity), WHAT)?,
            room: DirectionRoom { linear, tile, tiles },
            capacity,
        })
    }

    /// The largest batch, in samples.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The memory held, in bytes.
    pub fn bytes(&self) -> usize {
        let Self { room, v, v_transposed, still, sums, others, stretch, .. } = self;
        let buffers = [&room.tiles, v, v_transposed, still, sums, others, stretch];
        buffers.iter().map(|b| size_of_val(b.as_slice())).sum::<usize>() + room.linear.bytes()
    }

    /// Refuses the memory of another layout, and batches above its capacity.
    pub(super) fn check(&self, shape: &Arc<Shape>, samples: usize) -> Result<()> {
        check_layout("workspace", &self.room.linear.shape, shape)?;
        if samples > self.capacity {
            return Err(Error::Capacity { capacity: self.capacity, given: samples });
        }
        Ok(())
    }
}
