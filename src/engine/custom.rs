//! Passes for embedders: a forward pass that keeps what a backward pass needs, and a backward pass
//! from the caller's own output gradient, down to dX if wanted.
//!
//! The same three operations and the same tiles as in [`pass`](super::pass), but the network's end
//! is the caller's: there is no loss. `narrow_custom` and `single_custom` are the same for samples in
//! lanes and for one sample.

use core::ops::Range;

use rayon::prelude::*;

use super::float::Float;
use super::ops::LayerOps;
use super::plan::{self, Regions};
use super::sums::{self, WeightSums};
use super::tile::Tile;
use super::tiles::{self, Model, disjoint};
use crate::kernels::block::{Block, BlockMut};
use crate::kernels::curves::Curve;
use crate::kernels::epilogue;
use crate::words::activation::Activation;

/// A forward pass that keeps what [`Backward`] reads. Shapes are checked, m >= 1.
#[derive(Debug)]
pub struct Forward<'a, T> {
    pub(crate) model: Model<'a, T>,
    pub(crate) regions: &'a Regions,
    pub(crate) x: &'a [T],
    pub(crate) tiles: &'a mut [T],
    /// A of the output, column after column.
    pub(crate) out: &'a mut [T],
}

/// Backward through what [`Forward`] has kept: checked shapes, m >= 1.
#[derive(Debug)]
pub struct Backward<'a, T> {
    pub(crate) model: Model<'a, T>,
    pub(crate) regions: &'a Regions,
    pub(crate) x: &'a [T],
    pub(crate) tiles: &'a mut [T],
    /// A of the output, as [`Forward`] left it.
    pub(crate) out: &'a [T],
    pub(crate) start: Start<'a, T>,
    pub(crate) transposed: Transposed<'a, T>,
    pub(crate) gradients: &'a mut [T],
    /// As in [`Destination`](sums::Destination).
    pub(crate) stretch: &'a mut [T],
    pub(crate) dx: Option<&'a mut [T]>,
    /// Room for padded columns of dX: [`padded_dx`] a sample.
    pub(crate) padded: &'a mut [T],
}

/// The caller's output gradient, (n_y, m).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Start<'a, T> {
    Dz(&'a [T]),
    Da(&'a [T]),
}

/// Room for the transposed weights of every layer, the first included.
#[derive(Debug)]
pub(crate) struct Transposed<'a, T> {
    pub(crate) buffer: &'a mut [T],
    /// Where those of the first layer lie; [`Regions::transposed`] says it for the others.
    pub(crate) first: Range<usize>,
}

/// Elements of W^T of the first layer, or `None` if their number overflows.
pub(crate) fn first_transposed(n_x: usize, units: usize, panel: usize) -> Option<usize> {
    if panel == 1 { Some(0) } else { n_x.checked_next_multiple_of(panel)?.checked_mul(units) }
}

/// Elements of a padded column of dX; 0 if n_x is whole panels already.
pub(crate) fn padded_dx(n_x: usize, panel: usize) -> usize {
    if n_x.is_multiple_of(panel) { 0 } else { n_x.next_multiple_of(panel) }
}

pub(crate) fn forward<T: Float>(ops: &dyn LayerOps<T>, task: Forward<'_, T>) {
    let Forward { model, regions, x, tiles, out } = task;
    let samples = x.len() / model.shape.n_x();
    let columns = plan::tile_columns(model.shape, size_of::<T>(), samples);
    let tile = Tile::new(ops, model, regions);
    let tiles = tiles::Tiles {
        buffers: &mut tiles[..samples * regions.column],
        // `backward` reads what this leaves in them.
        cut: tiles::Cut { columns, column: regions.column, scratch: 0 },
    };
    let parallel = tiles::is_parallel(model.parallelism, model.shape, 2.0, samples);
    tiles::for_output_tiles(model, (x, columns), tiles, (out, parallel), &|_, buffers, x, out| {
        to_outputs(&tile, buffers, x, out);
    });
}

/// A tile's buffers, its x, and the caller's gradient and the outputs there.
type Ends<'a, T> = (&'a mut [T], (&'a [T], (&'a [T], &'a [T])));

pub(crate) fn backward<T: Float>(ops: &dyn LayerOps<T>, task: Backward<'_, T>) {
    let Backward { model, regions, x, tiles, out, start, .. } = task;
    let (transposed, dx, padded) = (task.transposed, task.dx, task.padded);
    let (n_x, n_y) = (model.shape.n_x(), model.head.n_y);
    let samples = x.len() / n_x;
    let columns = plan::tile_columns(model.shape, size_of::<T>(), samples);
    let (tiles, len) = (&mut tiles[..samples * regions.column], columns * regions.column);

    let Transposed { buffer, first } = transposed;
    let from = usize::from(dx.is_none());
    let tile = Tile::new(ops, model, regions).with_way_back_to(from, buffer, first);

    let parallel =
        samples > columns && tiles::is_parallel(model.parallelism, model.shape, 2.0, samples);
    let (Start::Dz(given) | Start::Da(given)) = start;
    let is_da = matches!(start, Start::Da(_));
    let deltas = |(buffers, (x, (given, out))): Ends<'_, T>| {
        tile.derivatives(buffers, x, given.len() / n_y);
        to_deltas(&tile, buffers, given, is_da.then_some(out));
    };
    let (step, step_x) = (columns * n_y, columns * n_x);
    if parallel {
        let ends = x.par_chunks(step_x).zip(given.par_chunks(step).zip(out.par_chunks(step)));
        tiles.par_chunks_mut(len).zip(ends).for_each(deltas);
    } else {
        let ends = x.chunks(step_x).zip(given.chunks(step).zip(out.chunks(step)));
        tiles.chunks_mut(len).zip(ends).for_each(deltas);
    }

    let tiles = &*tiles;
    if let Some(dx) = dx {
        let (stride, into) = match padded_dx(n_x, model.shape.panel) {
            0 => (n_x, &mut *dx),
            stride => (stride, &mut padded[..stride * samples]),
        };
        let step = columns * stride;
        if parallel {
            let all = into.par_chunks_mut(step).zip(tiles.par_chunks(len));
            all.for_each(|(dx, buffers)| to_input(&tile, buffers, dx, stride));
        } else {
            let all = into.chunks_mut(step).zip(tiles.chunks(len));
            all.for_each(|(dx, buffers)| to_input(&tile, buffers, dx, stride));
        }
        if stride != n_x {
            for (dx, padded) in dx.chunks_exact_mut(n_x).zip(padded.chunks_exact(stride)) {
                dx.copy_from_slice(&padded[..n_x]);
            }
        }
    }

    let all = WeightSums::of_mean(model, regions, x, tiles);
    let (sums, stretch) = (task.gradients, task.stretch);
    sums::sum_weights(ops, &all, sums::Destination { sums, stretch, parameters: None });
}

