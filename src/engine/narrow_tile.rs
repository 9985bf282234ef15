//! One tile of a narrow network, block by block: what training, prediction and a tape have in common.

use fearless_simd::Simd;

use super::curves;
use super::float::Float;
use super::narrow_plan::{Layout, by_units_pays};
use super::tiles::{self, Model};
use crate::kernels::curves::Curve;
use crate::kernels::narrow::dense::{self, Dense};
use crate::kernels::narrow::gather::columns_to_lanes;
use crate::kernels::narrow::sums;
use crate::kernels::narrow::{Rows, by_units};
use crate::words::activation::Activation;

pub(super) struct Tile<'a, T, S> {
    pub(super) simd: S,
    pub(super) layout: &'a Layout,
    pub(super) model: Model<'a, T>,
}

/// Where a tile's backward pass writes, besides its gradient.
pub(super) struct Scratch<'a, T> {
    /// dZ of every layer.
    pub(super) deltas: &'a mut [T],
    pub(super) turned: &'a mut [T],
    pub(super) sums: &'a mut [T],
}

impl<'a, T> Scratch<'a, T> {
    /// From the part of a tile's scratch that begins with the deltas.
    #[inline(always)]
    pub(super) fn new(layout: &Layout, scratch: &'a mut [T]) -> Self {
        let (deltas, rest) = scratch.split_at_mut(layout.turned.start - layout.deltas_start);
        let (turned, rest) = rest.split_at_mut(layout.turned.len());
        Self { deltas, turned, sums: &mut rest[..layout.sums.len()] }
    }
}

/// Which of a tile's samples a block holds.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Is it the tile's first?
    pub(super) first: bool,
    pub(super) rows: Rows,
    pub(super) samples: usize,
    pub(super) of_tile: usize,
}

