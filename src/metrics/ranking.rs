//! The area under the ROC curve.

use crate::data::checks;
use crate::element::Element;
use crate::error::{Error, Result};

/// The area under the ROC curve of a binary classifier's scores: the probability that a positive
/// sample has a higher score than a negative one, ties counting half.
///
/// This is the Mann-Whitney U statistic over P N (Hanley and McNeil 1982, *Radiology* 143): with
/// the scores in order, each group of equal scores with p positives and n negatives, N' negatives
/// below it, adds p N' + p n / 2. The counts are integers, so the result is rounded once. Scores
/// may be any finite numbers, logits too. O(m log m); allocates.
///
/// ```
/// use shallownet::metrics::roc_auc;
///
/// // Positives 0.8 and 0.4 against negatives 0.4 and 0.1: 1 + 1 + 1/2 + 1 of 4 pairs.
/// assert_eq!(roc_auc(&[0.8, 0.4, 0.4, 0.1], &[1.0, 1.0, 0.0, 0.0])?, 0.875);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`Error::EmptyBatch`], [`Error::Length`] if the lengths differ, [`Error::NotFinite`] scores,
/// [`Error::Label`] for labels that are neither 0 nor 1, [`Error::OneClass`] if all labels are the
/// same: there are no pairs then, and no area.
pub fn roc_auc<T: Element>(scores: &[T], labels: &[T]) -> Result<f64> {
    if scores.is_empty() {
        return Err(Error::EmptyBatch { argument: "scores" });
    }
    checks::length("labels", scores.len(), labels.len())?;
    checks::finite("scores", scores)?;
    let (zero, one) = (T::ZERO, T::from_f64(1.0));
    if let Some(index) = labels.iter().position(|&y| y != zero && y != one) {
        let value = labels[index].to_f64();
        return Err(Error::Label { argument: "labels", index, value, expected: "0 or 1" });
    }

    let mut ranked: Vec<(f64, bool)> =
        scores.iter().zip(labels).map(|(s, &y)| (s.to_f64(), y == one)).collect();
    ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut positives, mut negatives, mut twice_u) = (0_u128, 0_u128, 0_u128);
    // `==` joins -0.0 and 0.0, which `total_cmp` has placed side by side.
    for ties in ranked.chunk_by(|a, b| a.0 == b.0) {
        let p = ties.iter().filter(|(_, positive)| *positive).count() as u128;
        let n = ties.len() as u128 - p;
        twice_u += p * (2 * negatives + n);
        positives += p;
        negatives += n;
    }
    if positives == 0 || negatives == 0 {
        return Err(Error::OneClass { label: u8::from(negatives == 0) });
    }
    Ok(twice_u as f64 / (2 * positives * negatives) as f64)
}
