//! Narrow networks on the `fused` backend: whole tiles with samples in lanes, see
//! [`kernels::narrow`](crate::kernels::narrow).
//!
//! Each tile also sums its own gradient; the second region of a step only adds the tiles' sums, in
//! tile order, stretch by stretch.

use fearless_simd::Simd;

use super::float::Float;
use super::narrow_plan::{Layout, TILE_COLUMNS, by_units_pays};
use super::pass::{Prediction, Propagation};
use super::stretches;
use super::sums::WeightSums;
use super::tiles::{self, Cut, Model, Samples, Tiles};
use crate::kernels::flush;
use crate::kernels::head::OutputHead;
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::dense::{self, Dense};
use crate::kernels::narrow::gather::{columns_to_lanes, lanes_to_columns};
use crate::kernels::narrow::loss::{LossSum, output};
use crate::kernels::narrow::sums;
use crate::kernels::narrow::{Rows, by_units};
use crate::words::activation::Activation;

/// Forward and loss; where gradients are wanted, backward and each tile's gradient too. Returns J.
pub(crate) fn propagate<T: Float, S: Simd>(
    simd: S,
    layout: &Layout,
    task: &mut Propagation<'_, T>,
) -> f64 {
    let Propagation { model, samples, total, .. } = *task;
    let tile = Tile { simd, layout, model, backward: task.backward.is_some() };
    let batch = tiles::Batch { samples, columns: TILE_COLUMNS, total };
    let (tiles, costs) = (cut(layout, task.tiles), &mut *task.costs);
    tiles::for_tiles(model, batch, tile.backward, tiles, costs, &|scratch, gradient, samples| {
        tile.simd.vectorize(
            #[inline(always)]
            || tile.propagate(scratch, gradient, samples),
        )
    })
}

/// Writes `factor` times the sum of the tiles' gradients to `sums`, or adds it to `parameters` if
/// they are given.
pub(crate) fn sum_weights<T: Float, S: Simd>(
    simd: S,
    layout: &Layout,
    task: &WeightSums<'_, T>,
    sums: &mut [T],
    parameters: Option<&mut [T]>,
) {
    let samples = task.x.len() / task.shape.n_x();
    let count = samples.div_ceil(TILE_COLUMNS);
    let (tiles, stretch) = (&task.tiles[..layout.len * count], stretches::of_tiles(count));
    simd.vectorize(
        #[inline(always)]
        || {
            let factor = T::Register::<S>::splat(simd, task.factor);
            let zero = T::Register::<S>::splat(simd, T::ZERO);
            let (into, keep) = match parameters {
                Some(parameters) => (parameters, true),
                None => (sums, false),
            };
            // Both buffers are whole registers: `Shape` pads every span to one.
            for (index, into) in into.chunks_exact_mut(T::PANEL).enumerate() {
                let mut at = layout.gradient.start + index * T::PANEL;
                let (mut sum, mut left) = (zero, count);
                while left > 0 {
                    let mut of_stretch = T::Register::<S>::load(simd, &tiles[at..]);
                    for _ in 1..stretch.min(left) {
                        at += layout.len;
                        of_stretch = of_stretch + T::Register::<S>::load(simd, &tiles[at..]);
                    }
                    sum = sum + of_stretch;
                    at += layout.len;
                    left -= stretch.min(left);
                }
                if keep {
                    let w = sum.mul_add(factor, T::Register::<S>::load(simd, into));
                    flush::parameter(simd, w).store(into);
                } else {
                    sum.mul_add(factor, zero).store(into);
                }
            }
        },
    );
}

/// Forward; predictions go to `out`.
pub(crate) fn predict<T: Float, S: Simd>(simd: S, layout: &Layout, task: &mut Prediction<'_, T>) {
    let (model, x) = (task.model, task.x.as_slice());
    let (tiles, out) = (&mut *task.tiles, &mut *task.out);
    let tile = Tile { simd, layout, model, backward: false };
    let parallel = tiles::is_parallel(model.parallelism, model.shape, 2.0, task.x.samples());
    let (x, tiles) = ((x, TILE_COLUMNS), cut(layout, tiles));
    tiles::for_output_tiles(model, x, tiles, (out, parallel), &|buffers, _, x, out| {
        tile.simd.vectorize(
            #[inline(always)]
            || tile.predict(buffers, x, out),
        );
    });
}

