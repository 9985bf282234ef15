//! What a batch should come to, and how much each of its samples counts.

use crate::checks;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::view::Columns;

/// The targets Y (n_y, m) of a batch, with or without a weight a sample.
///
/// With weights w, the cost is their weighted mean, J = sum_i w_i L_i / sum_i w_i, and the gradient
/// is the gradient of that; without, every sample counts the same, J = (1/m) sum_i L_i. A weight of
/// 2 is a sample that stands twice. Weights are finite and not negative; a batch whose weights are
/// all 0 costs 0 and teaches nothing.
///
/// Wherever targets are asked for, plain [`Columns`] will do.
///
/// ```
/// use shallownet::{Activation, Columns, Network, Targets, Workspace};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = Workspace::training(&net, 3)?;
/// // The second sample counts twice ...
/// let weighted = net.step(x, Targets::weighted(y, &[1.0, 2.0]), 1e-9, &mut workspace)?;
/// // ... as if it stood there twice.
/// let (x, y) = (Columns::new(&[-1.0, 1.0, 1.0], 1)?, Columns::new(&[0.0, 1.0, 1.0], 1)?);
/// assert!((net.cost(x, y, &mut workspace)? - weighted).abs() < 1e-6);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Targets<'a, T> {
    pub(crate) y: Columns<'a, T>,
    pub(crate) weights: Option<&'a [T]>,
}

impl<'a, T> From<Columns<'a, T>> for Targets<'a, T> {
    fn from(y: Columns<'a, T>) -> Self {
        Self { y, weights: None }
    }
}

impl<'a, T: Scalar> Targets<'a, T> {
    /// Targets with one weight a sample. The calls that use them check them.
    ///
    /// ```
    /// # use shallownet::{Columns, Targets};
    /// let y = Columns::new(&[0.0_f32, 1.0], 1)?;
    /// let targets = Targets::weighted(y, &[0.5, 1.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn weighted(y: Columns<'a, T>, weights: &'a [T]) -> Self {
        Self { y, weights: Some(weights) }
    }

    /// The sum of the weights, which the sum of the losses is divided by; m without weights.
    pub(crate) fn total(&self) -> f64 {
        let Some(weights) = self.weights else { return self.y.samples() as f64 };
        // Nothing to divide, if all weights are 0.
        match weights.iter().map(|w| w.to_f64()).sum() {
            0.0 => 1.0,
            total => total,
        }
    }

    /// Refuses weights of another number, negative ones, and what is not finite.
    pub(crate) fn check_weights(&self) -> Result<()> {
        let Some(weights) = self.weights else { return Ok(()) };
        checks::length("weights of the samples", self.y.samples(), weights.len())?;
        checks::finite("weights of the samples", weights)?;
        match weights.iter().find(|&&w| w < T::ZERO) {
            None => Ok(()),
            Some(w) => Err(Error::Range {
                argument: "a sample's weight",
                expected: "0 or more",
                given: w.to_f64(),
            }),
        }
    }
}
