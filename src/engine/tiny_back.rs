//! One sample through a tiny network and back: see `tiny`. The gradient goes into a buffer, or is
//! added to the parameters at once.

use fearless_simd::Simd;

use super::float::Float;
use super::tiny::{Sample, forward, through_loss};
use crate::element::Element;
use crate::engine::shape::{Shape, TINY_LAYERS};
use crate::kernels::shuffle::Shuffle;
use crate::kernels::tiny;
use crate::words::loss::Loss;

/// A step of gradient descent on one sample: checked shapes, of a tiny network.
#[derive(Debug)]
pub struct Step<'a, T> {
    pub(crate) shape: &'a Shape,
    pub(crate) loss: &'a Loss,
    pub(crate) parameters: &'a mut [T],
    /// The sample's weight, if it has one.
    pub(crate) weights: Option<&'a [T]>,
    /// What the loss is divided by.
    pub(crate) total: f64,
    /// -learning rate / total.
    pub(crate) factor: T,
}

/// Forward, loss and backward; the gradient goes to `sums`. Returns J; `None`, and nothing done, if
/// the first logits are not finite.
pub(super) fn backward<T: Float, S: Simd>(
    simd: S,
    task: &Sample<'_, T>,
    x: &[T],
    y: &[T],
    sums: &mut [T],
) -> Option<f64> {
    simd.vectorize(
        #[inline(always)]
        || {
            if task.shape.widest <= T::PANEL / 2 {
                gradient::<T::Half<S>>(simd, task, x, y, sums)
            } else {
                gradient::<T::Register<S>>(simd, task, x, y, sums)
            }
        },
    )
}

#[inline(always)]
fn gradient<V>(
    t: V::Token,
    task: &Sample<'_, V::Elem>,
    x: &[V::Elem],
    y: &[V::Elem],
    sums: &mut [V::Elem],
) -> Option<f64>
where
    V: Shuffle,
    V::Elem: Float,
{
    let Sample { shape, loss, parameters, weights, total } = *task;
    let (a, z) = forward_keeping::<V>(t, shape, parameters, x)?;
    let (loss, mut dz) = through_loss(t, (shape, loss), z, (y, weights));
    let factor = V::splat(t, V::Elem::from_f64(1.0 / total));
    let (w, mut rest) = (V::Elem::panels(parameters), V::Elem::panels_mut(sums));
    for (index, layer) in shape.layers.iter().enumerate().rev() {
        // `rest` ends with the layers that are not summed yet.
        let end = shape.spans[index].bias.end / V::Elem::PANEL;
        let start = end - layer.inputs - 1;
        let (before, panels) = rest[..end].split_at_mut(start);
        let scaled = dz * factor;
        if index == 0 {
            tiny::weights::<V, false>(t, scaled, x, panels);
        } else {
            let (g, a) = (shape.layers[index - 1].activation, a[index - 1]);
            dz = tiny::backward(t, (&w[start..end - 1], layer.units), g, dz, a);
            tiny::weights_of::<V, false>(t, scaled, a, panels);
        }
        rest = before;
    }
    Some(loss / total)
}

/// What layer l + 1 reads, for each layer l but the last, and the logits; `None` if the first
/// layer's are not finite.
#[inline(always)]
fn forward_keeping<V>(
    t: V::Token,
    shape: &Shape,
    parameters: &[V::Elem],
    x: &[V::Elem],
) -> Option<([V; TINY_LAYERS], V)>
where
    V: Shuffle,
    V::Elem: Float,
{
    let mut a = [V::splat(t, V::Elem::ZERO); TINY_LAYERS];
    let z = forward::<V>(
        t,
        shape,
        parameters,
        x,
        #[inline(always)]
        |layer, read| a[layer] = read,
    )?;
    Some((a, z))
}

/// Forward, backward and the update. Returns J; if it is not finite, nothing is changed. `None`,
/// and nothing done, if the first logits are not finite.
pub(super) fn step<T: Float, S: Simd>(
    simd: S,
    task: &mut Step<'_, T>,
    x: &[T],
    y: &[T],
) -> Option<f64> {
    simd.vectorize(
        #[inline(always)]
        || {
            if task.shape.widest <= T::PANEL / 2 {
                descend::<T::Half<S>>(simd, task, x, y)
            } else {
                descend::<T::Register<S>>(simd, task, x, y)
            }
        },
    )
}

#[inline(always)]
fn descend<V>(
    t: V::Token,
    task: &mut Step<'_, V::Elem>,
    x: &[V::Elem],
    y: &[V::Elem],
) -> Option<f64>
where
    V: Shuffle,
    V::Elem: Float,
{
    let Step { shape, loss, weights, total, factor, .. } = *task;
    let parameters = &mut *task.parameters;
    let (a, z) = forward_keeping::<V>(t, shape, parameters, x)?;
    let (loss, mut dz) = through_loss(t, (shape, loss), z, (y, weights));
    let cost = loss / total;
    if !cost.is_finite() {
        return Some(cost);
    }
    let factor = V::splat(t, factor);
    let mut rest = V::Elem::panels_mut(parameters);
    for (index, layer) in shape.layers.iter().enumerate().rev() {
        // `rest` ends with the layers that are not updated yet.
        let end = shape.spans[index].bias.end / V::Elem::PANEL;
        let (before, panels) = rest[..end].split_at_mut(end - layer.inputs - 1);
        let scaled = dz * factor;
        if index == 0 {
            tiny::weights::<V, true>(t, scaled, x, panels);
        } else {
            let (g, a) = (shape.layers[index - 1].activation, a[index - 1]);
            dz = tiny::backward(t, (&panels[..layer.inputs], layer.units), g, dz, a);
            tiny::weights_of::<V, true>(t, scaled, a, panels);
        }
        rest = before;
    }
    Some(cost)
}
