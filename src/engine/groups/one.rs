//! One sample of each network of a group, forward and back. The sums have the order that a network
//! alone has for it, and so the same bits: see `kernels::group::one`.

use super::batch::{Batch, Values};
use super::job::{Job, Net};
use super::layers::{Passed, each_layer, keep_lanes, stays};
use super::room::Parts;
use crate::engine::float::Float;
use crate::kernels::group::{GROUP_LANES, Size, blocks, elementwise, forward, one, one_loss};
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::{Rows, loss as of_lanes};
use crate::kernels::shuffle::Shuffle;
use crate::words::layer::Layer;

/// W has the lanes of a group; V is the machine's register.
#[inline(always)]
pub(super) fn run<V, W>(
    t: V::Token,
    net: Net<'_>,
    batch: &Batch<'_, V::Elem>,
    job: Job<'_, V::Elem>,
    parts: Parts<'_, V::Elem>,
) -> [f64; GROUP_LANES]
where
    V: Shuffle,
    W: Lanes<Elem = V::Elem, Token = V::Token>,
    V::Elem: Float,
{
    let (n_x, n_y, layers) = (net.shape.n_x(), net.shape.n_y(), &net.shape.layers);
    let Parts { x, y, weights, a, dz, before, .. } = parts;
    // In a loop, so that the code is there once.
    let all = [
        (Some(batch.x), n_x, &mut *x),
        (batch.y, net.head.targets(), &mut *y),
        (batch.weights, 1, &mut *weights),
    ];
    for (given, n, into) in all {
        if let Some(Values { values, places }) = given {
            blocks::gather_one::<V>(t, values, n, places, W::LEN, into);
        }
    }
    let parameters: &[V::Elem] = match &job {
        Job::Predict { parameters, .. }
        | Job::Cost { parameters }
        | Job::Gradient { parameters, .. } => parameters,
        Job::Step { parameters, .. } => parameters,
        Job::Optimize { .. } => unreachable!("its pass is that of the gradients"),
    };
    let z_at = forward_through::<W>(t, net, parameters, x, a);
    let (a, z) = a.split_at_mut(z_at);
    let z = &mut z[..n_y * W::LEN];
    if let Job::Predict { out, .. } = job {
        of_lanes::output::<W>(t, net.head, Rows { stride: W::LEN, steps: 1 }, z);
        blocks::scatter_out::<W>(z, (n_y, 1), 1, (0, 1), out);
        return [0.0; GROUP_LANES];
    }
    let weights = batch.weights.map(|_| &*weights);
    let of_outputs = &mut dz[z_at..z_at + n_y * W::LEN];
    let losses = one_loss::loss::<W>(t, net.head, z, (y, weights), of_outputs);
    if let Job::Cost { .. } = job {
        return losses;
    }
    let (mut end, mut w_end) = (z_at, parameters.len());
    for (index, &Layer { inputs, units, .. }) in layers.iter().enumerate().skip(1).rev() {
        let size = Size { inputs, units, pitch: W::LEN };
        w_end -= size.parameters() * W::LEN;
        let start = end - inputs * W::LEN;
        let (da, of_units) = dz[start..].split_at_mut(inputs * W::LEN);
        one::inputs::<W>(t, size, &parameters[w_end..], of_units, da);
        elementwise::times_derivative::<W>(t, layers[index - 1].activation, &a[start..end], da);
        end = start;
    }
    match job {
        Job::Predict { .. } | Job::Cost { .. } | Job::Optimize { .. } => {}
        Job::Gradient { factors, into, .. } => {
            weights_of::<W, false>(t, net, W::load(t, factors), Passed { x, a, dz }, into);
        }
        Job::Step { parameters, factors } => {
            let stay = stays(&losses[..W::LEN], factors);
            if stay {
                before.copy_from_slice(parameters);
            }
            weights_of::<W, true>(t, net, W::load(t, factors), Passed { x, a, dz }, parameters);
            if stay {
                keep_lanes((&losses[..W::LEN], factors), before, parameters, W::LEN);
            }
        }
    }
    losses
}

/// A of the hidden layers, and Z of the output; returns where in `a` that begins.
#[inline(always)]
fn forward_through<W>(
    t: W::Token,
    net: Net<'_>,
    parameters: &[W::Elem],
    x: &[W::Elem],
    a: &mut [W::Elem],
) -> usize
where
    W: Lanes,
    W::Elem: Float,
{
    let (last, hidden) = match net.shape.layers.split_last() {
        Some(layers) => layers,
        None => return 0,
    };
    let (mut rest, mut read, mut behind, mut at) = (parameters, x, a, 0);
    for &Layer { inputs, units, activation } in hidden {
        let size = Size { inputs, units, pitch: W::LEN };
        let (write, after) = behind.split_at_mut(units * W::LEN);
        forward::logits::<W, 2, 1>(t, size, rest, read, write);
        elementwise::activate::<W>(t, activation, write);
        rest = &rest[size.parameters() * W::LEN..];
        (read, behind, at) = (write, after, at + units * W::LEN);
    }
    let size = Size { inputs: last.inputs, units: last.units, pitch: W::LEN };
    forward::logits::<W, 2, 1>(t, size, rest, read, behind);
    at
}

/// dW and db: to `into`, or added to the parameters there.
#[inline(always)]
fn weights_of<W, const ADD: bool>(
    t: W::Token,
    net: Net<'_>,
    factor: W,
    passed: Passed<'_, W::Elem>,
    into: &mut [W::Elem],
) where
    W: Lanes,
{
    each_layer(
        net,
        (W::LEN, W::LEN),
        passed,
        into,
        #[inline(always)]
        |size, read, dz, into| one::weights::<W, ADD>(t, size, factor, (read, dz), into),
    );
}
