//! Walks a network over a batch, forward and backward, tile by tile; `sums` then adds up the weight
//! gradients.
//!
//! A step has two regions. In the first, each tile of columns goes forward through all layers,
//! through the loss, and back to the first layer's dZ: tiles are independent. In the second, each
//! group of a layer's units sums its gradient over all tiles, in tile order: groups are
//! independent. Both splits follow from shapes alone, so any number of threads gives the same bits.

use core::ops::Range;
use core::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::block::{Block, BlockMut, LayerParameters};
use super::plan::{self, Regions};
use super::{LayerOps, OutputHead, Parallelism};
use crate::activation::Activation;
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::view::Columns;

/// What every pass reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Model<'a, T> {
    pub(crate) shape: &'a Shape,
    pub(crate) parameters: &'a [T],
    pub(crate) head: OutputHead,
    pub(crate) parallelism: Parallelism,
}

impl<'a, T> Model<'a, T> {
    /// W and b of a layer, as the shape lays them out.
    pub(crate) fn layer(&self, index: usize) -> (&'a [T], &'a [T]) {
        let span = &self.shape.spans[index];
        (&self.parameters[span.weights.clone()], &self.parameters[span.bias.clone()])
    }

    /// A layer as a backend's operations take it; `transposed` is its W^T, where there is one.
    pub(super) fn operand<'b>(&self, index: usize, transposed: &'b [T]) -> LayerParameters<'b, T>
    where
        'a: 'b,
    {
        let (layer, panel) = (&self.shape.layers[index], self.shape.spans[index].panel);
        let (w, b) = self.layer(index);
        LayerParameters { w, b, transposed, inputs: layer.inputs, units: layer.units, panel }
    }
}

/// A batch: columns of X and Y, and a weight a sample where they don't all count the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Samples<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) y: &'a [T],
    pub(crate) weights: Option<&'a [T]>,
}

impl<T> Samples<'_, T> {
    /// Those of a range, cut off at the last sample.
    #[inline(always)]
    pub(crate) fn part(&self, shape: &Shape, range: Range<usize>) -> Self {
        let (n_x, n_y) = (shape.n_x(), shape.n_y());
        let end = range.end.min(self.x.len() / n_x);
        Self {
            x: &self.x[range.start * n_x..end * n_x],
            y: &self.y[range.start * n_y..end * n_y],
            weights: self.weights.map(
                #[inline(always)]
                |weights| &weights[range.start..end],
            ),
        }
    }
}

/// The first region of a step, or a cost alone: checked shapes, m >= 1.
#[derive(Debug)]
pub struct Propagation<'a, T> {
    pub(crate) model: Model<'a, T>,
    pub(crate) regions: &'a Regions,
    pub(crate) samples: Samples<'a, T>,
    /// What the sum of the losses is divided by.
    pub(crate) total: f64,
    pub(crate) tiles: &'a mut [T],
    pub(crate) costs: &'a mut [f64],
    /// Room for the transposed weights; `None` if only the cost is wanted.
    pub(crate) backward: Option<&'a mut [T]>,
    /// Is an x that is not finite refused?
    pub(crate) check_x: bool,
}

/// A prediction pass: checked shapes, m >= 1.
#[derive(Debug)]
pub struct Prediction<'a, T> {
    pub(crate) model: Model<'a, T>,
    pub(crate) regions: &'a Regions,
    /// By reference: see `tiny`.
    pub(crate) x: &'a Columns<'a, T>,
    pub(crate) tiles: &'a mut [T],
    pub(crate) out: &'a mut [T],
    /// Is an x that is not finite refused?
    pub(crate) check_x: bool,
}

pub(super) fn is_parallel(
    parallelism: Parallelism,
    shape: &Shape,
    flops_a_weight: f64,
    samples: usize,
) -> bool {
    parallelism == Parallelism::Rayon
        && plan::parallel_pays(flops_a_weight * shape.weights() as f64 * samples as f64)
}

