//! One tile of columns, layer by layer, forward and back: what `pass`, `custom` and `own_loss` have
//! in common. They differ in the network's end.

use core::ops::Range;
use core::sync::atomic::{AtomicBool, Ordering};

use super::float::Float;
use super::ops::LayerOps;
use super::plan::Regions;
use super::tiles::{Model, disjoint};
use crate::kernels::block::{Block, BlockMut, LayerParameters};
use crate::kernels::curves::Curve;
use crate::words::activation::Activation;

/// One tile of columns on its way through the network.
pub(super) struct Tile<'a, T> {
    pub(super) ops: &'a dyn LayerOps<T>,
    pub(super) model: Model<'a, T>,
    pub(super) regions: &'a Regions,
    /// W^T of the layers, if the backend wants it.
    transposed: &'a [T],
    /// Where the first layer's W^T lies in it, which dX alone needs.
    first: Range<usize>,
    pub(super) backward: bool,
    /// Is every hidden layer's g' kept where its dZ will be?
    pub(super) keeps_slopes: bool,
    /// Has a tile found logits of the first layer that may not be finite?
    doubt: AtomicBool,
}

impl<'a, T: Float> Tile<'a, T> {
    pub(super) fn new(ops: &'a dyn LayerOps<T>, model: Model<'a, T>, regions: &'a Regions) -> Self {
        let doubt = AtomicBool::new(false);
        Self {
            ops,
            model,
            regions,
            transposed: &[],
            first: 0..0,
            backward: false,
            keeps_slopes: false,
            doubt,
        }
    }

    /// The same with W^T of the layers after the first, which are written to `transposed`.
    pub(super) fn with_way_back(self, transposed: &'a mut [T]) -> Self {
        self.with_way_back_to(1, transposed, 0..0)
    }

    /// The same with W^T of the layers from `layer` on; the first layer's is written to `first`.
    pub(super) fn with_way_back_to(
        mut self,
        layer: usize,
        transposed: &'a mut [T],
        first: Range<usize>,
    ) -> Self {
        self.first = first;
        for layer in layer..self.model.shape.layers.len() {
            let place = self.place(layer);
            if !place.is_empty() {
                self.ops.transpose(self.layer(layer), &mut transposed[place]);
            }
        }
        (self.transposed, self.backward) = (transposed, true);
        self
    }

    /// Where W^T of `layer` lies.
    fn place(&self, layer: usize) -> Range<usize> {
        if layer == 0 { self.first.clone() } else { self.regions.transposed(layer) }
    }

    /// Is every x known to be finite, of the tiles that have gone forward?
    pub(super) fn x_is_finite(&self) -> bool {
        !self.doubt.load(Ordering::Relaxed)
    }

    pub(super) fn layer(&self, index: usize) -> LayerParameters<'_, T> {
        let transposed = self.transposed.get(self.place(index)).unwrap_or_default();
        self.model.operand(index, transposed)
    }

    pub(super) fn g(&self, layer: usize) -> Activation {
        self.model.shape.layers[layer].activation
    }

    /// The activation of a layer whose g' is read off A, and not kept where its dZ will be.
    fn read_off(&self, layer: usize) -> Option<Activation> {
        Some(self.g(layer)).filter(|g| !(self.keeps_slopes || g.is_apart()))
    }

    /// The last layer's index.
    pub(super) fn last(&self) -> usize {
        self.model.shape.layers.len() - 1
    }

    /// A of `layer` from that before, or from x.
    pub(super) fn forward(
        &self,
        layer: usize,
        g: Activation,
        buffers: &mut [T],
        x: &[T],
        columns: usize,
    ) {
        let (rows, stride) = (self.model.shape.layers[layer].units, self.regions.stride(layer));
        let write = self.regions.activation(layer, columns);
        let place = match layer {
            0 => 0..0,
            _ => self.regions.activation(layer - 1, columns),
        };
        let [read, write] = disjoint(buffers, [place, write]);
        let (read, stride_read) = match layer {
            0 => (x, self.model.shape.n_x()),
            _ => (&*read, self.regions.stride(layer - 1)),
        };
        let inputs = self.model.shape.layers[layer].inputs;
        let x = Block { data: read, rows: inputs, stride: stride_read, columns };
        let a = BlockMut { data: write, rows, stride, columns };
        let product = if g.is_apart() { Activation::Identity } else { g };
        let finite = self.ops.forward(self.layer(layer), product, x, a);
        if layer == 0 && !finite {
            self.doubt.store(true, Ordering::Relaxed);
        }
        if g.is_apart() {
            self.curve(layer, buffers, columns);
        }
    }

    /// A of a layer from its logits, in place; and g', if there is a way back, where its dZ will be.
    fn curve(&self, layer: usize, buffers: &mut [T], columns: usize) {
        let regions = self.regions;
        let places = [regions.activation(layer, columns), regions.delta(layer, columns)];
        let curve = match self.backward {
            true => {
                let [z, d] = disjoint(buffers, places);
                Curve::Both(z, d)
            }
            false => Curve::Value(&mut buffers[places[0].clone()]),
        };
        self.ops.curve(self.g(layer), curve);
    }

    /// g' of hidden layers that are computed apart, where their dZ will be: from what the layers read,
    /// once more, for a way back that may be gone again.
    pub(super) fn derivatives(&self, buffers: &mut [T], x: &[T], columns: usize) {
        for layer in (0..self.last()).filter(|&layer| self.g(layer).is_apart()) {
            let (shape, regions) = (self.model.shape, self.regions);
            let inputs = shape.layers[layer].inputs;
            let place = match layer {
                0 => 0..0,
                _ => regions.activation(layer - 1, columns),
            };
            let [read, write] = disjoint(buffers, [place, regions.delta(layer, columns)]);
            let (data, stride) = match layer {
                0 => (x, inputs),
                _ => (&*read, regions.stride(layer - 1)),
            };
            let x = Block { data, rows: inputs, stride, columns };
            let (rows, stride) = (shape.layers[layer].units, regions.stride(layer));
            let z = BlockMut { data: &mut *write, rows, stride, columns };
            self.ops.forward(self.layer(layer), Activation::Identity, x, z);
            self.ops.curve(self.g(layer), Curve::Derivative(write));
        }
    }

    /// dZ of the layer before from dZ of `layer`.
    pub(super) fn backward_input(&self, layer: usize, buffers: &mut [T], columns: usize) {
        let regions = self.regions;
        let [a_prev, dz, dz_prev] = disjoint(
            buffers,
            [
                regions.activation(layer - 1, columns),
                regions.delta(layer, columns),
                regions.delta(layer - 1, columns),
            ],
        );
        let (units, inputs) =
            (self.model.shape.layers[layer].units, self.model.shape.layers[layer].inputs);
        let (stride, stride_prev) = (regions.stride(layer), regions.stride(layer - 1));
        self.ops.backward_input(
            self.layer(layer),
            self.read_off(layer - 1),
            Block { data: dz, rows: units, stride, columns },
            Block { data: a_prev, rows: inputs, stride: stride_prev, columns },
            BlockMut { data: dz_prev, rows: inputs, stride: stride_prev, columns },
        );
    }
}
