//! The Brier score: how far predicted probabilities are from what happened.

use super::check_probabilities;
use crate::data::columns::Columns;
use crate::element::Element;
use crate::error::Result;

/// The Brier score of predicted probabilities: the mean over the samples of (p - y)^2, which of
/// several rows is summed over the classes. 0 is perfect; the lower, the better. O(values), in f64.
///
/// Of one row, the probability of class 1, it is between 0 and 1, and 0.25 for a constant 0.5. Of
/// several rows it is Brier's own definition (1950, *Monthly Weather Review* 78) and between 0 and
/// 2: two classes as two rows score twice what one row does. scikit-learn's `brier_score_loss` has
/// the same two definitions, unless it is told otherwise by `scale_by_half`.
///
/// ```
/// use shallownet::{Columns, metrics};
///
/// let (p, y) = (Columns::new(&[0.8, 0.4], 1)?, Columns::new(&[1.0, 0.0], 1)?);
/// assert!((metrics::brier_score(p, y)? - 0.1_f64).abs() < 1e-15);
/// let (p, y) = (Columns::new(&[0.5, 0.25, 0.25], 3)?, Columns::new(&[1.0, 0.0, 0.0], 3)?);
/// assert_eq!(metrics::brier_score(p, y)?, 0.375);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`EmptyBatch`](crate::Error::EmptyBatch); [`Features`](crate::Error::Features) and
/// [`Samples`](crate::Error::Samples) if the shapes differ; [`NotFinite`](crate::Error::NotFinite);
/// [`Label`](crate::Error::Label) for a prediction or label that is not between 0 and 1.
pub fn brier_score<T: Element>(predictions: Columns<'_, T>, labels: Columns<'_, T>) -> Result<f64> {
    check_probabilities(predictions, labels)?;
    let pairs = predictions.as_slice().iter().zip(labels.as_slice());
    let sum: f64 = pairs.map(|(p, y)| (p.to_f64() - y.to_f64()).powi(2)).sum();
    Ok(sum / predictions.samples() as f64)
}
