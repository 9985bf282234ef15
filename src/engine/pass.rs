//! Walks a network over a batch, forward and backward, tile by tile; `sums` then adds up the weight
//! gradients.
//!
//! A step has two regions. In the first, each tile of columns goes forward through all layers,
//! through the loss, and back to the first layer's dZ: tiles are independent. In the second, each
//! group of a layer's units sums its gradient over all tiles, in tile order: groups are
//! independent. Both splits follow from shapes alone, so any number of threads gives the same bits.

use super::float::Float;
use super::ops::LayerOps;
use super::plan::{self, Regions};
use super::tile::Tile;
use super::tiles::{
    Batch, Cut, Model, Samples, Tiles, disjoint, for_output_tiles, for_tiles, is_parallel,
};
use crate::data::columns::Columns;
use crate::engine::shape::Shape;
use crate::kernels::block::{Block, BlockMut};
use crate::words::activation::Activation;

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

/// Forward and loss, and backward to every layer's dZ where that is wanted. Returns J, and whether
/// every x is known to be finite.
pub(crate) fn propagate<T: Float>(
    ops: &dyn LayerOps<T>,
    task: &mut Propagation<'_, T>,
) -> (f64, bool) {
    let Propagation { model, regions, samples: data, total, .. } = *task;
    let (tiles, costs) = (&mut *task.tiles, &mut *task.costs);
    let samples = data.x.len() / model.shape.n_x();
    let columns = plan::tile_columns(model.shape, size_of::<T>(), samples);
    let mut tile = Tile::new(ops, model, regions);
    if let Some(transposed) = task.backward.as_deref_mut() {
        tile = tile.with_way_back(transposed);
    }
    let keep = tile.backward;

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
    let cost = for_tiles(model, batch, keep, tiles, costs, &|scratch, kept, samples| {
        through_loss(&tile, if keep { kept } else { scratch }, samples)
    });
    (cost, tile.x_is_finite())
}

/// Forward; predictions go to the task's `out`. Returns false if `is_finite` says that x is not;
/// then only the tiles have been written.
pub(crate) fn predict_checked<T: Float>(
    ops: &dyn LayerOps<T>,
    task: &mut Prediction<'_, T>,
    is_finite: &dyn Fn() -> bool,
) -> bool {
    // Reading x twice is cheaper than writing many predictions twice.
    let look_first = 2 * task.model.head.n_y >= task.model.shape.n_x();
    if look_first && !is_finite() {
        return false;
    }
    let may = (task.check_x && !look_first).then_some(is_finite);
    predict(ops, task, may)
}

/// Forward; predictions go to `out`. With `may_write`, they do so only if the first layer's sums
/// show that every x is finite, or else if `may_write` returns true; otherwise this returns false
/// and leaves `out` as it was.
fn predict<T: Float>(
    ops: &dyn LayerOps<T>,
    task: &mut Prediction<'_, T>,
    may_write: Option<&dyn Fn() -> bool>,
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
    let keeps = may_write.is_some();
    for_output_tiles(
        model,
        (x, columns),
        tiles,
        (&mut *out, parallel),
        &|scratch, kept, x, out| {
            let out = if keeps { &mut kept[..out.len()] } else { out };
            to_outputs(&tile, scratch, x, out);
        },
    );
    let Some(may_write) = may_write else { return true };
    if !tile.x_is_finite() && !may_write() {
        return false;
    }
    let parallel = parallel && out.len() >= PARALLEL_COPY;
    let tiles = Tiles { buffers, cut };
    for_output_tiles(model, (x, columns), tiles, (out, parallel), &|_, kept, _, out| {
        out.copy_from_slice(&kept[..out.len()]);
    });
    true
}

/// Fewer values than this are copied in less time than another thread takes to wake up.
const PARALLEL_COPY: usize = 256 * 1024;

/// Forward and loss, then (if wanted) back to the first layer's dZ. Returns the sum of L over
/// the columns.
fn through_loss<T: Float>(tile: &Tile<'_, T>, buffers: &mut [T], samples: Samples<'_, T>) -> f64 {
    let last = tile.last();
    let columns = samples.x.len() / tile.model.shape.n_x();
    for layer in 0..last {
        tile.forward(layer, tile.g(layer), buffers, samples.x, columns);
    }
    from_last_hidden(tile, buffers, samples)
}

/// The rest of it, from the last hidden layer's A (or x): the output's logits, the loss, and back.
pub(super) fn from_last_hidden<T: Float>(
    tile: &Tile<'_, T>,
    buffers: &mut [T],
    samples: Samples<'_, T>,
) -> f64 {
    let Samples { x, y, weights } = samples;
    let last = tile.last();
    let columns = x.len() / tile.model.shape.n_x();
    tile.forward(last, Activation::Identity, buffers, x, columns);
    let (rows, stride) = (tile.model.head.n_y, tile.regions.stride(last));
    let ranges = [tile.regions.activation(last, columns), tile.regions.delta(last, columns)];
    let [z, dz] = disjoint(buffers, ranges);
    let z = BlockMut { data: z, rows, stride, columns };
    let dz = BlockMut { data: dz, rows, stride, columns };
    let cost = tile.ops.loss(tile.model.head, z, (y, weights), dz);
    if tile.backward {
        for layer in (1..=last).rev() {
            tile.backward_input(layer, buffers, columns);
        }
    }
    cost
}

/// Forward; predictions go to `out`.
fn to_outputs<T: Float>(tile: &Tile<'_, T>, buffers: &mut [T], x: &[T], out: &mut [T]) {
    let (last, head) = (tile.last(), tile.model.head);
    let columns = x.len() / tile.model.shape.n_x();
    // Other activations are applied at the end: softmax needs whole columns, ReLUs leave no
    // marked zeros in predictions, and sigmoids have another limit there.
    let direct = head.g == Activation::Tanh;
    for layer in 0..=last {
        let of_last = if direct { head.g } else { Activation::Identity };
        let g = if layer == last { of_last } else { tile.g(layer) };
        tile.forward(layer, g, buffers, x, columns);
    }
    let a = &buffers[tile.regions.activation(last, columns)];
    for (a, out) in a.chunks_exact(tile.regions.stride(last)).zip(out.chunks_exact_mut(head.n_y)) {
        out.copy_from_slice(&a[..head.n_y]);
    }
    if !direct {
        tile.ops.output(head, out);
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
