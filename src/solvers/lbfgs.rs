//! The options of L-BFGS.

use crate::error::{Error, Result};

/// L-BFGS: a quasi-Newton method that keeps the last steps s and differences of gradients y, and a
/// line search for the strong Wolfe conditions.
///
/// The direction is -H g by the two-loop recursion, from H = (s^T y / y^T y) I on (J. Nocedal and S.
/// Wright, *Numerical Optimization*, 2nd ed. 2006, algorithms 7.4 and 7.5); the step length t
/// satisfies f(t) <= f(0) + c1 t f'(0) and |f'(t)| <= c2 |f'(0)| (algorithms 3.5 and 3.6, with cubic
/// interpolation, equation 3.59). A pair with s^T y <= 0 is not kept. An iteration takes one
/// gradient, as a rule, and 4 history p multiplications.
///
/// Defaults: a history of 10 pairs, c1 = 1e-4, c2 = 0.9.
///
/// ```
/// use shallownet::solvers::Lbfgs;
///
/// assert_eq!(Lbfgs::new().history(20).get_history(), 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lbfgs {
    pub(crate) history: usize,
    pub(crate) c1: f64,
    pub(crate) c2: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Self::new()
    }
}

impl Lbfgs {
    /// The defaults.
    pub fn new() -> Self {
        Self { history: 10, c1: 1e-4, c2: 0.9 }
    }

    /// Pairs that are kept; at least 1.
    pub fn history(mut self, pairs: usize) -> Self {
        self.history = pairs;
        self
    }

    /// c1 and c2 of the Wolfe conditions, 0 < c1 < c2 < 1.
    pub fn wolfe(mut self, c1: f64, c2: f64) -> Self {
        (self.c1, self.c2) = (c1, c2);
        self
    }

    /// Pairs that are kept.
    pub fn get_history(&self) -> usize {
        self.history
    }

    /// c1 and c2.
    pub fn get_wolfe(&self) -> (f64, f64) {
        (self.c1, self.c2)
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.history == 0 {
            return Err(Error::Zero { argument: "history" });
        }
        let range = |argument, expected, given| Err(Error::Range { argument, expected, given });
        if !(self.c1 > 0.0 && self.c1 < 1.0) {
            return range("c1", "more than 0 and less than 1", self.c1);
        }
        if !(self.c2 > self.c1 && self.c2 < 1.0) {
            return range("c2", "more than c1 and less than 1", self.c2);
        }
        Ok(())
    }
}
