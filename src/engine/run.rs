//! Runs a pass on a backend: the one place where the choice of backend, level and layout becomes
//! code.
//!
//! These functions are instantiated for f32 and f64 in this crate (see `float`), so that programs
//! that use the library don't compile the kernels again.

use core::marker::PhantomData;

use super::elementwise::all_finite;
use super::level::with_level;
use super::pass::{self, Prediction, Propagation};
use super::plan::Regions;
use super::sums::{self, Destination, WeightSums};
use super::{Engine, custom, fused, narrow, narrow_plan, portable, single, tiny};
use crate::scalar::Scalar;
use crate::shape::Shape;

/// Evaluates `$call` with `$ops` bound to the engine's operations.
macro_rules! with_ops {
    ($engine:expr, $ops:ident => $call:expr) => {
        match $engine {
            Engine::Fused(level) => with_level!(level, simd => {
                let $ops = &fused::FusedOps(simd);
                $call
            }),
            Engine::Portable => {
                let $ops = &portable::GemmOps(PhantomData::<portable::MatrixMultiply>);
                $call
            }
            #[cfg(feature = "cblas")]
            Engine::Cblas => {
                let $ops = &portable::GemmOps(PhantomData::<portable::Cblas>);
                $call
            }
        }
    };
}

/// Forward and loss, and backward where that is wanted. Returns J; or `None` if x is refused, with
/// nothing written but the tiles.
pub(super) fn propagate<T: Scalar>(engine: Engine, task: Propagation<'_, T>) -> Option<f64> {
    let (x, shape, regions) = (task.samples.x, task.model.shape, task.regions);
    let samples = x.len() / shape.n_x();
    let may = || !task.check_x || all_finite(engine, x);
    if let Some(level) = single(engine, samples) {
        return may().then(|| with_level!(level, simd => single::propagate(simd, task)));
    }
    if let Some((level, layout)) = by_samples(engine, shape, regions, samples) {
        return may().then(|| with_level!(level, simd => narrow::propagate(simd, layout, task)));
    }
    let check_x = task.check_x;
    let (cost, x_is_finite) = with_ops!(engine, ops => pass::propagate(ops, task));
    (x_is_finite || !check_x || all_finite(engine, x)).then_some(cost)
}

/// The gradient, into the sums, or added to the parameters.
pub(super) fn sum_weights<T: Scalar>(
    engine: Engine,
    task: &WeightSums<'_, T>,
    into: Destination<'_, T>,
) {
    let samples = task.x.len() / task.shape.n_x();
    if let Some(level) = single(engine, samples) {
        let Destination { sums, parameters, .. } = into;
        return with_level!(level, simd => single::sum_weights(simd, task, sums, parameters));
    }
    if let Some((level, layout)) = by_samples(engine, task.shape, task.regions, samples) {
        let Destination { sums, parameters, .. } = into;
        return with_level!(level, simd => narrow::sum_weights(simd, layout, task, sums, parameters));
    }
    with_ops!(engine, ops => sums::sum_weights(ops, task, into));
}

/// Forward; predictions go to the task's `out`. False if x is refused, with nothing written but the
/// tiles.
pub(super) fn predict<T: Scalar>(engine: Engine, task: &mut Prediction<'_, T>) -> bool {
    let Prediction { x, check_x, .. } = *task;
    let samples = x.samples();
    let may = || !check_x || all_finite(engine, x.as_slice());
    if let Some(level) = single(engine, samples) {
        return may() && {
            with_level!(level, simd => single::predict(simd, task));
            true
        };
    }
    let (shape, regions) = (task.model.shape, task.regions);
    if let Some((level, layout)) = by_samples(engine, shape, regions, samples) {
        return may() && {
            with_level!(level, simd => narrow::predict(simd, layout, task));
            true
        };
    }
    // To read x twice is cheaper than to write many predictions twice.
    let look_first = 2 * task.model.head.n_y >= shape.n_x();
    if look_first && !may() {
        return false;
    }
    let may = (check_x && !look_first).then_some(may);
    with_ops!(engine, ops => pass::predict(ops, task, may))
}

/// The prediction of one sample by a tiny network; false, and nothing done, if the backend has no way
/// of its own for it, or if its first logits are not finite.
pub(super) fn predict_tiny<T: Scalar>(
    engine: Engine,
    net: &tiny::Net<'_, T>,
    x: &[T],
    out: &mut [T],
) -> bool {
    let Engine::Fused(level) = engine else { return false };
    with_level!(level, simd => tiny::predict(simd, net, x, out))
}

/// A step on one sample of a tiny network; `None`, and nothing done, in the same cases. Returns J; if
/// that is not finite, no parameter has changed.
pub(super) fn step_tiny<T: Scalar>(
    engine: Engine,
    task: &mut tiny::Step<'_, T>,
    x: &[T],
    y: &[T],
) -> Option<f64> {
    let Engine::Fused(level) = engine else { return None };
    with_level!(level, simd => tiny::step(simd, task, x, y))
}

/// Forward that keeps every layer's A, for [`backward_from`].
pub(super) fn forward<T: Scalar>(engine: Engine, task: custom::Forward<'_, T>) {
    with_ops!(engine, ops => custom::forward(ops, task));
}

/// Backward from the caller's output gradient.
pub(super) fn backward_from<T: Scalar>(engine: Engine, task: custom::Backward<'_, T>) {
    with_ops!(engine, ops => custom::backward(ops, task));
}

/// The level, if the batch is one sample and the backend has a path for it.
fn single(engine: Engine, samples: usize) -> Option<fearless_simd::Level> {
    match engine {
        Engine::Fused(level) if samples == 1 => Some(level),
        _ => None,
    }
}

/// The level and layout, if the batch goes with samples in lanes.
fn by_samples<'a>(
    engine: Engine,
    shape: &Shape,
    regions: &'a Regions,
    samples: usize,
) -> Option<(fearless_simd::Level, &'a narrow_plan::Layout)> {
    let Engine::Fused(level) = engine else { return None };
    regions.narrow(shape, samples).map(|layout| (level, layout))
}
