//! Narrow networks whose loss is the caller's: passes over a tape, and a loss that is asked for sample
//! by sample. The blocks, and so the order of every sum, are those of [`narrow`](super::narrow).
//!
//! What the caller reads and writes lies in columns, and is turned at the network's ends.

use fearless_simd::Simd;

use super::curves;
use super::custom::{Backward, Forward, Start};
use super::float::Float;
use super::narrow::{cut, sum_weights};
use super::narrow_plan::{Layout, TILE_COLUMNS};
use super::narrow_tile::{Block, Scratch, Tile};
use super::own_loss::{Asking, NotFinite, OwnLoss};
use super::sums::{Destination, WeightSums};
use super::tiles::{for_output_tiles, for_tiles_with, is_parallel};
use crate::kernels::curves::Curve;
use crate::kernels::epilogue;
use crate::kernels::narrow::Rows;
use crate::kernels::narrow::gather::{columns_to_lanes, lanes_to_columns};
use crate::kernels::narrow::loss::activate;
use crate::kernels::narrow::start::to_logits;
use crate::words::activation::Activation;

/// Forward; every block's values stay in its tile, and A of the output goes to `out`, too.
pub(super) fn forward<T: Float, S: Simd>(simd: S, layout: &Layout, task: Forward<'_, T>) {
    let Forward { model, x, tiles, out, .. } = task;
    let (tile, samples) = (Tile { simd, layout, model }, x.len() / model.shape.n_x());
    let parallel = is_parallel(model.parallelism, model.shape, 2.0, samples);
    let tiles = cut(layout, tiles);
    for_output_tiles(model, (x, TILE_COLUMNS), tiles, (out, parallel), &|_, kept, x, out| {
        tile.simd.vectorize(
            #[inline(always)]
            || tile.keep(&mut kept[layout.gradient.len()..], x, out),
        );
    });
}

/// Backward through what [`forward`] has kept.
pub(super) fn backward<T: Float, S: Simd>(simd: S, layout: &Layout, task: Backward<'_, T>) {
    let Backward { model, regions, x, tiles, start, gradients, dx, .. } = task;
    let (tile, samples) = (Tile { simd, layout, model }, x.len() / model.shape.n_x());
    let (count, columns) = (samples.div_ceil(TILE_COLUMNS), TILE_COLUMNS * model.shape.n_x());
    let (given, is_da) = match start {
        Start::Dz(given) => (given, false),
        Start::Da(given) => (given, true),
    };
    let parallel = is_parallel(model.parallelism, model.shape, 4.0, samples);
    let given = |index: usize| {
        let n_y = model.head.n_y;
        let end = samples.min((index + 1) * TILE_COLUMNS);
        (&given[index * TILE_COLUMNS * n_y..end * n_y], is_da)
    };
    let buffers = cut(layout, &mut *tiles);
    match dx {
        Some(dx) => {
            let dx = (dx, columns);
            for_tiles_with(buffers, count, dx, parallel, &|index, scratch, kept, dx| {
                tile.backward_kept((scratch, kept), given(index), dx);
            });
        }
        None => {
            // Takes no memory.
            let mut nothing = vec![(); count];
            for_tiles_with(
                buffers,
                count,
                (&mut nothing, 1),
                parallel,
                &|index, scratch, kept, _| {
                    tile.backward_kept((scratch, kept), given(index), &mut []);
                },
            );
        }
    }
    let all = WeightSums::of_mean(model, regions, x, tiles);
    sum_weights(simd, layout, &all, gradients, None);
}

/// The gradient of a loss that is asked for each sample, into the task's sums. Returns the mean
/// loss.
pub(super) fn backward_with<T: Float, S: Simd>(
    simd: S,
    layout: &Layout,
    task: OwnLoss<'_, T>,
) -> Result<f64, NotFinite> {
    let OwnLoss { model, regions, x, tiles, costs, loss, check, into, .. } = task;
    let (tile, n_x) = (Tile { simd, layout, model }, model.shape.n_x());
    let (samples, asking) = (x.len() / n_x, Asking::new(loss, model.head.n_y, check));
    let costs = &mut costs[..samples.div_ceil(TILE_COLUMNS)];
    let parallel = is_parallel(model.parallelism, model.shape, 4.0, samples);
    let (buffers, count) = (cut(layout, &mut *tiles), costs.len());
    let each = (&mut *costs, 1);
    for_tiles_with(buffers, count, each, parallel, &|index, scratch, gradient, cost| {
        let first = index * TILE_COLUMNS;
        let x = &x[first * n_x..samples.min(first + TILE_COLUMNS) * n_x];
        cost[0] = tile.there_and_back(&asking, (first, x), scratch, gradient);
    });
    asking.refused()?;
    let all = WeightSums::of_mean(model, regions, x, tiles);
    let Destination { sums, parameters, .. } = into;
    sum_weights(simd, layout, &all, sums, parameters);
    Ok(costs.iter().sum::<f64>() / samples as f64)
}

