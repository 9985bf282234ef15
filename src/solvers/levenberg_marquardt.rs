//! The options of Levenberg-Marquardt.

use crate::error::{Error, Result};

/// Levenberg-Marquardt, for squared errors: Newton's method with J^T J in the place of the Hessian.
///
/// With r the errors a - y (all outputs of all samples, times the roots of the samples' weights) and
/// J their derivatives by the parameters w, an iteration solves
///
/// ```text
/// (J^T J / m + P + mu I) d = J^T r / m + P w,    w -= d
/// ```
///
/// where m is the sum of the samples' weights and P the penalties. If the cost falls, mu is divided
/// by [`decrease`](Self::decrease), else multiplied by [`increase`](Self::increase), and another step
/// from the same place is tried. (K. Levenberg 1944; D. Marquardt 1963; M. Hagan and M. Menhaj,
/// *Training feedforward networks with the Marquardt algorithm*, IEEE Trans. Neural Networks 5,
/// 1994.) J is never there as a whole: blocks of samples are added to J^T J.
///
/// For p parameters, m samples and n_y outputs, an iteration takes O(m n_y p^2 / 2 + p^3 / 6)
/// multiplications, and memory for two matrices of p^2 numbers ([`Solver::bytes_for`]). All
/// arithmetic is in f64. A network of f32 is solved in f64, too, and takes the result rounded.
///
/// Defaults: mu from 0.01 on, times 4 or divided by 5, at most 1e10 (with these, 300 starts on sin(pi x)
/// took 0.55 to 0.7 of the time that 0.001, times 10 and divided by 10, took); no Bayesian
/// regularisation; 1 GiB of memory.
///
/// [`Solver::bytes_for`]: crate::solvers::Solver::bytes_for
///
/// ```
/// use shallownet::solvers::LevenbergMarquardt;
///
/// let method = LevenbergMarquardt::new().damping(0.1);
/// assert_eq!(method.get_damping(), 0.1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevenbergMarquardt {
    pub(crate) damping: f64,
    pub(crate) increase: f64,
    pub(crate) decrease: f64,
    pub(crate) most_damping: f64,
    pub(crate) bayesian: bool,
    pub(crate) most_bytes: usize,
}

impl Default for LevenbergMarquardt {
    fn default() -> Self {
        Self::new()
    }
}

impl LevenbergMarquardt {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            damping: 1e-2,
            increase: 4.0,
            decrease: 5.0,
            most_damping: 1e10,
            bayesian: false,
            most_bytes: 1 << 30,
        }
    }

    /// mu at the beginning. Above 0.
    pub fn damping(mut self, damping: f64) -> Self {
        self.damping = damping;
        self
    }

    /// What mu is multiplied by after a step that did not lower the cost. Above 1.
    pub fn increase(mut self, factor: f64) -> Self {
        self.increase = factor;
        self
    }

    /// What mu is divided by after a step that lowered the cost. At least 1.
    pub fn decrease(mut self, factor: f64) -> Self {
        self.decrease = factor;
        self
    }

    /// The mu at which a run gives up. Above 0.
    pub fn most_damping(mut self, damping: f64) -> Self {
        self.most_damping = damping;
        self
    }

    /// Bayesian regularisation: the cost is beta E_D + alpha E_W with E_D = 1/2 sum r^2, E_W = 1/2
    /// sum w^2 over all parameters, and after each iteration
    ///
    /// ```text
    /// gamma = p - alpha trace (beta J^T J + alpha I)^-1,   alpha = gamma / 2 E_W,   beta = (n - gamma) / 2 E_D
    /// ```
    ///
    /// for n errors. gamma is the number of parameters that the data determine. (D. MacKay,
    /// *Bayesian interpolation*, Neural Computation 4, 1992; F. D. Foresee and M. Hagan,
    /// *Gauss-Newton approximation to Bayesian learning*, ICNN 1997.) It takes the place of an L2
    /// penalty, and costs another factorization and O(p^3 / 3) an iteration.
    pub fn bayesian(mut self) -> Self {
        self.bayesian = true;
        self
    }

    /// The most memory that it may take, in bytes.
    pub fn most_bytes(mut self, bytes: usize) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// mu at the beginning.
    pub fn get_damping(&self) -> f64 {
        self.damping
    }

    /// What mu is multiplied by after a failure.
    pub fn get_increase(&self) -> f64 {
        self.increase
    }

    /// What mu is divided by after a success.
    pub fn get_decrease(&self) -> f64 {
        self.decrease
    }

    /// The mu at which a run gives up.
    pub fn get_most_damping(&self) -> f64 {
        self.most_damping
    }

    /// Is there Bayesian regularisation?
    pub fn is_bayesian(&self) -> bool {
        self.bayesian
    }

    /// The most memory that it may take.
    pub fn get_most_bytes(&self) -> usize {
        self.most_bytes
    }

    pub(super) fn check(&self) -> Result<()> {
        let above_0 = |given: f64| given.is_finite() && given > 0.0;
        let range = |argument, fits, expected, given| {
            if fits { Ok(()) } else { Err(Error::Range { argument, expected, given }) }
        };
        let finite = "finite and more than 0";
        range("damping", above_0(self.damping), finite, self.damping)?;
        range("greatest damping", above_0(self.most_damping), finite, self.most_damping)?;
        let (more, less) = (self.increase, self.decrease);
        range("increase of damping", more.is_finite() && more > 1.0, "finite and above 1", more)?;
        let fits = less.is_finite() && less >= 1.0;
        range("decrease of damping", fits, "finite and at least 1", less)
    }
}
