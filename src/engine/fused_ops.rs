//! The operations of the `fused` backend over a tile of columns.
//!
//! Each operation enters the level's instructions once (`vectorize`) for a whole tile of columns;
//! everything below is inlined into it.

use fearless_simd::Simd;

use super::curves;
use super::float::Float;
use super::ops::LayerOps;
use crate::element::Element;
use crate::kernels::block::{Block, BlockMut, GradientRows, LayerParameters, Pass, Turn};
use crate::kernels::blocks::Panels;
use crate::kernels::curvature::Curvature;
use crate::kernels::curves::Curve;
use crate::kernels::dropout::Drop;
use crate::kernels::epilogue::combine_lanes;
use crate::kernels::finish::{Activate, TimesDerivative};
use crate::kernels::head::OutputHead;
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::end;
use crate::kernels::panel;
use crate::kernels::streamed::{Pairwise, Singly};
use crate::kernels::{head, pairs, strips, transpose, weights};
use crate::words::activation::Activation;

/// The three fused operations at the level that the token proves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FusedOps<S>(pub(crate) S);

impl<T: Float, S: Simd> LayerOps<T> for FusedOps<S> {
    fn transpose(&self, layer: LayerParameters<'_, T>, into: &mut [T]) {
        self.0.vectorize(
            #[inline(always)]
            || {
                let (inputs, units) = (layer.inputs, layer.units);
                if layer.panel < T::PANEL {
                    transpose::panels::<T::Half<S>>(self.0, layer.w, inputs, units, into);
                } else {
                    transpose::panels::<T::Register<S>>(self.0, layer.w, inputs, units, into);
                }
            },
        );
    }

    fn forward(
        &self,
        layer: LayerParameters<'_, T>,
        g: Activation,
        x: Block<'_, T>,
        a: BlockMut<'_, T>,
    ) -> bool {
        self.0.vectorize(
            #[inline(always)]
            || {
                let t = self.0;
                if layer.panel < T::PANEL {
                    let (n, w_b) = (T::registers::<S>(), (layer.w, layer.b));
                    pairs::multiply::<T::Register<S>>(t, n, w_b, x, a, &Activate { t, g })
                } else if layer.units <= T::PANEL / 2 {
                    forward::<T::Half<S>>(t, half::<T, S>(), layer, g, x, a)
                } else {
                    forward::<T::Register<S>>(t, T::registers::<S>(), layer, g, x, a)
                }
            },
        )
    }

    fn backward_input(
        &self,
        layer: LayerParameters<'_, T>,
        g_prev: Option<Activation>,
        dz: Block<'_, T>,
        a_prev: Block<'_, T>,
        dz_prev: BlockMut<'_, T>,
    ) {
        let count = layer.inputs.div_ceil(T::PANEL);
        let w = T::panels(layer.transposed);
        let panels = Panels { count, inputs: layer.units, w, start: None };
        let Some(g_prev) = g_prev else { return self.backward_apart(panels, dz, dz_prev) };
        self.0.vectorize(
            #[inline(always)]
            || {
                if layer.inputs <= T::PANEL / 2 {
                    let finish = TimesDerivative { t: self.0, g: g_prev, a: a_prev };
                    panel::multiply::<T::Half<S>>(
                        self.0,
                        half::<T, S>(),
                        panels,
                        dz,
                        dz_prev,
                        finish,
                    );
                } else {
                    let finish = TimesDerivative { t: self.0, g: g_prev, a: a_prev };
                    panel::multiply::<T::Register<S>>(
                        self.0,
                        T::registers::<S>(),
                        panels,
                        dz,
                        dz_prev,
                        finish,
                    );
                }
            },
        );
    }

