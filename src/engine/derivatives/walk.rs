//! What the passes of this room have in common: products without and with biases, layer by layer.

use core::ops::Range;

use crate::engine::float::Float;
use crate::engine::ops::LayerOps;
use crate::engine::tiles::Model;
use crate::kernels::block::{Block, BlockMut, LayerParameters};
use crate::words::activation::Activation;

/// A model with what its products need besides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Products<'a, T> {
    pub(super) model: Model<'a, T>,
    /// W^T of the layers after the first, then of the first, if the backend wants them.
    pub(super) transposed: &'a [T],
    /// As many zeros as the widest layer has units, padded.
    pub(super) zeros: &'a [T],
}

/// The size of a layer's columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) stride: usize,
    pub(super) columns: usize,
}

impl Size {
    pub(super) fn of<T>(self, data: &[T]) -> Block<'_, T> {
        let Self { rows, stride, columns } = self;
        Block { data, rows, stride, columns }
    }

    pub(super) fn into<T>(self, data: &mut [T]) -> BlockMut<'_, T> {
        let Self { rows, stride, columns } = self;
        BlockMut { data, rows, stride, columns }
    }
}

/// Where W^T of every layer lies in a buffer of all of them. `None` if they overflow.
pub(crate) fn transposed_places(
    inputs_and_units: impl Iterator<Item = (usize, usize)>,
    panel: usize,
) -> Option<Vec<Range<usize>>> {
    let mut end = 0_usize;
    let mut places = Vec::new();
    for (inputs, units) in inputs_and_units {
        let start = end;
        if panel > 1 {
            let len = inputs.checked_next_multiple_of(panel)?.checked_mul(units)?;
            end = start.checked_add(len)?;
        }
        places.push(start..end);
    }
    Some(places)
}

/// Writes W^T of the layers that a way back reads: of the first only if it ends at the inputs.
pub(super) fn transpose<T: Float>(
    ops: &dyn LayerOps<T>,
    model: Model<'_, T>,
    (places, to_inputs): (&[Range<usize>], bool),
    into: &mut [T],
) {
    let from = usize::from(!to_inputs);
    let layers = places.iter().enumerate().skip(from);
    for (layer, place) in layers.filter(|(_, place)| !place.is_empty()) {
        ops.transpose(model.operand(layer, &[]), &mut into[place.clone()]);
    }
}

impl<T: Float> Products<'_, T> {
    /// A layer with its bias, or without.
    fn layer(&self, layer: usize, place: &Range<usize>, with_bias: bool) -> LayerParameters<'_, T> {
        let mut operand = self.model.operand(layer, &self.transposed[place.clone()]);
        if !with_bias {
            operand.b = &self.zeros[..operand.b.len()];
        }
        operand
    }

    /// W X, or W X + b: `x` and `into` have as many columns.
    pub(super) fn forward(
        &self,
        ops: &dyn LayerOps<T>,
        layer: usize,
        with_bias: bool,
        x: Block<'_, T>,
        into: BlockMut<'_, T>,
    ) {
        let operand = self.layer(layer, &(0..0), with_bias);
        ops.forward(operand, Activation::Identity, x, into);
    }

    /// W^T dZ; `place` is that of W^T.
    pub(super) fn backward(
        &self,
        ops: &dyn LayerOps<T>,
        (layer, place): (usize, &Range<usize>),
        dz: Block<'_, T>,
        into: BlockMut<'_, T>,
    ) {
        let operand = self.layer(layer, place, true);
        // The identity's derivative is not read: see `custom`.
        let (data, columns) = (operand.transposed, dz.columns);
        let any = Block { data, rows: operand.inputs, stride: 0, columns };
        ops.backward_input(operand, Some(Activation::Identity), dz, any, into);
    }
}
