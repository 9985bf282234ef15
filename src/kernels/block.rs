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

impl<T> Block<'_, T> {
    /// Some of the columns.
    pub(crate) fn range(&self, columns: Range<usize>) -> Self {
        let data = &self.data[columns.start * self.stride..columns.end * self.stride];
        Self { data, columns: columns.len(), ..*self }
    }
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

impl<T: Copy> BlockMut<'_, T> {
    /// Moves the columns together, without what lies between them; returns them.
    pub(crate) fn pack(&mut self) -> &mut [T] {
        for column in 1..self.columns {
            let from = column * self.stride;
            self.data.copy_within(from..from + self.rows, column * self.rows);
        }
        &mut self.data[..self.rows * self.columns]
    }

    /// Moves packed columns to where they belong, with `zero` between them.
    pub(crate) fn unpack(&mut self, zero: T) {
        for column in (0..self.columns).rev() {
            let (from, to) = (column * self.rows, column * self.stride);
            self.data.copy_within(from..from + self.rows, to);
            self.data[to + self.rows..to + self.stride].fill(zero);
        }
    }
}

/// One layer's parameters, as laid out by [`Shape`](crate::engine::shape::Shape).
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
    /// Units a panel of `w`.
    pub(crate) panel: usize,
}

/// A tile's dZ of a layer and what the layer read: as many columns each.
pub(crate) type Pass<'a, T> = (Block<'a, T>, Block<'a, T>);

/// The gradient of some of a layer's units, while it is summed over the tiles of a batch.
#[derive(Debug)]
pub(crate) struct GradientRows<'a, T> {
    /// dW of the units in `rows`, whole panels, and their db.
    pub(crate) sums: Pair<'a, T>,
    /// Room for the sums of a stretch of tiles, where there are many: see `stretches`.
    pub(crate) stretch: Option<Pair<'a, T>>,
    /// The same units' W and b, if the sums are to be added to them at the end.
    pub(crate) parameters: Option<Pair<'a, T>>,
    /// Which of the layer's units these are.
    pub(crate) rows: Range<usize>,
    /// Units a panel of weights.
    pub(crate) panel: usize,
}

/// A layer's weights and biases, or their sums.
type Pair<'a, T> = (&'a mut [T], &'a mut [T]);

impl<'a, T> GradientRows<'a, T> {
    /// The first `units` units, and the rest: both are whole panels of `inputs` inputs.
    pub(crate) fn split_at(self, units: usize, inputs: usize) -> (Self, Self) {
        fn split<T>(
            (w, b): Pair<'_, T>,
            units: usize,
            inputs: usize,
        ) -> (Pair<'_, T>, Pair<'_, T>) {
            let ((w0, w1), (b0, b1)) = (w.split_at_mut(units * inputs), b.split_at_mut(units));
            ((w0, b0), (w1, b1))
        }
        let (left, right) = split(self.sums, units, inputs);
        let (s_left, s_right) = self.stretch.map(|s| split(s, units, inputs)).unzip();
        let (p_left, p_right) = self.parameters.map(|p| split(p, units, inputs)).unzip();
        let (panel, middle) = (self.panel, self.rows.start + units);
        (
            Self {
                sums: left,
                stretch: s_left,
                parameters: p_left,
                rows: self.rows.start..middle,
                panel,
            },
            Self {
                sums: right,
                stretch: s_right,
                parameters: p_right,
                rows: middle..self.rows.end,
                panel,
            },
        )
    }

    /// The same rows, borrowed for a shorter time.
    pub(crate) fn reborrow(&mut self) -> GradientRows<'_, T> {
        GradientRows {
            sums: (&mut *self.sums.0, &mut *self.sums.1),
            stretch: self.stretch.as_mut().map(|(w, b)| (&mut **w, &mut **b)),
            parameters: self.parameters.as_mut().map(|(w, b)| (&mut **w, &mut **b)),
            rows: self.rows.clone(),
            panel: self.panel,
        }
    }
}

/// Where in a batch a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The first turn overwrites the sums; later ones add to them.
    pub(crate) first: bool,
    /// The last turn adds to the parameters, if that is wanted. If it is also the first, the sums
    /// need not be written at all.
    pub(crate) last: bool,
}
