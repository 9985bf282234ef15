//! The options of scaled conjugate gradients.

use crate::error::{Error, Result};

/// Scaled conjugate gradients: the step length comes from the curvature along the direction (a
/// difference of two gradients) and a lambda that is adapted as in Levenberg-Marquardt, so that no
/// line search is needed. (M. Moller, *A scaled conjugate gradient algorithm for fast supervised
/// learning*, Neural Networks 6, 1993.) An iteration takes two gradients, and a cost.
///
/// Defaults: sigma = 1e-5, lambda from 1e-7 on.
///
/// ```
/// use shallownet::solvers::ScaledConjugateGradients;
///
/// assert_eq!(ScaledConjugateGradients::new().sigma(1e-4).get_sigma(), 1e-4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaledConjugateGradients {
    pub(crate) sigma: f64,
    pub(crate) lambda: f64,
}

impl Default for ScaledConjugateGradients {
    fn default() -> Self {
        Self::new()
    }
}

impl ScaledConjugateGradients {
    /// The defaults.
    pub fn new() -> Self {
        Self { sigma: 1e-5, lambda: 1e-7 }
    }

    /// How far along the direction's unit vector the second gradient is taken. Above 0.
    pub fn sigma(mut self, sigma: f64) -> Self {
        self.sigma = sigma;
        self
    }

    /// lambda at the beginning. Above 0.
    pub fn lambda(mut self, lambda: f64) -> Self {
        self.lambda = lambda;
        self
    }

    /// How far along the direction the second gradient is taken.
    pub fn get_sigma(&self) -> f64 {
        self.sigma
    }

    /// lambda at the beginning.
    pub fn get_lambda(&self) -> f64 {
        self.lambda
    }

    pub(super) fn check(&self) -> Result<()> {
        for (argument, given) in [("sigma", self.sigma), ("lambda", self.lambda)] {
            if !(given.is_finite() && given > 0.0) {
                let expected = "finite and more than 0";
                return Err(Error::Range { argument, expected, given });
            }
        }
        Ok(())
    }
}
