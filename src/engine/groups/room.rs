//! The memory that a thread needs to work on a group.

use crate::data::buffer::AlignedBuffer;
use crate::element::Element;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};
use crate::words::layer::Layer;

/// A block's row in lanes of a group: a block's registers are as many as a group's, or twice as many.
const ROW: usize = 2;

const WHAT: &str = "the population's workspace";

/// One thread's. Its size depends on the shape alone: batches go through in blocks.
#[derive(Debug, Clone)]
pub struct Room<T> {
    memory: AlignedBuffer<T>,
    sizes: Sizes,
}

/// Elements of each part.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    x: usize,
    y: usize,
    weights: usize,
    units: usize,
    parameters: usize,
}

/// A [`Room`]'s parts.
pub(crate) struct Parts<'a, T> {
    /// x, y and the weights of a block.
    pub(crate) x: &'a mut [T],
    pub(crate) y: &'a mut [T],
    pub(crate) weights: &'a mut [T],
    /// Z, then A, of every layer's units; and their dZ.
    pub(crate) a: &'a mut [T],
    pub(crate) dz: &'a mut [T],
    /// Sums over a stretch of samples, and over all of them.
    pub(crate) part: &'a mut [T],
    pub(crate) total: &'a mut [T],
    /// Parameters as they were before an update.
    pub(crate) before: &'a mut [T],
    /// For an optimiser.
    pub(crate) gradients: &'a mut [T],
}

impl<T> Parts<'_, T> {
    /// The same parts, lent.
    #[inline(always)]
    pub(crate) fn lend(&mut self) -> Parts<'_, T> {
        Parts {
            x: self.x,
            y: self.y,
            weights: self.weights,
            a: self.a,
            dz: self.dz,
            part: self.part,
            total: self.total,
            before: self.before,
            gradients: self.gradients,
        }
    }
}

impl Sizes {
    /// For groups of `lanes`: rows hold a group's, of one sample, or a block of a register's.
    fn of(shape: &Shape, lanes: usize) -> Option<Self> {
        let units: usize = shape.layers.iter().map(|layer| layer.units).sum();
        let parameters: usize = shape.layers.iter().map(Layer::parameters).sum();
        let of_block = |rows: usize| rows.checked_mul(ROW * lanes);
        Some(Self {
            x: of_block(shape.n_x())?,
            y: of_block(shape.n_y())?,
            weights: of_block(1)?,
            units: of_block(units)?,
            parameters: parameters.checked_mul(lanes)?,
        })
    }

    fn len(self) -> Option<usize> {
        let Self { x, y, weights, units, parameters } = self;
        let parameters = parameters.checked_mul(4)?;
        [x, y, weights, units, units, parameters].into_iter().try_fold(0, usize::checked_add)
    }
}

impl<T: Element> Room<T> {
    pub(crate) fn new(shape: &Shape, lanes: usize) -> Result<Self> {
        let sizes = Sizes::of(shape, lanes).ok_or(Error::TooLarge { what: WHAT })?;
        let len = sizes.len().ok_or(Error::TooLarge { what: WHAT })?;
        Ok(Self { memory: AlignedBuffer::zeros(len, WHAT)?, sizes })
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.memory.as_slice())
    }

    /// Bytes of a room, without making one.
    pub(crate) fn bytes_of(shape: &Shape, lanes: usize) -> Result<usize> {
        let len = Sizes::of(shape, lanes).and_then(Sizes::len);
        let bytes = len.and_then(|len| len.checked_mul(size_of::<T>()));
        bytes.ok_or(Error::TooLarge { what: WHAT })
    }

    pub(crate) fn parts(&mut self) -> Parts<'_, T> {
        let Sizes { x, y, weights, units, parameters } = self.sizes;
        let (x, rest) = self.memory.as_mut_slice().split_at_mut(x);
        let (y, rest) = rest.split_at_mut(y);
        let (weights, rest) = rest.split_at_mut(weights);
        let (a, rest) = rest.split_at_mut(units);
        let (dz, rest) = rest.split_at_mut(units);
        let (part, rest) = rest.split_at_mut(parameters);
        let (total, rest) = rest.split_at_mut(parameters);
        let (before, gradients) = rest.split_at_mut(parameters);
        Parts { x, y, weights, a, dz, part, total, before, gradients }
    }
}