/// dZ from dA of one column of softmax outputs:
/// dz_k = sum_j da_j a_j (1[j = k] - a_k) = a_k (da_k - sum_j a_j da_j).
/// Values of `d` past the end of `a` stay as they are.
pub(super) fn through_softmax<T: Float>(a: &[T], d: &mut [T]) {
    let mean: T = d.iter().zip(a).map(|(&d, &a)| d * a).sum();
    d.iter_mut().zip(a).for_each(|(d, &a)| *d = a * (*d - mean));
}

/// Keeps A of every layer in the tile, ReLUs marked as [`LayerOps::forward`] does; for a
/// softmax output, or one that is computed apart, the logits. A of the output goes to `out`.
fn to_outputs<T: Float>(tile: &Tile<'_, T>, buffers: &mut [T], x: &[T], out: &mut [T]) {
    let (regions, last, n_y) = (tile.regions, tile.last(), tile.model.head.n_y);
    let columns = x.len() / tile.model.shape.n_x();
    for layer in 0..=last {
        let g = match tile.g(layer) {
            Activation::Softmax => Activation::Identity,
            apart if layer == last && apart.is_apart() => Activation::Identity,
            // The activation follows below, as in a prediction.
            g if layer == last && g.is_of_outputs() => Activation::Identity,
            g => g,
        };
        tile.forward(layer, g, buffers, x, columns);
    }

    let a = buffers[regions.activation(last, columns)].chunks_exact(regions.stride(last));
    for (out, a) in out.chunks_exact_mut(n_y).zip(a) {
        out.copy_from_slice(&a[..n_y]);
    }
    match tile.g(last) {
        Activation::Softmax => tile.ops.output(tile.model.head, out),
        apart if apart.is_apart() => tile.ops.output(tile.model.head, out),
        g if g.is_of_outputs() => {
            tile.ops.output(tile.model.head, out);
            let kept = &mut buffers[regions.activation(last, columns)];
            for (a, out) in kept.chunks_exact_mut(regions.stride(last)).zip(out.chunks_exact(n_y)) {
                a[..n_y].copy_from_slice(out);
            }
        }
        // The marks are for the backward pass only.
        g => epilogue::unmark(g, out),
    }
}

/// dZ of every layer, from dZ of the output; or from dA, if A of the output is given.
fn to_deltas<T: Float>(tile: &Tile<'_, T>, buffers: &mut [T], given: &[T], out: Option<&[T]>) {
    let (regions, last) = (tile.regions, tile.last());
    let n_y = tile.model.head.n_y;
    let columns = given.len() / n_y;
    let [a, dz] =
        disjoint(buffers, [regions.activation(last, columns), regions.delta(last, columns)]);
    for (dz, given) in dz.chunks_exact_mut(regions.stride(last)).zip(given.chunks_exact(n_y)) {
        dz[..n_y].copy_from_slice(given);
        dz[n_y..].fill(T::ZERO);
    }
    match (out, tile.g(last)) {
        (None, _) => {}
        (Some(out), Activation::Softmax) => {
            for (d, a) in dz.chunks_exact_mut(regions.stride(last)).zip(out.chunks_exact(n_y)) {
                through_softmax(a, d);
            }
        }
        (Some(_), g) if g.is_apart() => tile.ops.curve(g, Curve::Times(a, dz)),
        // n_y values a sample: baseline instructions will do.
        (Some(_), g) => epilogue::times_derivative::<T::Wide>((), g, a, dz),
    }

    for layer in (1..=last).rev() {
        tile.backward_input(layer, buffers, columns);
    }
}

/// dX = W^T dZ of the first layer.
fn to_input<T: Float>(tile: &Tile<'_, T>, buffers: &[T], dx: &mut [T], stride: usize) {
    let layer = tile.layer(0);
    let columns = dx.len() / stride;
    let dz = Block {
        data: &buffers[tile.regions.delta(0, columns)],
        rows: layer.units,
        stride: tile.regions.stride(0),
        columns,
    };
    // x has no activation, and the identity's derivative ignores the values it is given: any
    // slice that registers can be loaded from will do. W^T is at least as long as a padded
    // column.
    let any = Block { data: layer.transposed, rows: layer.inputs, stride: 0, columns };
    let dx = BlockMut { data: dx, rows: layer.inputs, stride, columns };
    tile.ops.backward_input(layer, Some(Activation::Identity), dz, any, dx);
}
