//! One sample on the `fused` backend, predicted or trained on: no tiles, one entry into the level's
//! instructions a pass, and threads only to go forward through layers of megabytes.

use fearless_simd::Simd;

use super::curves;
use super::float::Float;
use super::pass::{Prediction, Propagation};
use super::plan;
use super::sums::WeightSums;
use super::tiles::{Model, disjoint, join};
use crate::kernels::block::{Block, BlockMut};
use crate::kernels::blocks::Panels;
use crate::kernels::curves::Curve;
use crate::kernels::finish::Activate;
use crate::kernels::head::OutputHead;
use crate::kernels::lanes::Lanes;
use crate::kernels::{column, head, pairs, single};
use crate::words::activation::Activation;
use crate::words::choices::Parallelism;

/// Forward; the prediction goes to the task's `out`.
pub(super) fn predict<T: Float, S: Simd>(simd: S, task: &mut Prediction<'_, T>) {
    task.model.parallelism = sharing(task.model);
    in_pool(task.model.parallelism, || predict_here(simd, task));
}

fn predict_here<T: Float, S: Simd>(simd: S, task: &mut Prediction<'_, T>) {
    simd.vectorize(
        #[inline(always)]
        || {
            let Prediction { model, regions, x, .. } = *task;
            let (tiles, out) = (&mut *task.tiles, &mut *task.out);
            // Two buffers in turn, each as long as the widest layer.
            let (mut read, mut write) = tiles.split_at_mut(regions.widest());
            for layer in 0..model.shape.layers.len() {
                let inputs = model.shape.layers[layer].inputs;
                let x = if layer == 0 { x.as_slice() } else { &read[..inputs] };
                forward(simd, model, (layer, model.head.g), x, write);
                core::mem::swap(&mut read, &mut write);
            }
            if let [a] = out {
                *a = read[0];
            } else {
                out.copy_from_slice(&read[..out.len()]);
            }
            if finished(model.head.g) {
                return;
            }
            curves::run(simd, model.head.g, Curve::Value(&mut *out));
            if out.len() <= T::PANEL / 2 {
                head::activate_output::<T::Half<S>>(simd, model.head, out);
            } else {
                head::activate_output::<T::Register<S>>(simd, model.head, out);
            }
        },
    );
}

/// Forward and loss; where gradients are wanted, back to every layer's dZ. Returns J.
pub(super) fn propagate<T: Float, S: Simd>(simd: S, task: &mut Propagation<'_, T>) -> f64 {
    task.model.parallelism = sharing(task.model);
    in_pool(task.model.parallelism, || propagate_here(simd, task))
}

fn propagate_here<T: Float, S: Simd>(simd: S, task: &mut Propagation<'_, T>) -> f64 {
    simd.vectorize(
        #[inline(always)]
        || {
            let Propagation { model, regions, samples, total, .. } = *task;
            let tiles = &mut *task.tiles;
            let (x, targets) = (samples.x, (samples.y, samples.weights));
            let layers = model.shape.layers.len();
            for layer in 0..layers {
                let (size, write) = (&model.shape.layers[layer], regions.activation(layer, 1));
                let as_it_is = (layer, Activation::Identity);
                if layer == 0 {
                    product(simd, model, as_it_is, x, &mut tiles[write.clone()]);
                } else {
                    let read = regions.activation(layer - 1, 1);
                    let [read, write] = disjoint(tiles, [read, write.clone()]);
                    product(simd, model, as_it_is, &read[..size.inputs], write);
                }
                if layer + 1 < layers && size.activation.is_apart() {
                    // Without a way back, layers share places.
                    let d = if task.backward.is_some() { regions.delta(layer, 1) } else { 0..0 };
                    let [z, d] = disjoint(tiles, [write, d]);
                    let curve = if d.is_empty() { Curve::Value(z) } else { Curve::Both(z, d) };
                    curves::run(simd, size.activation, curve);
                }
            }
            let n_y = model.head.n_y;
            let last = layers - 1;
            let [z, dz] = disjoint(tiles, [regions.activation(last, 1), regions.delta(last, 1)]);
            let apart = model.head.g.is_apart();
            let loss = if model.head.needs_columns() || apart || n_y > T::PANEL {
                dz[n_y..].fill(T::ZERO);
                let (z, dz) = (&mut z[..n_y], &mut dz[..n_y]);
                curves::run(simd, model.head.g, Curve::Both(&mut *z, &mut *dz));
                head::loss::<T::Register<S>>(simd, model.head, z, targets, dz)
            } else if n_y <= T::PANEL / 2 {
                own_loss::<T, T::Half<S>>(simd, model.head, z, targets, dz)
            } else {
                own_loss::<T, T::Register<S>>(simd, model.head, z, targets, dz)
            };
            if task.backward.is_some() {
                for layer in (1..layers).rev() {
                    let (a, d) = (regions.activation(layer - 1, 1), regions.delta(layer - 1, 1));
                    let [a, dz, d] = disjoint(tiles, [a, regions.delta(layer, 1), d]);
                    backward(simd, model, layer, (a, dz), d);
                }
            }
            loss / total
        },
    )
}

