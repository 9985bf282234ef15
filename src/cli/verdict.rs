//! Whether a network is better than an answer that looks at no feature.

use shallownet::Scalar;

use crate::batch::Batch;
use crate::scores::{Kind, Score};

/// Below this share of explained variance a prediction is hardly better than the mean.
const LITTLE: f64 = 0.01;

/// What there is to say about a score on `samples` ("the training samples") that a constant
/// answer reaches as well: the most frequent class, or the mean.
pub(crate) fn no_better<T: Scalar>(
    score: &Score,
    batch: &Batch<T>,
    samples: &str,
    classes: &[String],
) -> Option<String> {
    match score.kind {
        Kind::Classes { correct, accuracy } => {
            let (class, count) = most_frequent(&batch.classes, classes.len())?;
            let is_perfect = correct == batch.len();
            (correct <= count && !is_perfect).then(|| {
                let (percent, always) = (100.0 * accuracy, 100.0 * share(count, batch.len()));
                let class = &classes[class];
                format!(
                    "{percent:.2} % of {samples} right is no better than always answering \
                     {class:?}: {always:.2} %"
                )
            })
        }
        Kind::Values { r_squared, .. } => {
            let varies = batch.values.iter().skip(batch.outputs()).zip(&batch.values);
            let varies = varies.into_iter().any(|(a, b)| a != b);
            (r_squared < LITTLE && varies).then(|| {
                let how = if r_squared > 0.0 { "hardly" } else { "no" };
                format!(
                    "R^2 {r_squared:.4} on {samples} is {how} better than always answering the mean"
                )
            })
        }
    }
}

/// The class that most of the samples have (the first of equals), and how many; `None` without
/// samples.
pub(crate) fn most_frequent(of_sample: &[usize], classes: usize) -> Option<(usize, usize)> {
    let mut counts = vec![0; classes];
    for &class in of_sample {
        counts[class] += 1;
    }
    // The last of equals in reverse order is the first.
    counts.into_iter().enumerate().rev().max_by_key(|&(_, count)| count).filter(|&(_, n)| n > 0)
}

fn share(count: usize, of: usize) -> f64 {
    count as f64 / of as f64
}
