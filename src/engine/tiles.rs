//! A batch as tiles of columns: what each reads, where its buffers are, and which thread takes it.

use core::ops::Range;

use rayon::prelude::*;

use super::float::Float;
use super::plan;
use crate::engine::shape::Shape;
use crate::kernels::block::LayerParameters;
use crate::kernels::head::OutputHead;
use crate::words::choices::Parallelism;

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
    /// The samples of a range, which may end past the last sample.
    #[inline(always)]
    pub(crate) fn part(&self, shape: &Shape, range: Range<usize>) -> Self {
        let n_x = shape.n_x();
        let samples = self.x.len() / n_x;
        let (end, targets) = (range.end.min(samples), self.y.len() / samples);
        Self {
            x: &self.x[range.start * n_x..end * n_x],
            y: &self.y[range.start * targets..end * targets],
            weights: self.weights.map(
                #[inline(always)]
                |weights| &weights[range.start..end],
            ),
        }
    }
}

/// Are there other threads, and is a pass over `samples` samples enough work to pay for waking them?
pub(super) fn is_parallel(
    parallelism: Parallelism,
    shape: &Shape,
    flops_a_weight: f64,
    samples: usize,
) -> bool {
    parallelism == Parallelism::Rayon
        && plan::parallel_pays(flops_a_weight * shape.weights() as f64 * samples as f64)
        && rayon::current_num_threads() > 1
}

/// A batch, the number of its columns that make a tile, and what its losses are divided by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a, T> {
    pub(crate) samples: Samples<'a, T>,
    pub(crate) columns: usize,
    pub(crate) total: f64,
}

/// The buffers of a batch's tiles. Of each, the first part is scratch, and the rest is kept: tiles
/// that a thread goes through one after the other share the scratch of the first, so that it stays
/// in the thread's cache.
#[derive(Debug)]
pub(crate) struct Tiles<'a, T> {
    pub(crate) buffers: &'a mut [T],
    pub(crate) cut: Cut,
}

/// A tile has `columns` columns (the last one may have fewer) of `column` elements each, of which
/// `scratch` are scratch.
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

    /// The same for a tile that takes the scratch of those before it, if there are any.
    fn after<'a, T>(
        self,
        scratch: Option<&'a mut [T]>,
        tile: &'a mut [T],
    ) -> (&'a mut [T], &'a mut [T]) {
        let (fresh, kept) = self.split(tile);
        (scratch.unwrap_or(fresh), kept)
    }
}

/// From a tile's scratch, the elements it keeps, and its samples to the sum of their losses.
pub(crate) type TileOfSamples<'a, T> =
    dyn Fn(&mut [T], &mut [T], Samples<'_, T>) -> f64 + Sync + 'a;

/// From a tile's scratch, the elements it keeps, and its x to its outputs.
pub(crate) type TileOfOutputs<'a, T> = dyn Fn(&mut [T], &mut [T], &[T], &mut [T]) + Sync + 'a;

/// Runs `tile` on each tile's scratch, the elements it keeps, and its samples, in the pool where
/// that pays. Returns the sum of the tiles' costs, in tile order, divided by the batch's total.
pub(crate) fn for_tiles<T: Float>(
    model: Model<'_, T>,
    batch: Batch<'_, T>,
    backward: bool,
    tiles: Tiles<'_, T>,
    costs: &mut [f64],
    tile: &TileOfSamples<'_, T>,
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
    let next = |scratch, (index, (buffers, cost)): (_, (_, &mut f64))| {
        let (scratch, kept) = cut.after(scratch, buffers);
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
pub(crate) fn for_output_tiles<T: Float>(
    model: Model<'_, T>,
    (x, columns): (&[T], usize),
    tiles: Tiles<'_, T>,
    (out, parallel): (&mut [T], bool),
    tile: &TileOfOutputs<'_, T>,
) {
    let (n_x, n_y) = (model.shape.n_x(), model.head.n_y);
    let Tiles { buffers, cut } = tiles;
    let samples = x.len() / n_x;
    if samples <= columns {
        let end = cut.len().min(buffers.len());
        let (scratch, kept) = cut.split(&mut buffers[..end]);
        return tile(scratch, kept, x, out);
    }
    let next = |scratch, (buffers, (x, out)): (_, (_, _))| {
        let (scratch, kept) = cut.after(scratch, buffers);
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

/// From a tile's index, its scratch, the elements it keeps, and its part of another slice.
pub(crate) type TileWith<'a, T, U> = dyn Fn(usize, &mut [T], &mut [T], &mut [U]) + Sync + 'a;

/// The same for `count` tiles that each have `width` values of another slice (the last perhaps
/// fewer).
pub(super) fn for_tiles_with<T: Float, U: Send>(
    tiles: Tiles<'_, T>,
    count: usize,
    (others, width): (&mut [U], usize),
    parallel: bool,
    tile: &TileWith<'_, T, U>,
) {
    let Tiles { buffers, cut } = tiles;
    // The last tile may have fewer columns than the others.
    let end = buffers.len().min(count * cut.len());
    let buffers = &mut buffers[..end];
    if count == 1 {
        let (scratch, kept) = cut.split(buffers);
        return tile(0, scratch, kept, others);
    }
    let next = |scratch, (index, (buffers, others)): (_, (_, _))| {
        let (scratch, kept) = cut.after(scratch, buffers);
        tile(index, scratch, kept, others);
        Some(scratch)
    };
    if parallel {
        let all = buffers.par_chunks_mut(cut.len()).zip(others.par_chunks_mut(width)).enumerate();
        all.fold(|| None, next).for_each(drop);
    } else {
        let all = buffers.chunks_mut(cut.len()).zip(others.chunks_mut(width)).enumerate();
        all.fold(None, next);
    }
}

/// `rayon::join`, compiled once.
pub(super) fn join(left: &mut (dyn FnMut() + Send), right: &mut (dyn FnMut() + Send)) {
    rayon::join(left, right);
}

/// Several regions of a tile at once.
pub(super) fn disjoint<T, const N: usize>(
    buffers: &mut [T],
    ranges: [Range<usize>; N],
) -> [&mut [T]; N] {
    // `Regions` lays them out side by side (tested there).
    buffers.get_disjoint_mut(ranges).expect("a tile's regions are disjoint")
}
