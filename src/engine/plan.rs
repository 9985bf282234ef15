//! How a batch is cut into tiles, where each tile's buffers lie, and when threads pay.
//!
//! All of it follows from the network's shape and the number of samples alone, never from the
//! number of threads: so the order of every sum is fixed, and results have the same bits on one
//! thread and on many.

use core::ops::Range;

use super::float::Float;
use super::narrow_plan;
use super::purpose::Purpose;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};
use crate::words::layer::Layer;

/// A layer's output for a tile, and the inputs read at once for it, should stay in a core's
/// second-level cache: together at most this many bytes.
const TILE_BYTES: usize = 512 * 1024;
/// About the number of inputs read at once: kernels go through the inputs block by block.
const BLOCK: usize = 512;
/// Fewer columns than this and a GEMM spends its time packing weights.
pub(super) const MIN_TILE_COLUMNS: usize = 32;
/// More columns than this gain nothing.
const MAX_TILE_COLUMNS: usize = 512;
/// Batches are cut into about this many tiles where they are large enough, so that this many
/// threads find equal work.
const TARGET_TILES: usize = 16;
/// Tiles are multiples of this many columns, so that register tiles fit evenly.
const COLUMN_STEP: usize = 16;

/// Columns that lie a multiple of this many bytes apart share few lines of L1: of its sets, one in
/// 1024 / 64 = 16 or fewer.
const BAD_STRIDE_BYTES: usize = 1024;

/// Waking the pool and meeting at its end costs 5 to 20 us; a region of less than about ten times
/// that is faster on one thread.
const PARALLEL_FLOPS: f64 = 4e6;

/// Where each layer's buffers lie in a tile. Offsets and strides are in elements a column: a
/// region's place in a tile of n columns is n times its offset, so a short last tile needs no
/// other table.
#[derive(Debug, Clone)]
pub(crate) struct Regions {
    /// A of each layer; for the last layer, the logits Z.
    activations: Vec<usize>,
    /// dZ of each layer.
    deltas: Vec<usize>,
    strides: Vec<usize>,
    widest: usize,
    /// Where W^T of each layer lies in the workspace's buffer for them, if the layout has panels:
    /// empty for the first layer, whose input gradient nobody needs.
    transposed: Vec<Range<usize>>,
    /// Elements a column of all regions together.
    pub(crate) column: usize,
    /// The other layout, for networks and batches that are computed with samples in lanes.
    narrow: Option<narrow_plan::Layout>,
}

/// Batches below this leave most lanes empty: they are computed with units in lanes, unless the
/// network is very small. One sample always is.
const NARROW_SAMPLES: usize = 6;
const NARROW_WEIGHTS: usize = 64;

impl Regions {
    pub(crate) fn new(
        shape: &Shape,
        purpose: Purpose,
        element: usize,
        capacity: usize,
    ) -> Result<Self> {
        const TOO_LARGE: Error = Error::TooLarge { what: "the workspace" };
        // `Shape::new` has checked these paddings.
        let strides: Vec<usize> =
            shape.layers.iter().map(|l| good_stride(l.units, shape.panel, element)).collect();
        let mut column = 0_usize;
        let mut place = |stride: usize| {
            let start = column;
            column = column.checked_add(stride).ok_or(TOO_LARGE)?;
            Ok(start)
        };
        let widest = strides.iter().copied().max().unwrap_or(0);
        let (activations, deltas) = match purpose {
            Purpose::Training | Purpose::Tape => (
                strides.iter().map(|&s| place(s)).collect::<Result<_>>()?,
                strides.iter().map(|&s| place(s)).collect::<Result<_>>()?,
            ),
            Purpose::Prediction => {
                let places = [place(widest)?, place(widest)?];
                let layers = 0..strides.len();
                place(strides[strides.len() - 1])?;
                (
                    layers.clone().map(|l| places[l % 2]).collect(),
                    layers.map(|l| places[(l + 1) % 2]).collect(),
                )
            }
        };
        let mut end = 0_usize;
        let mut transposed = Vec::new();
        for (index, layer) in shape.layers.iter().enumerate() {
            let start = end;
            if purpose != Purpose::Prediction && index > 0 && shape.panel > 1 {
                // Per unit at most a panel more than the weights, which `Shape::new` has checked.
                let padded = layer.inputs.next_multiple_of(shape.panel);
                let len = padded.checked_mul(layer.units).ok_or(TOO_LARGE)?;
                end = start.checked_add(len).ok_or(TOO_LARGE)?;
            }
            transposed.push(start..end);
        }
        let narrow = if shape.panel > 1 && narrow_plan::pays(shape) {
            Some(narrow_plan::Layout::new(shape, purpose, capacity)?)
        } else {
            None
        };
        Ok(Self { activations, deltas, strides, transposed, column, narrow, widest })
    }

