//! The targets of a batch, and how much each of its samples counts.

use crate::data::checks;
use crate::data::columns::Columns;
use crate::element::Element;
use crate::error::{Error, Result};

/// The targets Y (n_y, m) of a batch, with or without a weight a sample.
///
/// With weights w, the cost is their weighted mean, J = sum_i w_i L_i / sum_i w_i, and the gradient
/// is the gradient of that; without, every sample counts the same, J = (1/m) sum_i L_i. A sample
/// with weight 2 counts like two samples. A batch whose weights are all 0 costs 0 and teaches
/// nothing.
///
/// A weight is 0, or from 1e-9 to 1e9 in f32, 1e-75 to 1e75 in f64: then neither their sum nor
/// their products leave the type's range. (Only their ratios count: divide others by the largest.)
///
/// Wherever targets are asked for, plain [`Columns`] will do.
///
/// ```
/// use shallownet::{Activation, Columns, Network, Targets, TrainingWorkspace};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = TrainingWorkspace::new(&net, 3)?;
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

impl<'a, T: Element> Targets<'a, T> {
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
        // If all weights are 0, so is the sum of the losses: dividing it by 1 gives 0.
        match weights.iter().map(|w| w.to_f64()).sum() {
            0.0 => 1.0,
            total => total,
        }
    }

    /// Refuses another number of weights, and weights out of range. The ends of the range are about
    /// the fourth root of T's smallest normal number, and its inverse.
    pub(crate) fn check_weights(&self) -> Result<()> {
        let Some(weights) = self.weights else { return Ok(()) };
        checks::length("weights of the samples", self.y.samples(), weights.len())?;
        let (least, greatest, expected) = match T::NAME {
            "f32" => (1e-9, 1e9, "0, or from 1e-9 to 1e9 (only their ratios count)"),
            _ => (1e-75, 1e75, "0, or from 1e-75 to 1e75 (only their ratios count)"),
        };
        let (least, greatest) = (T::from_f64(least), T::from_f64(greatest));
        let fits = |w: &T| *w == T::ZERO || (*w >= least && *w <= greatest);
        if checks::all(weights, fits) {
            return Ok(());
        }
        checks::finite("weights of the samples", weights)?;
        match weights.iter().find(|w| !fits(w)) {
            None => Ok(()),
            Some(w) => {
                let argument = "a sample's weight";
                Err(Error::Range { argument, expected, given: w.to_f64() })
            }
        }
    }

    /// Refuses a learning rate that the sum of the weights makes infinite.
    pub(crate) fn check_rate(&self, learning_rate: f64) -> Result<()> {
        if self.weights.is_none() || T::from_f64(learning_rate / self.total()).is_finite() {
            return Ok(());
        }
        Err(Error::Range {
            argument: "learning rate",
            expected: "so small that its quotient by the sum of the weights is finite",
            given: learning_rate,
        })
    }
}
