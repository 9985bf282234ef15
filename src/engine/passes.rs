//! The door: all that a network asks of its backend, at the backend's level.
//!
//! A network holds one `Box<dyn Passes>` (a type without size, so no memory is allocated), found
//! once by [`resolve`](super::resolve). Behind it lies the code of one backend, level and element
//! type, compiled in this crate, so that programs that use the library don't compile the kernels
//! again.

use core::fmt::Debug;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::custom::{Backward, Forward};
use super::derivatives::directions::Directions;
use super::derivatives::inputs::InputDerivatives;
use super::flat;
use super::groups::job::Groups;
use super::noise;
use super::optimizer::Update;
use super::own_loss::{NotFinite, OwnLoss};
use super::pass::{Prediction, Propagation};
use super::squares;
use super::sums::{Destination, WeightSums};
use super::{tiny, tiny_back};
use crate::kernels::noise::Source;
use crate::words::choices::Backend;
use crate::words::dropout::Dropout;
use crate::words::level::Level;

/// A backend at a level, for elements T. Functions of single values are computed at the same level,
/// or at the machine's best if the backend has none.
pub trait Passes<T>: Elementwise<T> {
    /// Which backend.
    fn backend(&self) -> Backend;

    /// The level, if the backend has levels.
    fn level(&self) -> Option<Level>;

    /// Units a panel of its weight layout: 1 is row-major.
    fn panel(&self) -> usize;

    /// A copy, for a clone of the network.
    fn again(&self) -> Box<dyn Passes<T>>;

    /// Forward; predictions go to the task's `out`. False if x is refused; then only the tiles have
    /// been written.
    fn predict(&self, task: &mut Prediction<'_, T>) -> bool;

    /// Forward and loss, and backward where that is wanted. Returns J; or `None` if x is refused;
    /// then only the tiles have been written.
    fn propagate(&self, task: &mut Propagation<'_, T>) -> Option<f64>;

    /// The gradient, into the sums, or added to the parameters.
    fn sum_weights(&self, task: &WeightSums<'_, T>, into: Destination<'_, T>);

    /// Forward that keeps every layer's A, for [`backward_from`](Self::backward_from).
    fn forward(&self, task: Forward<'_, T>);

    /// Backward from the caller's output gradient.
    fn backward_from(&self, task: Backward<'_, T>);

    /// Forward, a loss of the caller's, backward and the gradient. Returns the mean loss.
    fn backward_with(&self, task: OwnLoss<'_, T>) -> Result<f64, NotFinite>;

    /// [`propagate`](Self::propagate) there and back with hidden units dropped.
    fn propagate_dropped(&self, task: &mut Propagation<'_, T>, dropout: Dropout) -> Option<f64>;

    /// The gradient of what `propagate_dropped` has left.
    fn sum_tiles(&self, task: &WeightSums<'_, T>, into: Destination<'_, T>);

    /// Derivatives of the outputs by the inputs.
    fn input_derivatives(&self, task: InputDerivatives<'_, T>);

    /// Derivatives of gradients along a direction.
    fn directions(&self, task: Directions<'_, T>);

    /// The prediction of one sample by a tiny network; false, and nothing done, if the backend has
    /// no special path for it, or if its first logits are not finite.
    fn predict_tiny(&self, _net: &tiny::Net<'_, T>, _x: &[T], _out: &mut [T]) -> bool {
        false
    }

    /// The cost of one sample by a tiny network; `None`, and nothing done, in the same cases.
    fn cost_tiny(&self, _task: &tiny::Sample<'_, T>, _x: &[T], _y: &[T]) -> Option<f64> {
        None
    }

    /// The same, and the gradient, into the sums.
    fn backward_tiny(
        &self,
        _task: &tiny::Sample<'_, T>,
        _x: &[T],
        _y: &[T],
        _sums: &mut [T],
    ) -> Option<f64> {
        None
    }

    /// The passes of groups of networks, where the backend has them.
    fn groups(&self) -> Option<Box<dyn Groups<T>>> {
        None
    }

    /// A step on one sample of a tiny network; `None`, and nothing done, in the same cases. Returns
    /// J; if that is not finite, no parameter has changed.
    fn step_tiny(&self, _task: &mut tiny_back::Step<'_, T>, _x: &[T], _y: &[T]) -> Option<f64> {
        None
    }
}

/// Functions of single values over whole slices, at a level.
pub trait Elementwise<T>: Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
    /// The function of every value, in place.
    fn apply(&self, function: Function, values: &mut [T]);

    /// Is no value NaN or infinite?
    fn all_finite(&self, values: &[T]) -> bool;

    /// One step of an optimiser.
    fn optimize(&self, update: &mut Update<'_, T>);

    /// The sum of the squares of `scale` times each value, in f64, in an order that the length
    /// fixes; the same bits at all levels.
    fn sum_of_squares(&self, scale: f64, values: &[T]) -> f64;

    /// A job on noise; the same bits at all levels.
    fn noise(&self, source: Source, job: noise::Job<'_, T>);

    /// A job on vectors of f64; the same bits at all levels. 0 where it returns nothing.
    fn flat(&self, job: flat::Job<'_>) -> f64;

    /// A job of Levenberg-Marquardt, in f64; the same bits at all levels with FMA. `None` from a
    /// matrix that is not positive definite.
    fn squares(&self, room: &mut squares::room::Room, job: squares::job::Job<'_>) -> Option<f64>;
}

/// A function of [`Elementwise::apply`].
#[derive(Debug, Clone, Copy)]
pub enum Function {
    Exp,
    Tanh,
    Sigmoid,
    Erf,
    Sin,
    Ln1p,
}