    /// The layout with samples in lanes, if a batch of `samples` is computed that way.
    pub(crate) fn narrow(&self, shape: &Shape, samples: usize) -> Option<&narrow_plan::Layout> {
        let tiny = shape.weights() <= NARROW_WEIGHTS;
        self.narrow.as_ref().filter(|_| samples >= NARROW_SAMPLES || tiny && samples > 1)
    }

    /// W^T of `layer` in the buffer of all of them.
    pub(crate) fn transposed(&self, layer: usize) -> Range<usize> {
        self.transposed[layer].clone()
    }

    /// A (or the logits) of `layer` in a tile of `columns`.
    pub(crate) fn activation(&self, layer: usize, columns: usize) -> Range<usize> {
        let start = self.activations[layer] * columns;
        start..start + self.strides[layer] * columns
    }

    /// dZ of `layer` in a tile of `columns`.
    pub(crate) fn delta(&self, layer: usize, columns: usize) -> Range<usize> {
        let start = self.deltas[layer] * columns;
        start..start + self.strides[layer] * columns
    }

    /// Where a tile has room for predictions, in elements a column: the last stride, to which no
    /// pass forward writes. (Training has the last dZ there.)
    pub(crate) fn predictions(&self) -> usize {
        self.column - self.strides.last().copied().unwrap_or(0)
    }

    /// The same strides as parts of a tile that holds more: A and dZ from these offsets on, of a column
    /// of so many elements.
    pub(crate) fn within(&self, activations: usize, deltas: usize, column: usize) -> Self {
        let from = |start: usize| {
            let mut end = start;
            let next = |&stride: &usize| {
                end += stride;
                end - stride
            };
            self.strides.iter().map(next).collect()
        };
        let (activations, deltas) = (from(activations), from(deltas));
        Self { activations, deltas, column, narrow: None, ..self.clone() }
    }

    /// The largest stride: two of these fit into any tile, whatever the purpose.
    pub(crate) fn widest(&self) -> usize {
        self.widest
    }

    /// Elements between two columns of `layer`.
    pub(crate) fn stride(&self, layer: usize) -> usize {
        self.strides[layer]
    }
}

/// The distance of columns of `units` values: whole panels, and one more where columns would
/// otherwise share few lines of L1. `Shape::new` has checked that there is room for it.
fn good_stride(units: usize, panel: usize, element: usize) -> usize {
    let padded = units.next_multiple_of(panel);
    let bad = panel > 1 && padded.saturating_mul(element).is_multiple_of(BAD_STRIDE_BYTES);
    if bad { padded + panel } else { padded }
}

/// Columns a tile for `samples` samples of a network of this shape.
pub(crate) fn tile_columns(shape: &Shape, element: usize, samples: usize) -> usize {
    let column = |l: &Layer| l.inputs.min(BLOCK).saturating_add(l.units);
    let widest = shape.layers.iter().map(column).max().unwrap_or(1);
    let by_cache =
        (TILE_BYTES / widest.saturating_mul(element)).clamp(MIN_TILE_COLUMNS, MAX_TILE_COLUMNS);
    let by_cache = by_cache.next_multiple_of(COLUMN_STEP);
    if !parallel_pays(4.0 * shape.weights() as f64 * samples as f64) {
        // The batch stays on one thread.
        return by_cache;
    }
    let by_balance = samples.div_ceil(TARGET_TILES).next_multiple_of(COLUMN_STEP);
    by_balance.clamp(MIN_TILE_COLUMNS, by_cache)
}

