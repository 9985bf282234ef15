//! One sample on the `fused` backend whose loss is the caller's: over a tape, or asked for between
//! the passes. The layers are walked as in [`single`](super::single).

use fearless_simd::Simd;

use super::curves;
use super::custom::{Backward, Forward, Start, through_softmax};
use super::float::Float;
use super::own_loss::{Asking, NotFinite, OwnLoss};
use super::plan::Regions;
use super::single::{self, finished, in_pool, sharing};
use super::sums::{Destination, WeightSums};
use super::tiles::{Model, disjoint};
use crate::kernels::curves::Curve;
use crate::kernels::head::OutputHead;
use crate::kernels::{epilogue, head};
use crate::words::activation::Activation;

/// Forward; every layer's A stays in the tile, and that of the output goes to `out`, too.
pub(super) fn forward<T: Float, S: Simd>(simd: S, task: Forward<'_, T>) {
    let Forward { mut model, regions, x, tiles, out } = task;
    model.parallelism = sharing(model);
    in_pool(model.parallelism, || {
        simd.vectorize(
            #[inline(always)]
            || {
                through(simd, model, regions, x, tiles);
                let a = &mut tiles[regions.activation(last(model), 1)][..model.head.n_y];
                let g = model.head.g;
                if g.is_relu() {
                    mark(simd, g, a);
                } else if !finished(g) && !g.is_apart() {
                    activate(simd, model.head, a);
                }
                out.copy_from_slice(a);
                // The tile keeps the logits.
                curves::run(simd, g, Curve::Value(&mut *out));
                epilogue::unmark(g, out);
            },
        );
    });
}

/// Backward through what [`forward`] has kept.
pub(super) fn backward<T: Float, S: Simd>(simd: S, task: Backward<'_, T>) {
    let Backward { model, regions, x, tiles, start, gradients, dx, padded, .. } = task;
    simd.vectorize(
        #[inline(always)]
        || {
            let (Start::Dz(given) | Start::Da(given)) = start;
            derivatives(simd, model, regions, x, tiles);
            let [a, dz] = ends(model, regions, tiles);
            let (dz, padding) = dz.split_at_mut(given.len());
            dz.copy_from_slice(given);
            padding.fill(T::ZERO);
            if matches!(start, Start::Da(_)) {
                to_logits(simd, model.head.g, &a[..given.len()], dz);
            }
            back(simd, model, regions, tiles);
            let Some(dx) = dx else { return };
            let dz = &tiles[regions.delta(0, 1)];
            // x has no activation, so it does not matter which values stand for it: any slice will
            // do that is as long as a padded column, as one input's weights at least are for each.
            let any = model.layer(0).0;
            if padded.is_empty() {
                single::backward(simd, model, 0, (any, dz), dx);
            } else {
                let len = dx.len().next_multiple_of(T::PANEL);
                single::backward(simd, model, 0, (any, dz), &mut padded[..len]);
                dx.copy_from_slice(&padded[..dx.len()]);
            }
        },
    );
    sum(simd, (model, regions), x, tiles, (gradients, None));
}

/// The gradient of a loss that is asked for, into the task's sums. Returns the loss.
pub(super) fn backward_with<T: Float, S: Simd>(
    simd: S,
    task: OwnLoss<'_, T>,
) -> Result<f64, NotFinite> {
    let OwnLoss { mut model, regions, x, tiles, loss, check, into, .. } = task;
    let asking = Asking::new(loss, model.head.n_y, check);
    model.parallelism = sharing(model);
    let cost = in_pool(model.parallelism, || {
        simd.vectorize(
            #[inline(always)]
            || {
                let g = model.head.g;
                through(simd, model, regions, x, tiles);
                let [a, dz] = ends(model, regions, tiles);
                let a = &mut a[..model.head.n_y];
                if !finished(g) {
                    activate(simd, model.head, a);
                }
                let (dz, padding) = dz.split_at_mut(a.len());
                padding.fill(T::ZERO);
                let cost = asking.block(0, a, dz);
                if asking.is_da() {
                    if g.is_relu() || g.is_apart() {
                        // Predictions don't have the mark of z < 0, or the logits, that the
                        // derivative is read from.
                        layer(simd, model, regions, last(model), x, tiles);
                    }
                    let [a, dz] = ends(model, regions, tiles);
                    let a = &mut a[..model.head.n_y];
                    mark(simd, g, a);
                    to_logits(simd, g, a, &mut dz[..a.len()]);
                }
                derivatives(simd, model, regions, x, tiles);
                back(simd, model, regions, tiles);
                cost
            },
        )
    });
    asking.refused()?;
    let Destination { sums, parameters, .. } = into;
    sum(simd, (model, regions), x, tiles, (sums, parameters));
    Ok(cost)
}

