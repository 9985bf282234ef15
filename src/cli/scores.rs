//! How good a network is: its predictions, accuracy, cost and confusion matrix.

use serde::Serialize;
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

/// Cost and accuracy on some samples.
#[derive(Debug, Serialize)]
pub(crate) struct Score {
    pub(crate) samples: usize,
    pub(crate) correct: usize,
    pub(crate) accuracy: f64,
    pub(crate) cost: f64,
}

/// Scores a network, and counts who was taken for whom: `counts[actual][predicted]`.
pub(crate) fn score<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    class_count: usize,
) -> Result<(Score, Vec<Vec<usize>>)> {
    let predicted = classes(net, batch.x()?.as_slice())?;
    let mut counts = vec![vec![0; class_count]; class_count];
    for (&actual, &predicted) in batch.classes.iter().zip(&predicted) {
        counts[actual][predicted] += 1;
    }
    let correct: usize = (0..class_count).map(|class| counts[class][class]).sum();
    let mut workspace = Workspace::prediction(net, batch.len())?;
    let score = Score {
        samples: batch.len(),
        correct,
        accuracy: correct as f64 / batch.len() as f64,
        cost: net.cost(batch.x()?, batch.y()?, &mut workspace)?,
    };
    Ok((score, counts))
}

/// The counts as aligned text: one row an actual class, one column a predicted one.
pub(crate) fn confusion(classes: &[String], counts: &[Vec<usize>]) -> Vec<String> {
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
