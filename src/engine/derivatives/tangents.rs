//! dz/dx on its way forward, from a layer to the next.

use super::output;
use super::places::Slot;
use super::tile::Tile;
use super::walk::Size;
use crate::engine::float::Float;
use crate::engine::tiles::disjoint;
use crate::kernels::curvature::Curvature;
use crate::words::activation::Activation;

/// Where a layer's dz/dx are: `n` columns a sample in one of the two buffers, or the same for all.
#[derive(Debug, Clone, Copy)]
struct Tangents {
    at: usize,
    n: usize,
    shared: bool,
}

impl<T: Float> Tile<'_, T> {
    /// dz/dx goes forward: of columns of `dx`, or by each input. Up to the output's Z, in the buffer
    /// of tangents that this returns; or, with `hessians`, as far as there is a part to add to them.
    pub(super) fn tangents(
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
    pub(super) fn outputs(&self, buffers: &mut [T], at: usize, columns: usize, out: &mut [T]) {
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
}
