//! One tile on its way through the network: forward, and back as far as curvature wants it.

use core::ops::Range;

use super::output;
use super::places::{Places, Slot};
use super::walk::{Products, Size};
use crate::engine::float::Float;
use crate::engine::ops::LayerOps;
use crate::engine::tiles::{Model, disjoint};
use crate::kernels::curvature::Curvature;
use crate::words::activation::Activation;

/// One tile.
pub(super) struct Tile<'a, T> {
    pub(super) ops: &'a dyn LayerOps<T>,
    pub(super) products: Products<'a, T>,
    pub(super) places: &'a Places,
    pub(super) transposed: &'a [Range<usize>],
    pub(super) w: &'a [T],
}

impl<T: Float> Tile<'_, T> {
    pub(super) fn model(&self) -> Model<'_, T> {
        self.products.model
    }

    pub(super) fn last(&self) -> usize {
        self.model().shape.layers.len() - 1
    }

    pub(super) fn g(&self, layer: usize) -> Activation {
        self.model().shape.layers[layer].activation
    }

    /// Of `columns` columns of a layer.
    pub(super) fn size(&self, layer: usize, columns: usize) -> Size {
        let (rows, stride) = (self.model().shape.layers[layer].units, self.places.stride(layer));
        Size { rows, stride, columns }
    }

    /// Of what a layer reads.
    pub(super) fn input_size(&self, layer: usize, columns: usize) -> Size {
        let n_x = self.model().shape.n_x();
        match layer {
            0 => Size { rows: n_x, stride: n_x, columns },
            _ => self.size(layer - 1, columns),
        }
    }

    /// A, g'(Z) and g''(Z) of every layer.
    pub(super) fn forward(&self, buffers: &mut [T], x: &[T], columns: usize) {
        let places = self.places;
        for layer in 0..=self.last() {
            let place = |slot| places.slot(slot, layer, columns);
            let before = match layer {
                0 => 0..0,
                _ => places.slot(Slot::A, layer - 1, columns),
            };
            let [read, z, first, second, packed] = disjoint(
                buffers,
                [
                    before,
                    place(Slot::A),
                    place(Slot::First),
                    place(Slot::Second),
                    places.outputs(columns),
                ],
            );
            let data = if layer == 0 { x } else { read };
            let (size, read) = (self.size(layer, columns), self.input_size(layer, columns));
            self.products.forward(self.ops, layer, true, read.of(data), size.into(z));
            if layer == self.last() {
                let all = [z, first, second, packed];
                output::values(self.ops, self.model().head, size.stride, all);
            } else {
                self.ops.curvature(Curvature::Values { g: self.g(layer), z, first, second });
            }
        }
    }

    /// Each unit's ds/da g''(z), where g''(z) was; of softmax a (u - s).
    pub(super) fn weights_of_curvature(&self, buffers: &mut [T], columns: usize, u: &[T]) {
        let (places, last) = (self.places, self.last());
        let place = |slot| places.slot(slot, last, columns);
        let slots = [place(Slot::A), place(Slot::First), place(Slot::Second), place(Slot::D)];
        let [a, first, second, d] = disjoint(buffers, slots);
        let stride = places.stride(last);
        if self.g(last) == Activation::Softmax {
            for ((a, c), d) in
                a.chunks(stride).zip(second.chunks_mut(stride)).zip(d.chunks_mut(stride))
            {
                d[..u.len()].copy_from_slice(u);
                output::through_softmax(&a[..u.len()], &mut d[..u.len()]);
                c[..u.len()].copy_from_slice(&d[..u.len()]);
            }
        } else {
            d.chunks_mut(stride).for_each(|d| d[..u.len()].copy_from_slice(u));
            self.ops.curvature(Curvature::Back { da: d, first, second });
        }
        for layer in (1..=last).rev() {
            self.back(buffers, layer, columns);
        }
    }

    /// dZ and ds/da g''(z) of the layer before.
    pub(super) fn back(&self, buffers: &mut [T], layer: usize, columns: usize) {
        let places = self.places;
        let before = |slot| places.slot(slot, layer - 1, columns);
        let [dz, da, first, second] = disjoint(
            buffers,
            [
                places.slot(Slot::D, layer, columns),
                before(Slot::D),
                before(Slot::First),
                before(Slot::Second),
            ],
        );
        let (dz, into) = (self.size(layer, columns).of(dz), self.size(layer - 1, columns).into(da));
        self.products.backward(self.ops, (layer, &self.transposed[layer]), dz, into);
        self.ops.curvature(Curvature::Back { da, first, second });
    }
}
