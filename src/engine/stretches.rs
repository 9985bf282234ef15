//! How many tiles a gradient is summed over before that sum is added to the whole.
//!
//! A sum of n terms, one after the other, is off by up to n roundings. A tile's terms are few, but
//! a batch may have thousands of tiles: so the sums of about sqrt(n) tiles at a time are added up.
//! Few tiles are one stretch. It follows from the shape and the number of samples alone.

use super::plan;
use crate::engine::shape::Shape;
use crate::kernels::streamed;

/// Up to this many tiles are one stretch, which adds as many roundings to a tile's own.
const TILES: usize = 64;

/// Up to this many samples are one stretch where each sample is added to the whole sum: see
/// `streamed`.
const STREAMED_SAMPLES: usize = 2048;

/// Tiles a stretch, for a batch of `tiles` tiles.
pub(super) fn of_tiles(tiles: usize) -> usize {
    if tiles <= TILES { tiles } else { tiles.isqrt() }
}

/// Tiles a stretch in the gradient of a layer, for tiles of `columns` columns.
pub(super) fn of_layer(shape: &Shape, layer: usize, columns: usize, samples: usize) -> usize {
    if is_streamed(shape, layer) && samples > STREAMED_SAMPLES {
        return (samples.isqrt() / columns).max(1);
    }
    of_tiles(samples.div_ceil(columns))
}

/// Elements of the buffer for a stretch's sums that batches of up to `capacity` samples need.
pub(crate) fn room(shape: &Shape, element: usize, capacity: usize) -> usize {
    let columns = plan::tile_columns(shape, element, capacity);
    let tiles = capacity.div_ceil(columns);
    let is_cut = |layer| of_layer(shape, layer, columns, capacity) < tiles;
    if (0..shape.layers.len()).any(is_cut) { shape.len } else { 0 }
}

/// May a panel of the layer be computed alone, and with very many inputs, by `streamed`?
pub(super) fn is_streamed(shape: &Shape, layer: usize) -> bool {
    let size = &shape.layers[layer];
    let is_single = shape.panel > 1 && size.units.div_ceil(shape.panel) % 2 == 1;
    is_single && size.inputs >= streamed::INPUTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::activation::Activation::Tanh;

    #[test]
    fn stretches_grow_with_the_root_and_have_their_room() {
        for (units, panel) in
            [(&[2, 4, 1][..], 16), (&[40, 17], 16), (&[2100, 3], 16), (&[9, 9], 1)]
        {
            let layers: Vec<_> = units[1..].iter().map(|&n| (n, Tanh)).collect();
            let shape = Shape::new(units[0], &layers, panel, 4).unwrap();
            let mut room_before = 0;
            for samples in [1, 512, 2048, 2049, 40_000, 300_000, 3_000_000, 300_000_000] {
                let columns = plan::tile_columns(&shape, 4, samples);
                let tiles = samples.div_ceil(columns);
                for layer in 0..layers.len() {
                    let stretch = of_layer(&shape, layer, columns, samples);
                    assert!((1..=tiles).contains(&stretch));
                    let of_terms = if is_streamed(&shape, layer) { columns } else { 1 };
                    let chain = stretch * of_terms + tiles.div_ceil(stretch) - 1;
                    let most = (4 * samples.isqrt()).max(2 * columns).max(STREAMED_SAMPLES);
                    assert!(chain <= most, "{units:?}, {samples}: {chain} terms");
                    assert!(stretch == tiles || room(&shape, 4, samples) == shape.len);
                }
                // A workspace for more samples also serves fewer.
                let room = room(&shape, 4, samples);
                assert!(room >= room_before);
                room_before = room;
            }
        }
        assert_eq!((of_tiles(64), of_tiles(65), of_tiles(10_000)), (64, 8, 100));
    }
}
