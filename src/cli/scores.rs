//! How good a network is: its predictions, accuracy, cost and confusion matrix.

use serde::Serialize;
use shallownet::metrics::{self, Confusion};
use shallownet::{Columns, Network, Result, Scalar, Workspace};

use crate::batch::Batch;

/// Samples predicted at a time: bounds the memory whatever the file's length.
const CHUNK: usize = 4096;

/// The output activations of every sample, one after another.
pub(crate) fn outputs<T: Scalar>(net: &Network<T>, x: &[T]) -> Result<Vec<T>> {
    let mut workspace = Workspace::prediction(net, CHUNK.min(x.len() / net.inputs()).max(1))?;
    let mut a = vec![T::ZERO; x.len() / net.inputs() * net.outputs()];
    let chunks = x.chunks(CHUNK * net.inputs()).zip(a.chunks_mut(CHUNK * net.outputs()));
    for (x, a) in chunks {
        net.predict(Columns::new(x, net.inputs())?, a, &mut workspace)?;
    }
    Ok(a)
}

/// The class that output activations stand for: the likelier of two, or the first of the likeliest.
pub(crate) fn class<T: Scalar>(a: &[T]) -> usize {
    match a {
        [p] => usize::from(p.to_f64() > 0.5),
        _ => (1..a.len()).fold(0, |best, k| if a[k] > a[best] { k } else { best }),
    }
}

/// The classes of every sample.
pub(crate) fn classes<T: Scalar>(net: &Network<T>, x: &[T]) -> Result<Vec<usize>> {
    Ok(outputs(net, x)?.chunks(net.outputs()).map(class).collect())
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

/// With so many decimals, or with an exponent where the digits before them would be many.
pub(crate) fn decimals(value: f64, decimals: usize) -> String {
    if value.abs() < 1e12 { format!("{value:.decimals$}") } else { format!("{value:.decimals$e}") }
}

/// Scores a network's outputs (of [`outputs`]) on some samples.
pub(crate) fn score<T: Scalar>(net: &Network<T>, batch: &Batch<T>, a: &[T]) -> Result<Score> {
    let kind = if batch.classes.is_empty() {
        // In the values' own units, and in f64: a mean far from 0 takes digits.
        let a = batch.turned_back(a);
        let (a, y) =
            (Columns::new(&a, net.outputs())?, Columns::new(&batch.values, net.outputs())?);
        Kind::Values {
            mean_squared_error: metrics::mean_squared_error(a, y)?,
            r_squared: metrics::r_squared(a, y)?,
        }
    } else {
        let predicted = a.chunks(net.outputs()).map(class);
        let correct = predicted.zip(&batch.classes).filter(|(p, actual)| p == *actual).count();
        Kind::Classes { correct, accuracy: correct as f64 / batch.len() as f64 }
    };
    Ok(Score { samples: batch.len(), kind, cost: cost(net, batch)? })
}

/// Predicts and scores.
pub(crate) fn of<T: Scalar>(net: &Network<T>, batch: &Batch<T>) -> Result<Score> {
    score(net, batch, &outputs(net, batch.x()?.as_slice())?)
}

/// The cost, in parts where there are many samples.
fn cost<T: Scalar>(net: &Network<T>, batch: &Batch<T>) -> Result<f64> {
    let (x, y) = (batch.x()?, batch.y()?);
    let mut workspace = Workspace::prediction(net, CHUNK.min(batch.len()))?;
    let (mut sum, mut mean) = (0.0, 0.0);
    for start in (0..batch.len()).step_by(CHUNK) {
        let part = start..(start + CHUNK).min(batch.len());
        let (Some(x), Some(y)) = (x.range(part.clone()), y.range(part)) else { break };
        mean = net.cost(x, y, &mut workspace)?;
        sum += mean * x.samples() as f64;
    }
    Ok(if batch.len() > CHUNK { sum / batch.len() as f64 } else { mean })
}

/// Who was taken for whom.
pub(crate) fn counts<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    class_count: usize,
    a: &[T],
) -> Result<Confusion> {
    let predicted: Vec<usize> = a.chunks(net.outputs()).map(class).collect();
    Confusion::from_classes(&predicted, &batch.classes, class_count)
}

/// The counts as rows: one an actual class, one column a predicted one.
pub(crate) fn rows(confusion: &Confusion) -> Vec<Vec<u64>> {
    let n = confusion.classes();
    (0..n).map(|actual| (0..n).map(|p| confusion.count(actual, p)).collect()).collect()
}

/// The counts as aligned text: one row an actual class, one column a predicted one.
pub(crate) fn confusion(classes: &[String], counts: &[Vec<u64>]) -> Vec<String> {
    let shown: Vec<String> = classes.iter().map(|c| c.escape_debug().to_string()).collect();
    let length = |text: &str| text.chars().count();
    let cells = counts.iter().flatten().map(|n| n.to_string());
    let width = cells.chain(shown.iter().cloned()).map(|c| length(&c)).max().unwrap_or(0);
    let corner = "actual \\ predicted";
    let first = shown.iter().map(|c| length(c)).max().unwrap_or(0).max(length(corner));
    let line = |head: &str, cells: &mut dyn Iterator<Item = String>| {
        cells.fold(format!("{head:<first$}"), |line, cell| format!("{line}  {cell:>width$}"))
    };
    let heads = line(corner, &mut shown.iter().cloned());
    let rows = shown.iter().zip(counts);
    let rows = rows.map(|(head, row)| line(head, &mut row.iter().map(|n| n.to_string())));
    std::iter::once(heads).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_activations() {
        assert_eq!([class(&[0.5_f64]), class(&[0.51_f64])], [0, 1]);
        assert_eq!([class(&[0.2_f32, 0.4, 0.4]), class(&[0.4_f32, 0.4, 0.2])], [1, 0]);
    }

    #[test]
    fn the_confusion_matrix_is_aligned() {
        let classes = ["né".to_owned(), "yes".to_owned()];
        let lines = confusion(&classes, &[vec![10, 2], vec![0, 12345]]);
        assert_eq!(
            lines,
            [
                "actual \\ predicted     né    yes",
                "né                     10      2",
                "yes                     0  12345",
            ]
        );
    }
}
