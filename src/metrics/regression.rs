//! Errors of predicted numbers.

use super::{check, columns};
use crate::data::columns::Columns;
use crate::element::Element;
use crate::error::Result;
use crate::rounding;

/// The mean of (a - y)^2 over all samples and outputs, summed in f64. O(values). Note that
/// [`Loss::SquaredError`](crate::Loss::SquaredError) is half the *sum* over the outputs.
///
/// ```
/// use shallownet::{Columns, metrics};
///
/// let (a, y) = (Columns::new(&[1.0, 2.0], 1)?, Columns::new(&[1.0, 4.0], 1)?);
/// assert_eq!(metrics::mean_squared_error(a, y)?, 2.0);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`EmptyBatch`](crate::Error::EmptyBatch); [`Features`](crate::Error::Features) and
/// [`Samples`](crate::Error::Samples) if the shapes differ; [`NotFinite`](crate::Error::NotFinite).
pub fn mean_squared_error<T: Element>(
    predictions: Columns<'_, T>,
    targets: Columns<'_, T>,
) -> Result<f64> {
    check(predictions, targets)?;
    let (a, y) = (predictions.as_slice(), targets.as_slice());
    let sum: f64 = a.iter().zip(y).map(|(a, y)| (a.to_f64() - y.to_f64()).powi(2)).sum();
    Ok(sum / a.len() as f64)
}

/// R^2, the coefficient of determination: 1 - sum (y - a)^2 / sum (y - mean y)^2, the mean of the
/// outputs' own. 1 is perfect, 0 no better than the mean, negative worse. O(values), in f64.
///
/// An output whose targets are all equal has no variance to explain: it counts 1 if predicted
/// exactly and else 0, as in scikit-learn. Targets and predictions that differ by their rounding
/// alone (0.3 and 0.1 + 0.2; at most 4 eps of the largest target) are equal.
///
/// ```
/// use shallownet::{Columns, metrics};
///
/// let (a, y) = (Columns::new(&[1.0, 2.0, 4.0], 1)?, Columns::new(&[1.0, 3.0, 5.0], 1)?);
/// assert_eq!(metrics::r_squared(a, y)?, 0.75);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// As [`mean_squared_error`].
pub fn r_squared<T: Element>(predictions: Columns<'_, T>, targets: Columns<'_, T>) -> Result<f64> {
    check(predictions, targets)?;
    let (n_y, m) = (targets.features(), targets.samples() as f64);
    let mut total = 0.0;
    for k in 0..n_y {
        let y = || columns(targets).map(|c| c[k].to_f64());
        let off = || columns(predictions).zip(y()).map(|(a, y)| a[k].to_f64() - y);
        let largest =
            |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |l, v| v.abs().max(l));
        // The second sum adds back what rounding lost in the first.
        let rough: f64 = y().map(|v| v / m).sum();
        let mean = rough + y().map(|v| (v - rough) / m).sum::<f64>();
        let rounding = rounding::deviation(largest(&mut y()));
        let widest = largest(&mut y().map(|v| v - mean));
        total += if widest > rounding {
            // In units of the largest difference, so that no square overflows or vanishes.
            let squares =
                |of: &mut dyn Iterator<Item = f64>| of.map(|v| (v / widest).powi(2)).sum();
            let (residual, spread): (f64, f64) =
                (squares(&mut off()), squares(&mut y().map(|v| v - mean)));
            1.0 - residual / spread
        } else if largest(&mut off()) <= rounding {
            1.0
        } else {
            0.0
        };
    }
    Ok(total / n_y as f64)
}
