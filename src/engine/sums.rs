//! The second region of a step: every layer's gradient, summed over all samples in order, turn by
//! turn, stretch by stretch.
//!
//! A turn is a short range of samples: all units of a layer sum over it before the next begins, so
//! that what the layer has read of these samples comes from far memory once. Threads share the
//! units. In our kernels the sums of a unit don't depend on the units that it shares a thread with.

use core::ops::Range;

use super::float::Float;
use super::ops::LayerOps;
use super::pass::input;
use super::plan::{self, Regions};
use super::stretches;
use super::tiles::{Model, disjoint, is_parallel};
use super::turns;
use crate::engine::shape::Shape;
use crate::kernels::block::{Block, GradientRows, Pass, Turn};
use crate::words::choices::Parallelism;

/// The second region: every layer's gradient, from what the first has left in the tiles.
///
/// The gradient of J is 1/m times the sums. With the factor -lr/m, added to the parameters, this is
/// the gradient-descent update: each parameter is rounded once, however many tiles there are.
#[derive(Debug)]
pub struct WeightSums<'a, T> {
    pub(crate) shape: &'a Shape,
    pub(crate) parallelism: Parallelism,
    pub(crate) regions: &'a Regions,
    pub(crate) x: &'a [T],
    pub(crate) tiles: &'a [T],
    pub(crate) factor: T,
}

impl<'a, T: Float> WeightSums<'a, T> {
    /// For the gradient of the mean over the samples.
    pub(super) fn of_mean(
        model: Model<'a, T>,
        regions: &'a Regions,
        x: &'a [T],
        tiles: &'a [T],
    ) -> Self {
        let Model { shape, parallelism, .. } = model;
        let factor = T::from_f64(1.0 / (x.len() / shape.n_x()) as f64);
        Self { shape, parallelism, regions, x, tiles, factor }
    }
}

/// Where a gradient goes: slices laid out by the shape.
#[derive(Debug)]
pub struct Destination<'a, T> {
    /// The sums; scratch, if it is parameters that they are added to.
    pub(crate) sums: &'a mut [T],
    /// Room for the sums of a stretch, as [`stretches::room`] says.
    pub(crate) stretch: &'a mut [T],
    pub(crate) parameters: Option<&'a mut [T]>,
}

/// Units that a thread should have at least, so that it reads the layer's inputs for many of them.
const PART_UNITS: usize = 64;

/// Parts are multiples of this many units: an even number of panels, whatever the type.
const STEP_UNITS: usize = 32;

/// Sums every layer's gradient, or adds it to the parameters if they are given.
pub(crate) fn sum_weights<T: Float>(
    ops: &dyn LayerOps<T>,
    task: &WeightSums<'_, T>,
    into: Destination<'_, T>,
) {
    let samples = task.x.len() / task.shape.n_x();
    let split = Sums {
        ops,
        task,
        columns: plan::tile_columns(task.shape, size_of::<T>(), samples),
        tiles: &task.tiles[..samples * task.regions.column],
        parallel: is_parallel(task.parallelism, task.shape, 2.0, samples),
    };
    let Destination { sums, stretch, parameters } = into;
    let stretch = (!stretch.is_empty()).then_some(stretch);
    split.layers(0..task.shape.layers.len(), 0, (sums, stretch, parameters));
}

/// The gradient buffer cut into layers and parts of their units, by halves.
struct Sums<'a, T> {
    ops: &'a dyn LayerOps<T>,
    task: &'a WeightSums<'a, T>,
    tiles: &'a [T],
    columns: usize,
    parallel: bool,
}