/// Forward and loss, and backward to every layer's dZ where that is wanted. Returns J, and whether
/// every x is known to be finite.
pub(crate) fn propagate<T: Scalar>(
    ops: &impl LayerOps<T>,
    task: Propagation<'_, T>,
) -> (f64, bool) {
    let Propagation { model, regions, samples: data, total, tiles, costs, backward, .. } = task;
    let samples = data.x.len() / model.shape.n_x();
    let columns = plan::tile_columns(model.shape, size_of::<T>(), samples);
    let mut tile = Tile::new(ops, model, regions);
    tile.backward = backward.is_some();
    let keep = tile.backward;
    if let Some(transposed) = backward {
        for layer in 1..model.shape.layers.len() {
            let place = regions.transposed(layer);
            if !place.is_empty() {
                ops.transpose(tile.layer(layer), &mut transposed[place]);
            }
        }
        tile.transposed = transposed;
    }

    let batch = Batch { samples: data, columns, total };
    let tiles = Tiles {
        buffers: &mut tiles[..samples * regions.column],
        // The second region reads what a tile's way back leaves.
        cut: Cut {
            columns,
            column: regions.column,
            scratch: if keep { 0 } else { regions.column },
        },
    };
    let cost = for_tiles(model, batch, keep, tiles, costs, |scratch, kept, samples| {
        tile.propagate(if keep { kept } else { scratch }, samples)
    });
    (cost, tile.x_is_finite())
}

/// A batch, the number of its columns that make a tile, and what its losses are divided by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a, T> {
    pub(crate) samples: Samples<'a, T>,
    pub(crate) columns: usize,
    pub(crate) total: f64,
}

/// The buffers of a batch's tiles. Of each, the first part is scratch, and the rest is kept: tiles
/// that a thread goes through one after the other share the scratch of the first, which so stays in
/// the thread's cache.
#[derive(Debug)]
pub(crate) struct Tiles<'a, T> {
    pub(crate) buffers: &'a mut [T],
    pub(crate) cut: Cut,
}

/// A tile's buffers are cut into `columns` times `column` elements, fewer columns for a last tile;
/// and these at `scratch` times their columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) columns: usize,
    pub(crate) column: usize,
    pub(crate) scratch: usize,
}

impl Cut {
    /// Elements a tile.
    fn len(self) -> usize {
        self.columns * self.column
    }

    /// Scratch, and what is kept.
    fn split<T>(self, tile: &mut [T]) -> (&mut [T], &mut [T]) {
        tile.split_at_mut(tile.len() / self.column * self.scratch)
    }
}

/// Runs `tile` on each tile's scratch, the elements it keeps, and its samples, by the pool where that
/// pays, and returns the sum of the costs that it returns, in tile order, by the batch's total.
pub(crate) fn for_tiles<T: Scalar>(
    model: Model<'_, T>,
    batch: Batch<'_, T>,
    backward: bool,
    tiles: Tiles<'_, T>,
    costs: &mut [f64],
    tile: impl Fn(&mut [T], &mut [T], Samples<'_, T>) -> f64 + Sync,
) -> f64 {
    let Batch { samples: data, columns, total } = batch;
    let Tiles { buffers, cut } = tiles;
    let samples = data.x.len() / model.shape.n_x();
    if samples <= columns {
        let end = cut.len().min(buffers.len());
        let (scratch, kept) = cut.split(&mut buffers[..end]);
        return tile(scratch, kept, data) / total;
    }
    let costs = &mut costs[..samples.div_ceil(columns)];
    let part = |index: usize| data.part(model.shape, index * columns..(index + 1) * columns);
    let next = |scratch: Option<_>, (index, (buffers, cost)): (_, (_, &mut f64))| {
        let (fresh, kept) = cut.split(buffers);
        let scratch = scratch.unwrap_or(fresh);
        *cost = tile(scratch, kept, part(index));
        Some(scratch)
    };
    let flops = if backward { 4.0 } else { 2.0 };
    if is_parallel(model.parallelism, model.shape, flops, samples) {
        let tiles = buffers.par_chunks_mut(cut.len()).zip(costs.par_iter_mut()).enumerate();
        tiles.fold(|| None, next).for_each(drop);
    } else {
        buffers.chunks_mut(cut.len()).zip(costs.iter_mut()).enumerate().fold(None, next);
    }
    costs.iter().sum::<f64>() / total
}

/// The same for a prediction, whose tiles write to their columns of `out`.
pub(crate) fn for_output_tiles<T: Scalar>(
    model: Model<'_, T>,
    (x, columns): (&[T], usize),
    tiles: Tiles<'_, T>,
    (out, parallel): (&mut [T], bool),
    tile: impl Fn(&mut [T], &mut [T], &[T], &mut [T]) + Sync,
) {
    let (n_x, n_y) = (model.shape.n_x(), model.head.n_y);
    let Tiles { buffers, cut } = tiles;
    let samples = x.len() / n_x;
    if samples <= columns {
        let end = cut.len().min(buffers.len());
        let (scratch, kept) = cut.split(&mut buffers[..end]);
        return tile(scratch, kept, x, out);
    }
    let next = |scratch: Option<_>, (buffers, (x, out)): (_, (_, _))| {
        let (fresh, kept) = cut.split(buffers);
        let scratch = scratch.unwrap_or(fresh);
        tile(scratch, kept, x, out);
        Some(scratch)
    };
    if parallel {
        let samples = x.par_chunks(columns * n_x).zip(out.par_chunks_mut(columns * n_y));
        buffers.par_chunks_mut(cut.len()).zip(samples).fold(|| None, next).for_each(drop);
    } else {
        let samples = x.chunks(columns * n_x).zip(out.chunks_mut(columns * n_y));
        buffers.chunks_mut(cut.len()).zip(samples).fold(None, next);
    }
}

/// What is known of x's values before a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// They are all finite, or may be what they are.
    Good,
    /// Nothing: the first logits tell.
    Nothing,
}

