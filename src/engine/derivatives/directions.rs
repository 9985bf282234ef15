//! Derivatives of gradients along a direction, R{}: one pass forward and one back, in which every
//! quantity has its own R beside it. B. A. Pearlmutter, "Fast exact multiplication by the Hessian",
//! Neural Computation 6 (1994).

use core::ops::Range;

use super::output::{self, Column};
use super::places::DirectionPlaces as Places;
use super::walk::{self, Products, Size};
use crate::engine::float::Float;
use crate::engine::ops::LayerOps;
use crate::engine::plan;
use crate::engine::sums::{self, Destination, WeightSums};
use crate::engine::tiles::{Cut, Model, Tiles, disjoint, for_tiles_with, is_parallel};
use crate::kernels::curvature::Curvature;

/// A pass over a batch: checked shapes, m >= 1.
#[derive(Debug)]
pub struct Directions<'a, T> {
    pub(crate) model: Model<'a, T>,
    pub(crate) places: &'a Places,
    /// Where W^T of each layer lies in `transposed`.
    pub(crate) transposed_places: &'a [Range<usize>],
    pub(crate) transposed: &'a mut [T],
    /// As many zeros as the widest layer has units, padded.
    pub(crate) zeros: &'a [T],
    pub(crate) tiles: &'a mut [T],
    pub(crate) x: &'a [T],
    pub(crate) along: Along<'a, T>,
}

/// The direction, and what is to be had along it.
#[derive(Debug)]
pub(crate) enum Along<'a, T> {
    /// x moves along `dx`: R{dX} of s = sum_k u_k a_k.
    Inputs { dx: &'a [T], u: &'a [T], out: &'a mut [T] },
    /// The parameters move along `v`, laid out as they are: R{dW} and R{db} of the cost.
    Parameters {
        v: &'a [T],
        v_transposed: &'a mut [T],
        y: &'a [T],
        /// As long as x.
        still: &'a [T],
        sums: &'a mut [T],
        /// The part of the sums that comes from R{A}.
        others: &'a mut [T],
        stretch: &'a mut [T],
    },
}

/// Runs it. Tiles and the order of sums follow from shapes alone, so that any number of threads gives
/// the same bits.
pub(crate) fn run<T: Float>(ops: &dyn LayerOps<T>, task: Directions<'_, T>) {
    let Directions { model, places, transposed_places, x, along, .. } = task;
    let (shape, n_x) = (model.shape, model.shape.n_x());
    let to_inputs = matches!(along, Along::Inputs { .. });
    walk::transpose(ops, model, (transposed_places, to_inputs), task.transposed);
    let samples = x.len() / n_x;
    let columns = plan::tile_columns(shape, size_of::<T>(), samples);
    let (count, column) = (samples.div_ceil(columns), places.column);
    let cut = Cut { columns, column, scratch: places.scratch };
    let parallel = count > 1 && is_parallel(model.parallelism, shape, 8.0, samples);
    let buffers = &mut task.tiles[..samples * column];
    let products = Products { model, transposed: task.transposed, zeros: task.zeros };
    let part =
        |index: usize, of: usize| index * columns * of..samples.min((index + 1) * columns) * of;
    match along {
        Along::Inputs { dx, u, out } => {
            let tile = Tile { ops, products, places, transposed: transposed_places, v: None };
            let tiles = Tiles { buffers, cut };
            let width = columns * n_x;
            for_tiles_with(tiles, count, (out, width), parallel, &|index, scratch, kept, out| {
                let (x, dx) = (&x[part(index, n_x)], &dx[part(index, n_x)]);
                tile.forward(scratch, kept, x, Some(dx));
                tile.start_of_sum(scratch, kept, u, x.len() / n_x);
                tile.back(scratch, kept, x.len() / n_x);
                tile.to_inputs(scratch, kept, out);
            });
        }
        Along::Parameters { v, v_transposed, y, still, sums, others, stretch } => {
            let v = Model { parameters: v, ..model };
            walk::transpose(ops, v, (transposed_places, to_inputs), v_transposed);
            let v = Products { model: v, transposed: v_transposed, zeros: task.zeros };
            let tile = Tile { ops, products, places, transposed: transposed_places, v: Some(v) };
            let tiles = Tiles { buffers: &mut *buffers, cut };
            let targets = model.head.targets();
            // All that a tile leaves is in its buffers. (Memory for nothing is not allocated.)
            let nothing = &mut *vec![(); count];
            for_tiles_with(tiles, count, (nothing, 1), parallel, &|index, scratch, kept, _| {
                let (x, y) = (&x[part(index, n_x)], &y[part(index, targets)]);
                tile.forward(scratch, kept, x, None);
                tile.start_of_loss(scratch, kept, y, x.len() / n_x);
                tile.back(scratch, kept, x.len() / n_x);
            });
            // R{dW} = R{dZ} A^T + dZ R{A}^T, R{db} = R{dZ}.
            let still = &still[..x.len()];
            let buffers = &*buffers;
            for (regions, x, sums) in
                [(&places.moving, x, &mut *sums), (&places.standing, still, &mut *others)]
            {
                let task = WeightSums::of_mean(model, regions, x, buffers);
                let into = Destination { sums, stretch: &mut *stretch, parameters: None };
                sums::sum_weights(ops, &task, into);
            }
            for span in &shape.spans[1..] {
                let (from, into) = (&others[span.weights.clone()], &mut sums[span.weights.clone()]);
                ops.curvature(Curvature::Add { from, into });
            }
        }
    }
}