impl<T: Float> Sums<'_, T> {
    /// The buffers are the parts that start at `offset` and hold these layers.
    fn layers(
        &self,
        layers: Range<usize>,
        offset: usize,
        (sums, stretch, parameters): (&mut [T], Option<&mut [T]>, Option<&mut [T]>),
    ) {
        let shape = self.task.shape;
        if layers.len() == 1 {
            let span = &shape.spans[layers.start];
            let place = |r: &Range<usize>| r.start - offset..r.end - offset;
            let split = |buffer| {
                let [w, b] = disjoint(buffer, [place(&span.weights), place(&span.bias)]);
                (w, b)
            };
            let (rows, panel) = (0..shape.layers[layers.start].units, span.panel);
            let (sums, stretch, parameters) =
                (split(sums), stretch.map(split), parameters.map(split));
            let into = GradientRows { sums, stretch, parameters, rows, panel };
            return self.parts(layers.start, into);
        }
        let middle = layers.start + layers.len() / 2;
        let cut = shape.spans[middle].weights.start;
        let (left, right) = sums.split_at_mut(cut - offset);
        let (s_left, s_right) = stretch.map(|s| s.split_at_mut(cut - offset)).unzip();
        let (p_left, p_right) = parameters.map(|p| p.split_at_mut(cut - offset)).unzip();
        self.join(
            || self.layers(layers.start..middle, offset, (left, s_left, p_left)),
            || self.layers(middle..layers.end, cut, (right, s_right, p_right)),
        );
    }

    /// The layer's units, in parts that threads share.
    fn parts(&self, layer: usize, into: GradientRows<'_, T>) {
        let (size, is_gemm) = (&self.task.shape.layers[layer], self.task.shape.panel == 1);
        let (part, step) = match is_gemm {
            // Which rows a GEMM computes together may change its bits: the same on any thread.
            true => (gemm_units(size.units), gemm_units(size.units)),
            false if self.parallel => (part_units(size.units), STEP_UNITS),
            false => (size.units, size.units),
        };
        if into.rows.len() <= part {
            return self.sum(layer, into);
        }
        let units = into.rows.len().div_ceil(2).next_multiple_of(step);
        let (left, right) = into.split_at(units, size.inputs);
        self.join(|| self.parts(layer, left), || self.parts(layer, right));
    }

    /// Some units over all tiles, in order. The first stretch is the beginning of the sums,
    /// the last goes on with them; each between them is summed by itself.
    fn sum(&self, layer: usize, mut into: GradientRows<'_, T>) {
        let shape = self.task.shape;
        let samples = self.task.x.len() / shape.n_x();
        let tiles = stretches::of_layer(shape, layer, self.columns, samples);
        let mut first = 0;
        while first < samples {
            let end = samples.min(first.saturating_add(tiles * self.columns));
            let (turn, range) = (Turn { first: first == 0, last: end == samples }, first..end);
            first = end;
            let mut all = into.reborrow();
            let Some(stretch) = all.stretch.take().filter(|_| !turn.first && !turn.last) else {
                self.sum_stretch(layer, range, all, turn);
                continue;
            };
            let (rows, panel) = (all.rows.clone(), all.panel);
            let mut own =
                GradientRows { sums: stretch, stretch: None, parameters: None, rows, panel };
            self.sum_stretch(layer, range, own.reborrow(), Turn { first: true, last: true });
            add(all.sums.0, own.sums.0);
            add(all.sums.1, own.sums.1);
        }
    }

    /// Sums over a range of samples, turn by turn; `at` says where in the batch the range stands.
    fn sum_stretch(
        &self,
        layer: usize,
        samples: Range<usize>,
        mut into: GradientRows<'_, T>,
        at: Turn,
    ) {
        let columns = turns::columns(self.task.shape, layer, self.columns);
        let mut first = samples.start;
        while first < samples.end {
            let end = turns::end(columns, first, samples.end);
            let turn = Turn {
                first: at.first && first == samples.start,
                last: at.last && end == samples.end,
            };
            let mut passes = [self.pass(layer, first..end); turns::PASSES];
            let mut count = 0;
            for range in turns::by_tiles(self.columns, first..end) {
                passes[count] = self.pass(layer, range);
                count += 1;
            }
            self.ops.backward_weights(&passes[..count], self.task.factor, into.reborrow(), turn);
            first = end;
        }
    }

    /// What a layer has left of a range of samples, of which those in the first one's tile count.
    fn pass(&self, layer: usize, samples: Range<usize>) -> Pass<'_, T> {
        let WeightSums { shape, regions, x, .. } = *self.task;
        let start = samples.start - samples.start % self.columns;
        let columns = self.columns.min(x.len() / shape.n_x() - start);
        let buffers = &self.tiles[start * regions.column..][..columns * regions.column];
        let dz = Block {
            data: &buffers[regions.delta(layer, columns)],
            rows: shape.layers[layer].units,
            stride: regions.stride(layer),
            columns,
        };
        let x = &x[start * shape.n_x()..][..columns * shape.n_x()];
        let of_tile = samples.start - start..columns.min(samples.end - start);
        let a = input(shape, regions, layer, columns, buffers, x);
        (dz.range(of_tile.clone()), a.range(of_tile))
    }

    fn join(&self, left: impl FnOnce() + Send, right: impl FnOnce() + Send) {
        if self.parallel {
            rayon::join(left, right);
        } else {
            left();
            right();
        }
    }
}

/// Units that a GEMM computes at once, of a layer of so many: a sixteenth, so that threads find work.
fn gemm_units(units: usize) -> usize {
    units.div_ceil(16).max(STEP_UNITS)
}

/// The most units of a part, for a layer of so many: two parts for each thread if they are large
/// enough, or else one.
fn part_units(units: usize) -> usize {
    let threads = rayon::current_num_threads();
    let (two_each, one_each) = (units.div_ceil(2 * threads), units.div_ceil(threads));
    two_each.max(PART_UNITS).min(one_each).next_multiple_of(STEP_UNITS)
}

fn add<T: Float>(sums: &mut [T], stretch: &[T]) {
    for (sum, &more) in sums.iter_mut().zip(stretch) {
        *sum += more;
    }
}