/// Forward; predictions go to `out`. Where nothing is known of x, only if every x turns out to be
/// finite, or else if `may_write` says so: else returns false, with `out` as it was.
pub(crate) fn predict<T: Scalar>(
    ops: &impl LayerOps<T>,
    task: &mut Prediction<'_, T>,
    known: Known,
    may_write: impl FnOnce() -> bool,
) -> bool {
    let Prediction { model, regions, x, .. } = *task;
    let (tiles, out) = (&mut *task.tiles, &mut *task.out);
    let (samples, x) = (x.samples(), x.as_slice());
    let columns = plan::tile_columns(model.shape, size_of::<T>(), samples);
    let tile = Tile::new(ops, model, regions);
    let cut = Cut { columns, column: regions.column, scratch: regions.predictions() };
    let buffers = &mut tiles[..samples * regions.column];
    let parallel = is_parallel(model.parallelism, model.shape, 2.0, samples);
    let tiles = Tiles { buffers: &mut *buffers, cut };
    for_output_tiles(model, (x, columns), tiles, (&mut *out, parallel), |scratch, kept, x, out| {
        let out = if known == Known::Good { out } else { &mut kept[..out.len()] };
        tile.predict(scratch, x, out);
    });
    if known == Known::Good {
        return true;
    }
    if !tile.x_is_finite() && !may_write() {
        return false;
    }
    let parallel = parallel && out.len() >= PARALLEL_COPY;
    let tiles = Tiles { buffers, cut };
    for_output_tiles(model, (x, columns), tiles, (out, parallel), |_, kept, _, out| {
        out.copy_from_slice(&kept[..out.len()]);
    });
    true
}

/// Fewer values are copied before another thread would be awake.
const PARALLEL_COPY: usize = 256 * 1024;

/// One tile of columns on its way through the network.
struct Tile<'a, T, O> {
    ops: &'a O,
    model: Model<'a, T>,
    regions: &'a Regions,
    /// W^T of the layers after the first, if the backend wants it.
    transposed: &'a [T],
    backward: bool,
    /// Has a tile found logits of the first layer that may not be finite?
    doubt: AtomicBool,
}

impl<'a, T: Scalar, O: LayerOps<T>> Tile<'a, T, O> {
    fn new(ops: &'a O, model: Model<'a, T>, regions: &'a Regions) -> Self {
        let doubt = AtomicBool::new(false);
        Self { ops, model, regions, transposed: &[], backward: false, doubt }
    }

    /// Is every x known to be finite, of the tiles that have gone forward?
    fn x_is_finite(&self) -> bool {
        !self.doubt.load(Ordering::Relaxed)
    }

