//! One sample through a tiny network on the `fused` backend: of each layer a single panel. Nothing
//! but the parameters is read from memory; what layers hand on stays on the stack.
//!
//! Here a call's own bookkeeping would take longer than its arithmetic: so there is one pass over
//! the layers, with nothing to decide but the activation. The values have the bits of `single`.
//!
//! Slices are arguments, in registers, and not in structures. Copying a structure that was just
//! written loads in 16 bytes what was stored in 8, or the other way round; such a load waits for
//! everything begun before it, the previous call included.

use fearless_simd::Simd;

use super::float::Float;
use super::single::finished;
use crate::element::Element;
use crate::engine::shape::{Shape, TINY_LAYERS};
use crate::kernels::epilogue::{self, MAX_LANES};
use crate::kernels::head::OutputHead;
use crate::kernels::lanes::Lanes;
use crate::kernels::shuffle::Shuffle;
use crate::kernels::{head, single, tiny};
use crate::words::activation::Activation;
use crate::words::layer::Layer;
use crate::words::loss::Loss;

/// A tiny network.
#[derive(Debug)]
pub struct Net<'a, T> {
    pub(crate) shape: &'a Shape,
    pub(crate) parameters: &'a [T],
}

/// A step of gradient descent on one sample: checked shapes, of a tiny network.
#[derive(Debug)]
pub struct Step<'a, T> {
    pub(crate) shape: &'a Shape,
    pub(crate) head: OutputHead,
    pub(crate) parameters: &'a mut [T],
    /// The sample's weight, if it has one.
    pub(crate) weights: Option<&'a [T]>,
    /// What the loss is divided by.
    pub(crate) total: f64,
    /// -learning rate / total.
    pub(crate) factor: T,
}

/// Forward; the prediction goes to `out`. Checked shapes. False, and nothing done, if the first
/// logits are not finite.
pub(super) fn predict<T: Float, S: Simd>(
    simd: S,
    net: &Net<'_, T>,
    x: &[T],
    out: &mut [T],
) -> bool {
    simd.vectorize(
        #[inline(always)]
        || {
            if net.shape.widest <= T::PANEL / 2 {
                prediction::<T::Half<S>>(simd, net, x, out)
            } else {
                prediction::<T::Register<S>>(simd, net, x, out)
            }
        },
    )
}

#[inline(always)]
fn prediction<V>(t: V::Token, net: &Net<'_, V::Elem>, x: &[V::Elem], out: &mut [V::Elem]) -> bool
where
    V: Shuffle,
    V::Elem: Float,
{
    let Net { shape, parameters } = *net;
    let Some(z) = forward::<V>(t, shape, parameters, x, |_, _| ()) else { return false };
    let Layer { activation: g, units: n_y, .. } = *shape.output();
    let mut a = [V::Elem::ZERO; MAX_LANES];
    if finished(g) || g == Activation::Sigmoid {
        head::g(t, g, z).store(&mut a);
    } else {
        z.store(&mut a);
        // A prediction does not depend on the loss.
        let head = OutputHead { loss: Loss::SquaredError, g, n_y };
        head::activate_output::<V>(t, head, &mut a[..n_y]);
    }
    match out {
        [out] => *out = a[0],
        out => out.copy_from_slice(&a[..out.len()]),
    }
    true
}

/// The logits; `None` if the first layer's are not finite. `keep` gets what each layer but the
/// first reads.
///
/// An input that is not finite leaves no unit's logit finite, since a weight times it is not: so
/// one unit's logit tells whether the inputs must be checked.
#[inline(always)]
fn forward<V>(
    t: V::Token,
    shape: &Shape,
    parameters: &[V::Elem],
    x: &[V::Elem],
    mut keep: impl FnMut(usize, V),
) -> Option<V>
where
    V: Lanes,
    V::Elem: Float,
{
    let (first, others) = shape.layers.split_first()?;
    // A layer of one panel is a panel of weights for each input, then the bias; layers follow one
    // another.
    let (panels, mut rest) = V::Elem::panels(parameters).split_at(first.inputs + 1);
    let mut z = tiny::logits::<V>(t, panels, x);
    let mut lanes = [V::Elem::ZERO; MAX_LANES];
    z.store(&mut lanes);
    if !lanes[0].is_finite() {
        return None;
    }
    let mut g = first.activation;
    for (index, layer) in others.iter().enumerate() {
        let a = epilogue::g(t, g, z);
        keep(index, a);
        let (panels, behind) = rest.split_at(layer.inputs + 1);
        z = tiny::logits_of(t, panels, a);
        (g, rest) = (layer.activation, behind);
    }
    Some(z)
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
    let Step { shape, head, weights, total, factor, .. } = *task;
    let parameters = &mut *task.parameters;
    // What layer l + 1 reads.
    let mut a = [V::splat(t, V::Elem::ZERO); TINY_LAYERS];
    let z = forward::<V>(
        t,
        shape,
        parameters,
        x,
        #[inline(always)]
        |layer, read| a[layer] = read,
    )?;
    let targets = (y, weights);
    let (loss, mut dz) = if head.g == Activation::Softmax {
        let (mut z_lanes, mut dz) = ([V::Elem::ZERO; MAX_LANES], [V::Elem::ZERO; MAX_LANES]);
        z.store(&mut z_lanes);
        let n_y = head.n_y;
        let loss = head::loss::<V>(t, head, &mut z_lanes[..n_y], targets, &mut dz[..n_y]);
        (loss, V::load(t, &dz))
    } else {
        single::loss(t, head, z, targets)
    };
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
            tiny::update(t, scaled, x, panels);
        } else {
            let (g, a) = (shape.layers[index - 1].activation, a[index - 1]);
            dz = tiny::backward(t, (&panels[..layer.inputs], layer.units), g, dz, a);
            tiny::update_of(t, scaled, a, panels);
        }
        rest = before;
    }
    Some(cost)
}
