//! Where the buffers of a tile lie, and how many columns a tile has.

use core::ops::Range;

use crate::engine::plan::Regions;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};

/// A tile that is gone through layer by layer should stay in a core's second-level cache, most of it
/// in the first.
const TILE_BYTES: usize = 96 * 1024;
/// More columns than this gain nothing; fewer than a step of them leave register tiles half empty.
const MAX_COLUMNS: usize = 64;
const COLUMN_STEP: usize = 8;

/// What every layer has a slot for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    /// A.
    A,
    /// g'(Z).
    First,
    /// g''(Z), then c = dA g''(Z).
    Second,
    /// dZ.
    D,
}

/// The number of them.
const SLOTS: usize = 4;

const TOO_LARGE: Error = Error::TooLarge { what: "the derivatives" };

/// Offsets and strides, in elements a column, of a tile: the slots of all layers, then two buffers of
/// n columns of any layer or of the inputs for every column of the tile, then its outputs side by
/// side.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    offsets: Vec<usize>,
    strides: Vec<usize>,
    /// All strides together.
    sum: usize,
    /// The largest stride, the inputs' included.
    wide: usize,
    n_y: usize,
    /// Columns of tangents that a sample has.
    pub(super) n: usize,
    /// Columns a tile.
    pub(super) columns: usize,
    /// Elements a column.
    column: usize,
}

impl Places {
    pub(crate) fn new(shape: &Shape, regions: &Regions, n: usize, element: usize) -> Result<Self> {
        let strides: Vec<_> = (0..shape.layers.len()).map(|l| regions.stride(l)).collect();
        let (mut offsets, mut sum) = (Vec::new(), 0_usize);
        for &stride in &strides {
            offsets.push(sum);
            sum = sum.checked_add(stride).ok_or(TOO_LARGE)?;
        }
        let inputs = shape.n_x().checked_next_multiple_of(shape.panel).ok_or(TOO_LARGE)?;
        let wide = regions.widest().max(inputs);
        let slots = sum.checked_mul(SLOTS).ok_or(TOO_LARGE)?;
        let tangents = wide.checked_mul(n).and_then(|t| t.checked_mul(2)).ok_or(TOO_LARGE)?;
        let column = slots.checked_add(tangents).and_then(|c| c.checked_add(shape.n_y()));
        let column = column.ok_or(TOO_LARGE)?;
        let columns = TILE_BYTES / column.checked_mul(element).ok_or(TOO_LARGE)?;
        let columns = match columns.min(MAX_COLUMNS) {
            few if few < COLUMN_STEP => few.max(1),
            many => many / COLUMN_STEP * COLUMN_STEP,
        };
        Ok(Self { offsets, strides, sum, wide, n_y: shape.n_y(), n, columns, column })
    }

    /// Elements a tile.
    pub(crate) fn tile(&self) -> Result<usize> {
        self.column.checked_mul(self.columns).ok_or(TOO_LARGE)
    }

    pub(super) fn stride(&self, layer: usize) -> usize {
        self.strides[layer]
    }

    /// The stride of columns of any layer.
    pub(crate) fn wide(&self) -> usize {
        self.wide
    }

    pub(super) fn slot(&self, slot: Slot, layer: usize, columns: usize) -> Range<usize> {
        let start = (slot as usize * self.sum + self.offsets[layer]) * columns;
        start..start + self.strides[layer] * columns
    }

    /// One of the two buffers of tangents.
    pub(super) fn tangents(&self, which: usize, columns: usize) -> Range<usize> {
        let len = self.n * self.wide;
        let start = (SLOTS * self.sum + which * len) * columns;
        start..start + len * columns
    }

    /// The outputs, packed.
    pub(super) fn outputs(&self, columns: usize) -> Range<usize> {
        let end = self.column * columns;
        end - self.n_y * columns..end
    }
}

/// The same for a pass along a direction: what lasts as long as a tile (g'(Z), g''(Z) and R{Z} of
/// every layer, a column of any layer, the outputs side by side), then what the sums over all
/// samples read (A, R{dZ}, R{A} and dZ).
#[derive(Debug, Clone)]
pub(crate) struct DirectionPlaces {
    offsets: Vec<usize>,
    strides: Vec<usize>,
    sum: usize,
    wide: usize,
    /// Elements a column that the first part takes.
    pub(super) scratch: usize,
    /// Elements a column.
    pub(crate) column: usize,
    /// A with R{dZ}.
    pub(super) moving: Regions,
    /// R{A} with dZ.
    pub(super) standing: Regions,
}

impl DirectionPlaces {
    pub(crate) fn new(shape: &Shape, regions: &Regions) -> Result<Self> {
        let Places { offsets, strides, sum, wide, .. } = Places::new(shape, regions, 1, 1)?;
        let of = |sums: usize| sum.checked_mul(sums).ok_or(TOO_LARGE);
        let scratch = of(3)?.checked_add(wide).and_then(|s| s.checked_add(shape.n_y()));
        let scratch = scratch.ok_or(TOO_LARGE)?;
        let column = scratch.checked_add(of(4)?).ok_or(TOO_LARGE)?;
        Ok(Self {
            moving: regions.within(scratch, scratch + sum, column),
            standing: regions.within(scratch + 2 * sum, scratch + 3 * sum, column),
            offsets,
            strides,
            sum,
            wide,
            scratch,
            column,
        })
    }

    pub(super) fn stride(&self, layer: usize) -> usize {
        self.strides[layer]
    }

    fn slot(&self, index: usize, layer: usize, columns: usize) -> Range<usize> {
        let start = (index * self.sum + self.offsets[layer]) * columns;
        start..start + self.strides[layer] * columns
    }

    pub(super) fn first(&self, layer: usize, columns: usize) -> Range<usize> {
        self.slot(0, layer, columns)
    }

    pub(super) fn second(&self, layer: usize, columns: usize) -> Range<usize> {
        self.slot(1, layer, columns)
    }

    pub(super) fn r_z(&self, layer: usize, columns: usize) -> Range<usize> {
        self.slot(2, layer, columns)
    }

    /// A column of any layer, or of the inputs.
    pub(super) fn extra(&self, columns: usize) -> Range<usize> {
        3 * self.sum * columns..(3 * self.sum + self.wide) * columns
    }

    /// The outputs, packed.
    pub(super) fn outputs(&self, columns: usize) -> Range<usize> {
        (3 * self.sum + self.wide) * columns..self.scratch * columns
    }

    /// These lie in the second part.
    pub(super) fn a(&self, layer: usize, columns: usize) -> Range<usize> {
        self.slot(0, layer, columns)
    }

    pub(super) fn r_d(&self, layer: usize, columns: usize) -> Range<usize> {
        self.slot(1, layer, columns)
    }

    pub(super) fn r_a(&self, layer: usize, columns: usize) -> Range<usize> {
        self.slot(2, layer, columns)
    }

    pub(super) fn d(&self, layer: usize, columns: usize) -> Range<usize> {
        self.slot(3, layer, columns)
    }
}
