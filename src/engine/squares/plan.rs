//! How the samples are cut into blocks: from the shape and their number alone.

use crate::engine::shape::Shape;
use crate::error::{Error, Result};
use crate::kernels::squares::factor::PANEL;
use crate::words::activation::Activation;
use crate::words::layer::Layer;

/// J's rows of a block are read once for each four rows of H: they should stay in L2.
const BLOCK_BYTES: usize = 1 << 20;
/// Samples of a block: fewer, and the sums over lanes take more time than the products.
const BLOCK: core::ops::RangeInclusive<usize> = 64..=512;

const ROOM: Error = Error::TooLarge { what: "the normal equations" };

/// Sizes, in values of f64.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) samples: usize,
    /// Samples of a block: whole registers.
    pub(crate) row: usize,
    pub(crate) blocks: usize,
    pub(crate) parameters: usize,
    /// Rows of H: the parameters, filled up to whole panels.
    pub(crate) n: usize,
    /// Parameters of the layers before the output.
    pub(crate) common: usize,
    /// Parameters that one output depends on: rows of J.
    pub(crate) of_output: usize,
    /// The same, filled up.
    pub(crate) rows: usize,
    /// Units of all layers.
    pub(crate) units: usize,
}

impl Plan {
    pub(crate) fn new(shape: &Shape, samples: usize) -> Result<Self> {
        let parameters: usize = shape.layers.iter().map(Layer::parameters).sum();
        let units = shape.layers.iter().map(|layer| layer.units).sum();
        let output = shape.output();
        let common = parameters - output.parameters();
        let of_output = match output.activation {
            Activation::Softmax => parameters,
            _ => common + output.inputs + 1,
        };
        let up = |n: usize| n.checked_next_multiple_of(PANEL).ok_or(ROOM);
        let (n, rows) = (up(parameters)?, up(of_output)?);
        let most = (BLOCK_BYTES / 8 / rows / PANEL * PANEL).clamp(*BLOCK.start(), *BLOCK.end());
        let blocks = samples.div_ceil(most);
        let row = up(samples.div_ceil(blocks))?;
        Ok(Self { samples, row, blocks, parameters, n, common, of_output, rows, units })
    }

    /// Has each output parameters of its own, besides those that it shares?
    pub(crate) fn has_own(&self) -> bool {
        self.of_output < self.parameters
    }

    /// Values of a block's rows times `rows`, over all blocks.
    pub(crate) fn over_blocks(&self, rows: usize) -> Result<usize> {
        self.row.checked_mul(self.blocks).and_then(|n| n.checked_mul(rows)).ok_or(ROOM)
    }

    /// Values of g', if they are kept.
    pub(crate) fn slopes(&self, shape: &Shape) -> Result<usize> {
        let apart = shape.layers.iter().any(|layer| layer.activation.is_apart());
        if apart { self.over_blocks(self.units) } else { Ok(0) }
    }

    /// Values of a square of `n` rows with a right-hand side.
    pub(crate) fn square(n: usize) -> Result<usize> {
        n.checked_add(PANEL).and_then(|pitch| pitch.checked_mul(n)).ok_or(ROOM)
    }

    /// Rows of J of a block.
    pub(crate) fn jacobian(&self) -> Result<usize> {
        self.row.checked_mul(self.rows).ok_or(ROOM)
    }

    /// All bytes of a room.
    pub(crate) fn bytes(&self, shape: &Shape) -> Result<usize> {
        let parts = [
            self.over_blocks(shape.n_x() + 2 * shape.n_y() + 1)?,
            self.over_blocks(self.units)?,
            self.slopes(shape)?,
            self.jacobian()?,
            self.row.checked_mul(2 * shape.widest).ok_or(ROOM)?,
            Self::square(self.n)?.checked_mul(2).ok_or(ROOM)?,
            if self.has_own() { Self::square(self.rows)? } else { 0 },
            self.n.checked_mul(2 + PANEL).ok_or(ROOM)?,
        ];
        let values = parts.into_iter().try_fold(0_usize, usize::checked_add).ok_or(ROOM)?;
        values.checked_mul(8).filter(|&bytes| bytes <= isize::MAX as usize).ok_or(ROOM)
    }
}