/// The gradient of what `propagate` has left, times the task's factor: into `sums`, or added to
/// `parameters` if they are given.
pub(super) fn sum_weights<T: Float, S: Simd>(
    simd: S,
    task: &WeightSums<'_, T>,
    sums: &mut [T],
    parameters: Option<&mut [T]>,
) {
    let (into, add) = match parameters {
        Some(parameters) => (parameters, true),
        None => (sums, false),
    };
    simd.vectorize(
        #[inline(always)]
        || {
            for (layer, span) in task.shape.spans.iter().enumerate() {
                let dz = &task.tiles[task.regions.delta(layer, 1)];
                let a = if layer == 0 {
                    task.x
                } else {
                    let a = &task.tiles[task.regions.activation(layer - 1, 1)];
                    &a[..task.shape.layers[layer].inputs]
                };
                let [w, b] = disjoint(into, [span.weights.clone(), span.bias.clone()]);
                let (factor, into) = (task.factor, (w, b));
                if span.panel < T::PANEL {
                    single::weights::<T::Half<S>, T::HalfPanel>(simd, factor, dz, a, into, add);
                } else if task.shape.layers[layer].units <= T::PANEL / 2 {
                    single::weights::<T::Half<S>, T::Panel>(simd, factor, dz, a, into, add);
                } else {
                    single::weights::<T::Register<S>, T::Panel>(simd, factor, dz, a, into, add);
                }
            }
        },
    );
}

/// The loss of outputs that fit one register, each by itself; dZ to its panel.
#[inline(always)]
fn own_loss<T: Float, V: Lanes<Elem = T>>(
    t: V::Token,
    head: OutputHead,
    z: &[T],
    targets: (&[T], Option<&[T]>),
    dz: &mut [T],
) -> f64 {
    let (loss, d) = single::loss::<V>(t, head, V::load(t, z), targets);
    single::store_panel(t, d, dz);
    loss
}

/// Does an output's activation need nothing but its own logit, and no correction afterwards?
pub(super) fn finished(g: Activation) -> bool {
    matches!(g, Activation::Identity | Activation::Tanh)
}

/// One layer; the network's last with the activation `output`, if that can be done here.
#[inline(always)]
pub(super) fn forward<T: Float, S: Simd>(
    simd: S,
    model: Model<'_, T>,
    layer: (usize, Activation),
    x: &[T],
    write: &mut [T],
) {
    product(simd, model, layer, x, write);
    if layer.0 + 1 < model.shape.layers.len() {
        curves::run(simd, model.shape.layers[layer.0].activation, Curve::Value(write));
    }
}

