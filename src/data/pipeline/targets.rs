//! What a network learns instead of a regression's targets, and the way back.

use crate::data::standardization::Standardization;
use crate::words::loss::Loss;

/// A change of a regression's targets before they are learned, undone in predictions. [`Default`]
/// changes nothing.
///
/// Targets far from 0 or of large deviation make steps too large and starting weights too small;
/// prices, counts and other numbers above 0 with a long tail are often learned better as their
/// logarithms (predictions are then nearer to the median than to the mean).
///
/// ```
/// use shallownet::pipeline::TargetTransform;
///
/// let prices = [1e5, 1e6, 1e7];
/// let transform = TargetTransform::fit(&prices, 1, true)?;
/// let mut y = prices;
/// transform.apply(&mut y);
/// assert!(y[1].abs() < 1e-12);
/// transform.undo(&mut y);
/// assert!((y[2] / 1e7 - 1.0).abs() < 1e-12);
/// # Ok::<(), shallownet::pipeline::NotTransformable>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetTransform {
    /// Natural logarithms are taken first.
    pub log: bool,
    /// Means and deviations of the n_y targets (of their logarithms).
    pub standardization: Option<Standardization>,
}

/// A target that can't be learned as asked for.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotTransformable {
    /// A number without a logarithm.
    #[error("target {index} is {value}: expected a number above 0, as a logarithm needs it")]
    NotPositive {
        /// Its index among the values.
        index: usize,
        /// What it is.
        value: f64,
    },
    /// The allocator refused.
    #[error("could not allocate {bytes} bytes for the logarithms of the targets")]
    OutOfMemory {
        /// How much was asked for.
        bytes: usize,
    },
    /// An output without a finite mean and standard deviation.
    #[error("the targets of output {output} have no finite mean and standard deviation")]
    NotStandardizable {
        /// The output, from 0.
        output: usize,
    },
}

impl TargetTransform {
    /// Standardizes targets, `n_y` a sample, or, if `log` says so, their logarithms.
    ///
    /// # Errors
    /// [`NotTransformable`].
    pub fn fit(y: &[f64], n_y: usize, log: bool) -> Result<Self, NotTransformable> {
        let mut logarithms = Vec::new();
        let mut y = y;
        if log {
            if let Some(index) = y.iter().position(|v| *v <= 0.0 || v.is_nan()) {
                return Err(NotTransformable::NotPositive { index, value: y[index] });
            }
            let no_room = |_| NotTransformable::OutOfMemory { bytes: size_of_val(y) };
            logarithms.try_reserve_exact(y.len()).map_err(no_room)?;
            logarithms.extend(y.iter().map(|v| v.ln()));
            y = &logarithms;
        }
        let standardization = Standardization::of(y, n_y)
            .map_err(|refused| NotTransformable::NotStandardizable { output: refused.feature })?;
        Ok(Self { log, standardization: Some(standardization) })
    }

    /// Is nothing done?
    pub fn is_none(&self) -> bool {
        !self.log && self.standardization.is_none()
    }

    /// What is to be undone at the outputs of a network with this loss: the same, but of
    /// [`Loss::GaussianNll`], whose outputs are means and then logarithms of variances. Where targets are
    /// standardized, these get twice the logarithm of the standard deviation.
    ///
    /// ```
    /// use shallownet::pipeline::TargetTransform;
    /// use shallownet::{Loss, Standardization};
    ///
    /// let standardization = Some(Standardization { means: vec![20.0], stds: vec![10.0] });
    /// let of_targets = TargetTransform { log: false, standardization };
    /// let mut outputs = [1.0, 0.0];
    /// of_targets.of_outputs(Loss::GaussianNll).undo(&mut outputs);
    /// assert_eq!(outputs, [30.0, 100.0_f64.ln()]);
    /// ```
    pub fn of_outputs(&self, loss: Loss) -> Self {
        let mut of_outputs = self.clone();
        if let (Loss::GaussianNll, Some(of_both)) = (loss, &mut of_outputs.standardization) {
            let of_variances = of_both.stds.iter().map(|std| 2.0 * std.ln());
            of_both.means.extend(of_variances);
            of_both.stds.resize(of_both.means.len(), 1.0);
        }
        of_outputs
    }

    /// Targets to what is learned, in place. A number that has no logarithm becomes NaN or negative
    /// infinity.
    pub fn apply(&self, y: &mut [f64]) {
        if self.log {
            y.iter_mut().for_each(|v| *v = v.ln());
        }
        if let Some(standardization) = &self.standardization {
            standardization.apply(y);
        }
    }

    /// What was predicted to values in the targets' units, in place.
    pub fn undo(&self, values: &mut [f64]) {
        if let Some(standardization) = &self.standardization {
            standardization.undo(values);
        }
        if self.log {
            values.iter_mut().for_each(|v| *v = v.exp());
        }
    }
}
