//! What a forward pass has left in a tape.

use super::plan::{self, Regions};
use crate::element::Element;
use crate::engine::shape::Shape;
use crate::kernels::epilogue;

/// The activations of every layer, whichever way the batch has gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a, T> {
    /// The network's, which has the activations.
    pub(crate) shape: &'a Shape,
    pub(crate) regions: &'a Regions,
    pub(crate) samples: usize,
    pub(crate) tiles: &'a [T],
    /// A of the output, column after column.
    pub(crate) out: &'a [T],
}

impl<T: Element> Kept<'_, T> {
    /// Copies A of a layer and a sample that exist. The marks of the ReLUs become +0.0.
    pub(crate) fn column(&self, layer: usize, sample: usize, into: &mut [T]) {
        let Self { shape, regions, samples, tiles, out } = *self;
        if layer + 1 == shape.layers.len() {
            // The tiles may hold logits.
            into.copy_from_slice(&out[sample * into.len()..][..into.len()]);
            return;
        }
        if let Some(layout) = regions.narrow(shape, samples) {
            let units = tiles[layout.kept(layer, sample)..].iter().step_by(layout.row);
            into.iter_mut().zip(units).for_each(|(into, a)| *into = *a);
        } else {
            let columns = plan::tile_columns(shape, size_of::<T>(), samples);
            let first = sample / columns * columns;
            let columns = columns.min(samples - first);
            let tile = &tiles[first * regions.column..][..columns * regions.column];
            let a = &tile[regions.activation(layer, columns)];
            into.copy_from_slice(&a[(sample - first) * regions.stride(layer)..][..into.len()]);
        }
        epilogue::unmark(shape.layers[layer].activation, into);
    }
}
