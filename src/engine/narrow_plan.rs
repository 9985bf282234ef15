//! Where a narrow network's values lie in a tile with samples in lanes, and for which networks that
//! way pays. See `narrow`, which walks them.

use core::ops::Range;

use super::purpose::Purpose;
use crate::engine::shape::{HALVED_INPUTS, Shape};
use crate::error::{Error, Result};
use crate::kernels::blocks::BLOCK_INPUTS;
use crate::words::layer::Layer;

/// Samples a tile: many enough that a tile's own gradient costs little, few enough that threads
/// find equal work.
pub(super) const TILE_COLUMNS: usize = 512;

/// Rows of registers that a block should have at most, to stay near L1: four registers each are
/// 64 KiB.
const MAX_ROWS: usize = 256;

// These kernels sum a layer's inputs in one block: so must `panel`, for the same bits. They take
// whole panels only.
const _: () = assert!(MAX_ROWS <= BLOCK_INPUTS && MAX_ROWS <= HALVED_INPUTS);

/// Bytes that a block should take: more than a small L1, since each sum over samples is then
/// interrupted less often.
const BLOCK_BYTES: usize = 64 * 1024;

/// Where things lie in a tile, in elements. Every value of a sample takes a row of registers, which
/// hold the samples of a block. (The number of registers changes no bit: each lane sums its samples
/// in order, from register to register.)
///
/// A tile's blocks use the same memory one after the other, but for a tape, which keeps the values
/// of each.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// Elements a row.
    pub(super) row: usize,
    /// x, then A of each layer (for the last, the logits), in the values of a block: one more than
    /// there are layers.
    pub(super) values: Vec<Range<usize>>,
    /// The values of a block, or in a tape those of all of a tile's blocks, one behind the other.
    pub(super) blocks: Range<usize>,
    /// Y, or A and dA of a loss of the caller's; for a tape, dX.
    pub(super) ends: Range<usize>,
    /// dZ of each layer, relative to `deltas_start`; the last layer's first.
    pub(super) deltas: Vec<Range<usize>>,
    pub(super) deltas_start: usize,
    /// A panel of dZ of each sample, for layers whose gradient is summed with units in lanes.
    pub(super) turned: Range<usize>,
    /// Lane sums of the gradient of the other layers, a register a parameter.
    pub(super) sums: Range<usize>,
    /// The tile's gradient, laid out as the parameters.
    pub(super) gradient: Range<usize>,
    /// Elements a tile.
    pub(super) len: usize,
}

impl Layout {
    /// For batches of up to `capacity` samples. What only a backward pass needs is left out for
    /// predictions.
    pub(crate) fn new(shape: &Shape, purpose: Purpose, capacity: usize) -> Result<Self> {
        const TOO_LARGE: Error = Error::TooLarge { what: "the workspace" };
        let (backward, keeps) = (purpose != Purpose::Prediction, purpose == Purpose::Tape);
        let lanes = shape.panel;
        let row = lanes * registers_a_row(shape, capacity);
        let rows = |units: usize| units.checked_mul(row);

        let mut block = 0_usize;
        let mut value = |units| {
            let start = block;
            block = rows(units).and_then(|n| start.checked_add(n)).ok_or(TOO_LARGE)?;
            Ok::<_, Error>(start..block)
        };
        let mut values = vec![value(shape.n_x())?];
        for layer in &shape.layers {
            values.push(value(layer.units)?);
        }

        let mut len = 0_usize;
        let mut place = |elements: Option<usize>| {
            let start = len;
            len = elements.and_then(|e| start.checked_add(e)).ok_or(TOO_LARGE)?;
            Ok::<_, Error>(start..len)
        };
        let shared = place(Some(if keeps { 0 } else { block }))?;
        let ends = place(rows(if keeps { shape.n_x() } else { shape.n_y() }))?;
        let deltas_start = ends.end;
        let mut deltas = Vec::new();
        for layer in shape.layers.iter().rev() {
            let range = place(rows(layer.units))?;
            deltas.insert(0, range.start - deltas_start..range.end - deltas_start);
        }
        let turns = backward && shape.layers.iter().any(|layer| by_units_pays(layer, lanes, 1));
        let samples = if turns { row.min(MAX_SAMPLES) } else { 0 };
        let turned = place(Some(samples * lanes))?;
        let sums = place(if backward { shape.len.checked_mul(lanes) } else { Some(0) })?;
        let gradient = place(Some(if backward { shape.len } else { 0 }))?;
        let count = capacity.min(TILE_COLUMNS).div_ceil(row);
        let kept = place(if keeps { block.checked_mul(count) } else { Some(0) })?;
        let blocks = if keeps { kept } else { shared };
        Ok(Self { row, values, blocks, ends, deltas, deltas_start, turned, sums, gradient, len })
    }

    /// Elements of a block's values.
    pub(super) fn block(&self) -> usize {
        self.values.last().map_or(0, |values| values.end)
    }

