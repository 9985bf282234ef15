//! An optimiser's step over a network's parameters, at a level picked by the caller.

use fearless_simd::Simd;

use super::Engine;
use super::level::with_level;
use crate::kernels::optimizer::{self, Rule, Terms};
use crate::scalar::Scalar;
use crate::shape::Shape;

/// One step: everything but the shape is laid out by the shape.
#[derive(Debug)]
pub struct Update<'a, T> {
    pub(crate) shape: &'a Shape,
    pub(crate) rule: Rule<T>,
    /// L2 and weight decay are the weights'; biases have neither.
    pub(crate) terms: Terms<T>,
    pub(crate) parameters: &'a mut [T],
    pub(crate) gradients: &'a [T],
    /// The first and the second moment; empty where the rule has none.
    pub(crate) moments: [&'a mut [T]; 2],
}

impl Engine {
    /// The level of elementwise work: the fused backend's own, else the best of this machine.
    pub(crate) fn elementwise_level(self) -> fearless_simd::Level {
        match self {
            Self::Fused(level) => level,
            _ => fearless_simd::Level::new(),
        }
    }
}

/// The body of [`Float::optimize`](super::float::Float::optimize).
pub(crate) fn optimize<T: Scalar>(level: fearless_simd::Level, update: Update<'_, T>) {
    with_level!(level, simd => simd.vectorize(
        #[inline(always)]
        || over_parameters(simd, update),
    ));
}

/// The body of [`Float::sum_of_squares`](super::float::Float::sum_of_squares).
pub(crate) fn sum_of_squares<T: Scalar>(
    level: fearless_simd::Level,
    scale: f64,
    values: &[T],
) -> f64 {
    with_level!(level, simd => simd.vectorize(
        #[inline(always)]
        || optimizer::sum_of_squares(scale, values),
    ))
}

#[inline(always)]
fn over_parameters<T: Scalar, S: Simd>(simd: S, update: Update<'_, T>) {
    let Update { shape, rule, terms, parameters, gradients, moments: [m, v] } = update;
    // Weights and biases are treated alike, as a rule: one run over the whole buffer then. Else
    // runs end where the next begins, so each is whole lines, with the gaps of zeros in them.
    let alike = terms.l2 == T::ZERO && terms.decay == T::ZERO;
    let for_bias = Terms { l2: T::ZERO, decay: T::ZERO, ..terms };
    let runs = if alike { 1 } else { 2 * shape.spans.len() };
    let mut start = 0;
    for run in 0..runs {
        let end = match shape.spans.get(run.div_ceil(2)) {
            _ if alike => shape.len,
            Some(span) if run % 2 == 0 => span.bias.start,
            Some(span) => span.weights.start,
            None => shape.len,
        };
        let terms = if run % 2 == 0 { terms } else { for_bias };
        let moments = [part(&mut *m, start, end), part(&mut *v, start, end)];
        let (w, dw) = (&mut parameters[start..end], &gradients[start..end]);
        optimizer::update::<T::Register<S>>(simd, rule, terms, w, dw, moments);
        start = end;
    }
}

/// That part of a moment, or nothing of one that is not there.
#[inline(always)]
fn part<T>(moment: &mut [T], start: usize, end: usize) -> &mut [T] {
    moment.get_mut(start..end).unwrap_or_default()
}
