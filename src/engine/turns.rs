//! How a batch is cut into turns: the ranges of samples over which a layer's gradient is summed at
//! once.
//!
//! Each turn reads and writes the sums so far: long turns do that seldom. But what a turn reads
//! again and again (a panel of dZ or four, and for each six inputs a line of every column) should
//! fit into L1. The cuts follow from shape and samples alone, since they fix the order of the sums.

use core::ops::Range;

use super::{plan, stretches};
use crate::engine::shape::Shape;
use crate::kernels::strips;

/// Samples a turn: four panels of dZ are 24 KiB, half of a large L1.
const TURN_COLUMNS: usize = 96;

// Packing has room for the longest.
const _: () = assert!(TURN_COLUMNS + TURN_COLUMNS / 2 <= strips::COLUMNS);

/// The most tiles that a turn has to do with: whole ones, and a piece at either end.
pub(super) const PASSES: usize = TURN_COLUMNS * 3 / 2 / plan::MIN_TILE_COLUMNS + 2;

/// Samples a turn of a layer, for tiles of `columns` columns. Whole tiles are best for a single panel
/// with very many inputs, whose sums rest in memory anyway (see `streamed`), and for a GEMM, which
/// cuts its work by itself.
pub(super) fn columns(shape: &Shape, layer: usize, columns: usize) -> usize {
    let is_single = shape.layers[layer].units <= shape.panel;
    let whole_tiles = shape.panel == 1 || is_single && stretches::is_streamed(shape, layer);
    if whole_tiles { columns.max(TURN_COLUMNS) } else { TURN_COLUMNS }
}

/// Where the turn that begins at `first` ends: a rest of half a turn and less belongs to the turn
/// before it.
pub(super) fn end(columns: usize, first: usize, samples: usize) -> usize {
    if samples - first <= columns + columns / 2 { samples } else { first + columns }
}

/// The parts of a range of samples that lie in one tile each.
pub(super) fn by_tiles(
    columns: usize,
    samples: Range<usize>,
) -> impl Iterator<Item = Range<usize>> {
    let mut first = samples.start;
    core::iter::from_fn(move || {
        let start = first;
        first = samples.end.min(start - start % columns + columns);
        (start < samples.end).then_some(start..first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_cover_each_sample_once_and_have_few_passes() {
        for tile in [32, 48, 64, 80, 96, 112, 208, 512] {
            for turn in [TURN_COLUMNS, tile.max(TURN_COLUMNS)] {
                for samples in [1, 31, 96, 97, 144, 145, 1000, 1024, 5000] {
                    let mut first = 0;
                    while first < samples {
                        let to = end(turn, first, samples);
                        assert!(to > first && to - first <= turn + turn / 2);
                        let mut at = first;
                        let mut passes = 0;
                        for part in by_tiles(tile, first..to) {
                            assert!(part.start == at && part.end > at);
                            assert_eq!(part.start / tile, (part.end - 1) / tile);
                            (at, passes) = (part.end, passes + 1);
                        }
                        assert!(at == to && passes <= PASSES, "{tile}, {turn}: {passes} passes");
                        first = to;
                    }
                }
            }
        }
    }
}
