//! What a pass writes besides the gradients: sized once from a network and a batch capacity.

use std::sync::Arc;

use crate::data::buffer::AlignedBuffer;
use crate::engine::plan::{self, Regions};
use crate::engine::purpose::Purpose;
use crate::engine::shape::Shape;
use crate::engine::stretches;
use crate::error::{Error, Result};
use crate::scalar::Scalar;

/// What both kinds of workspace hold.
#[derive(Debug, Clone)]
pub struct Buffers<T> {
    pub(crate) shape: Arc<Shape>,
    pub(crate) regions: Regions,
    pub(crate) capacity: usize,
    /// A copy of [`Shape::tiny`], so that comparing it does not read the shape.
    pub(crate) tiny: u64,
    pub(crate) tiles: AlignedBuffer<T>,
    /// One partial cost a tile, added up in tile order, whichever thread wrote it.
    pub(crate) costs: Vec<f64>,
}

/// What the backward pass needs besides.
#[derive(Debug, Clone)]
pub(crate) struct BackwardBuffers<T> {
    /// W^T of the layers after the first, for backends that want it.
    pub(crate) transposed: AlignedBuffer<T>,
    /// The gradients of a stretch of a large batch.
    pub(crate) stretch: AlignedBuffer<T>,
}

const WHAT: &str = "the workspace";

impl<T: Scalar> Buffers<T> {
    pub(crate) fn prediction(shape: &Arc<Shape>, capacity: usize) -> Result<Self> {
        Self::of(shape, capacity, Room::new::<T>(shape, capacity, Purpose::Prediction)?)
    }

    pub(crate) fn training(
        shape: &Arc<Shape>,
        capacity: usize,
    ) -> Result<(Self, BackwardBuffers<T>)> {
        let room = Room::new::<T>(shape, capacity, Purpose::Training)?;
        let (transposed, stretch) = (room.transposed, room.stretch);
        let buffers = Self::of(shape, capacity, room)?;
        let transposed = AlignedBuffer::zeros(transposed, WHAT)?;
        let stretch = AlignedBuffer::zeros(stretch, WHAT)?;
        Ok((buffers, BackwardBuffers { transposed, stretch }))
    }

    fn of(shape: &Arc<Shape>, capacity: usize, room: Room) -> Result<Self> {
        let mut costs = Vec::new();
        costs.try_reserve_exact(room.costs).map_err(|_| Error::OutOfMemory {
            what: WHAT,
            bytes: room.costs.saturating_mul(size_of::<f64>()),
        })?;
        costs.resize(room.costs, 0.0);
        let tiles = AlignedBuffer::zeros(room.tiles, WHAT)?;
        let tiny = shape.tiny;
        Ok(Self { shape: Arc::clone(shape), regions: room.regions, capacity, tiny, tiles, costs })
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.tiles.as_slice()) + size_of_val(&*self.costs)
    }

    /// Refuses a workspace of another layout, and batches above its capacity.
    pub(crate) fn check(&self, shape: &Arc<Shape>, samples: usize) -> Result<()> {
        check_layout("workspace", &self.shape, shape)?;
        if samples > self.capacity {
            return Err(Error::Capacity { capacity: self.capacity, given: samples });
        }
        Ok(())
    }
}

/// Refuses memory that was made for a network of another layout. Memory made for this very network,
/// or a copy of it, is recognised by one comparison.
pub(crate) fn check_layout(
    argument: &'static str,
    of_memory: &Arc<Shape>,
    of_network: &Arc<Shape>,
) -> Result<()> {
    if Arc::ptr_eq(of_memory, of_network) || of_memory.has_layout_of(of_network) {
        return Ok(());
    }
    Err(Error::Mismatch { argument })
}

impl<T: Scalar> BackwardBuffers<T> {
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.transposed.as_slice()) + size_of_val(self.stretch.as_slice())
    }
}

/// How much a workspace will hold, counted in elements of each buffer.
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
            Purpose::Training | Purpose::Tape => stretches::room(shape, size_of::<T>(), capacity),
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
