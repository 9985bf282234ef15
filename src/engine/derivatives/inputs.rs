//! Derivatives of the outputs by the inputs, sample by sample: Jacobians, products with them, and the
//! Hessian of a weighted sum of the outputs.
//!
//! A Jacobian has n_x columns of tangents that go forward with a sample, or n_y that go back,
//! whichever are fewer. With s = sum_k u_k a_k, the Hessian is a sum over all units: of ds/da g''(z)
//! times the unit's dz/dx dz/dx^T. So it costs one pass forward, one back, and n_x columns forward.

use core::ops::Range;

use rayon::prelude::*;

use super::output;
use super::places::{Places, Slot};
use super::walk::{self, Products, Size};
use crate::engine::float::Float;
use crate::engine::ops::LayerOps;
use crate::engine::tiles::{Model, disjoint, is_parallel};
use crate::kernels::curvature::Curvature;
use crate::words::activation::Activation;

/// What is wanted of every sample, and what it is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a, T> {
    /// (n_y, n_x), row-major.
    Jacobian,
    /// J dx, n_y values, from columns of dx.
    Tangents(&'a [T]),
    /// (n_x, n_x), of the sum of the outputs times these.
    Hessian(&'a [T]),
}

/// A pass over a batch: checked shapes, m >= 1.
#[derive(Debug)]
pub struct InputDerivatives<'a, T> {
    pub(crate) model: Model<'a, T>,
    pub(crate) places: &'a Places,
    /// Where W^T of each layer lies in `transposed`.
    pub(crate) transposed_places: &'a [Range<usize>],
    pub(crate) transposed: &'a mut [T],
    /// As many zeros as the widest layer has units, padded.
    pub(crate) zeros: &'a [T],
    /// Columns of W of the first layer, [`Places::wide`] apart.
    pub(crate) w: &'a mut [T],
    /// Whole tiles: as many as threads may work on at a time.
    pub(crate) tiles: &'a mut [T],
    pub(crate) x: &'a [T],
    pub(crate) wanted: Wanted<'a, T>,
    pub(crate) out: &'a mut [T],
}

/// Runs it. Tiles don't depend on each other, so that any number of threads gives the same bits.
pub(crate) fn run<T: Float>(ops: &dyn LayerOps<T>, task: InputDerivatives<'_, T>) {
    let InputDerivatives { model, places, transposed_places, x, wanted, out, tiles, .. } = task;
    let (shape, n_x) = (model.shape, model.shape.n_x());
    walk::transpose(ops, model, transposed_places, task.transposed);
    if !matches!(wanted, Wanted::Tangents(_)) {
        first_columns(model, places.stride(0), task.w);
    }
    let products = Products { model, transposed: task.transposed, zeros: task.zeros };
    let tile = Tile { ops, products, places, transposed: transposed_places, w: task.w, wanted };

    let samples = x.len() / n_x;
    let width = out.len() / samples;
    let flops = 2.0 * (2 + places.n) as f64;
    let groups = match is_parallel(model.parallelism, shape, flops, samples) {
        true => tiles.len() / (places.tile().unwrap_or(tiles.len())),
        false => 1,
    };
    let count = samples.div_ceil(places.columns);
    let columns = count.div_ceil(groups.max(1)) * places.columns;
    let group = |(index, (scratch, out)): (usize, (&mut [T], &mut [T]))| {
        for (k, out) in out.chunks_mut(places.columns * width).enumerate() {
            let from = index * columns + k * places.columns;
            tile.run(scratch, x, from..from + out.len() / width, out);
        }
    };
    let len = tiles.len() / groups.max(1);
    if groups > 1 {
        let all = tiles.par_chunks_exact_mut(len).zip(out.par_chunks_mut(columns * width));
        all.enumerate().for_each(group);
    } else {
        group((0, (tiles, out)));
    }
}

/// The columns of W of the first layer: dz/dx_i of all units.
fn first_columns<T: Float>(model: Model<'_, T>, stride: usize, into: &mut [T]) {
    let (layer, span) = (&model.shape.layers[0], &model.shape.spans[0]);
    let (w, _) = model.layer(0);
    for (unit, panel) in
        (0..layer.units).step_by(span.panel).zip(w.chunks(span.panel * layer.inputs))
    {
        let units = span.panel.min(layer.units - unit);
        for (i, w) in panel.chunks_exact(span.panel).enumerate() {
            into[i * stride + unit..][..units].copy_from_slice(&w[..units]);
        }
    }
}

/// One tile.
struct Tile<'a, T> {
    ops: &'a dyn LayerOps<T>,
    products: Products<'a, T>,
    places: &'a Places,
    transposed: &'a [Range<usize>],
    w: &'a [T],
    wanted: Wanted<'a, T>,
}