/// Elements and tiles that batches of up to `capacity` samples need at most.
pub(crate) fn room_for(regions: &Regions, capacity: usize) -> Result<(usize, usize)> {
    const TOO_LARGE: Error = Error::TooLarge { what: "the workspace" };
    let wide = regions.column.checked_mul(capacity).ok_or(TOO_LARGE)?;
    let narrow = match &regions.narrow {
        Some(layout) => layout.room_for(capacity).ok_or(TOO_LARGE)?,
        None => 0,
    };
    let elements = wide.max(narrow);
    Ok((elements, capacity.div_ceil(MIN_TILE_COLUMNS)))
}

/// Do `flops` of work pay for waking other threads?
pub(crate) fn parallel_pays(flops: f64) -> bool {
    flops >= PARALLEL_FLOPS
}

/// For one sample, waking a thread pays if it reads this many bytes of weights, which takes 20 us
/// and more.
const SHARED_BYTES: usize = 2 * 1024 * 1024;

/// Panels of a layer that one thread reads for one sample: all, or a half, a quarter and so on.
pub(crate) fn shared_panels<T: Float>(count: usize, inputs: usize) -> usize {
    let bytes = T::PANEL * size_of::<T>() * inputs;
    let mut panels = count;
    // Both halves must be more than one panel: the sums of a single one are cut into other pieces.
    while panels >= 16 && panels / 2 * bytes >= SHARED_BYTES {
        panels = panels.div_ceil(2);
    }
    panels
}

/// Does the network have a layer whose panels threads should share?
pub(crate) fn any_shared<T: Float>(shape: &Shape) -> bool {
    let is_shared = |layer: &Layer| {
        let count = layer.units.div_ceil(T::PANEL);
        shared_panels::<T>(count, layer.inputs) < count
    };
    // The cheap test comes first.
    shape.len >= 2 * SHARED_BYTES / size_of::<T>() && shape.layers.iter().any(is_shared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::activation::Activation;

    fn shape(units: &[usize], panel: usize) -> Shape {
        let layers: Vec<_> = units[1..].iter().map(|&n| (n, Activation::Relu)).collect();
        Shape::new(units[0], &layers, panel, 4).unwrap()
    }

    #[test]
    fn training_regions_are_disjoint_and_fill_the_tile() {
        for panel in [1, 16] {
            let shape = shape(&[3, 7, 20, 2], panel);
            let regions = Regions::new(&shape, Purpose::Training, 4, 100_000).unwrap();
            for columns in [1, 5, 32] {
                let mut ranges: Vec<_> = (0..3)
                    .flat_map(|l| [regions.activation(l, columns), regions.delta(l, columns)])
                    .collect();
                ranges.sort_by_key(|r| r.start);
                assert_eq!(ranges[0].start, 0);
                assert!(ranges.windows(2).all(|w| w[0].end == w[1].start));
                assert_eq!(ranges[5].end, regions.column * columns);
                assert_eq!(ranges[5].start, regions.predictions() * columns);
            }
        }
    }

    #[test]
    fn prediction_reads_one_region_and_writes_the_other() {
        let shape = shape(&[3, 7, 20, 2], 1);
        let regions = Regions::new(&shape, Purpose::Prediction, 4, 100_000).unwrap();
        for l in 1..3 {
            let (read, write) = (regions.activation(l - 1, 8), regions.activation(l, 8));
            assert!(read.end <= write.start || write.end <= read.start);
        }
        // Two of the widest layer, and the predictions.
        assert_eq!((regions.predictions(), regions.column), (40, 42));
    }

    #[test]
    fn tiles_fit_the_room_and_are_never_empty() {
        for units in [&[2, 4, 1][..], &[784, 300, 10], &[5000, 5000, 5000]] {
            let shape = shape(units, 16);
            let regions = Regions::new(&shape, Purpose::Training, 4, 100_000).unwrap();
            for capacity in [1, 31, 32, 33, 1000, 100_000] {
                let (elements, tiles) = room_for(&regions, capacity).unwrap();
                for samples in [1, capacity / 2, capacity] {
                    let columns = tile_columns(&shape, 4, samples);
                    assert!(columns > 0 && samples.div_ceil(columns) <= tiles);
                    assert!(samples * regions.column <= elements);
                }
            }
        }
    }
}
