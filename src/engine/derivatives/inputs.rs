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
use super::tile::Tile;
use super::walk::{self, Products, Size};
use crate::engine::float::Float;
use crate::engine::ops::LayerOps;
use crate::engine::shape::Shape;
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
    let goes_back = match wanted {
        Wanted::Jacobian => !goes_forward(shape),
        Wanted::Tangents(_) => false,
        Wanted::Hessian(_) => true,
    };
    if goes_back {
        let to_inputs = matches!(wanted, Wanted::Jacobian);
        walk::transpose(ops, model, (transposed_places, to_inputs), task.transposed);
    }
    if !matches!(wanted, Wanted::Tangents(_)) {
        first_columns(model, places.stride(0), task.w);
    }
    let products = Products { model, transposed: task.transposed, zeros: task.zeros };
    let tile = Tile { ops, products, places, transposed: transposed_places, w: task.w };

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
            tile.run(scratch, (x, wanted), from..from + out.len() / width, out);
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

/// Does a Jacobian have no more columns than rows?
fn goes_forward(shape: &Shape) -> bool {
    shape.n_x() <= shape.n_y()
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

impl<T: Float> Tile<'_, T> {
    fn run(
        &self,
        buffers: &mut [T],
        (x, wanted): (&[T], Wanted<'_, T>),
        samples: Range<usize>,
        out: &mut [T],
    ) {
        let n_x = self.model().shape.n_x();
        let x = &x[samples.start * n_x..samples.end * n_x];
        let columns = samples.len();
        self.forward(buffers, x, columns);
        match wanted {
            Wanted::Tangents(dx) => {
                let dx = &dx[samples.start * n_x..samples.end * n_x];
                let which = self.tangents(buffers, columns, Some(dx), None);
                self.outputs(buffers, which, columns, out);
            }
            Wanted::Jacobian if goes_forward(self.model().shape) => {
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