impl<T: Float> Tile<'_, T> {
    fn run(&self, buffers: &mut [T], x: &[T], samples: Range<usize>, out: &mut [T]) {
        let n_x = self.model().shape.n_x();
        let x = &x[samples.start * n_x..samples.end * n_x];
        let columns = samples.len();
        self.forward(buffers, x, columns);
        match self.wanted {
            Wanted::Tangents(dx) => {
                let dx = &dx[samples.start * n_x..samples.end * n_x];
                let which = self.tangents(buffers, columns, Some(dx), None);
                self.outputs(buffers, which, columns, out);
            }
            Wanted::Jacobian if self.goes_forward() => {
                let which = self.tangents(buffers, columns, None, None);
                self.outputs(buffers, which, columns, out);
            }
            Wanted::Jacobian => self.jacobian_back(buffers, columns, out),
            Wanted::Hessian(u) => {
                out.fill(T::ZERO);
                self.weights_of_curvature(buffers, columns, u);
                self.tangents(buffers, columns, None, Some(out));
                for h in out.chunks_exact_mut(n_x * n_x) {
                    for p in 0..n_x {
                        for q in 0..p {
                            h[p * n_x + q] = h[q * n_x + p];
                        }
                    }
                }
            }
        }
    }

    fn model(&self) -> Model<'_, T> {
        self.products.model
    }

    fn last(&self) -> usize {
        self.model().shape.layers.len() - 1
    }

    fn g(&self, layer: usize) -> Activation {
        self.model().shape.layers[layer].activation
    }

    /// Of `columns` columns of a layer.
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

    fn goes_forward(&self) -> bool {
        self.model().shape.n_x() <= self.model().shape.n_y()
    }

    /// A, g'(Z) and g''(Z) of every layer.
    fn forward(&self, buffers: &mut [T], x: &[T], columns: usize) {
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
    fn weights_of_curvature(&self, buffers: &mut [T], columns: usize, u: &[T]) {
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
    fn back(&self, buffers: &mut [T], layer: usize, columns: usize) {
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

    /// dz/dx goes forward: of columns of `dx`, or by each input. Up to the output's Z, in the buffer
    /// of tangents that this returns; or, with `hessians`, as far as there is a part to add to them.
    fn tangents(
        &self,
        buffers: &mut [T],
        columns: usize,
        dx: Option<&[T]>,
        mut hessians: Option<&mut [T]>,
    ) -> usize {
        let bent = |layer: &usize| self.g(*layer).is_bent();
        let end = match hessians {
            None => self.last(),
            Some(_) => match (0..=self.last()).rfind(bent) {
                Some(layer) => layer,
                None => return 0,
            },
        };
        let mut t = Tangents { at: 0, n: self.places.n, shared: dx.is_none() };
        if let Some(dx) = dx {
            t.n = 1;
            self.first(buffers, columns, dx);
        }
        if t.shared && (end == 0 && (hessians.is_none() || self.g(0) == Activation::Softmax)) {
            self.copy(buffers, columns);
            t.shared = false;
        }
        for layer in 0..=end {
            if let Some(hessians) = hessians.as_deref_mut() {
                self.squares(buffers, layer, t, columns, hessians);
            }
            if layer < end {
                self.next(buffers, layer, t, columns);
                (t.at, t.shared) = (1 - t.at, false);
            }
        }
        t.at
    }

    /// W dx of the first layer.
    fn first(&self, buffers: &mut [T], columns: usize, dx: &[T]) {
        let (size, read) = (self.size(0, columns), self.input_size(0, columns));
        let data = &mut buffers[self.places.tangents(0, columns)];
        self.products.forward(self.ops, 0, false, read.of(dx), size.into(data));
    }

    /// The columns of W of the first layer, to each sample.
    fn copy(&self, buffers: &mut [T], columns: usize) {
        let len = self.places.n * self.places.stride(0);
        let t = &mut buffers[self.places.tangents(0, columns)];
        t.chunks_exact_mut(len).take(columns).for_each(|t| t.copy_from_slice(&self.w[..len]));
    }

    /// A layer's part of the Hessians.
    fn squares(
        &self,
        buffers: &mut [T],
        layer: usize,
        t: Tangents,
        columns: usize,
        sums: &mut [T],
    ) {
        let (places, n) = (self.places, t.n);
        let size = self.size(layer, columns);
        let slots = [
            places.slot(Slot::A, layer, columns),
            places.slot(Slot::Second, layer, columns),
            places.tangents(t.at, columns),
            places.tangents(1 - t.at, columns),
        ];
        let [a, c, own, room] = disjoint(buffers, slots);
        if self.g(layer) == Activation::Softmax {
            let Size { rows, stride, .. } = size;
            for (a, t) in a.chunks(stride).zip(own.chunks_mut(n * stride)).take(columns) {
                for t in t.chunks_mut(stride) {
                    let mean = output::mean(&a[..rows], t);
                    t[..rows].iter_mut().for_each(|t| *t -= mean);
                }
            }
        }
        let c = size.of(c);
        let t = match t.shared {
            true => self.size(layer, n).of(self.w),
            false => self.size(layer, n * columns).of(own),
        };
        self.ops.curvature(Curvature::Squares { c, t, n, room, sums });
    }

    /// From dz/dx of a layer to that of the layer after it, in the other buffer.
    fn next(&self, buffers: &mut [T], layer: usize, t: Tangents, columns: usize) {
        let (places, after) = (self.places, layer + 1);
        let slots = [
            places.slot(Slot::First, layer, columns),
            places.tangents(t.at, columns),
            places.tangents(1 - t.at, columns),
        ];
        let [first, read, write] = disjoint(buffers, slots);
        let (all, d) = (t.n * columns, self.size(layer, columns).of(first));
        let size = self.size(layer, all);
        let da = size.into(read);
        self.ops.curvature(match t.shared {
            true => Curvature::Spread { d, from: self.size(layer, t.n).of(self.w), t: da },
            false => Curvature::Scale { d, t: da },
        });
        let into = self.size(after, all).into(write);
        self.products.forward(self.ops, after, false, size.of(read), into);
    }

    /// From dz/dx of the output to da/dx, row after row.
    fn outputs(&self, buffers: &mut [T], at: usize, columns: usize, out: &mut [T]) {
        let (places, last) = (self.places, self.last());
        let Size { rows: n_y, stride, .. } = self.size(last, columns);
        let n = out.len() / columns / n_y;
        let slots = [
            places.slot(Slot::A, last, columns),
            places.slot(Slot::First, last, columns),
            places.tangents(at, columns),
        ];
        let [a, first, t] = disjoint(buffers, slots);
        let of_sample = t.chunks_mut(n * stride).zip(out.chunks_exact_mut(n * n_y));
        for ((a, first), (t, out)) in a.chunks(stride).zip(first.chunks(stride)).zip(of_sample) {
            for (i, t) in t.chunks_mut(stride).enumerate() {
                let t = &mut t[..n_y];
                if self.g(last) == Activation::Softmax {
                    output::through_softmax(&a[..n_y], t);
                } else {
                    t.iter_mut().zip(first).for_each(|(t, &first)| *t *= first);
                }
                t.iter().enumerate().for_each(|(k, &t)| out[k * n + i] = t);
            }
        }
    }

    /// The Jacobians row by row: as many columns go back as there are outputs.
    fn jacobian_back(&self, buffers: &mut [T], columns: usize, out: &mut [T]) {
        let (places, last, n_x) = (self.places, self.last(), self.model().shape.n_x());
        let Size { rows: n_y, stride, .. } = self.size(last, columns);
        let slots = [
            places.slot(Slot::A, last, columns),
            places.slot(Slot::First, last, columns),
            places.tangents(0, columns),
        ];
        let [a, first, t] = disjoint(buffers, slots);
        let samples = a.chunks(stride).zip(first.chunks(stride)).zip(t.chunks_mut(n_y * stride));
        for ((a, first), t) in samples {
            for (k, t) in t.chunks_mut(stride).enumerate() {
                t.fill(T::ZERO);
                if self.g(last) == Activation::Softmax {
                    t[k] = T::ONE;
                    output::through_softmax(&a[..n_y], &mut t[..n_y]);
                } else {
                    t[k] = first[k];
                }
            }
        }
        let mut at = 0;
        for layer in (0..=last).rev() {
            self.previous(buffers, layer, (at, n_y), columns);
            at = 1 - at;
        }
        let stride = self.input_stride();
        let t = &buffers[places.tangents(at, columns)];
        for (t, out) in t.chunks(stride).zip(out.chunks_exact_mut(n_x)) {
            out.copy_from_slice(&t[..n_x]);
        }
    }

    fn input_stride(&self) -> usize {
        self.model().shape.n_x().next_multiple_of(self.model().shape.panel)
    }

    /// From dZ of a layer to that of the layer before it, or to dX, in the other buffer.
    fn previous(&self, buffers: &mut [T], layer: usize, (at, n): (usize, usize), columns: usize) {
        let (places, all) = (self.places, n * columns);
        let before = match layer {
            0 => 0..0,
            _ => places.slot(Slot::First, layer - 1, columns),
        };
        let slots = [before, places.tangents(at, columns), places.tangents(1 - at, columns)];
        let [first, read, write] = disjoint(buffers, slots);
        let into = match layer {
            0 => {
                let (rows, stride) = (self.model().shape.n_x(), self.input_stride());
                Size { rows, stride, columns: all }
            }
            _ => self.size(layer - 1, all),
        };
        let dz = self.size(layer, all).of(read);
        self.products.backward(self.ops, (layer, &self.transposed[layer]), dz, into.into(write));
        if layer > 0 {
            let d = self.size(layer - 1, columns).of(first);
            self.ops.curvature(Curvature::Scale { d, t: into.into(write) });
        }
    }
}

/// Where a layer's dz/dx are: `n` columns a sample in one of the two buffers, or the same for all.
#[derive(Debug, Clone, Copy)]
struct Tangents {
    at: usize,
    n: usize,
    shared: bool,
}