    fn backward_weights(
        &self,
        tiles: &[Pass<'_, T>],
        factor: T,
        into: GradientRows<'_, T>,
        turn: Turn,
    ) {
        let (dz, a) = &tiles[0];
        let columns = tiles.iter().map(|(dz, _)| dz.columns).sum();
        if strips::pays(T::registers::<S>(), a.rows, dz.rows, columns) {
            // By itself, so that only this has the strips on its stack.
            return self.0.vectorize(
                #[inline(always)]
                || {
                    weights::accumulate::<T::Register<S>, T::Panel, Singly<T::Panel>, true>(
                        self.0,
                        T::registers::<S>(),
                        tiles,
                        factor,
                        into,
                        turn,
                    );
                },
            );
        }
        self.0.vectorize(
            #[inline(always)]
            || {
                let (t, whole, part) = (self.0, T::registers::<S>(), half::<T, S>());
                if into.panel < T::PANEL && whole == 1 {
                    weights::accumulate::<T::Half<S>, T::HalfPanel, Pairwise<T::Register<S>>, false>(
                        t, part, tiles, factor, into, turn,
                    );
                } else if into.panel < T::PANEL {
                    weights::accumulate::<T::Half<S>, T::HalfPanel, Singly<T::HalfPanel>, false>(
                        t, part, tiles, factor, into, turn,
                    );
                } else if tiles[0].0.rows <= T::PANEL / 2 {
                    weights::accumulate::<T::Half<S>, T::Panel, Singly<T::Panel>, false>(
                        t, part, tiles, factor, into, turn,
                    );
                } else {
                    weights::accumulate::<T::Register<S>, T::Panel, Singly<T::Panel>, false>(
                        t, whole, tiles, factor, into, turn,
                    );
                }
            },
        );
    }

    fn curve(&self, g: Activation, curve: Curve<'_, T>) {
        curves::run(self.0, g, curve);
    }

    fn drop_units(&self, job: Drop<'_, T>) {
        curves::run_dropout(self.0, job);
    }

    fn curvature(&self, job: Curvature<'_, T>) {
        curves::run_curvature(self.0, job);
    }

    fn output(&self, head: OutputHead, z: &mut [T]) {
        curves::run(self.0, head.g, Curve::Value(&mut *z));
        self.0.vectorize(
            #[inline(always)]
            || {
                if head.g == Activation::Softmax && head.n_y <= T::PANEL {
                    end::activate_output::<T::Register<S>>(self.0, head, z);
                } else {
                    head::activate_output::<T::Register<S>>(self.0, head, z);
                }
            },
        );
    }

    fn loss(
        &self,
        head: OutputHead,
        mut z: BlockMut<'_, T>,
        targets: (&[T], Option<&[T]>),
        mut dz: BlockMut<'_, T>,
    ) -> f64 {
        let (n_y, columns) = (z.rows, z.columns);
        if head.g.is_apart() {
            // Columns packed, as the loss reads them.
            let (z, packed) = (z.pack(), &mut dz.data[..n_y * columns]);
            curves::run(self.0, head.g, Curve::Both(&mut *z, &mut *packed));
            let cost = self.0.vectorize(
                #[inline(always)]
                || head::loss::<T::Register<S>>(self.0, head, z, targets, packed),
            );
            dz.unpack(T::ZERO);
            return cost;
        }
        if n_y <= T::PANEL {
            let z = z.as_block();
            return self.0.vectorize(
                #[inline(always)]
                || end::loss::<T::Register<S>>(self.0, head, z, targets, dz),
            );
        }
        let packed = &mut dz.data[..n_y * columns];
        let cost = self.0.vectorize(
            #[inline(always)]
            || head::loss::<T::Register<S>>(self.0, head, z.pack(), targets, packed),
        );
        dz.unpack(T::ZERO);
        cost
    }
}

/// Columns and panels of a part of a product that waits on the stack.
const PART: (usize, usize) = (16, 64);

impl<S: Simd> FusedOps<S> {
    /// dz_prev *= W^T dz. The kernel keeps its sums where it writes, and dz_prev is taken: so part by
    /// part through the stack.
    fn backward_apart<T: Float>(
        &self,
        panels: Panels<'_, T>,
        dz: Block<'_, T>,
        dz_prev: BlockMut<'_, T>,
    ) {
        let BlockMut { data, stride, .. } = dz_prev;
        let mut part = [T::ZERO; PART.0 * PART.1];
        let (wide, high) = (PART.0, PART.1 / T::PANEL);
        for first in (0..panels.count).step_by(high) {
            let count = high.min(panels.count - first);
            let w = &panels.w[first * panels.inputs..][..count * panels.inputs];
            let (rows, panels) = (count * T::PANEL, Panels { count, w, ..panels });
            for start in (0..dz.columns).step_by(wide) {
                let columns = wide.min(dz.columns - start);
                let dz = Block { data: &dz.data[start * dz.stride..], columns, ..dz };
                let into =
                    BlockMut { data: &mut part[..columns * rows], rows, stride: rows, columns };
                let into_prev = &mut data[start * stride + first * T::PANEL..];
                self.0.vectorize(
                    #[inline(always)]
                    || multiply_into::<T, S>(self.0, panels, dz, into, (into_prev, stride)),
                );
            }
        }
    }
}

/// A part of W^T dz, and dz_prev times it.
#[inline(always)]
fn multiply_into<T: Float, S: Simd>(
    simd: S,
    panels: Panels<'_, T>,
    dz: Block<'_, T>,
    part: BlockMut<'_, T>,
    (dz_prev, stride): (&mut [T], usize),
) {
    let BlockMut { data, rows, columns, .. } = part;
    let finish = Activate::<T::Register<S>> { t: simd, g: Activation::Identity };
    let into = BlockMut { data: &mut *data, rows, stride: rows, columns };
    panel::multiply::<T::Register<S>>(simd, T::registers::<S>(), panels, dz, into, finish);
    for (d, sums) in dz_prev.chunks_mut(stride).zip(data.chunks_exact(rows)) {
        combine_lanes::<T::Register<S>>(
            simd,
            sums,
            &mut d[..rows],
            #[inline(always)]
            |sums, d| sums * d,
        );
    }
}

/// [`LayerOps::forward`] in registers V.
#[inline(always)]
fn forward<V>(
    t: V::Token,
    registers: usize,
    layer: LayerParameters<'_, V::Elem>,
    g: Activation,
    x: Block<'_, V::Elem>,
    a: BlockMut<'_, V::Elem>,
) -> bool
where
    V: Lanes,
    V::Elem: Float,
{
    let panels = Panels {
        count: layer.units.div_ceil(V::Elem::PANEL),
        inputs: layer.inputs,
        w: V::Elem::panels(layer.w),
        start: Some(layer.b),
    };
    panel::multiply::<V>(t, registers, panels, x, a, Activate::<V> { t, g })
}

/// Machine registers that a [`Half`](crate::engine::float::Float::Half) takes.
#[inline(always)]
fn half<T: Float, S: Simd>() -> usize {
    T::registers::<S>().div_ceil(2)
}
