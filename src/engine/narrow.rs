//! Narrow networks on the `fused` backend: whole tiles with samples in lanes, see
//! [`kernels::narrow`](crate::kernels::narrow).
//!
//! Each tile also sums its own gradient; the second region of a step only adds the tiles' sums, in
//! tile order, stretch by stretch.

use fearless_simd::Simd;

use super::float::Float;
use super::narrow_plan::{Layout, TILE_COLUMNS};
use super::narrow_tile::{Block, Scratch, Tile};
use super::pass::{Prediction, Propagation};
use super::stretches;
use super::sums::WeightSums;
use super::tiles::{self, Cut, Samples, Tiles};
use crate::kernels::flush;
use crate::kernels::head::OutputHead;
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::gather::{columns_to_lanes, lanes_to_columns};
use crate::kernels::narrow::loss::{LossSum, output};

/// Forward and loss; where gradients are wanted, backward and each tile's gradient too. Returns J.
pub(crate) fn propagate<T: Float, S: Simd>(
    simd: S,
    layout: &Layout,
    task: &mut Propagation<'_, T>,
) -> f64 {
    let Propagation { model, samples, total, .. } = *task;
    let (tile, backward) = (Tile { simd, layout, model }, task.backward.is_some());
    let batch = tiles::Batch { samples, columns: TILE_COLUMNS, total };
    let (tiles, costs) = (cut(layout, task.tiles), &mut *task.costs);
    tiles::for_tiles(model, batch, backward, tiles, costs, &|scratch, gradient, samples| {
        tile.simd.vectorize(
            #[inline(always)]
            || tile.propagate(backward, (scratch, gradient), samples),
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
    let tile = Tile { simd, layout, model };
    let parallel = tiles::is_parallel(model.parallelism, model.shape, 2.0, task.x.samples());
    let (x, tiles) = ((x, TILE_COLUMNS), cut(layout, tiles));
    tiles::for_output_tiles(model, x, tiles, (out, parallel), &|buffers, _, x, out| {
        tile.simd.vectorize(
            #[inline(always)]
            || tile.predict(buffers, x, out),
        );
    });
}

/// What lies before the gradients is scratch.
pub(super) fn cut<'a, T>(layout: &Layout, buffers: &'a mut [T]) -> Tiles<'a, T> {
    let cut = Cut { columns: 1, column: layout.len, scratch: layout.gradient.start };
    Tiles { buffers, cut }
}

impl<T: Float, S: Simd> Tile<'_, T, S> {
    #[inline(always)]
    fn propagate(
        &self,
        backward: bool,
        (scratch, gradient): (&mut [T], &mut [T]),
        samples: Samples<'_, T>,
    ) -> f64 {
        let x = samples.x;
        let (n_x, OutputHead { n_y, .. }) = (self.model.shape.n_x(), self.model.head);
        let block = self.layout.row;
        let (values, rest) = scratch.split_at_mut(self.layout.ends.start);
        let (y_lanes, rest) = rest.split_at_mut(self.layout.ends.len());
        let mut scratch = Scratch::new(self.layout, rest);
        let logits = self.layout.values[self.model.shape.layers.len()].clone();
        let mut loss = LossSum::<T::Register<S>>::new(self.simd);
        let of_tile = x.len() / n_x;
        for start in (0..of_tile).step_by(block) {
            let Samples { x, y, weights } = samples.part(self.model.shape, start..start + block);
            let samples = x.len() / n_x;
            let rows = self.rows(samples);
            self.forward(values, x, rows, backward.then_some(&mut *scratch.deltas));
            let targets = self.model.head.targets();
            columns_to_lanes::<T::Register<S>>(self.simd, y, targets, block, y_lanes);
            let z = &mut values[logits.clone()];
            let targets = (&*y_lanes, weights);
            let dz = &mut scratch.deltas[..n_y * block];
            self.output_curve(rows, z, Some(&mut *dz));
            loss.block(self.simd, self.model.head, (samples, block), z, targets, dz);
            if !backward {
                continue;
            }
            self.backward(values, scratch.deltas, rows);
            let block = Block { first: start == 0, rows, samples, of_tile };
            self.backward_weights(values, &mut scratch, gradient, block);
        }
        if backward {
            self.reduce(of_tile, scratch.sums, gradient);
        }
        loss.total(self.simd)
    }

    #[inline(always)]
    fn predict(&self, buffers: &mut [T], x: &[T], out: &mut [T]) {
        let (n_x, n_y) = (self.model.shape.n_x(), self.model.head.n_y);
        let block = self.layout.row;
        let logits = self.layout.values[self.model.shape.layers.len()].clone();
        for (x, out) in x.chunks(block * n_x).zip(out.chunks_mut(block * n_y)) {
            let rows = self.rows(x.len() / n_x);
            self.forward(buffers, x, rows, None);
            let z = &mut buffers[logits.clone()];
            self.output_curve(rows, z, None);
            output::<T::Register<S>>(self.simd, self.model.head, rows, z);
            lanes_to_columns::<T::Register<S>>(self.simd, z, n_y, block, out);
        }
    }
}
