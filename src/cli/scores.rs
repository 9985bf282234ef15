//! How good a network is: its predictions, accuracy, cost and confusion matrix.

use serde::Serialize;
use shallownet::metrics::{self, Confusion};
use shallownet::{Columns, Error, Network, PredictionWorkspace, Result, Scalar};

use crate::batch::Batch;

/// Samples predicted at a time, and their outputs: they bound the memory whatever the file's
/// length.
const CHUNK: usize = 4096;
const CHUNK_OUTPUTS: usize = 1 << 22;

/// How many of `samples` samples are predicted at a time.
fn chunk<T: Scalar>(net: &Network<T>, samples: usize) -> usize {
    CHUNK.min(samples).min(CHUNK_OUTPUTS / net.outputs()).max(1)
}

/// Shows `see` the output activations of every sample, one after another, some samples at a time.
pub(crate) fn each_chunk<T: Scalar>(
    net: &Network<T>,
    x: &[T],
    mut see: impl FnMut(&[T]),
) -> Result<()> {
    let most = chunk(net, x.len() / net.inputs());
    let mut workspace = PredictionWorkspace::new(net, most)?;
    let mut a = room(most.saturating_mul(net.outputs()))?;
    for x in x.chunks(most * net.inputs()) {
        let a = &mut a[..x.len() / net.inputs() * net.outputs()];
        net.predict(Columns::new(x, net.inputs())?, a, &mut workspace)?;
        see(a);
    }
    Ok(())
}

/// The output activations of every sample, one after another.
pub(crate) fn outputs<T: Scalar>(net: &Network<T>, x: &[T]) -> Result<Vec<T>> {
    let mut all = room((x.len() / net.inputs()).saturating_mul(net.outputs()))?;
    let mut rest = &mut all[..];
    each_chunk(net, x, |a| {
        let (here, after) = std::mem::take(&mut rest).split_at_mut(a.len());
        here.copy_from_slice(a);
        rest = after;
    })?;
    Ok(all)
}

/// Zeros with room for the outputs, or an error if there is no memory.
pub(crate) fn room<T: Scalar>(len: usize) -> Result<Vec<T>> {
    let mut a = Vec::new();
    let (what, bytes) = ("the predictions", len.saturating_mul(size_of::<T>()));
    a.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { what, bytes })?;
    a.resize(len, T::ZERO);
    Ok(a)
}

/// The classes of every sample.
pub(crate) fn classes<T: Scalar>(net: &Network<T>, x: &[T]) -> Result<Vec<usize>> {
    let mut classes = Vec::with_capacity(x.len() / net.inputs());
    each_chunk(net, x, |a| classes.extend(a.chunks(net.outputs()).map(metrics::class)))?;
    Ok(classes)
}

/// Cost and accuracy on some samples; for values, their errors. The cost is of what the network
/// learned: where targets are standardized, of these.
#[derive(Debug, Serialize)]
pub(crate) struct Score {
    pub(crate) samples: usize,
    #[serde(flatten)]
    pub(crate) kind: Kind,
    pub(crate) cost: f64,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Kind {
    Classes { correct: usize, accuracy: f64 },
    Values { mean_squared_error: f64, r_squared: f64 },
}

impl Kind {
    /// The accuracy, or R^2.
    pub(crate) fn share(&self) -> f64 {
        let (Self::Classes { accuracy: share, .. } | Self::Values { r_squared: share, .. }) = *self;
        share
    }
}

impl Score {
    /// Nine of ten classes right, or nine tenths of the variance explained: units that are saturated
    /// are then in their place.
    pub(crate) fn is_good(&self) -> bool {
        self.kind.share() >= 0.9
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            Kind::Classes { correct, accuracy } => {
                write!(f, "{:.2} % ({correct} of {})", 100.0 * accuracy, self.samples)
            }
            Kind::Values { mean_squared_error, r_squared } => {
                let error = decimals(mean_squared_error, 6);
                write!(f, "mean squared error {error}, R^2 {}", decimals(r_squared, 4))
            }
        }
    }
}

/// With this many decimals, or with an exponent if there would be many digits before them.
pub(crate) fn decimals(value: f64, decimals: usize) -> String {
    if value.abs() < 1e12 { format!("{value:.decimals$}") } else { format!("{value:.decimals$e}") }
}

/// Scores a network's outputs (of [`outputs`]) on some samples.
pub(crate) fn score<T: Scalar>(net: &Network<T>, batch: &Batch<T>, a: &[T]) -> Result<Score> {
    let kind = kind(net, batch, a)?;
    Ok(Score { samples: batch.len(), kind, cost: cost(net, batch)? })
}

/// How good outputs are, but for their cost.
pub(crate) fn kind<T: Scalar>(net: &Network<T>, batch: &Batch<T>, a: &[T]) -> Result<Kind> {
    Ok(if batch.classes.is_empty() {
        // In the values' own units, and in f64: a mean far from 0 takes digits.
        let a = batch.predicted(batch.turned_back(a, net.loss()), net.loss());
        let (a, y) = (Columns::new(&a, batch.outputs())?, batch.values()?);
        Kind::Values {
            mean_squared_error: metrics::mean_squared_error(a, y)?,
            r_squared: metrics::r_squared(a, y)?,
        }
    } else {
        let predicted = a.chunks(net.outputs()).map(metrics::class);
        let correct = predicted.zip(&batch.classes).filter(|(p, actual)| p == *actual).count();
        Kind::Classes { correct, accuracy: correct as f64 / batch.len() as f64 }
    })
}

/// Predicts and scores.
pub(crate) fn of<T: Scalar>(net: &Network<T>, batch: &Batch<T>) -> Result<Score> {
    score(net, batch, &outputs(net, batch.x()?.as_slice())?)
}

/// The cost, in parts where there are many samples.
fn cost<T: Scalar>(net: &Network<T>, batch: &Batch<T>) -> Result<f64> {
    cost_of(net, batch.x()?, batch.y()?)
}

/// The same of some samples.
pub(crate) fn cost_of<T: Scalar>(
    net: &Network<T>,
    x: Columns<'_, T>,
    y: Columns<'_, T>,
) -> Result<f64> {
    let samples = x.samples();
    let most = chunk(net, samples);
    let mut workspace = PredictionWorkspace::new(net, most)?;
    let (mut sum, mut mean) = (0.0, 0.0);
    for start in (0..samples).step_by(most) {
        let part = start..(start + most).min(samples);
        let (Some(x), Some(y)) = (x.range(part.clone()), y.range(part)) else { break };
        mean = net.cost(x, y, &mut workspace)?;
        sum += mean * x.samples() as f64;
    }
    Ok(if samples > most { sum / samples as f64 } else { mean })
}

/// Which class was taken for which.
pub(crate) fn counts<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    class_count: usize,
    a: &[T],
) -> Result<Confusion> {
    let predicted: Vec<usize> = a.chunks(net.outputs()).map(metrics::class).collect();
    Confusion::from_classes(&predicted, &batch.classes, class_count)
}
