//! Matrices as the engine hands them on: a slice of columns and its shape.

use core::ops::Range;

/// `columns` columns of `rows` values each, `stride` elements apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a, T> {
    pub(crate) data: &'a [T],
    pub(crate) rows: usize,
    pub(crate) stride: usize,
    pub(crate) columns: usize,
}

/// The same, writable.
#[derive(Debug)]
pub(crate) struct BlockMut<'a, T> {
    pub(crate) data: &'a mut [T],
    pub(crate) rows: usize,
    pub(crate) stride: usize,
    pub(crate) columns: usize,
}

impl<T> BlockMut<'_, T> {
    pub(crate) fn as_block(&self) -> Block<'_, T> {
        Block { data: self.data, rows: self.rows, stride: self.stride, columns: self.columns }
    }
}

/// One layer's parameters, as laid out by [`Shape`](crate::shape::Shape).
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerParameters<'a, T> {
    /// W in panels; with a panel of 1, row-major (units, inputs).
    pub(crate) w: &'a [T],
    /// W^T in panels, for the backward pass of backends that want it; empty otherwise.
    pub(crate) transposed: &'a [T],
    /// b, padded to whole panels.
    pub(crate) b: &'a [T],
    pub(crate) inputs: usize,
    pub(crate) units: usize,
}

/// The gradient of some of a layer's units.
#[derive(Debug)]
pub(crate) struct GradientRows<'a, T> {
    /// dW of the units in `rows`, whole panels.
    pub(crate) dw: &'a mut [T],
    /// db of the units in `rows`.
    pub(crate) db: &'a mut [T],
    /// Which of the layer's units these are.
    pub(crate) rows: Range<usize>,
}

/// What happens to a gradient that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GradientMode {
    /// The first tile writes.
    Overwrite,
    /// Later tiles add.
    Accumulate,
}