    /// Where the values of a tape's `sample` begin in its buffer: the first unit's of `layer`. The
    /// next units' follow at distances of a row.
    pub(super) fn kept(&self, layer: usize, sample: usize) -> usize {
        let (tile, sample) = (sample / TILE_COLUMNS, sample % TILE_COLUMNS);
        let block = self.blocks.start + sample / self.row * self.block();
        tile * self.len + block + self.values[layer + 1].start + sample % self.row
    }

    /// Elements that batches of up to `capacity` samples need.
    pub(crate) fn room_for(&self, capacity: usize) -> Option<usize> {
        self.len.checked_mul(capacity.div_ceil(TILE_COLUMNS))
    }
}

/// As many registers as fit into BLOCK_BYTES and hold samples, in pairs; at least four if there are
/// enough samples.
fn registers_a_row(shape: &Shape, capacity: usize) -> usize {
    // A panel is 64 bytes, whatever the type.
    let fit = BLOCK_BYTES / 64 / rows(shape) / 2 * 2;
    let held = capacity.min(TILE_COLUMNS).div_ceil(shape.panel);
    fit.max(4).min(held)
}

/// Rows of a block: x, y, and every layer's A and dZ.
fn rows(shape: &Shape) -> usize {
    let units: usize = shape.layers.iter().map(|layer| layer.units).sum();
    shape.n_x() + 2 * units + shape.n_y()
}

/// Would samples in lanes do less than units in lanes? An estimate of the registers of work a
/// sample, forward and backward, from the shape alone.
pub(crate) fn pays(shape: &Shape) -> bool {
    if rows(shape) > MAX_ROWS {
        return false;
    }
    let lanes = shape.panel as f64;
    // An activation costs about 16 FMAs; a register of units comes with the handling of a column.
    let (activation, column) = (16.0, 24.0);
    let (mut by_units, mut by_samples) = (0.0, shape.n_x() as f64);
    for (index, layer) in shape.layers.iter().enumerate() {
        let (inputs, units) = (layer.inputs as f64, layer.units as f64);
        let backward = if index == 0 { 0.0 } else { 1.0 };
        by_units += (units / lanes).ceil() * (2.0 * inputs + activation) + column;
        by_units += backward * (inputs / lanes).ceil() * units;
        by_samples += units * ((2.75 + backward) * inputs + activation) / lanes;
    }
    by_samples < by_units
}

/// The most samples of a tile that a gradient with units in lanes pays for: see
/// `kernels::narrow::by_units`.
const MAX_SAMPLES: usize = 64;

/// Does a gradient with units in lanes pay for a layer and this number of samples? At least 7 of 8
/// lanes should be units. Turning dZ costs as much as four inputs (with AVX2 eight or more) for
/// each sample; it saves the sums over lanes, five registers of work a weight, once.
pub(super) fn by_units_pays(layer: &Layer, panel: usize, samples: usize) -> bool {
    let padded = layer.units.next_multiple_of(panel);
    samples <= MAX_SAMPLES && layer.inputs >= 8 && padded - layer.units <= padded / 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::activation::Activation;

    fn shape(units: &[usize], panel: usize) -> Shape {
        let layers: Vec<_> = units[1..].iter().map(|&n| (n, Activation::Tanh)).collect();
        Shape::new(units[0], &layers, panel, 64 / panel).unwrap()
    }

    /// The estimate's choices, near its border too. No value depends on them, but a change of them
    /// must be measured.
    #[test]
    fn narrow_networks_go_with_samples_in_lanes() {
        let choices: [(usize, &[usize], bool); 8] = [
            (16, &[2, 4, 1], true),
            (8, &[2, 4, 1], true),
            (16, &[784, 300, 10], false),
            (8, &[784, 300, 10], false),
            (8, &[32, 17, 40], true),
            (16, &[100, 8, 40, 20], true),
            (16, &[24, 64, 20], false),
            (16, &[8, 32, 40, 40], false),
        ];
        for (panel, units, narrow) in choices {
            assert_eq!(pays(&shape(units, panel)), narrow, "{units:?}, {panel} lanes");
        }
    }

    #[test]
    fn a_block_has_as_many_registers_as_fit_and_hold_samples() {
        for units in [&[2, 4, 1][..], &[60, 20, 10], &[70, 15, 5], &[100, 8, 40, 20]] {
            let shape = shape(units, 16);
            let values = units[0] + 2 * units[1..].iter().sum::<usize>() + units[units.len() - 1];
            assert_eq!(rows(&shape), values);
            let bytes = |registers: usize| registers * 64 * values;
            for capacity in [1, 5, 64, 80, 10_000] {
                let held = capacity.min(TILE_COLUMNS).div_ceil(16);
                let given = registers_a_row(&shape, capacity);
                assert!(given <= held && (given <= 4 || bytes(given) <= 64 * 1024));
                if given < held {
                    assert!(given >= 4 && given.is_multiple_of(2) && bytes(given + 2) > 64 * 1024);
                }
            }
        }
    }
}
