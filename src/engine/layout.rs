//! Between the textbook's order of a network's parameters and the shape's: panel by panel.
//!
//! The textbook's order is layer by layer, W row-major (n_l, n_{l-1}), then b. What lies between
//! the layers and behind the last unit of a panel is padding, and is not part of it.

use super::shape::Shape;
use crate::element::{Element, Row};
use crate::error::{Error, Result};
use crate::words::layer::Layer;

/// Inputs a block. A panel's weights are copied block by block, so that the lines of both sides
/// stay in cache: in a panel a line holds one input, in the row-major matrix one unit.
const BLOCK: usize = 16;

/// `layer`'s weights out of a buffer of this shape, row-major (n_l, n_{l-1}); `into` has as many
/// values as the layer has weights.
pub(crate) fn gather_weights<T: Element>(
    shape: &Shape,
    buffer: &[T],
    layer: usize,
    into: &mut [T],
) {
    let (size, span) = (shape.layers[layer], &shape.spans[layer]);
    let weights = &buffer[span.weights.clone()];
    match span.panel {
        1 => into.copy_from_slice(weights),
        panel if panel == T::PANEL => from_panels::<T, T::Panel>(weights, size, into),
        _ => from_panels::<T, T::HalfPanel>(weights, size, into),
    }
}

/// The reverse: all of a layer's weights, row-major (n_l, n_{l-1}), into a buffer, each passed
/// through `of`.
pub(crate) fn scatter_weights<T: Element>(
    shape: &Shape,
    buffer: &mut [T],
    layer: usize,
    weights: &[T],
    of: impl Fn(T) -> T,
) {
    let (size, span) = (shape.layers[layer], &shape.spans[layer]);
    let into = &mut buffer[span.weights.clone()];
    match span.panel {
        1 => into.iter_mut().zip(weights).for_each(|(into, &w)| *into = of(w)),
        panel if panel == T::PANEL => to_panels::<T, T::Panel>(weights, size, into, of),
        _ => to_panels::<T, T::HalfPanel>(weights, size, into, of),
    }
}

/// All parameters out of a buffer of this shape, in the textbook's order; `into` has as many values
/// as there are parameters.
pub(crate) fn gather<T: Element>(shape: &Shape, buffer: &[T], into: &mut [T]) {
    let mut rest = into;
    for (layer, size) in shape.layers.iter().enumerate() {
        let (weights, after) = rest.split_at_mut(size.weights());
        gather_weights(shape, buffer, layer, weights);
        let (bias, after) = after.split_at_mut(size.units);
        bias.copy_from_slice(self::bias(shape, buffer, layer));
        rest = after;
    }
}

/// The reverse: all parameters, in the textbook's order, into a buffer, each passed through `of`.
pub(crate) fn scatter<T: Element>(
    shape: &Shape,
    buffer: &mut [T],
    values: &[T],
    of: impl Fn(T) -> T,
) {
    let mut rest = values;
    for (layer, size) in shape.layers.iter().enumerate() {
        let (weights, after) = rest.split_at(size.weights());
        scatter_weights(shape, buffer, layer, weights, &of);
        let (bias, after) = after.split_at(size.units);
        scatter_bias(shape, buffer, layer, bias, &of);
        rest = after;
    }
}

/// `layer`'s biases out of a buffer of this shape.
pub(crate) fn bias<'a, T>(shape: &Shape, buffer: &'a [T], layer: usize) -> &'a [T] {
    let start = shape.spans[layer].bias.start;
    &buffer[start..start + shape.layers[layer].units]
}

/// The reverse: all of a layer's biases into a buffer, each passed through `of`.
pub(crate) fn scatter_bias<T: Element>(
    shape: &Shape,
    buffer: &mut [T],
    layer: usize,
    bias: &[T],
    of: impl Fn(T) -> T,
) {
    let start = shape.spans[layer].bias.start;
    let into = &mut buffer[start..start + shape.layers[layer].units];
    into.iter_mut().zip(bias).for_each(|(into, &b)| *into = of(b));
}

/// Replaces every parameter p of one buffer by `of(p, q)`, where q is the same parameter in a
/// buffer of another layout. The layers of both shapes have the same sizes.
pub(crate) fn combine<T: Element>(
    (shape, buffer): (&Shape, &mut [T]),
    (other, from): (&Shape, &[T]),
    of: impl Fn(T, T) -> T,
) {
    for (layer, size) in shape.layers.iter().enumerate() {
        for unit in 0..size.units {
            let pairs = row_mut(shape, buffer, layer, unit).zip(row(other, from, layer, unit));
            pairs.for_each(|(into, &from)| *into = of(*into, from));
        }
        let into = &mut buffer[shape.spans[layer].bias.start..][..size.units];
        let from = bias(other, from, layer);
        into.iter_mut().zip(from).for_each(|(into, &from)| *into = of(*into, from));
    }
}