/// The same, but logits of a hidden layer that is computed apart.
#[inline(always)]
pub(super) fn product<T: Float, S: Simd>(
    simd: S,
    model: Model<'_, T>,
    (layer, output): (usize, Activation),
    x: &[T],
    write: &mut [T],
) {
    let size = &model.shape.layers[layer];
    let g = match layer + 1 == model.shape.layers.len() {
        false => size.activation,
        true if finished(output) => output,
        true => Activation::Identity,
    };
    let (w, b) = model.layer(layer);
    let (inputs, count, start) = (size.inputs, size.units.div_ceil(T::PANEL), Some(b));
    if model.shape.spans[layer].panel < T::PANEL {
        let x = Block { data: x, rows: inputs, stride: inputs, columns: 1 };
        let out = BlockMut { rows: T::PANEL, stride: T::PANEL, columns: 1, data: write };
        let finish = Activate { t: simd, g };
        pairs::multiply::<T::Register<S>>(simd, T::registers::<S>(), (w, b), x, out, &finish);
        return;
    }
    let panels = Panels { count, inputs, w: T::panels(w), start };
    if model.parallelism == Parallelism::Rayon {
        let at_most = plan::shared_panels::<T>(count, inputs);
        return share(simd, panels, (g, at_most), x, write);
    }
    if size.units <= T::PANEL / 2 {
        let finish = Activate::<T::Half<S>> { t: simd, g };
        column::multiply(simd, panels, (0, x), write, &finish);
    } else {
        let finish = Activate::<T::Register<S>> { t: simd, g };
        column::multiply(simd, panels, (0, x), write, &finish);
    }
}

/// A layer's panels, split into halves that threads share until a part has `at_most` panels. (Each
/// unit has its own sum, so it does not matter which thread computes it.)
fn share<T: Float, S: Simd>(
    simd: S,
    panels: Panels<'_, T>,
    (g, at_most): (Activation, usize),
    x: &[T],
    write: &mut [T],
) {
    let Panels { count, inputs, w, start } = panels;
    if count <= at_most {
        return simd.vectorize(
            #[inline(always)]
            || {
                let finish = Activate::<T::Register<S>> { t: simd, g };
                column::multiply(simd, panels, (0, x), write, &finish);
            },
        );
    }
    let half = (count / 2).next_multiple_of(4);
    let (w, w_right) = w.split_at(half * inputs);
    let (b, b_right) = start.map(|b| b.split_at(half * T::PANEL)).unzip();
    let left = Panels { count: half, w, start: b, ..panels };
    let right = Panels { count: count - half, w: w_right, start: b_right, ..panels };
    let (write, write_right) = write.split_at_mut(half * T::PANEL);
    join(&mut || share(simd, left, (g, at_most), x, write), &mut || {
        share(simd, right, (g, at_most), x, write_right);
    });
}

/// `Rayon` if the network asks for it, the pool has more than one thread, and a layer is large
/// enough.
pub(super) fn sharing<T: Float>(model: Model<'_, T>) -> Parallelism {
    let shares = model.parallelism == Parallelism::Rayon
        && plan::any_shared::<T>(model.shape)
        && rayon::current_num_threads() > 1;
    if shares { Parallelism::Rayon } else { Parallelism::Serial }
}

/// Runs `run` inside the pool if its threads share the work, so that it is entered once and not for
/// each layer.
pub(super) fn in_pool<R: Send>(parallelism: Parallelism, run: impl FnOnce() -> R + Send) -> R {
    match parallelism {
        Parallelism::Rayon => {
            let (mut run, mut result) = (Some(run), None);
            enter(&mut || result = run.take().map(|run| run()));
            result.expect("the pool has run it")
        }
        Parallelism::Serial => run(),
    }
}

/// [`in_pool`], compiled once.
fn enter(run: &mut (dyn FnMut() + Send)) {
    rayon::scope(|_| run());
}

/// Through one layer, to the dZ of the one before; through the first, to dX.
#[inline(always)]
pub(super) fn backward<T: Float, S: Simd>(
    simd: S,
    model: Model<'_, T>,
    layer: usize,
    (a_prev, dz): (&[T], &[T]),
    dz_prev: &mut [T],
) {
    let (size, panel) = (&model.shape.layers[layer], model.shape.spans[layer].panel);
    let g = match layer {
        0 => Activation::Identity,
        _ => model.shape.layers[layer - 1].activation,
    };
    let ((w, _), n) = (model.layer(layer), size.inputs);
    if panel < T::PANEL {
        single::backward::<T::Half<S>, T::HalfPanel>(simd, w, n, g, dz, a_prev, dz_prev);
    } else if size.units.max(n) <= T::PANEL / 2 {
        single::backward::<T::Half<S>, T::Panel>(simd, w, n, g, dz, a_prev, dz_prev);
    } else {
        single::backward::<T::Register<S>, T::Panel>(simd, w, n, g, dz, a_prev, dz_prev);
    }
}
