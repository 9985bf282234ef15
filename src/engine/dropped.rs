//! A step's first region with hidden units dropped: as in [`pass`](super::pass), but every hidden
//! layer's g' is kept where its dZ will be, since A no longer shows it, and masked with A. The way back
//! then needs nothing else.

use super::float::Float;
use super::ops::LayerOps;
use super::pass::{self, Propagation};
use super::plan;
use super::tile::Tile;
use super::tiles::{Cut, Samples, Tiles, disjoint, for_tiles_with, is_parallel};
use crate::kernels::block::BlockMut;
use crate::kernels::dropout::Drop;
use crate::words::dropout::Dropout;

/// Forward, loss, and back to every layer's dZ. Returns J, and whether every x is known to be finite.
pub(crate) fn propagate<T: Float>(
    ops: &dyn LayerOps<T>,
    task: &mut Propagation<'_, T>,
    dropout: Dropout,
) -> (f64, bool) {
    let Propagation { model, regions, samples: data, total, .. } = *task;
    let (tiles, costs) = (&mut *task.tiles, &mut *task.costs);
    let samples = data.x.len() / model.shape.n_x();
    let columns = plan::tile_columns(model.shape, size_of::<T>(), samples);
    let mut tile = Tile::new(ops, model, regions);
    if let Some(transposed) = task.backward.as_deref_mut() {
        tile = tile.with_way_back(transposed);
    }
    tile.keeps_slopes = true;
    let count = samples.div_ceil(columns);
    let buffers = &mut tiles[..samples * regions.column];
    let tiles = Tiles { buffers, cut: Cut { columns, column: regions.column, scratch: 0 } };
    let parallel = count > 1 && is_parallel(model.parallelism, model.shape, 4.0, samples);
    let costs = &mut costs[..count];
    for_tiles_with(tiles, count, (&mut *costs, 1), parallel, &|index, _, buffers, cost| {
        let first = index * columns;
        let part = data.part(model.shape, first..first + columns);
        cost[0] = through_loss(&tile, buffers, part, (dropout, first));
    });
    (costs.iter().sum::<f64>() / total, tile.x_is_finite())
}

/// Of one tile, whose first sample is the batch's `first`. Returns the sum of L over the columns.
fn through_loss<T: Float>(
    tile: &Tile<'_, T>,
    buffers: &mut [T],
    samples: Samples<'_, T>,
    (dropout, first): (Dropout, usize),
) -> f64 {
    let regions = tile.regions;
    let columns = samples.x.len() / tile.model.shape.n_x();
    for layer in 0..tile.last() {
        let g = tile.g(layer);
        tile.forward(layer, g, buffers, samples.x, columns);
        let places = [regions.activation(layer, columns), regions.delta(layer, columns)];
        let [a, slopes] = disjoint(buffers, places);
        let (rows, stride) = (tile.model.shape.layers[layer].units, regions.stride(layer));
        tile.ops.drop_units(Drop {
            dropout,
            layer,
            first_sample: dropout.first_sample + first,
            g: (!g.is_apart()).then_some(g),
            a: BlockMut { data: a, rows, stride, columns },
            slopes,
        });
    }
    pass::from_last_hidden(tile, buffers, samples)
}
