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
use crate::engine::shape::Shape;
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

/// One sample and its loss: checked shapes, of a tiny network.
#[derive(Debug)]
pub struct Sample<'a, T> {
    pub(crate) shape: &'a Shape,
    /// Where the network has it: a copy, just written, would be waited for.
    pub(crate) loss: &'a Loss,
    pub(crate) parameters: &'a [T],
    /// The sample's weight, if it has one.
    pub(crate) weights: Option<&'a [T]>,
    /// What the loss is divided by.
    pub(crate) total: f64,
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
pub(super) fn forward<V>(
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

/// Forward and loss. Returns J; `None`, and nothing done, if the first logits are not finite.
pub(super) fn cost<T: Float, S: Simd>(
    simd: S,
    task: &Sample<'_, T>,
    x: &[T],
    y: &[T],
) -> Option<f64> {
    simd.vectorize(
        #[inline(always)]
        || {
            if task.shape.widest <= T::PANEL / 2 {
                sample_cost::<T::Half<S>>(simd, task, x, y)
            } else {
                sample_cost::<T::Register<S>>(simd, task, x, y)
            }
        },
    )
}

#[inline(always)]
fn sample_cost<V>(
    t: V::Token,
    task: &Sample<'_, V::Elem>,
    x: &[V::Elem],
    y: &[V::Elem],
) -> Option<f64>
where
    V: Lanes,
    V::Elem: Float,
{
    let Sample { shape, loss, parameters, weights, total } = *task;
    let z = forward::<V>(t, shape, parameters, x, |_, _| ())?;
    let (loss, _) = through_loss(t, (shape, loss), z, (y, weights));
    Some(loss / total)
}

/// L and dZ of the sample; dz is 0 behind the outputs.
#[inline(always)]
pub(super) fn through_loss<V>(
    t: V::Token,
    (shape, &loss): (&Shape, &Loss),
    z: V,
    targets: (&[V::Elem], Option<&[V::Elem]>),
) -> (f64, V)
where
    V: Lanes,
    V::Elem: Float,
{
    let Layer { activation: g, units: n_y, .. } = *shape.output();
    let head = OutputHead { loss, g, n_y };
    if !head.needs_columns() {
        return single::loss(t, head, z, targets);
    }
    let (mut z_lanes, mut dz) = ([V::Elem::ZERO; MAX_LANES], [V::Elem::ZERO; MAX_LANES]);
    z.store(&mut z_lanes);
    let loss = head::loss::<V>(t, head, &mut z_lanes[..n_y], targets, &mut dz[..n_y]);
    (loss, V::load(t, &dz))
}