    fn layer(&self, index: usize) -> LayerParameters<'_, T> {
        let transposed = self.transposed.get(self.regions.transposed(index)).unwrap_or_default();
        self.model.operand(index, transposed)
    }

    /// Forward and loss, then (if wanted) back to the first layer's dZ. Returns the sum of L over
    /// the columns.
    fn propagate(&self, buffers: &mut [T], samples: Samples<'_, T>) -> f64 {
        let Samples { x, y, weights } = samples;
        let last = self.model.shape.layers.len() - 1;
        let columns = x.len() / self.model.shape.n_x();
        for layer in 0..=last {
            let g = if layer == last { Activation::Identity } else { self.g(layer) };
            self.forward(layer, g, buffers, x, columns);
        }
        let (rows, stride) = (self.model.head.n_y, self.regions.stride(last));
        let ranges = [self.regions.activation(last, columns), self.regions.delta(last, columns)];
        let [z, dz] = disjoint(buffers, ranges);
        let z = BlockMut { data: z, rows, stride, columns };
        let dz = BlockMut { data: dz, rows, stride, columns };
        let cost = self.ops.loss(self.model.head, z, (y, weights), dz);
        if self.backward {
            for layer in (1..=last).rev() {
                self.backward_input(layer, buffers, columns);
            }
        }
        cost
    }

    /// Forward.
    fn predict(&self, buffers: &mut [T], x: &[T], out: &mut [T]) {
        let (last, head) = (self.model.shape.layers.len() - 1, self.model.head);
        let columns = x.len() / self.model.shape.n_x();
        // Softmax needs whole columns; ReLUs mark zeros in a layer's activations, not in predictions.
        let direct = matches!(head.g, Activation::Sigmoid | Activation::Tanh);
        for layer in 0..=last {
            let of_last = if direct { head.g } else { Activation::Identity };
            let g = if layer == last { of_last } else { self.g(layer) };
            self.forward(layer, g, buffers, x, columns);
        }
        let a = &buffers[self.regions.activation(last, columns)];
        for (a, out) in
            a.chunks_exact(self.regions.stride(last)).zip(out.chunks_exact_mut(head.n_y))
        {
            out.copy_from_slice(&a[..head.n_y]);
        }
        if !direct {
            self.ops.output(head, out);
        }
    }

    fn g(&self, layer: usize) -> Activation {
        self.model.shape.layers[layer].activation
    }

    fn forward(&self, layer: usize, g: Activation, buffers: &mut [T], x: &[T], columns: usize) {
        let (rows, stride) = (self.model.shape.layers[layer].units, self.regions.stride(layer));
        let write = self.regions.activation(layer, columns);
        let place = match layer {
            0 => 0..0,
            _ => self.regions.activation(layer - 1, columns),
        };
        let [read, write] = disjoint(buffers, [place, write]);
        let (read, stride_read) = match layer {
            0 => (x, self.model.shape.n_x()),
            _ => (&*read, self.regions.stride(layer - 1)),
        };
        let inputs = self.model.shape.layers[layer].inputs;
        let x = Block { data: read, rows: inputs, stride: stride_read, columns };
        let a = BlockMut { data: write, rows, stride, columns };
        let finite = self.ops.forward(self.layer(layer), g, x, a);
        if layer == 0 && !finite {
            self.doubt.store(true, Ordering::Relaxed);
        }
    }

    fn backward_input(&self, layer: usize, buffers: &mut [T], columns: usize) {
        let regions = self.regions;
        let [a_prev, dz, dz_prev] = disjoint(
            buffers,
            [
                regions.activation(layer - 1, columns),
                regions.delta(layer, columns),
                regions.delta(layer - 1, columns),
            ],
        );
        let (units, inputs) =
            (self.model.shape.layers[layer].units, self.model.shape.layers[layer].inputs);
        let (stride, stride_prev) = (regions.stride(layer), regions.stride(layer - 1));
        self.ops.backward_input(
            self.layer(layer),
            self.g(layer - 1),
            Block { data: dz, rows: units, stride, columns },
            Block { data: a_prev, rows: inputs, stride: stride_prev, columns },
            BlockMut { data: dz_prev, rows: inputs, stride: stride_prev, columns },
        );
    }
}

/// What `layer` reads: the batch, or the activations before it.
pub(super) fn input<'a, T>(
    shape: &Shape,
    regions: &Regions,
    layer: usize,
    columns: usize,
    buffers: &'a [T],
    x: &'a [T],
) -> Block<'a, T> {
    let rows = shape.layers[layer].inputs;
    if layer == 0 {
        return Block { data: x, rows, stride: rows, columns };
    }
    let data = &buffers[regions.activation(layer - 1, columns)];
    Block { data, rows, stride: regions.stride(layer - 1), columns }
}

/// Several regions of a tile at once.
pub(super) fn disjoint<T, const N: usize>(
    buffers: &mut [T],
    ranges: [Range<usize>; N],
) -> [&mut [T]; N] {
    // `Regions` lays them out side by side (tested there).
    buffers.get_disjoint_mut(ranges).expect("a tile's regions are disjoint")
}
