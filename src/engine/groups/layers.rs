//! What the ways through a group have in common: its layers' places, and lanes that stay.

use super::job::Net;
use crate::element::Element;
use crate::kernels::group::Size;
use crate::words::layer::Layer;

/// What a pass leaves: x, A of the hidden layers, and dZ of all layers.
#[derive(Clone, Copy)]
pub(super) struct Passed<'a, T> {
    pub(super) x: &'a [T],
    pub(super) a: &'a [T],
    pub(super) dz: &'a [T],
}

/// What each layer reads, its dZ, and its place among parameters or their gradients, first to last.
/// Values are rows of `row` elements; parameters lie `pitch` apart.
#[inline(always)]
pub(super) fn each_layer<T>(
    net: Net<'_>,
    (row, pitch): (usize, usize),
    Passed { x, a, dz }: Passed<'_, T>,
    parameters: &mut [T],
    mut f: impl FnMut(Size, &[T], &[T], &mut [T]),
) {
    let (mut read, mut a, mut dz, mut rest) = (x, a, dz, parameters);
    for &Layer { inputs, units, .. } in &net.shape.layers {
        let size = Size { inputs, units, pitch };
        f(size, read, dz, rest);
        // The last register of a pitch may be cut off.
        let end = rest.len().min(size.parameters() * pitch);
        let end_of_a = a.len().min(units * row);
        (read, a) = a.split_at(end_of_a);
        (dz, rest) = (&dz[units * row..], &mut rest[end..]);
    }
}

/// Is there a lane that a step must leave as it is? One whose loss is not finite, or whose factor
/// is 0.
#[inline(always)]
pub(super) fn stays<T: Element>(losses: &[f64], factors: &[T]) -> bool {
    let mut stays = false;
    for (loss, factor) in losses.iter().zip(factors) {
        stays |= is_still(*loss, *factor);
    }
    stays
}

/// Gives those lanes their parameters back.
#[cold]
pub(super) fn keep_lanes<T: Element>(
    (losses, factors): (&[f64], &[T]),
    before: &[T],
    parameters: &mut [T],
    pitch: usize,
) {
    for (lane, (loss, factor)) in losses.iter().zip(factors).enumerate() {
        if is_still(*loss, *factor) {
            let (from, into) = (&before[lane..], &mut parameters[lane..]);
            let rows = into.iter_mut().step_by(pitch).zip(from.iter().step_by(pitch));
            rows.for_each(|(parameter, before)| *parameter = *before);
        }
    }
}

#[inline(always)]
fn is_still<T: Element>(loss: f64, factor: T) -> bool {
    !loss.is_finite() | (factor == T::ZERO)
}
