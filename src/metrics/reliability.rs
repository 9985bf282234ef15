//! Reliability: whether what is predicted with 80 % happens in 80 of 100 cases.

use std::collections::BTreeMap;

use super::{check_probabilities, class, columns};
use crate::data::columns::Columns;
use crate::element::Element;
use crate::error::{Error, Result};

/// Predicted probabilities in bins of equal width, each with the share of what really happened: the
/// points of a reliability diagram, or calibration curve.
///
/// Of one row, a prediction is the probability of class 1, and what is observed is how many samples
/// are of class 1. Of several rows, it is the largest probability, that of the predicted class, and
/// what is observed is how many samples are of the predicted class (Guo et al. 2017, *On Calibration
/// of Modern Neural Networks*). Classes are those of [`metrics`](crate::metrics).
///
/// Bin k of n holds probabilities of more than k / n and at most (k + 1) / n; the first holds 0, too.
/// (So it is in scikit-learn's `calibration_curve`.) Only bins with samples are kept.
///
/// ```
/// use shallownet::{Columns, metrics::Reliability};
///
/// // Rain was forecast with 25 % on four days, with 75 % on two.
/// let p = Columns::new(&[0.25, 0.25, 0.25, 0.25, 0.75, 0.75], 1)?;
/// let y = Columns::new(&[0.0, 1.0, 0.0, 0.0, 1.0, 1.0], 1)?;
/// let reliability = Reliability::of(p, y)?;
/// let [low, high] = reliability.bins() else { panic!("two bins have samples") };
/// assert_eq!((low.from, low.to, low.samples), (0.2, 0.3, 4));
/// assert_eq!((low.mean_predicted, low.observed), (0.25, 0.25));
/// assert_eq!((high.mean_predicted, high.observed), (0.75, 1.0));
/// // The forecasts of two days in six were off by 0.25.
/// assert!((reliability.expected_calibration_error() - 0.25 / 3.0).abs() < 1e-15);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    count: usize,
    bins: Vec<Bin>,
    samples: u64,
}

/// The samples whose predicted probability is in one range; see [`Reliability`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Bin {
    /// Probabilities in the bin are more than this (in the first bin, at least this).
    pub from: f64,
    /// They are at most this.
    pub to: f64,
    /// How many samples there are, at least one.
    pub samples: u64,
    /// The mean of their predicted probabilities.
    pub mean_predicted: f64,
    /// The share of them that are of class 1; with several rows, of the predicted class.
    pub observed: f64,
}

impl Reliability {
    /// As many bins as [`of`](Self::of) takes.
    pub const BINS: usize = 10;

    /// Bins predictions and labels of the same shape, into [10](Self::BINS) bins. O(values).
    ///
    /// # Errors
    /// [`Error::EmptyBatch`]; [`Error::Features`] and [`Error::Samples`] if the shapes differ;
    /// [`Error::NotFinite`]; [`Error::Label`] for a value that is not between 0 and 1.
    pub fn of<T: Element>(predictions: Columns<'_, T>, labels: Columns<'_, T>) -> Result<Self> {
        Self::with_bins(predictions, labels, Self::BINS)
    }

    /// The same with a number of bins of your own.
    ///
    /// ```
    /// use shallownet::{Columns, metrics::Reliability};
    ///
    /// let p = Columns::new(&[0.0, 0.25, 0.5, 1.0], 1)?;
    /// let y = Columns::new(&[0.0, 0.0, 1.0, 1.0], 1)?;
    /// let reliability = Reliability::with_bins(p, y, 2)?;
    /// let samples: Vec<u64> = reliability.bins().iter().map(|bin| bin.samples).collect();
    /// assert_eq!(samples, [3, 1]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`of`](Self::of); [`Error::Zero`] bins.
    pub fn with_bins<T: Element>(
        predictions: Columns<'_, T>,
        labels: Columns<'_, T>,
        bins: usize,
    ) -> Result<Self> {
        if bins == 0 {
            return Err(Error::Zero { argument: "bins" });
        }
        check_probabilities(predictions, labels)?;
        // Samples, the sum of their probabilities, and how many happened.
        let mut sums = BTreeMap::<usize, (u64, f64, u64)>::new();
        for (a, y) in columns(predictions).zip(columns(labels)) {
            let (p, happened) = match a {
                [p] => (p.to_f64(), class(y) == 1),
                several => (several[class(several)].to_f64(), class(y) == class(several)),
            };
            let sum = sums.entry(bin_of(p, bins)).or_default();
            *sum = (sum.0 + 1, sum.1 + p, sum.2 + u64::from(happened));
        }
        let bin = |(k, (samples, predicted, happened)): (usize, (u64, f64, u64))| Bin {
            from: k as f64 / bins as f64,
            to: (k + 1) as f64 / bins as f64,
            samples,
            mean_predicted: predicted / samples as f64,
            observed: happened as f64 / samples as f64,
        };
        let samples = predictions.samples() as u64;
        Ok(Self { count: bins, bins: sums.into_iter().map(bin).collect(), samples })
    }

    /// The bins that have samples, in ascending order.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// The number of bins, those without samples included.
    pub fn bin_count(&self) -> usize {
        self.count
    }

    /// All samples.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// ECE: the mean over the samples of how far the observed share of their bin is from its mean
    /// predicted probability (Naeini et al. 2015). Between 0, calibrated, and 1. Note that it
    /// depends on the number of bins, and that in bins of few samples chance alone makes it larger.
    pub fn expected_calibration_error(&self) -> f64 {
        let off = |bin: &Bin| bin.samples as f64 * (bin.observed - bin.mean_predicted).abs();
        self.bins.iter().map(off).sum::<f64>() / self.samples as f64
    }
}

/// The bin of a probability: how many of the edges k / n inside (0, 1) are below it.
fn bin_of(p: f64, bins: usize) -> usize {
    let edge = |k: usize| k as f64 / bins as f64;
    // The product may be off by its rounding, which the comparisons set right.
    let mut k = ((p * bins as f64) as usize).min(bins - 1);
    while k > 0 && p <= edge(k) {
        k -= 1;
    }
    while k + 1 < bins && p > edge(k + 1) {
        k += 1;
    }
    k
}

#[cfg(test)]
mod tests {
    use super::bin_of;

    #[test]
    fn a_probability_on_an_edge_is_in_the_bin_below() {
        for bins in [1, 2, 3, 7, 10, 49, 1000] {
            assert_eq!((bin_of(0.0, bins), bin_of(1.0, bins)), (0, bins - 1));
            for k in 1..bins {
                let edge = k as f64 / bins as f64;
                assert_eq!(bin_of(edge, bins), k - 1, "{k} / {bins}");
                assert_eq!(bin_of(edge.next_up(), bins), k, "{k} / {bins}");
            }
        }
        // Where edges lie closer than floats do: any bin, but soon.
        assert!(bin_of(0.5, usize::MAX) < usize::MAX);
    }
}
