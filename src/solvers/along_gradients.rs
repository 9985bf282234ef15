//! The methods that need a gradient, behind one shape.

use super::descent::Descent;
use super::method::Method;
use super::standing::Standing;
use super::task::{Algorithm, Moved, Task};
use super::{conjugate, quasi_newton, resilient};
use crate::scalar::Scalar;

impl<T: Scalar> Algorithm<T> for Descent<T> {
    fn begin(&mut self, task: &mut Task<'_, T>) -> Standing {
        self.vectors.trial.copy_from_slice(&task.state.parameters);
        let value = self.evaluate(task);
        self.take_trial(task, value)
    }

    fn advance(&mut self, task: &mut Task<'_, T>, from: &Standing) -> Moved {
        match task.state.solving.method {
            Method::LevenbergMarquardt(_) => Moved::Nowhere,
            Method::Lbfgs(options) => quasi_newton::advance(self, task, &options, from),
            Method::Rprop(options) => resilient::advance(self, task, &options, from),
            Method::ScaledConjugateGradients(options) => {
                conjugate::advance(self, task, &options, from)
            }
        }
    }
}
