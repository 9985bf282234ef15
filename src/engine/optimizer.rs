//! An optimiser's step over a network's parameters.

use fearless_simd::Simd;

use super::float::Float;
use super::shape::Shape;
use crate::kernels::optimizer::{self, Rule, Terms};

/// One step. All slices are laid out by the shape.
#[derive(Debug)]
pub struct Update<'a, T> {
    pub(crate) shape: &'a Shape,
    pub(crate) rule: Rule<T>,
    /// L2 and weight decay apply to weights only.
    pub(crate) terms: Terms<T>,
    pub(crate) parameters: &'a mut [T],
    pub(crate) gradients: &'a [T],
    /// The first and the second moment; empty where the rule has none.
    pub(crate) moments: [&'a mut [T]; 2],
}

#[inline(always)]
pub(super) fn over_parameters<T: Float, S: Simd>(simd: S, update: Update<'_, T>) {
    let Update { shape, rule, terms, parameters, gradients, moments: [m, v] } = update;
    // If weights and biases are treated alike, one run covers the whole buffer. Otherwise each run
    // ends where the next begins, so that it is whole cache lines, padding included.
    let alike = terms.l2 == T::ZERO && terms.decay == T::ZERO;
    let for_bias = Terms { l2: T::ZERO, decay: T::ZERO, ..terms };
    let runs = if alike { 1 } else { 2 * shape.spans.len() };
    // A step at rate 0 moves the moments alone. The kernel is given copies of the parameters, a few
    // at a time: even a product with 0 may change one (infinity times 0, -0.0, a small one).
    let is_still = terms.rate == T::ZERO;
    let mut start = 0;
    for run in 0..runs {
        let end = match shape.spans.get(run.div_ceil(2)) {
            _ if alike => shape.len,
            Some(span) if run % 2 == 0 => span.bias.start,
            Some(span) => span.weights.start,
            None => shape.len,
        };
        let terms = if run % 2 == 0 { terms } else { for_bias };
        while start < end {
            let stop = if is_still { end.min(start + STILL) } else { end };
            let moments = [part(&mut *m, start, stop), part(&mut *v, start, stop)];
            let mut copy;
            let w = if is_still {
                copy = [T::ZERO; STILL];
                copy[..stop - start].copy_from_slice(&parameters[start..stop]);
                &mut copy[..stop - start]
            } else {
                &mut parameters[start..stop]
            };
            let dw = &gradients[start..stop];
            optimizer::update::<T::Register<S>>(simd, rule, terms, w, dw, moments);
            start = stop;
        }
    }
}

/// Parameters that are copied at once: whole lines of both types.
const STILL: usize = 64;

/// That part of a moment; empty if the rule has no such moment.
#[inline(always)]
fn part<T>(moment: &mut [T], start: usize, end: usize) -> &mut [T] {
    moment.get_mut(start..end).unwrap_or_default()
}