/// The last layer's index.
fn last<T>(model: Model<'_, T>) -> usize {
    model.shape.layers.len() - 1
}

/// A and dZ of the output.
fn ends<'a, T>(model: Model<'_, T>, regions: &Regions, tile: &'a mut [T]) -> [&'a mut [T]; 2] {
    let last = last(model);
    disjoint(tile, [regions.activation(last, 1), regions.delta(last, 1)])
}

/// Forward through all layers; the output may be logits.
#[inline(always)]
fn through<T: Float, S: Simd>(
    simd: S,
    model: Model<'_, T>,
    regions: &Regions,
    x: &[T],
    tile: &mut [T],
) {
    for index in 0..model.shape.layers.len() {
        layer(simd, model, regions, index, x, tile);
    }
}

#[inline(always)]
fn layer<T: Float, S: Simd>(
    simd: S,
    model: Model<'_, T>,
    regions: &Regions,
    layer: usize,
    x: &[T],
    tile: &mut [T],
) {
    let read = if layer == 0 { 0..0 } else { regions.activation(layer - 1, 1) };
    let [read, write] = disjoint(tile, [read, regions.activation(layer, 1)]);
    let x = if layer == 0 { x } else { &read[..model.shape.layers[layer].inputs] };
    single::forward(simd, model, (layer, model.head.g), x, write);
}

/// g' of hidden layers that are computed apart, where their dZ will be.
#[inline(always)]
fn derivatives<T: Float, S: Simd>(
    simd: S,
    model: Model<'_, T>,
    regions: &Regions,
    x: &[T],
    tile: &mut [T],
) {
    for layer in 0..last(model) {
        let size = &model.shape.layers[layer];
        if size.activation.is_apart() {
            let read = if layer == 0 { 0..0 } else { regions.activation(layer - 1, 1) };
            let [read, write] = disjoint(tile, [read, regions.delta(layer, 1)]);
            let x = if layer == 0 { x } else { &read[..size.inputs] };
            single::product(simd, model, (layer, Activation::Identity), x, write);
            curves::run(simd, size.activation, Curve::Derivative(write));
        }
    }
}

/// A ReLU's a from its z, with the mark of z < 0; others stay as they are.
#[inline(always)]
fn mark<T: Float, S: Simd>(simd: S, g: Activation, z: &mut [T]) {
    if g.is_relu() {
        epilogue::activate::<T::Register<S>>(simd, g, z);
    }
}

/// Logits to predictions.
#[inline(always)]
fn activate<T: Float, S: Simd>(simd: S, head: OutputHead, z: &mut [T]) {
    curves::run(simd, head.g, Curve::Value(&mut *z));
    if head.n_y <= T::PANEL / 2 {
        head::activate_output::<T::Half<S>>(simd, head, z);
    } else {
        head::activate_output::<T::Register<S>>(simd, head, z);
    }
}

/// dZ from dA, in place.
#[inline(always)]
fn to_logits<T: Float, S: Simd>(simd: S, g: Activation, a: &[T], d: &mut [T]) {
    if g == Activation::Softmax {
        through_softmax(a, d);
    } else if g.is_apart() {
        curves::run(simd, g, Curve::Times(a, d));
    } else {
        epilogue::times_derivative::<T::Register<S>>(simd, g, a, d);
    }
}

/// dZ of every layer, from that of the output.
#[inline(always)]
fn back<T: Float, S: Simd>(simd: S, model: Model<'_, T>, regions: &Regions, tile: &mut [T]) {
    for layer in (1..model.shape.layers.len()).rev() {
        let (a, d) = (regions.activation(layer - 1, 1), regions.delta(layer - 1, 1));
        let [a, dz, d] = disjoint(tile, [a, regions.delta(layer, 1), d]);
        single::backward(simd, model, layer, (a, dz), d);
    }
}

fn sum<T: Float, S: Simd>(
    simd: S,
    (model, regions): (Model<'_, T>, &Regions),
    x: &[T],
    tiles: &[T],
    (sums, parameters): (&mut [T], Option<&mut [T]>),
) {
    let task = WeightSums::of_mean(model, regions, x, tiles);
    single::sum_weights(simd, &task, sums, parameters);
}