/// Everything but the gradients is scratch.
fn cut<'a, T>(layout: &Layout, buffers: &'a mut [T]) -> Tiles<'a, T> {
    let cut = Cut { columns: 1, column: layout.len, scratch: layout.gradient.start };
    Tiles { buffers, cut }
}

struct Tile<'a, T, S> {
    simd: S,
    layout: &'a Layout,
    model: Model<'a, T>,
    backward: bool,
}

impl<T: Float, S: Simd> Tile<'_, T, S> {
    #[inline(always)]
    fn layer(&self, index: usize) -> Dense<'_, T> {
        let layer = &self.model.shape.layers[index];
        let last = index + 1 == self.model.shape.layers.len();
        let (w, b) = self.model.layer(index);
        Dense {
            w,
            b,
            inputs: layer.inputs,
            units: layer.units,
            g: if last { Activation::Identity } else { layer.activation },
        }
    }

    /// Columns to logits, block-wise: `values` is the part of the tile with x and every A. Neither
    /// this nor `backward_weights` is inlined: their loops would lose registers to the code around
    /// them (with AVX2, a tenth of a step).
    #[inline(never)]
    fn forward(&self, values: &mut [T], columns: &[T], rows: Rows) {
        self.simd.vectorize(
            #[inline(always)]
            || self.through_layers(values, columns, rows),
        );
    }

    #[inline(always)]
    fn through_layers(&self, values: &mut [T], columns: &[T], rows: Rows) {
        let places = &self.layout.values;
        let n_x = self.model.shape.n_x();
        columns_to_lanes::<T::Register<S>>(self.simd, columns, n_x, rows.stride, values);
        for index in 0..self.model.shape.layers.len() {
            let (before, a) = values.split_at_mut(places[index + 1].start);
            let x = &before[places[index].clone()];
            dense::forward::<T::Register<S>>(
                self.simd,
                T::registers::<S>(),
                self.layer(index),
                rows,
                x,
                a,
            );
        }
    }

    #[inline(always)]
    fn propagate(&self, scratch: &mut [T], gradient: &mut [T], samples: Samples<'_, T>) -> f64 {
        let x = samples.x;
        let Layout { values: places, deltas: delta_places, .. } = self.layout;
        let (n_x, OutputHead { n_y, .. }) = (self.model.shape.n_x(), self.model.head);
        let block = self.layout.row;
        let (values, rest) = scratch.split_at_mut(self.layout.y.start);
        let (y_lanes, rest) = rest.split_at_mut(self.layout.y.len());
        let (deltas, rest) = rest.split_at_mut(self.layout.turned.start - self.layout.deltas_start);
        let (turned, rest) = rest.split_at_mut(self.layout.turned.len());
        let sums = &mut rest[..self.layout.sums.len()];
        let layers = self.model.shape.layers.len();
        let mut loss = LossSum::<T::Register<S>>::new(self.simd);
        let count = x.len() / n_x;
        for (index, start) in (0..count).step_by(block).enumerate() {
            let Samples { x, y, weights } = samples.part(self.model.shape, start..start + block);
            let valid = x.len() / n_x;
            let rows = Rows { stride: block, steps: valid.div_ceil(T::PANEL) };
            self.forward(values, x, rows);
            columns_to_lanes::<T::Register<S>>(self.simd, y, n_y, block, y_lanes);
            let z = &mut values[places[layers].clone()];
            let targets = (&*y_lanes, weights);
            let dz = &mut deltas[..n_y * block];
            loss.block(self.simd, self.model.head, (valid, block), z, targets, dz);
            if !self.backward {
                continue;
            }
            for layer in (1..layers).rev() {
                let (after, d) = deltas.split_at_mut(delta_places[layer - 1].start);
                let (dz, a) = (&after[delta_places[layer].clone()], &values[places[layer].clone()]);
                let g = self.model.shape.layers[layer - 1].activation;
                dense::backward::<T::Register<S>>(
                    (self.simd, T::registers::<S>()),
                    self.layer(layer),
                    g,
                    rows,
                    dz,
                    (a, d),
                );
            }
            let sums = (&mut *turned, &mut *sums, &mut *gradient);
            let rows = (index == 0, rows);
            self.backward_weights(values, deltas, sums, (count, valid), rows);
        }
        if self.backward {
            self.reduce(count, sums, gradient);
        }
        loss.total(self.simd)
    }

    /// Adds a block's samples to the lane sums, or to the gradient.
    #[inline(never)]
    fn backward_weights(
        &self,
        values: &[T],
        deltas: &[T],
        sums: (&mut [T], &mut [T], &mut [T]),
        samples: (usize, usize),
        rows: (bool, Rows),
    ) {
        self.simd.vectorize(
            #[inline(always)]
            || self.add_sums(values, deltas, sums, samples, rows),
        );
    }

    #[inline(always)]
    fn add_sums(
        &self,
        values: &[T],
        deltas: &[T],
        (turned, sums, gradient): (&mut [T], &mut [T], &mut [T]),
        (of_tile, samples): (usize, usize),
        (first, rows): (bool, Rows),
    ) {
        for (index, layer) in self.model.shape.layers.iter().enumerate() {
            let span = &self.model.shape.spans[index];
            if by_units_pays(layer, T::PANEL, of_tile) {
                let [dw, db] = tiles::disjoint(gradient, [span.weights.clone(), span.bias.clone()]);
                by_units::weights::<T::Register<S>>(
                    self.simd,
                    T::registers::<S>(),
                    (layer.inputs, layer.units),
                    (first, rows, samples),
                    (
                        &deltas[self.layout.deltas[index].clone()],
                        &values[self.layout.values[index].clone()],
                    ),
                    turned,
                    (dw, db),
                );
                continue;
            }
            let (dw, db) = sums.split_at_mut(span.bias.start * T::PANEL);
            dense::weights::<T::Register<S>>(
                self.simd,
                T::registers::<S>(),
                (layer.inputs, layer.units),
                (first, rows),
                (
                    &deltas[self.layout.deltas[index].clone()],
                    &values[self.layout.values[index].clone()],
                ),
                (&mut dw[span.weights.start * T::PANEL..], db),
            );
        }
    }

    /// Sums the lane sums into the tile's gradient, which has the other layers' already.
    #[inline(always)]
    fn reduce(&self, samples: usize, lanes: &[T], gradient: &mut [T]) {
        for (layer, span) in self.model.shape.layers.iter().zip(&self.model.shape.spans) {
            if by_units_pays(layer, T::PANEL, samples) {
                continue;
            }
            for (span, inputs) in [(&span.weights, layer.inputs), (&span.bias, 1)] {
                let lanes = &lanes[span.start * T::PANEL..span.end * T::PANEL];
                let into = &mut gradient[span.clone()];
                sums::reduce::<T::Register<S>>(self.simd, inputs, layer.units, lanes, into);
            }
        }
    }

    #[inline(always)]
    fn predict(&self, buffers: &mut [T], x: &[T], out: &mut [T]) {
        let (n_x, n_y) = (self.model.shape.n_x(), self.model.head.n_y);
        let block = self.layout.row;
        let logits = self.layout.values[self.model.shape.layers.len()].clone();
        for (x, out) in x.chunks(block * n_x).zip(out.chunks_mut(block * n_y)) {
            let rows = Rows { stride: block, steps: (x.len() / n_x).div_ceil(T::PANEL) };
            self.forward(buffers, x, rows);
            let z = &mut buffers[logits.clone()];
            output::<T::Register<S>>(self.simd, self.model.head, rows, z);
            lanes_to_columns::<T::Register<S>>(self.simd, z, n_y, block, out);
        }
    }
}