impl<T: Float, S: Simd> Tile<'_, T, S> {
    /// Forward through all blocks of a tile, whose values are kept.
    #[inline(always)]
    fn keep(&self, blocks: &mut [T], x: &[T], out: &mut [T]) {
        let (n_x, n_y, row) = (self.model.shape.n_x(), self.model.head.n_y, self.layout.row);
        let columns = x.chunks(row * n_x).zip(out.chunks_mut(row * n_y));
        for (values, (x, out)) in blocks.chunks_mut(self.layout.block()).zip(columns) {
            let rows = self.rows(x.len() / n_x);
            self.forward(values, x, rows, None);
            self.outputs(rows, values, out);
        }
    }

    /// A of the output in place of the logits; to `out` in columns, without the ReLUs' marks. (The
    /// logits stay of an output that is computed apart.)
    #[inline(always)]
    fn outputs(&self, rows: Rows, values: &mut [T], out: &mut [T]) {
        let head = self.model.head;
        let a = &mut values[self.layout.values[self.model.shape.layers.len()].clone()];
        activate::<T::Register<S>>(self.simd, head, rows, a);
        lanes_to_columns::<T::Register<S>>(self.simd, a, head.n_y, rows.stride, out);
        curves::run(self.simd, head.g, Curve::Value(&mut *out));
        epilogue::unmark(head.g, out);
    }

    /// dZ of the output in lanes, from columns of it or of dA.
    #[inline(always)]
    fn start(&self, (given, is_da): (&[T], bool), rows: Rows, values: &[T], deltas: &mut [T]) {
        let head = self.model.head;
        let dz = &mut deltas[..head.n_y * rows.stride];
        columns_to_lanes::<T::Register<S>>(self.simd, given, head.n_y, rows.stride, dz);
        if is_da {
            let a = &values[self.layout.values[self.model.shape.layers.len()].clone()];
            let samples = given.len() / head.n_y;
            if head.g.is_apart() {
                for (a, d) in a.chunks(rows.stride).zip(dz.chunks_mut(rows.stride)) {
                    curves::run(self.simd, head.g, Curve::Times(&a[..samples], &mut d[..samples]));
                    d[samples..rows.steps * T::PANEL].fill(T::ZERO);
                }
                return;
            }
            to_logits::<T::Register<S>>(self.simd, head, (samples, rows), a, dz);
        }
    }

    /// Backward through a tile of a tape; dX goes to `dx`, unless it is empty.
    #[inline(never)]
    fn backward_kept(
        &self,
        (scratch, kept): (&mut [T], &mut [T]),
        given: (&[T], bool),
        dx: &mut [T],
    ) {
        self.simd.vectorize(
            #[inline(always)]
            || self.through_blocks((scratch, kept), given, dx),
        );
    }

    #[inline(always)]
    fn through_blocks(
        &self,
        (scratch, kept): (&mut [T], &mut [T]),
        (given, is_da): (&[T], bool),
        dx: &mut [T],
    ) {
        let (n_x, n_y, row) = (self.model.shape.n_x(), self.model.head.n_y, self.layout.row);
        let (gradient, blocks) = kept.split_at_mut(self.layout.gradient.len());
        let (dx_lanes, rest) = scratch.split_at_mut(self.layout.ends.len());
        let mut scratch = Scratch::new(self.layout, rest);
        let (of_tile, mut dx) = (given.len() / n_y, dx.chunks_mut(row * n_x));
        let blocks = blocks.chunks(self.layout.block()).zip(given.chunks(row * n_y));
        for (index, (values, given)) in blocks.enumerate() {
            let samples = given.len() / n_y;
            let rows = self.rows(samples);
            self.derivatives(values, scratch.deltas, rows);
            self.start((given, is_da), rows, values, scratch.deltas);
            self.backward(values, scratch.deltas, rows);
            if let Some(dx) = dx.next() {
                self.to_x(values, scratch.deltas, dx_lanes, rows);
                lanes_to_columns::<T::Register<S>>(self.simd, dx_lanes, n_x, row, dx);
            }
            let block = Block { first: index == 0, rows, samples, of_tile };
            self.backward_weights(values, &mut scratch, gradient, block);
        }
        self.reduce(of_tile, scratch.sums, gradient);
    }

    /// dX of a block, in lanes.
    #[inline(never)]
    fn to_x(&self, values: &[T], deltas: &[T], dx: &mut [T], rows: Rows) {
        self.simd.vectorize(
            #[inline(always)]
            || {
                // x has no activation, so its values are not looked at.
                let x = &values[self.layout.values[0].clone()];
                let dz = &deltas[self.layout.deltas[0].clone()];
                self.to_inputs(0, Activation::Identity, rows, dz, (x, dx));
            },
        );
    }

    /// Forward through a tile's blocks, the losses of the samples from `first` on, and back.
    /// Returns the sum of the losses.
    #[inline(never)]
    fn there_and_back(
        &self,
        asking: &Asking<'_, T>,
        (first, x): (usize, &[T]),
        scratch: &mut [T],
        gradient: &mut [T],
    ) -> f64 {
        self.simd.vectorize(
            #[inline(always)]
            || {
                let (n_x, n_y, row) =
                    (self.model.shape.n_x(), self.model.head.n_y, self.layout.row);
                let (values, rest) = scratch.split_at_mut(self.layout.ends.start);
                let (ends, rest) = rest.split_at_mut(self.layout.ends.len());
                let mut scratch = Scratch::new(self.layout, rest);
                let (of_tile, mut sum) = (x.len() / n_x, 0.0);
                for (index, x) in x.chunks(row * n_x).enumerate() {
                    let samples = x.len() / n_x;
                    let rows = self.rows(samples);
                    self.forward(values, x, rows, None);
                    let columns = &mut ends[..samples * n_y];
                    self.outputs(rows, values, columns);
                    let given = &mut scratch.deltas[..samples * n_y];
                    sum += asking.block(first + index * row, columns, given);
                    // dZ's place in lanes is where dA or dZ has come in columns.
                    columns.copy_from_slice(given);
                    self.derivatives(values, scratch.deltas, rows);
                    self.start((columns, asking.is_da()), rows, values, scratch.deltas);
                    self.backward(values, scratch.deltas, rows);
                    let block = Block { first: index == 0, rows, samples, of_tile };
                    self.backward_weights(values, &mut scratch, gradient, block);
                }
                self.reduce(of_tile, scratch.sums, gradient);
                sum
            },
        )
    }
}
