//! The `fused` backend: our own register-tiled kernels at a SIMD level. Which code path a batch
//! takes follows from the shape and the number of samples alone.

use core::panic::{RefUnwindSafe, UnwindSafe};

use fearless_simd::Simd;

use super::custom::{self, Backward, Forward};
use super::float::Float;
use super::fused_ops::FusedOps;
use super::own_loss::{self, NotFinite, OwnLoss};
use super::pass::{self, Prediction, Propagation};
use super::passes::{Elementwise, Passes};
use super::sums::{self, Destination, WeightSums};
use super::{narrow, single, tiny, tiny_back};
use crate::words::choices::Backend;
use crate::words::level::Level;

/// The backend at the level that the token proves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fused<S>(pub(crate) S);

// A token has no content that a panic could leave half-written.
impl<S> UnwindSafe for Fused<S> {}
impl<S> RefUnwindSafe for Fused<S> {}

impl<T: Float, S: Simd> Passes<T> for Fused<S> {
    fn backend(&self) -> Backend {
        Backend::Fused
    }

    fn level(&self) -> Option<Level> {
        Some(Level::of(self.0.level()))
    }

    fn panel(&self) -> usize {
        T::PANEL
    }

    fn again(&self) -> Box<dyn Passes<T>> {
        Box::new(*self)
    }

    fn predict(&self, task: &mut Prediction<'_, T>) -> bool {
        let Prediction { x, check_x, .. } = *task;
        let (simd, samples) = (self.0, x.samples());
        let may = || !check_x || Elementwise::all_finite(self, x.as_slice());
        if samples == 1 {
            return may() && {
                single::predict(simd, task);
                true
            };
        }
        let (shape, regions) = (task.model.shape, task.regions);
        if let Some(layout) = regions.narrow(shape, samples) {
            return may() && {
                narrow::predict(simd, layout, task);
                true
            };
        }
        pass::predict_checked(&FusedOps(simd), task, &may)
    }

    fn propagate(&self, task: &mut Propagation<'_, T>) -> Option<f64> {
        let Propagation { regions, check_x, .. } = *task;
        let (simd, x, shape) = (self.0, task.samples.x, task.model.shape);
        let samples = x.len() / shape.n_x();
        let may = || !check_x || Elementwise::all_finite(self, x);
        if samples == 1 {
            return may().then(|| single::propagate(simd, task));
        }
        if let Some(layout) = regions.narrow(shape, samples) {
            return may().then(|| narrow::propagate(simd, layout, task));
        }
        let (cost, x_is_finite) = pass::propagate(&FusedOps(simd), task);
        (x_is_finite || may()).then_some(cost)
    }

    fn sum_weights(&self, task: &WeightSums<'_, T>, into: Destination<'_, T>) {
        let (simd, samples) = (self.0, task.x.len() / task.shape.n_x());
        if samples == 1 {
            let Destination { sums, parameters, .. } = into;
            return single::sum_weights(simd, task, sums, parameters);
        }
        if let Some(layout) = task.regions.narrow(task.shape, samples) {
            let Destination { sums, parameters, .. } = into;
            return narrow::sum_weights(simd, layout, task, sums, parameters);
        }
        sums::sum_weights(&FusedOps(simd), task, into);
    }

    fn forward(&self, task: Forward<'_, T>) {
        custom::forward(&FusedOps(self.0), task);
    }

    fn backward_from(&self, task: Backward<'_, T>) {
        custom::backward(&FusedOps(self.0), task);
    }

    fn backward_with(&self, task: OwnLoss<'_, T>) -> Result<f64, NotFinite> {
        own_loss::backward(&FusedOps(self.0), task)
    }

    fn predict_tiny(&self, net: &tiny::Net<'_, T>, x: &[T], out: &mut [T]) -> bool {
        tiny::predict(self.0, net, x, out)
    }

    fn cost_tiny(&self, task: &tiny::Sample<'_, T>, x: &[T], y: &[T]) -> Option<f64> {
        tiny::cost(self.0, task, x, y)
    }

    fn backward_tiny(
        &self,
        task: &tiny::Sample<'_, T>,
        x: &[T],
        y: &[T],
        sums: &mut [T],
    ) -> Option<f64> {
        tiny_back::backward(self.0, task, x, y, sums)
    }

    fn step_tiny(&self, task: &mut tiny_back::Step<'_, T>, x: &[T], y: &[T]) -> Option<f64> {
        tiny_back::step(self.0, task, x, y)
    }
}
