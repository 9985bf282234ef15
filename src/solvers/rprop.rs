//! The options of RPROP.

use crate::error::{Error, Result};

/// iRPROP: each parameter has a step size of its own, which grows while its derivative keeps its
/// sign and shrinks when that changes; the derivative's size is not used.
///
/// iRPROP+ takes a step back where the sign has changed, if the cost has risen; iRPROP- does not. In
/// both, the derivative then counts as 0 once. (C. Igel and M. Huesken, *Improving the Rprop learning
/// algorithm*, NC 2000; M. Riedmiller and H. Braun 1993.) An iteration takes one gradient. The cost
/// may rise from one to the next: the best parameters are kept, and left to the network at the end.
///
/// Defaults: iRPROP+, step sizes from 0.0125 on, within 1e-9 and 50, times 1.2 or 0.5.
///
/// ```
/// use shallownet::solvers::Rprop;
///
/// assert!(Rprop::new().goes_back() && !Rprop::minus().goes_back());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rprop {
    pub(crate) goes_back: bool,
    pub(crate) first: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
    pub(crate) grow: f64,
    pub(crate) shrink: f64,
}

impl Default for Rprop {
    fn default() -> Self {
        Self::new()
    }
}

impl Rprop {
    /// iRPROP+.
    pub fn new() -> Self {
        Self { goes_back: true, first: 0.0125, least: 1e-9, greatest: 50.0, grow: 1.2, shrink: 0.5 }
    }

    /// iRPROP-.
    pub fn minus() -> Self {
        Self { goes_back: false, ..Self::new() }
    }

    /// The step sizes: at the beginning, the least, and the greatest. All finite, above 0.
    pub fn sizes(mut self, first: f64, least: f64, greatest: f64) -> Self {
        (self.first, self.least, self.greatest) = (first, least, greatest);
        self
    }

    /// What step sizes are multiplied by: where the sign stays (above 1), where it changes (between 0
    /// and 1).
    pub fn factors(mut self, grow: f64, shrink: f64) -> Self {
        (self.grow, self.shrink) = (grow, shrink);
        self
    }

    /// Is it iRPROP+?
    pub fn goes_back(&self) -> bool {
        self.goes_back
    }

    /// The step sizes: first, least, greatest.
    pub fn get_sizes(&self) -> (f64, f64, f64) {
        (self.first, self.least, self.greatest)
    }

    /// The factors of growth and of shrinking.
    pub fn get_factors(&self) -> (f64, f64) {
        (self.grow, self.shrink)
    }

    pub(super) fn check(&self) -> Result<()> {
        let range = |argument, expected, given| Err(Error::Range { argument, expected, given });
        for (argument, given) in [
            ("first step size", self.first),
            ("least step size", self.least),
            ("greatest step size", self.greatest),
        ] {
            if !(given.is_finite() && given > 0.0) {
                return range(argument, "finite and more than 0", given);
            }
        }
        if self.least > self.greatest {
            return range("least step size", "at most the greatest", self.least);
        }
        if !(self.grow.is_finite() && self.grow > 1.0) {
            return range("factor of growth", "finite and above 1", self.grow);
        }
        if !(self.shrink > 0.0 && self.shrink < 1.0) {
            return range("factor of shrinking", "more than 0 and less than 1", self.shrink);
        }
        Ok(())
    }
}
