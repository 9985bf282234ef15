//! A batch of several samples through a register of networks, and back.
//!
//! ```text
//! for each stretch of samples
//!   for each block of C samples, of which the last may be filled up
//!     x, y to lanes; forward; the loss; back; the stretch's sums += dZ A^T
//!   the sums += the stretch's
//! ```

use super::batch::{Batch, Values};
use super::job::{Job, Net};
use super::layers::{Passed, each_layer, keep_lanes, stays};
use super::room::Parts;
use crate::engine::float::Float;
use crate::kernels::epilogue::MAX_LANES;
use crate::kernels::group::loss::LossSums;
use crate::kernels::group::{Size, back, blocks, elementwise, forward, update};
use crate::kernels::lanes::Lanes;
use crate::kernels::narrow::{Rows, loss as of_lanes};
use crate::kernels::shuffle::Shuffle;
use crate::words::layer::Layer;

/// Samples whose sums are kept apart before they are added to the others: so errors grow with a
/// batch's stretches and not with its samples.
const STRETCH: usize = 64;

/// The job's slices begin with the first lane's; the group has `pitch` lanes.
#[inline(always)]
pub(super) fn run<V, const U: usize, const C: usize>(
    t: V::Token,
    net: Net<'_>,
    batch: &Batch<'_, V::Elem>,
    mut job: Job<'_, V::Elem>,
    pitch: usize,
    parts: Parts<'_, V::Elem>,
) -> [f64; MAX_LANES]
where
    V: Shuffle,
    V::Elem: Float,
{
    let mut out: Option<&mut [V::Elem]> = None;
    let (parameters, goes_back): (&[V::Elem], bool) = match &mut job {
        Job::Predict { parameters, out: of_job } => {
            out = Some(of_job);
            (parameters, false)
        }
        Job::Cost { parameters } => (parameters, false),
        Job::Gradient { parameters, .. } => (parameters, true),
        Job::Step { parameters, .. } => (parameters, true),
        Job::Optimize { .. } => unreachable!("its pass is that of the gradients"),
    };
    let losses = LossSums::<V>::new(t);
    let mut walk = Walk { t, net, batch, parameters, pitch, goes_back, parts, losses };
    let mut start = 0;
    while start < batch.samples {
        let (begin, end) = (start, batch.samples.min(start + STRETCH));
        while start < end {
            let valid = C.min(end - start);
            walk.block::<U, C>((start, valid), out.as_deref_mut());
            if goes_back {
                walk.sum::<U, C>(start == begin);
            }
            start += valid;
        }
        walk.losses.end_stretch(t);
        if goes_back && batch.samples > STRETCH {
            walk.add_stretch(begin == 0);
        }
    }
    let losses = walk.losses.totals(t);
    let Parts { part, total, before, .. } = walk.parts;
    let sums: &[V::Elem] = if batch.samples > STRETCH { total } else { part };
    let sums = &sums[..net.parameters() * V::LEN];
    match job {
        Job::Predict { .. } | Job::Cost { .. } | Job::Optimize { .. } => {}
        Job::Gradient { factors, into, .. } => {
            update::scale(t, V::load(t, factors), sums, (into, pitch));
        }
        Job::Step { parameters, factors } => {
            let stay = stays(&losses[..V::LEN], factors);
            if stay {
                before[..parameters.len()].copy_from_slice(parameters);
            }
            update::descend(t, V::load(t, factors), sums, (parameters, pitch));
            if stay {
                keep_lanes((&losses[..V::LEN], factors), before, parameters, pitch);
            }
        }
    }
    losses
}

struct Walk<'a, 'p, V: Lanes> {
    t: V::Token,
    net: Net<'a>,
    batch: &'a Batch<'a, V::Elem>,
    parameters: &'p [V::Elem],
    pitch: usize,
    goes_back: bool,
    parts: Parts<'a, V::Elem>,
    losses: LossSums<V>,
}

