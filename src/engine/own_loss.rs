//! A gradient from the caller's own loss in one go: forward, the loss of each sample, backward, and
//! the sums over the samples.
//!
//! The tiles, operations and sums are those of [`pass`](super::pass) and [`sums`](super::sums), with
//! units in lanes; `narrow_custom` has the others. Both regions of the step are walked here, so that
//! the second reads what the first has left.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::custom::through_softmax;
use super::float::Float;
use super::ops::LayerOps;
use super::plan::{self, Regions};
use super::sums::{self, Destination, WeightSums};
use super::tile::Tile;
use super::tiles::{Model, disjoint, is_parallel};
use crate::kernels::block::BlockMut;
use crate::kernels::curves::Curve;
use crate::kernels::epilogue;
use crate::words::activation::Activation;

/// Checked shapes, m >= 1.
pub struct OwnLoss<'a, T> {
    pub(crate) model: Model<'a, T>,
    pub(crate) regions: &'a Regions,
    pub(crate) x: &'a [T],
    pub(crate) tiles: &'a mut [T],
    pub(crate) costs: &'a mut [f64],
    /// Room for the transposed weights.
    pub(crate) transposed: &'a mut [T],
    pub(crate) loss: Loss<'a, T>,
    /// Is an output gradient that is not finite refused?
    pub(crate) check: bool,
    pub(crate) into: Destination<'a, T>,
}

/// From a sample's index, its outputs, and room for its output gradient to its loss.
pub(crate) type LossOfSample<'a, T> = dyn Fn(usize, &[T], &mut [T]) -> f64 + Sync + 'a;

/// Takes a sample's index and output activations, writes its output gradient (zeros before the
/// call), and returns its loss.
#[derive(Clone, Copy)]
pub(crate) struct Loss<'a, T> {
    pub(crate) of: &'a LossOfSample<'a, T>,
    /// Is the gradient dA? Else it is dZ.
    pub(crate) is_da: bool,
}

/// The first value that is not finite in all samples' output gradients. If there is one, the sums
/// have not been written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotFinite {
    pub(crate) index: usize,
    pub(crate) value: f64,
}

/// Asks a loss, and looks at what it writes.
pub(super) struct Asking<'a, T> {
    loss: Loss<'a, T>,
    n_y: usize,
    check: bool,
    found: Mutex<Option<NotFinite>>,
}

impl<'a, T: Float> Asking<'a, T> {
    /// `check`: is an output gradient that is not finite refused?
    pub(super) fn new(loss: Loss<'a, T>, n_y: usize, check: bool) -> Self {
        Self { loss, n_y, check, found: Mutex::new(None) }
    }

    pub(super) fn is_da(&self) -> bool {
        self.loss.is_da
    }

    /// The loss of a sample from its outputs; its output gradient goes to `d`, which holds zeros.
    pub(super) fn sample(&self, sample: usize, a: &[T], d: &mut [T]) -> f64 {
        let loss = (self.loss.of)(sample, a, d);
        if self.check
            && let Some(at) = d.iter().position(|d| !d.is_finite())
        {
            let new = NotFinite { index: sample * self.n_y + at, value: d[at].to_f64() };
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            // The lowest index, whichever thread reports first.
            if found.is_none_or(|found: NotFinite| new.index < found.index) {
                *found = Some(new);
            }
        }
        loss
    }

    /// The sum of the losses of samples from `first` on, from columns of outputs; `d` is written.
    pub(super) fn block(&self, first: usize, a: &[T], d: &mut [T]) -> f64 {
        d.fill(T::ZERO);
        let columns = a.chunks_exact(self.n_y).zip(d.chunks_exact_mut(self.n_y));
        (first..).zip(columns).map(|(sample, (a, d))| self.sample(sample, a, d)).sum()
    }

    /// The error, if there is one.
    pub(super) fn refused(&self) -> Result<(), NotFinite> {
        let found = *self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.map_or(Ok(()), Err)
    }
}

