//! How good predictions are: accuracy, precision, recall and F1, the confusion matrix, the area
//! under the ROC curve, mean squared error and R^2; and how good probabilities are: the Brier
//! score, reliability, and the temperature that calibrates them. (The cost is [`Network::cost`].)
//!
//! Predictions and labels are [`Columns`] of the same shape, as [`Network::predict`] writes them
//! and training takes them. One row is a binary classifier: the class is 1 where the value is more
//! than the threshold of 0.5. With several rows the class is the row of the largest value, the
//! first if there are several; labels are one-hot columns (or distributions: the likeliest class
//! counts).
//!
//! ```
//! use shallownet::{Columns, metrics};
//!
//! let a = Columns::new(&[0.9, 0.2, 0.7, 0.4], 1)?;
//! let y = Columns::new(&[1.0, 0.0, 0.0, 1.0], 1)?;
//! assert_eq!(metrics::accuracy(a, y)?, 0.5);
//! assert_eq!(metrics::roc_auc(a.as_slice(), y.as_slice())?, 0.75);
//! let confusion = metrics::Confusion::of(a, y)?;
//! assert_eq!((confusion.precision(1), confusion.recall(1)), (0.5, 0.5));
//! # Ok::<(), shallownet::Error>(())
//! ```
//!
//! [`Network::cost`]: crate::Network::cost
//! [`Network::predict`]: crate::Network::predict

mod brier;
mod calibration;
mod confusion;
mod ranking;
mod regression;
mod reliability;

pub use brier::brier_score;
pub use calibration::Temperature;
pub use confusion::{Confusion, Scores};
pub use ranking::roc_auc;
pub use regression::{mean_squared_error, r_squared};
pub use reliability::{Bin, Reliability};

use crate::data::checks;
use crate::data::columns::Columns;
use crate::element::Element;
use crate::error::{Error, Result};

/// The share of samples whose predicted class is that of the label. O(values), no allocation.
///
/// ```
/// use shallownet::{Columns, metrics};
///
/// // Three classes, two samples.
/// let a = Columns::new(&[0.1, 0.7, 0.2, 0.5, 0.3, 0.2], 3)?;
/// let y = Columns::new(&[0.0, 1.0, 0.0, 0.0, 0.0, 1.0], 3)?;
/// assert_eq!(metrics::accuracy(a, y)?, 0.5);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`Error::EmptyBatch`]; [`Error::Features`] and [`Error::Samples`] if the shapes differ;
/// [`Error::NotFinite`].
pub fn accuracy<T: Element>(predictions: Columns<'_, T>, labels: Columns<'_, T>) -> Result<f64> {
    check(predictions, labels)?;
    let pairs = columns(predictions).zip(columns(labels));
    let right = pairs.filter(|(a, y)| class(a) == class(y)).count();
    Ok(right as f64 / predictions.samples() as f64)
}

/// Each column's class: of one row, whether the value is more than 0.5 (0 or 1); of several, the
/// row of the largest value, the first of equals. Allocates. O(values).
///
/// ```
/// use shallownet::{Columns, metrics};
///
/// assert_eq!(metrics::classes(Columns::new(&[0.5, 0.6], 1)?)?, [0, 1]);
/// assert_eq!(metrics::classes(Columns::new(&[0.1, 0.2, 0.7, 0.4, 0.4, 0.2], 3)?)?, [2, 0]);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`Error::NotFinite`].
pub fn classes<T: Element>(values: Columns<'_, T>) -> Result<Vec<usize>> {
    checks::finite("values", values.as_slice())?;
    Ok(columns(values).map(class).collect())
}

/// The class of one column of finite values; see [`classes`]. O(values), no allocation.
///
/// ```
/// use shallownet::metrics;
///
/// assert_eq!([metrics::class(&[0.5]), metrics::class(&[0.6])], [0, 1]);
/// assert_eq!(metrics::class(&[0.1, 0.2, 0.7]), 2);
/// ```
pub fn class<T: Element>(column: &[T]) -> usize {
    if let [value] = column {
        return usize::from(value.to_f64() > 0.5);
    }
    let mut best = 0;
    for (k, value) in column.iter().enumerate() {
        if *value > column[best] {
            best = k;
        }
    }
    best
}

fn columns<T>(values: Columns<'_, T>) -> impl Iterator<Item = &[T]> {
    values.as_slice().chunks_exact(values.features())
}

/// Both have samples, the same shape, and finite values.
fn check<T: Element>(predictions: Columns<'_, T>, labels: Columns<'_, T>) -> Result<()> {
    if predictions.samples() == 0 {
        return Err(Error::EmptyBatch { argument: "predictions" });
    }
    let (expected, given) = (predictions.features(), labels.features());
    if given != expected {
        return Err(Error::Features { argument: "labels", expected, given });
    }
    let (expected, given) = (predictions.samples(), labels.samples());
    if given != expected {
        return Err(Error::Samples { argument: "labels", expected, given });
    }
    checks::finite("predictions", predictions.as_slice())?;
    checks::finite("labels", labels.as_slice())
}

/// As [`check`], and all values are between 0 and 1.
fn check_probabilities<T: Element>(
    predictions: Columns<'_, T>,
    labels: Columns<'_, T>,
) -> Result<()> {
    check(predictions, labels)?;
    for (argument, values) in [("predictions", predictions), ("labels", labels)] {
        let inside = |v: &T| *v >= T::ZERO && *v <= T::ONE;
        if let Some(index) = values.as_slice().iter().position(|v| !inside(v)) {
            let (value, expected) = (values.as_slice()[index].to_f64(), "a value in [0, 1]");
            return Err(Error::Label { argument, index, value, expected });
        }
    }
    Ok(())
}