impl<V> Walk<'_, '_, V>
where
    V: Shuffle,
    V::Elem: Float,
{
    /// A block forward; predictions go to `out`, or it goes through the loss and back.
    #[inline(always)]
    fn block<const U: usize, const C: usize>(
        &mut self,
        range: (usize, usize),
        out: Option<&mut [V::Elem]>,
    ) {
        let Self { t, net, batch, parameters, pitch, .. } = *self;
        let (n_x, n_y, layers) = (net.shape.n_x(), net.shape.n_y(), &net.shape.layers);
        let row = C * V::LEN;
        let Parts { x, y, weights, a, dz, .. } = &mut self.parts;
        // In a loop, so that the code is there once.
        let all = [
            (Some(batch.x), n_x, &mut **x),
            (batch.y, net.head.targets(), &mut **y),
            (batch.weights, 1, &mut **weights),
        ];
        for (given, n, into) in all {
            if let Some(Values { values, places }) = given {
                blocks::gather::<V, C>(t, values, n, places, range, into);
            }
        }
        let (mut rest, mut read, mut behind): (_, &[V::Elem], _) = (parameters, x, &mut **a);
        let (mut z, mut z_at): (&mut [V::Elem], _) = (&mut [], 0);
        for (index, &Layer { inputs, units, activation }) in layers.iter().enumerate() {
            let size = Size { inputs, units, pitch };
            let (write, after) = behind.split_at_mut(units * row);
            forward::logits::<V, U, C>(t, size, rest, read, write);
            if index + 1 == layers.len() {
                z = write;
                break;
            }
            elementwise::activate::<V>(t, activation, write);
            rest = &rest[size.parameters() * pitch..];
            (read, behind, z_at) = (write, after, z_at + units * row);
        }
        if let Some(out) = out {
            of_lanes::output::<V>(t, net.head, Rows { stride: row, steps: C }, z);
            return blocks::scatter_out::<V>(z, (n_y, C), batch.samples, range, out);
        }
        let weights = batch.weights.map(|_| &**weights);
        let of_outputs = &mut dz[z_at..z_at + n_y * row];
        self.losses.block::<C>(t, (net.head, range.1), z, (y, weights), of_outputs);
        if !self.goes_back {
            return;
        }
        let (mut end, mut w_end) = (z_at, net.parameters() * pitch);
        for (index, &Layer { inputs, units, .. }) in layers.iter().enumerate().skip(1).rev() {
            let size = Size { inputs, units, pitch };
            w_end -= size.parameters() * pitch;
            let start = end - inputs * row;
            let (da, of_units) = dz[start..].split_at_mut(inputs * row);
            back::inputs::<V, U, C>(t, size, &parameters[w_end..], of_units, da);
            elementwise::times_derivative::<V>(t, layers[index - 1].activation, &a[start..end], da);
            end = start;
        }
        if range.1 < C {
            let end = z_at + n_y * row;
            blocks::clear::<V, C>(&mut a[..end], range.1);
            blocks::clear::<V, C>(&mut dz[..end], range.1);
        }
    }

    /// Adds a block's dZ A^T to the stretch's sums, or begins them.
    #[inline(always)]
    fn sum<const U: usize, const C: usize>(&mut self, fresh: bool) {
        let Parts { x, a, dz, part, .. } = &mut self.parts;
        let t = self.t;
        each_layer(
            self.net,
            (C * V::LEN, V::LEN),
            Passed { x, a, dz },
            part,
            #[inline(always)]
            |size, read, dz, sums| back::weights::<V, U, C>(t, size, (read, dz), sums, fresh),
        );
    }

    /// Adds the stretch's sums to those of all samples.
    #[inline(always)]
    fn add_stretch(&mut self, is_first: bool) {
        let Parts { part, total, .. } = &mut self.parts;
        if is_first {
            total.copy_from_slice(part);
        } else {
            update::add::<V>(self.t, part, total);
        }
    }
}