/// One tile.
struct Tile<'a, T> {
    ops: &'a dyn LayerOps<T>,
    products: Products<'a, T>,
    places: &'a Places,
    transposed: &'a [Range<usize>],
    v: Option<Products<'a, T>>,
}

impl<T: Float> Tile<'_, T> {
    fn model(&self) -> Model<'_, T> {
        self.products.model
    }

    fn last(&self) -> usize {
        self.model().shape.layers.len() - 1
    }

    fn size(&self, layer: usize, columns: usize) -> Size {
        let (rows, stride) = (self.model().shape.layers[layer].units, self.places.stride(layer));
        Size { rows, stride, columns }
    }

    /// Of what a layer reads.
    fn input_size(&self, layer: usize, columns: usize) -> Size {
        let n_x = self.model().shape.n_x();
        match layer {
            0 => Size { rows: n_x, stride: n_x, columns },
            _ => self.size(layer - 1, columns),
        }
    }

    /// A and R{A} of every layer, with g'(Z), g''(Z) and R{Z}.
    fn forward(&self, scratch: &mut [T], kept: &mut [T], x: &[T], dx: Option<&[T]>) {
        let (places, n_x) = (self.places, self.model().shape.n_x());
        let columns = x.len() / n_x;
        for layer in 0..=self.last() {
            let before = |place: fn(&Places, usize, usize) -> Range<usize>| match layer {
                0 => 0..0,
                _ => place(places, layer - 1, columns),
            };
            let [a_prev, r_a_prev, a, r_a] = disjoint(
                kept,
                [
                    before(Places::a),
                    before(Places::r_a),
                    places.a(layer, columns),
                    places.r_a(layer, columns),
                ],
            );
            let [first, second, r_z, extra, packed] = disjoint(
                scratch,
                [
                    places.first(layer, columns),
                    places.second(layer, columns),
                    places.r_z(layer, columns),
                    places.extra(columns),
                    places.outputs(columns),
                ],
            );
            let (size, read) = (self.size(layer, columns), self.input_size(layer, columns));
            let (a_prev, r_a_prev) = match layer {
                0 => (x, dx),
                _ => (&*a_prev, Some(&*r_a_prev)),
            };
            self.products.forward(self.ops, layer, true, read.of(a_prev), size.into(a));
            match r_a_prev {
                Some(r) => {
                    self.products.forward(self.ops, layer, false, read.of(r), size.into(r_z));
                }
                None => r_z.fill(T::ZERO),
            }
            if let Some(v) = &self.v {
                let from = &mut extra[..r_z.len()];
                v.forward(self.ops, layer, true, read.of(a_prev), size.into(from));
                self.ops.curvature(Curvature::Add { from, into: r_z });
            }
            if layer == self.last() {
                // The loss reads the logits.
                extra[..a.len()].copy_from_slice(a);
                let all = [a, first, second, packed];
                output::values(self.ops, self.model().head, size.stride, all);
            } else {
                let g = self.model().shape.layers[layer].activation;
                self.ops.curvature(Curvature::Values { g, z: a, first, second });
                let (d, from, t) = (size.of(first), size.of(r_z), size.into(r_a));
                self.ops.curvature(Curvature::Spread { d, from, t });
            }
        }
    }

    /// dZ and R{dZ} of the output, of the loss; its logits are in the extra buffer.
    fn start_of_loss(&self, scratch: &mut [T], kept: &mut [T], y: &[T], columns: usize) {
        let (places, head, last) = (self.places, self.model().head, self.last());
        let size = self.size(last, columns);
        let z = &mut scratch[places.extra(columns)][..size.stride * columns];
        let dz = &mut kept[places.d(last, columns)];
        self.ops.loss(head, size.into(z), (y, None), size.into(dz));
        self.for_outputs(scratch, kept, columns, |s, column, _, r_dz| {
            column.of_loss(head, &y[s * head.targets()..][..head.targets()], r_dz);
        });
    }

    /// The same of s = sum_k u_k a_k.
    fn start_of_sum(&self, scratch: &mut [T], kept: &mut [T], u: &[T], columns: usize) {
        let head = self.model().head;
        self.for_outputs(scratch, kept, columns, |_, column, dz, r_dz| {
            column.of_sum(head, u, dz, r_dz);
        });
    }

    /// Calls `each` for every sample's outputs, with its places of dZ and R{dZ}.
    fn for_outputs(
        &self,
        scratch: &mut [T],
        kept: &mut [T],
        columns: usize,
        each: impl Fn(usize, Column<'_, T>, &mut [T], &mut [T]),
    ) {
        let (places, last) = (self.places, self.last());
        let Size { rows: n_y, stride, .. } = self.size(last, columns);
        let slots = [places.a(last, columns), places.d(last, columns), places.r_d(last, columns)];
        let [a, dz, r_dz] = disjoint(kept, slots);
        let [first, second, r_z] = [Places::first, Places::second, Places::r_z]
            .map(|place| &scratch[place(places, last, columns)]);
        for s in 0..columns {
            let place = s * stride..s * stride + n_y;
            let column = Column {
                a: &a[place.clone()],
                first: &first[place.clone()],
                second: &second[place.clone()],
                r_z: &r_z[place.clone()],
            };
            each(s, column, &mut dz[place.clone()], &mut r_dz[place]);
        }
    }

    /// dZ and R{dZ} of every layer before the last:
    /// R{dA} = W^T R{dZ} + V^T dZ and R{dZ} = R{dA} g'(Z) + dA g''(Z) R{Z}.
    fn back(&self, scratch: &mut [T], kept: &mut [T], columns: usize) {
        let places = self.places;
        for layer in (1..=self.last()).rev() {
            let slots = [
                places.d(layer, columns),
                places.r_d(layer, columns),
                places.d(layer - 1, columns),
                places.r_d(layer - 1, columns),
            ];
            let [dz, r_dz, da, r_da] = disjoint(kept, slots);
            let slots = [
                places.first(layer - 1, columns),
                places.second(layer - 1, columns),
                places.r_z(layer - 1, columns),
                places.extra(columns),
            ];
            let [first, second, r_z, extra] = disjoint(scratch, slots);
            let (size, before) = (self.size(layer, columns), self.size(layer - 1, columns));
            let w = (layer, &self.transposed[layer]);
            self.products.backward(self.ops, w, size.of(dz), before.into(da));
            self.products.backward(self.ops, w, size.of(r_dz), before.into(r_da));
            if let Some(v) = &self.v {
                let from = &mut extra[..r_da.len()];
                v.backward(self.ops, w, size.of(dz), before.into(from));
                self.ops.curvature(Curvature::Add { from, into: r_da });
            }
            self.ops.curvature(Curvature::Back { da, first, second: &mut *second });
            self.ops.curvature(Curvature::BackTangent { r_da, first, c: second, r_z });
        }
    }

    /// R{dX} = W^T R{dZ} of the first layer.
    fn to_inputs(&self, scratch: &mut [T], kept: &[T], out: &mut [T]) {
        let Model { shape, .. } = self.model();
        let (n_x, columns) = (shape.n_x(), out.len() / shape.n_x());
        let dz = self.size(0, columns).of(&kept[self.places.r_d(0, columns)]);
        let stride = n_x.next_multiple_of(shape.panel);
        let extra = &mut scratch[self.places.extra(columns)];
        let into = Size { rows: n_x, stride, columns }.into(extra);
        self.products.backward(self.ops, (0, &self.transposed[0]), dz, into);
        for (out, column) in out.chunks_exact_mut(n_x).zip(extra.chunks(stride)) {
            out.copy_from_slice(&column[..n_x]);
        }
    }
}
