//! Whether a network is better than an answer that looks at no feature.

use shallownet::{Network, Scalar, Tape};

use crate::batch::Batch;
use crate::scores::{Kind, Score, decimals};

/// Below this share of explained variance a prediction is hardly better than the mean.
pub(crate) const LITTLE_VARIANCE: f64 = 0.01;

/// A classifier is hardly better than the most frequent class if it is right for less than this
/// share of the samples of other classes.
pub(crate) const LITTLE_MORE: f64 = 0.05;

/// What is right: the class of every sample, or `n_y` values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Actual<'a> {
    pub(crate) classes: &'a [usize],
    pub(crate) values: &'a [f64],
    pub(crate) n_y: usize,
}

impl<'a> Actual<'a> {
    pub(crate) fn of<T: Scalar>(batch: &'a Batch<T>) -> Self {
        Self { classes: &batch.classes, values: &batch.values, n_y: batch.outputs() }
    }
}

/// The note on a score on `samples` ("the training samples") that a constant answer reaches as
/// well: the most frequent class, or the mean.
pub(crate) fn no_better(
    score: &Score,
    actual: Actual<'_>,
    samples: &str,
    classes: &[String],
) -> Option<String> {
    match score.kind {
        Kind::Classes { correct, accuracy } => {
            let (class, count) = most_frequent(actual.classes, classes.len())?;
            let others = (score.samples - count) as f64;
            let gain = correct as f64 - count as f64;
            // Nothing is to be gained where all are of one class.
            (others > 0.0 && gain < LITTLE_MORE * others).then(|| {
                let (percent, always) = (100.0 * accuracy, 100.0 * share(count, score.samples));
                let class = &classes[class];
                format!(
                    "{percent:.2} % of {samples} right is {} better than always answering \
                     {class:?}: {always:.2} %",
                    how(gain)
                )
            })
        }
        Kind::Values { r_squared, .. } => {
            let varies = actual.values.iter().skip(actual.n_y).zip(actual.values);
            let varies = varies.into_iter().any(|(a, b)| a != b);
            (r_squared < LITTLE_VARIANCE && varies).then(|| {
                let how = how(r_squared);
                format!(
                    "R^2 {} on {samples} is {how} better than always answering the mean",
                    decimals(r_squared, 4)
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

/// How much better.
pub(crate) fn how(gain: f64) -> &'static str {
    if gain > 0.0 { "hardly" } else { "no" }
}

fn share(count: usize, of: usize) -> f64 {
    count as f64 / of as f64
}

/// From this share of saturated activations on a layer has next to nothing left to learn with.
const MOST_SATURATED: f64 = 0.5;

/// Samples that activations are looked at on.
const LOOKED_AT: usize = 1000;

/// The note on the first hidden layer most of whose activations lie at the ends of their range.
pub(crate) fn saturated<T: Scalar>(
    network: &Network<T>,
    batch: &Batch<T>,
) -> shallownet::Result<Option<String>> {
    let hidden = network.layers().len() - 1;
    if hidden == 0 {
        return Ok(None);
    }
    let (x, _) = batch.head(LOOKED_AT)?;
    let mut tape = Tape::new(network, x.samples())?;
    let statistics = network.forward(x, &mut tape)?.layer_statistics();
    let layers = statistics.iter().take(hidden).enumerate();
    let mut shares = layers.filter_map(|(l, layer)| Some((l, layer.activation, layer.saturated?)));
    Ok(shares.find(|(.., share)| *share > MOST_SATURATED).map(|(l, g, share)| {
        format!(
            "{:.0} % of hidden layer {}'s activations are saturated: its {} units hardly learn any \
             more",
            100.0 * share,
            l + 1,
            g.name()
        )
    }))
}
