//! The `fused` backend: our own register-tiled kernels at a SIMD level. Which code path a batch
//! takes follows from the shape and the number of samples alone.

use core::panic::{RefUnwindSafe, UnwindSafe};

use fearless_simd::Simd;

use super::custom::{self, Backward, Forward};
use super::derivatives::directions::{self, Directions};
use super::derivatives::inputs::{self, InputDerivatives};
use super::dropped;
use super::float::Float;
use super::fused_ops::FusedOps;
use super::groups::job::Groups;
use super::narrow_plan::Layout;
use super::own_loss::{self, NotFinite, OwnLoss};
use super::pass::{self, Prediction, Propagation};
use super::passes::{Elementwise, Passes};
use super::plan::Regions;
use super::sums::{self, Destination, WeightSums};
use super::{narrow, narrow_custom, single, single_custom, tiny, tiny_back};
use crate::engine::shape::Shape;
use crate::words::choices::Backend;
use crate::words::dropout::Dropout;
use crate::words::level::Level;

/// The backend at the level that the token proves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fused<S>(pub(crate) S);

// A token has no content that a panic could leave half-written.
impl<S> UnwindSafe for Fused<S> {}
impl<S> RefUnwindSafe for Fused<S> {}

/// The way that a batch goes, from the shape and the number of samples alone.
enum Way<'a> {
    /// One sample.
    Single,
    /// Samples in lanes.
    Narrow(&'a Layout),
    /// Units in lanes, in tiles of columns.
    Tiles,
}

impl<'a> Way<'a> {
    fn of<T>(shape: &Shape, regions: &'a Regions, x: &[T]) -> Self {
        match x.len() / shape.n_x() {
            1 => Self::Single,
            samples => regions.narrow(shape, samples).map_or(Self::Tiles, Self::Narrow),
        }
    }
}

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

    fn groups(&self) -> Option<Box<dyn Groups<T>>> {
        Some(Box::new(*self))
    }

    fn again(&self) -> Box<dyn Passes<T>> {
        Box::new(*self)
    }

    fn predict(&self, task: &mut Prediction<'_, T>) -> bool {
        let Prediction { x, check_x, regions, .. } = *task;
        let simd = self.0;
        let may = || !check_x || Elementwise::all_finite(self, x.as_slice());
        match Way::of(task.model.shape, regions, x.as_slice()) {
            Way::Tiles => return pass::predict_checked(&FusedOps(simd), task, &may),
            _ if !may() => return false,
            Way::Single => single::predict(simd, task),
            Way::Narrow(layout) => narrow::predict(simd, layout, task),
        }
        true
    }

    fn propagate(&self, task: &mut Propagation<'_, T>) -> Option<f64> {
        let Propagation { regions, check_x, .. } = *task;
        let (simd, x) = (self.0, task.samples.x);
        let may = || !check_x || Elementwise::all_finite(self, x);
        match Way::of(task.model.shape, regions, x) {
            Way::Single => may().then(|| single::propagate(simd, task)),
            Way::Narrow(layout) => may().then(|| narrow::propagate(simd, layout, task)),
            Way::Tiles => {
                let (cost, x_is_finite) = pass::propagate(&FusedOps(simd), task);
                (x_is_finite || may()).then_some(cost)
            }
        }
    }

    fn sum_weights(&self, task: &WeightSums<'_, T>, into: Destination<'_, T>) {
        let simd = self.0;
        match Way::of(task.shape, task.regions, task.x) {
            Way::Single => single::sum_weights(simd, task, into.sums, into.parameters),
            Way::Narrow(layout) => {
                narrow::sum_weights(simd, layout, task, into.sums, into.parameters);
            }
            Way::Tiles => sums::sum_weights(&FusedOps(simd), task, into),
        }
    }

    fn forward(&self, task: Forward<'_, T>) {
        match Way::of(task.model.shape, task.regions, task.x) {
            Way::Single => single_custom::forward(self.0, task),
            Way::Narrow(layout) => narrow_custom::forward(self.0, layout, task),
            Way::Tiles => custom::forward(&FusedOps(self.0), task),
        }
    }

    fn backward_from(&self, task: Backward<'_, T>) {
        match Way::of(task.model.shape, task.regions, task.x) {
            Way::Single => single_custom::backward(self.0, task),
            Way::Narrow(layout) => narrow_custom::backward(self.0, layout, task),
            Way::Tiles => custom::backward(&FusedOps(self.0), task),
        }
    }

    fn propagate_dropped(&self, task: &mut Propagation<'_, T>, dropout: Dropout) -> Option<f64> {
        let (x, check_x) = (task.samples.x, task.check_x);
        let (cost, x_is_finite) = dropped::propagate(&FusedOps(self.0), task, dropout);
        (x_is_finite || !check_x || Elementwise::all_finite(self, x)).then_some(cost)
    }

    fn sum_tiles(&self, task: &WeightSums<'_, T>, into: Destination<'_, T>) {
        sums::sum_weights(&FusedOps(self.0), task, into);
    }

    fn input_derivatives(&self, task: InputDerivatives<'_, T>) {
        inputs::run(&FusedOps(self.0), task);
    }

    fn directions(&self, task: Directions<'_, T>) {
        directions::run(&FusedOps(self.0), task);
    }

    fn backward_with(&self, task: OwnLoss<'_, T>) -> Result<f64, NotFinite> {
        match Way::of(task.model.shape, task.regions, task.x) {
            Way::Single => single_custom::backward_with(self.0, task),
            Way::Narrow(layout) => narrow_custom::backward_with(self.0, layout, task),
            Way::Tiles => own_loss::backward(&FusedOps(self.0), task),
        }
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
