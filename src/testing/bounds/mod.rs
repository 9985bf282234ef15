//! How far any correct implementation may be from the reference: an error analysis, no tolerance.
//!
//! Beside each value of the reference stands a bound on |tested - reference|. The bound assumes of
//! the tested code what an implementation can document, and nothing about the order of its sums:
//!
//! * each + - * / is rounded once: fl(x op y) = (x op y)(1 + d) + h, |d| <= u, |h| <= eta, with u
//!   half the distance from 1 to the next number and eta the smallest subnormal (h = 0 for + and
//!   -);
//! * a sum of n products, in any order and with or without FMA, is off by at most
//!   gamma_n sum |x_i y_i|, gamma_n = n u / (1 - n u) (Higham, *Accuracy and Stability of Numerical
//!   Algorithms*, equation 3.5);
//! * exp, sigmoid and tanh are within the ULPs of [`Functions`];
//! * what may be below the limits of "Small numbers" on the crate's page may be 0: see
//!   [`Rounding::vanish`].
//!
//! The reference errs as well, by the same inequalities with f64's u. Since gamma_n(u) +
//! gamma_n(u') <= gamma_n(u + u'), one analysis with the sum of both covers the difference of the
//! two; so all inequalities hold with the reference's computed values in them, to all orders.
//! docs/bounds.md derives them.
//!
//! [`Expected::of`] is the whole: predictions, cost and gradients of a batch, each with its bound.
//! [`Rounding`]'s methods are the steps it is made of, for analyses of one's own; [`optimizers`] is
//! the same for a step, [`derivatives`] for Jacobians and Hessians.

mod activations;
mod curves;
pub mod derivatives;
mod expected;
mod functions;
mod losses;
pub mod optimizers;
mod pass;
mod rounding;
mod within;

pub use expected::{Expected, FromOutput};
pub use functions::Functions;
pub use pass::Pass;
pub use rounding::{Approx, Rounding};
pub use within::{Disagreement, within};
