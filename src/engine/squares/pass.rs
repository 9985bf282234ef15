//! Errors and normal equations of a batch, block by block.

use fearless_simd::Simd;

use super::job::Penalties;
use super::plan::Plan;
use super::room::Room;
use crate::engine::shape::Shape;
use crate::kernels::curves::{self, Curve};
use crate::kernels::head::OutputHead;
use crate::kernels::narrow::{Rows, loss};
use crate::kernels::shuffle::Shuffle;
use crate::kernels::squares::factor::PANEL;
use crate::kernels::squares::{layers, products, rows};
use crate::words::activation::Activation;
use crate::words::layer::Layer;
use crate::words::loss::Loss;

/// Forward over all blocks: the sum of the squared errors.
#[inline(always)]
pub(super) fn errors<S: Simd, V>(t: S, room: &mut Room, parameters: &[f64]) -> f64
where
    V: Shuffle<Elem = f64, Token = S>,
{
    let Room { shape, plan, x, y, roots, a, slopes, r, .. } = room;
    let Plan { row, units, .. } = *plan;
    let (n_x, n_y) = (shape.n_x(), shape.n_y());
    let blocks = x.as_slice().chunks_exact(n_x * row).zip(y.as_slice().chunks_exact(n_y * row));
    let left = a.as_mut_slice().chunks_exact_mut(units * row);
    let left = left.zip(r.as_mut_slice().chunks_exact_mut(n_y * row));
    let mut sum = 0.0;
    let mut slopes = slopes.as_mut_slice();
    for (((x, y), roots), (a, r)) in blocks.zip(roots.as_slice().chunks_exact(row)).zip(left) {
        let (mut read, mut behind, mut at) = (x, a, 0);
        let of_block;
        (of_block, slopes) = slopes.split_at_mut(slopes.len().min(units * row));
        let mut of_layers = of_block.chunks_mut(row);
        for &layer in &shape.layers {
            let (write, after) = behind.split_at_mut(layer.units * row);
            layers::forward::<V>(t, layer, &parameters[at..], read, row, write);
            for (z, slopes) in write.chunks_exact_mut(row).zip(of_layers.by_ref().take(layer.units))
            {
                curves::run::<V>(t, layer.activation, Curve::Both(z, slopes));
            }
            if matches!(layer.activation, Activation::Softmax | Activation::Exp) {
                let head = OutputHead { loss: Loss::SquaredError, g: layer.activation, n_y };
                loss::activate::<V>(t, head, Rows { stride: row, steps: row / V::LEN }, write);
            }
            at += layer.parameters();
            (read, behind) = (write, after);
        }
        sum += layers::errors::<V>(t, read, y, roots, r);
    }
    sum
}

/// H and g, from what [`errors`] has left.
#[inline(always)]
pub(super) fn equations<S: Simd, V, const R: usize>(
    t: S,
    room: &mut Room,
    parameters: &[f64],
    scale: f64,
    penalties: Penalties,
) where
    V: Shuffle<Elem = f64, Token = S>,
{
    let Room { shape, plan, x, roots, a, slopes, r, j, dz, h, own, gradient, .. } = room;
    let Plan { row, units, n, rows, .. } = *plan;
    let (n_x, n_y, pitch) = (shape.n_x(), shape.n_y(), n + PANEL);
    let (h, own) = (h.as_mut_slice(), own.as_mut_slice());
    h.fill(0.0);
    for k in 0..n_y {
        let blocks = x.as_slice().chunks_exact(n_x * row).zip(roots.as_slice().chunks_exact(row));
        let blocks = blocks.zip(a.as_slice().chunks_exact(units * row));
        own.fill(0.0);
        let blocks = blocks.zip(r.as_slice().chunks_exact(n_y * row));
        for (index, (((x, roots), a), r)) in blocks.enumerate() {
            let slopes = slopes.as_slice().get(index * units * row..).unwrap_or_default();
            let block = Block { shape, plan, parameters, x, a, slopes, roots };
            jacobian::<S, V>(
                t,
                &block,
                k,
                dz.each_mut().map(|dz| dz.as_mut_slice()),
                j.as_mut_slice(),
            );
            let into = if plan.has_own() {
                products::Into { h: &mut *own, pitch: rows + PANEL, g_at: rows }
            } else {
                products::Into { h: &mut *h, pitch, g_at: n }
            };
            let r = &r[k * row..(k + 1) * row];
            products::add::<V, R>(t, j.as_slice(), r, row, &mut { into });
        }
        if plan.has_own() {
            spread(shape, plan, k, own, h);
        }
    }
    for (i, row) in h.chunks_exact_mut(pitch).enumerate() {
        for value in &mut row[i / PANEL * PANEL..] {
            *value *= scale;
        }
    }
    penalize(shape, penalties, parameters, (h, n));
    for (g, row) in gradient.as_mut_slice().iter_mut().zip(h.chunks_exact(pitch)) {
        *g = row[n];
    }
}

