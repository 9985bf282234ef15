//! An optimiser's step over a network's parameters.

use core::ops::Range;

use fearless_simd::Simd;

use super::float::Float;
use super::shape::Shape;
use crate::kernels::lanes::Lanes;
use crate::kernels::optimizer::{self, Rule, Terms};

/// One step. All slices are laid out by the shape.
#[derive(Debug)]
pub struct Update<'a, T> {
    pub(crate) shape: &'a Shape,
    /// By reference: see `tiny`.
    pub(crate) rule: &'a Rule<T>,
    /// L2 and weight decay apply to weights only.
    pub(crate) terms: Terms<T>,
    pub(crate) parameters: &'a mut [T],
    pub(crate) gradients: &'a [T],
    /// The first and the second moment; empty where the rule has none.
    pub(crate) moments: [&'a mut [T]; 2],
}

#[inline(always)]
pub(super) fn over_parameters<T: Float, S: Simd>(simd: S, update: &mut Update<'_, T>) {
    let Update { shape, terms, .. } = *update;
    // If weights and biases are treated alike, a run goes on through layers of the same width.
    // Otherwise each ends where the next begins, so that it is whole cache lines, padding included.
    let alike = terms.l2 == T::ZERO && terms.decay == T::ZERO;
    let for_bias = Terms { l2: T::ZERO, decay: T::ZERO, ..terms };
    let places = 2 * shape.spans.len();
    let begin_of = |place: usize| match shape.spans.get(place / 2) {
        Some(span) if place.is_multiple_of(2) => span.weights.start,
        Some(span) => span.bias.start,
        None => shape.len,
    };
    let mut place = 0;
    while place < places {
        let start = begin_of(place);
        let half = is_half_empty::<T, S>(shape, place / 2);
        let terms = if place.is_multiple_of(2) { terms } else { for_bias };
        place += 1;
        while alike && place < places && is_half_empty::<T, S>(shape, place / 2) == half {
            place += 1;
        }
        let range = start..begin_of(place);
        if half {
            over_range::<T, T::Half<S>>(simd, update, terms, range);
        } else {
            over_range::<T, T::Register<S>>(simd, update, terms, range);
        }
    }
}

/// Is half of every panel of the layer padding, so that half a register will do? On its way through
/// a tiny network, one sample loads whole registers of all layers if one layer needs them. Where
/// that is one machine register, it would wait for the half of it that was just stored.
#[inline(always)]
fn is_half_empty<T: Float, S: Simd>(shape: &Shape, layer: usize) -> bool {
    let half = T::PANEL / 2;
    let fits = shape.spans[layer].panel == T::PANEL && shape.layers[layer].units <= half;
    fits && (T::registers::<S>() > 1 || shape.tiny == 0 || shape.widest <= half)
}

#[inline(always)]
fn over_range<T, V>(t: V::Token, update: &mut Update<'_, T>, terms: Terms<T>, range: Range<usize>)
where
    T: Float,
    V: Lanes<Elem = T>,
{
    let Update { rule, parameters, gradients, moments: [m, v], .. } = update;
    // A step at rate 0 moves the moments alone. The kernel is given copies of the parameters, a few
    // at a time: even a product with 0 may change one (infinity times 0, -0.0, a small one).
    let is_still = terms.rate == T::ZERO;
    let Range { mut start, end } = range;
    while start < end {
        let stop = if is_still { end.min(start + STILL) } else { end };
        let moments = [part(m, start, stop), part(v, start, stop)];
        let mut copy;
        let w = if is_still {
            copy = [T::ZERO; STILL];
            copy[..stop - start].copy_from_slice(&parameters[start..stop]);
            &mut copy[..stop - start]
        } else {
            &mut parameters[start..stop]
        };
        optimizer::update::<V>(t, rule, terms, w, &gradients[start..stop], moments);
        start = stop;
    }
}

/// Parameters that are copied at once: whole lines of both types.
const STILL: usize = 64;

/// That part of a moment; empty if the rule has no such moment.
#[inline(always)]
fn part<T>(moment: &mut [T], start: usize, end: usize) -> &mut [T] {
    moment.get_mut(start..end).unwrap_or_default()
}