/// The weights of one unit of `layer`, input after input.
pub(crate) fn row<'a, T>(
    shape: &Shape,
    buffer: &'a [T],
    layer: usize,
    unit: usize,
) -> impl Iterator<Item = &'a T> {
    let (start, step) = first_and_step(shape, layer, unit);
    buffer[start..].iter().step_by(step).take(shape.layers[layer].inputs)
}

/// The same, writable.
pub(crate) fn row_mut<'a, T>(
    shape: &Shape,
    buffer: &'a mut [T],
    layer: usize,
    unit: usize,
) -> impl Iterator<Item = &'a mut T> {
    let (start, step) = first_and_step(shape, layer, unit);
    buffer[start..].iter_mut().step_by(step).take(shape.layers[layer].inputs)
}

/// Where a unit's weights begin in the buffer, and how far each lies from the one before.
fn first_and_step(shape: &Shape, layer: usize, unit: usize) -> (usize, usize) {
    let (span, inputs) = (&shape.spans[layer], shape.layers[layer].inputs);
    let (panel, lane) = (unit / span.panel, unit % span.panel);
    (span.weights.start + panel * span.panel * inputs + lane, span.panel)
}

/// Refuses the number of a layer past the last.
pub(crate) fn check_layer(shape: &Shape, layer: usize) -> Result<()> {
    let last = shape.layers.len() - 1;
    if layer <= last { Ok(()) } else { Err(Error::Layer { last, given: layer }) }
}

#[inline(always)]
fn from_panels<T: Element, R: Row<T>>(weights: &[T], size: Layer, into: &mut [T]) {
    let inputs = size.inputs;
    let panels = R::rows(weights).chunks_exact(inputs);
    for (panel, rows) in panels.zip(into.chunks_mut(R::LEN * inputs)) {
        for (block, start) in panel.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
            let mut at = start;
            for lane in 0..R::LEN {
                let Some(row) = rows.get_mut(at..at + block.len()) else { break };
                row.iter_mut().zip(block).for_each(|(into, from)| *into = from.as_ref()[lane]);
                at += inputs;
            }
        }
    }
}

#[inline(always)]
fn to_panels<T: Element, R: Row<T>>(
    weights: &[T],
    size: Layer,
    into: &mut [T],
    of: impl Fn(T) -> T,
) {
    let inputs = size.inputs;
    let panels = R::rows_mut(into).chunks_exact_mut(inputs);
    for (panel, rows) in panels.zip(weights.chunks(R::LEN * inputs)) {
        for (block, start) in panel.chunks_mut(BLOCK).zip((0..).step_by(BLOCK)) {
            let mut at = start;
            for lane in 0..R::LEN {
                let Some(row) = rows.get(at..at + block.len()) else { break };
                block.iter_mut().zip(row).for_each(|(into, &w)| into.as_mut()[lane] = of(w));
                at += inputs;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::activation::Activation::{Relu, Tanh};

    /// Each parameter's own number, at the place that `weight_index` names.
    fn numbered(shape: &Shape) -> (Vec<f32>, Vec<f32>) {
        let (mut buffer, mut flat) = (vec![0.0; shape.len], Vec::new());
        for (layer, size) in shape.layers.iter().enumerate() {
            for unit in 0..size.units {
                for input in 0..size.inputs {
                    flat.push((flat.len() + 1) as f32);
                    buffer[shape.weight_index(layer, unit, input)] = flat.len() as f32;
                }
            }
            for unit in 0..size.units {
                flat.push((flat.len() + 1) as f32);
                buffer[shape.spans[layer].bias.start + unit] = flat.len() as f32;
            }
        }
        (buffer, flat)
    }

    #[test]
    fn the_walk_meets_every_parameter_where_its_index_says_and_no_padding() {
        for (n_x, units) in
            [(1, &[1][..]), (4, &[16, 2]), (17, &[16, 33]), (300, &[8, 5]), (40, &[40])]
        {
            let layers: Vec<_> = units.iter().map(|&n| (n, Tanh)).collect();
            let shapes = [1, 16].map(|panel| Shape::new(n_x, &layers, panel, 4).unwrap());
            for shape in &shapes {
                let (buffer, flat) = numbered(shape);
                let mut gathered = vec![0.0; flat.len()];
                gather(shape, &buffer, &mut gathered);
                assert_eq!(gathered, flat);
                let mut scattered = vec![0.0; shape.len];
                scatter(shape, &mut scattered, &flat, |v| v);
                assert_eq!(scattered, buffer);
                for other in &shapes {
                    let mut into = vec![0.0; shape.len];
                    combine((shape, &mut into), (other, &numbered(other).0), |old, new| old - new);
                    assert_eq!(into, buffer.iter().map(|v| -v).collect::<Vec<f32>>());
                }
            }
        }
        // The shapes above include one with half-panels.
        assert_eq!(Shape::new(300, &[(8, Relu)], 16, 4).unwrap().spans[0].panel, 8);
    }
}