/// The gradient, into the task's sums. Returns the mean loss.
pub(crate) fn backward<T: Float>(
    ops: &dyn LayerOps<T>,
    task: OwnLoss<'_, T>,
) -> Result<f64, NotFinite> {
    let OwnLoss { model, regions, x, tiles, costs, loss, into, .. } = task;
    let n_x = model.shape.n_x();
    let samples = x.len() / n_x;
    let columns = plan::tile_columns(model.shape, size_of::<T>(), samples);
    let walk = Walk {
        tile: Tile::new(ops, model, regions).with_way_back(task.transposed),
        asking: Asking::new(loss, model.head.n_y, task.check),
    };

    let (tiles, len) = (&mut tiles[..samples * regions.column], columns * regions.column);
    let costs = &mut costs[..samples.div_ceil(columns)];
    let one = |(index, ((buffers, x), cost)): (usize, OneTile<'_, T>)| {
        *cost = walk.there_and_back(index * columns, buffers, x);
    };
    let parallel = samples > columns && is_parallel(model.parallelism, model.shape, 4.0, samples);
    if parallel {
        let all = tiles.par_chunks_mut(len).zip(x.par_chunks(columns * n_x));
        all.zip(costs.par_iter_mut()).enumerate().for_each(one);
    } else {
        let all = tiles.chunks_mut(len).zip(x.chunks(columns * n_x));
        all.zip(costs.iter_mut()).enumerate().for_each(one);
    }
    walk.asking.refused()?;

    let all = WeightSums::of_mean(model, regions, x, tiles);
    sums::sum_weights(ops, &all, into);
    Ok(costs.iter().sum::<f64>() / samples as f64)
}

/// A tile's buffers and x, and the place for the sum of its losses.
type OneTile<'a, T> = ((&'a mut [T], &'a [T]), &'a mut f64);

/// The passes over one tile.
struct Walk<'a, T> {
    tile: Tile<'a, T>,
    asking: Asking<'a, T>,
}

impl<T: Float> Walk<'_, T> {
    /// Forward, the losses of the samples from `first` on, and back to the first layer's dZ.
    /// Returns the sum of the losses.
    fn there_and_back(&self, first: usize, buffers: &mut [T], x: &[T]) -> f64 {
        let (tile, last) = (&self.tile, self.tile.last());
        let columns = x.len() / tile.model.shape.n_x();
        for layer in 0..last {
            tile.forward(layer, tile.g(layer), buffers, x, columns);
        }
        self.outputs(buffers, x, columns);
        let cost = self.losses(first, buffers, columns);
        if self.asking.is_da() {
            self.to_logits(buffers, x, columns);
        }
        for layer in (1..=last).rev() {
            tile.backward_input(layer, buffers, columns);
        }
        cost
    }

    /// The last layer's A, with the values of a prediction.
    fn outputs(&self, buffers: &mut [T], x: &[T], columns: usize) {
        let (tile, last) = (&self.tile, self.tile.last());
        let (n_y, stride) = (tile.model.head.n_y, tile.regions.stride(last));
        if matches!(tile.g(last), Activation::Identity | Activation::Tanh) {
            return tile.forward(last, tile.g(last), buffers, x, columns);
        }
        tile.forward(last, Activation::Identity, buffers, x, columns);
        let data = &mut buffers[tile.regions.activation(last, columns)];
        let mut a = BlockMut { data, rows: n_y, stride, columns };
        tile.ops.output(tile.model.head, a.pack());
        a.unpack(T::ZERO);
    }

    /// Asks for the loss of each sample; its output gradient goes to the last layer's dZ.
    fn losses(&self, first: usize, buffers: &mut [T], columns: usize) -> f64 {
        let (regions, last) = (self.tile.regions, self.tile.last());
        let (n_y, stride) = (self.tile.model.head.n_y, regions.stride(last));
        let ranges = [regions.activation(last, columns), regions.delta(last, columns)];
        let [a, d] = disjoint(buffers, ranges);
        d.fill(T::ZERO);
        let mut sum = 0.0;
        let pairs = a.chunks_exact(stride).zip(d.chunks_exact_mut(stride));
        for (sample, (a, d)) in (first..).zip(pairs) {
            sum += self.asking.sample(sample, &a[..n_y], &mut d[..n_y]);
        }
        sum
    }

    /// dZ = dA g'(Z) of the last layer.
    fn to_logits(&self, buffers: &mut [T], x: &[T], columns: usize) {
        let (tile, last) = (&self.tile, self.tile.last());
        let (n_y, stride) = (tile.model.head.n_y, tile.regions.stride(last));
        let g = tile.g(last);
        if g.is_relu() {
            // Predictions don't have the mark of z < 0 that the derivative is read from.
            tile.forward(last, g, buffers, x, columns);
        } else if g.is_apart() {
            tile.forward(last, Activation::Identity, buffers, x, columns);
        }
        let ranges = [tile.regions.activation(last, columns), tile.regions.delta(last, columns)];
        let [a, d] = disjoint(buffers, ranges);
        if g.is_apart() {
            return tile.ops.curve(g, Curve::Times(a, d));
        }
        if g != Activation::Softmax {
            return epilogue::times_derivative::<T::Wide>((), g, a, d);
        }
        for (d, a) in d.chunks_exact_mut(stride).zip(a.chunks_exact(stride)) {
            through_softmax(&a[..n_y], d);
        }
    }
}