/// Adds an output's part to H: shared parameters, then its weights, then its bias.
#[inline(always)]
fn spread(shape: &Shape, plan: &Plan, k: usize, own: &[f64], h: &mut [f64]) {
    let &Plan { n, rows, common, of_output, .. } = plan;
    let Layer { inputs, units, .. } = shape.output();
    let place = |i: usize| match i {
        i if i < common => i,
        i if i < common + inputs => i + k * inputs,
        _ => common + units * inputs + k,
    };
    for (i, from) in own.chunks_exact(rows + PANEL).take(of_output).enumerate() {
        let into = &mut h[place(i) * (n + PANEL)..][..n + PANEL];
        for (j, value) in from.iter().enumerate().take(of_output).skip(i) {
            into[place(j)] += value;
        }
        into[n] += from[rows];
    }
}

/// Adds 1/2 p w^2 of every parameter.
#[inline(always)]
fn penalize(shape: &Shape, by: Penalties, parameters: &[f64], (h, n): (&mut [f64], usize)) {
    let mut at = 0;
    for layer in &shape.layers {
        let biases_at = at + layer.inputs * layer.units;
        let end = at + layer.parameters();
        for (range, penalty) in [(at..biases_at, by.weights), (biases_at..end, by.biases)] {
            if penalty == 0.0 {
                continue;
            }
            for i in range {
                h[i * (n + PANEL) + i] += penalty;
                h[i * (n + PANEL) + n] += penalty * parameters[i];
            }
        }
        at = end;
    }
}

/// What the rows of J are made of.
struct Block<'a> {
    shape: &'a Shape,
    plan: &'a Plan,
    parameters: &'a [f64],
    x: &'a [f64],
    a: &'a [f64],
    /// g', where it can't be read off a.
    slopes: &'a [f64],
    roots: &'a [f64],
}

impl Block<'_> {
    /// What g' of the units from row `start` to `end` of the activations is found from.
    #[inline(always)]
    fn known(&self, g: Activation, start: usize, end: usize) -> &[f64] {
        if g.is_apart() { &self.slopes[start..end] } else { &self.a[start..end] }
    }
}

/// J of output k: the rows of all parameters that it depends on.
#[inline(always)]
fn jacobian<S: Simd, V>(t: S, block: &Block<'_>, k: usize, dz: [&mut [f64]; 2], j: &mut [f64])
where
    V: Shuffle<Elem = f64, Token = S>,
{
    let &Block { shape, plan, parameters, x, a, roots, .. } = block;
    let row = plan.row;
    let output = shape.output();
    let [mut of_units, mut of_inputs] = dz;
    // Where the rows of the layer's activations end, and its parameters begin.
    let mut end = (plan.units - output.units) * row;
    let mut at = plan.common;
    let of_output = &a[end..];
    let before =
        |end: usize, layer: &Layer| if end == 0 { x } else { &a[end - layer.inputs * row..end] };
    let (mut w, mut count);
    if output.activation == Activation::Softmax {
        count = output.units;
        rows::softmax::<V>(t, k, of_output, roots, &mut of_units[..count * row]);
        w = &parameters[at..at + output.inputs * output.units];
    } else {
        count = 1;
        let of_k = block.known(output.activation, end + k * row, end + (k + 1) * row);
        rows::output::<V>(t, output.activation, of_k, roots, &mut of_units[..row]);
        w = &parameters[at + k * output.inputs..at + (k + 1) * output.inputs];
    }
    rows::of_layer::<V>(t, &of_units[..count * row], before(end, output), row, &mut j[at * row..]);
    for layer in shape.layers.iter().rev().skip(1) {
        let size = layer.units * row;
        end -= size;
        at -= layer.parameters();
        let g = (layer.activation, block.known(layer.activation, end, end + size));
        rows::back::<V>(t, w, &of_units[..count * row], g, row, &mut of_inputs[..size]);
        (of_units, of_inputs) = (of_inputs, of_units);
        rows::of_layer::<V>(t, &of_units[..size], before(end, layer), row, &mut j[at * row..]);
        (w, count) = (&parameters[at..at + layer.inputs * layer.units], layer.units);
    }
}