impl<T: Float, S: Simd> Tile<'_, T, S> {
    /// Rows of a block of `samples` samples.
    #[inline(always)]
    pub(super) fn rows(&self, samples: usize) -> Rows {
        Rows { stride: self.layout.row, steps: samples.div_ceil(T::PANEL) }
    }

    #[inline(always)]
    pub(super) fn layer(&self, index: usize) -> Dense<'_, T> {
        let layer = &self.model.shape.layers[index];
        let last = index + 1 == self.model.shape.layers.len();
        let (w, b) = self.model.layer(index);
        Dense {
            w,
            b,
            inputs: layer.inputs,
            units: layer.units,
            g: if last { Activation::Identity } else { layer.activation },
        }
    }

    /// Columns to logits, block-wise: `values` has x and every A; `deltas`, if there is a way back, g'
    /// of the layers that are computed apart. Neither this nor
    /// `backward_weights` is inlined: their loops would lose registers to the code around them (with
    /// AVX2, a tenth of a step). `backward` is: by itself it was no faster.
    #[inline(never)]
    pub(super) fn forward(
        &self,
        values: &mut [T],
        columns: &[T],
        rows: Rows,
        deltas: Option<&mut [T]>,
    ) {
        self.simd.vectorize(
            #[inline(always)]
            || self.through_layers(values, columns, rows, deltas),
        );
    }

    #[inline(always)]
    fn through_layers(
        &self,
        values: &mut [T],
        columns: &[T],
        rows: Rows,
        mut deltas: Option<&mut [T]>,
    ) {
        let places = &self.layout.values;
        let n_x = self.model.shape.n_x();
        columns_to_lanes::<T::Register<S>>(self.simd, columns, n_x, rows.stride, values);
        for index in 0..self.model.shape.layers.len() {
            let (before, a) = values.split_at_mut(places[index + 1].start);
            let x = &before[places[index].clone()];
            dense::forward::<T::Register<S>>(
                self.simd,
                T::registers::<S>(),
                self.layer(index),
                rows,
                x,
                a,
            );
            let size = &self.model.shape.layers[index];
            if size.activation.is_apart() && index + 1 < self.model.shape.layers.len() {
                let d = deltas.as_deref_mut();
                let d = d.map(|deltas| &mut deltas[self.layout.deltas[index].clone()]);
                self.curve(index, rows, a, d);
            }
        }
    }

    /// A of a layer from its logits, in place; and g', if there is a place for it.
    #[cold]
    #[inline(never)]
    fn curve(&self, layer: usize, rows: Rows, z: &mut [T], mut d: Option<&mut [T]>) {
        let size = &self.model.shape.layers[layer];
        let len = rows.steps * T::PANEL;
        for unit in 0..size.units {
            let row = unit * rows.stride..unit * rows.stride + len;
            let z = &mut z[row.clone()];
            let curve = match &mut d {
                Some(d) => Curve::Both(z, &mut d[row]),
                None => Curve::Value(z),
            };
            curves::run(self.simd, size.activation, curve);
        }
    }

    /// The same of the output, where that is computed apart.
    #[inline(always)]
    pub(super) fn output_curve(&self, rows: Rows, z: &mut [T], d: Option<&mut [T]>) {
        if self.model.head.g.is_apart() {
            self.curve(self.model.shape.layers.len() - 1, rows, z, d);
        }
    }

    /// g' of hidden layers that are computed apart, where their dZ will be: from what the layers read,
    /// once more.
    #[inline(never)]
    pub(super) fn derivatives(&self, values: &[T], deltas: &mut [T], rows: Rows) {
        for index in 0..self.model.shape.layers.len() - 1 {
            let size = &self.model.shape.layers[index];
            if !size.activation.is_apart() {
                continue;
            }
            let x = &values[self.layout.values[index].clone()];
            let z = &mut deltas[self.layout.deltas[index].clone()];
            self.simd.vectorize(
                #[inline(always)]
                || {
                    let (layer, n) = (self.layer(index), T::registers::<S>());
                    dense::forward::<T::Register<S>>(self.simd, n, layer, rows, x, z);
                },
            );
            for z in z.chunks_mut(rows.stride).take(size.units) {
                let z = &mut z[..rows.steps * T::PANEL];
                curves::run(self.simd, size.activation, Curve::Derivative(z));
            }
        }
    }

    /// dZ of every layer, from that of the last.
    #[inline(always)]
    pub(super) fn backward(&self, values: &[T], deltas: &mut [T], rows: Rows) {
        for layer in (1..self.model.shape.layers.len()).rev() {
            let (after, d) = deltas.split_at_mut(self.layout.deltas[layer - 1].start);
            let dz = &after[self.layout.deltas[layer].clone()];
            let a = &values[self.layout.values[layer].clone()];
            let g = self.model.shape.layers[layer - 1].activation;
            self.to_inputs(layer, g, rows, dz, (a, d));
        }
    }

    /// dA of a layer's inputs, times g' where they are activations.
    #[inline(always)]
    pub(super) fn to_inputs(
        &self,
        layer: usize,
        g_prev: Activation,
        rows: Rows,
        dz: &[T],
        (a_prev, dz_prev): (&[T], &mut [T]),
    ) {
        dense::backward::<T::Register<S>>(
            (self.simd, T::registers::<S>()),
            self.layer(layer),
            g_prev,
            rows,
            dz,
            (a_prev, dz_prev),
        );
    }

    /// Adds a block's samples to the lane sums, or to the gradient.
    #[inline(never)]
    pub(super) fn backward_weights(
        &self,
        values: &[T],
        scratch: &mut Scratch<'_, T>,
        gradient: &mut [T],
        block: Block,
    ) {
        self.simd.vectorize(
            #[inline(always)]
            || self.add_sums(values, scratch, gradient, block),
        );
    }

    #[inline(always)]
    fn add_sums(
        &self,
        values: &[T],
        scratch: &mut Scratch<'_, T>,
        gradient: &mut [T],
        block: Block,
    ) {
        let Block { first, rows, samples, of_tile } = block;
        let Scratch { deltas, turned, sums } = scratch;
        for (index, layer) in self.model.shape.layers.iter().enumerate() {
            let span = &self.model.shape.spans[index];
            if by_units_pays(layer, T::PANEL, of_tile) {
                let [dw, db] = tiles::disjoint(gradient, [span.weights.clone(), span.bias.clone()]);
                by_units::weights::<T::Register<S>>(
                    self.simd,
                    T::registers::<S>(),
                    (layer.inputs, layer.units),
                    (first, rows, samples),
                    (
                        &deltas[self.layout.deltas[index].clone()],
                        &values[self.layout.values[index].clone()],
                    ),
                    turned,
                    (dw, db),
                );
                continue;
            }
            let (dw, db) = sums.split_at_mut(span.bias.start * T::PANEL);
            dense::weights::<T::Register<S>>(
                self.simd,
                T::registers::<S>(),
                (layer.inputs, layer.units),
                (first, rows),
                (
                    &deltas[self.layout.deltas[index].clone()],
                    &values[self.layout.values[index].clone()],
                ),
                (&mut dw[span.weights.start * T::PANEL..], db),
            );
        }
    }

    /// Sums the lane sums into the tile's gradient, which has the other layers' already.
    #[inline(always)]
    pub(super) fn reduce(&self, samples: usize, lanes: &[T], gradient: &mut [T]) {
        for (layer, span) in self.model.shape.layers.iter().zip(&self.model.shape.spans) {
            if by_units_pays(layer, T::PANEL, samples) {
                continue;
            }
            for (span, inputs) in [(&span.weights, layer.inputs), (&span.bias, 1)] {
                let lanes = &lanes[span.start * T::PANEL..span.end * T::PANEL];
                let into = &mut gradient[span.clone()];
                sums::reduce::<T::Register<S>>(self.simd, inputs, layer.units, lanes, into);
            }
        }
    }
}
