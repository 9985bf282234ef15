//! How good a network is on samples that are not all in this process's memory.

use shallownet::metrics::{self, Confusion};
use shallownet::{Columns, Network, Scalar};

use crate::batch::Batch;
use crate::data::{Data, Targets, with_room};
use crate::failure::Failure;
use crate::scores::{self, Kind, Score};
use crate::verdict::Actual;

/// The samples that serve one purpose: what is right, and what is predicted.
pub(super) struct Measured {
    pub(super) score: Score,
    classes: Vec<usize>,
    values: Vec<f64>,
    n_y: usize,
    /// The class of each sample, if classes are predicted.
    predicted: Vec<usize>,
}

impl Measured {
    /// Of the predictions of all samples in `rows`, in that order, and their mean cost.
    pub(super) fn of(
        all: Vec<f64>,
        cost: f64,
        (data, rows): (&Data, &[usize]),
    ) -> Result<Self, Failure> {
        let (samples, labels) = (rows.len(), data.labels());
        if let Targets::Values { y, n_y } = &data.targets {
            let mut values = with_room(samples.saturating_mul(*n_y))?;
            rows.iter().for_each(|row| values.extend_from_slice(&y[row * n_y..(row + 1) * n_y]));
            let (a, actual) = (Columns::new(&all, *n_y)?, Columns::new(&values, *n_y)?);
            let kind = Kind::Values {
                mean_squared_error: metrics::mean_squared_error(a, actual)?,
                r_squared: metrics::r_squared(a, actual)?,
            };
            let (score, n_y) = (Score { samples, kind, cost }, *n_y);
            return Ok(Self { score, classes: Vec::new(), values, n_y, predicted: Vec::new() });
        }
        let classes: Vec<usize> = rows.iter().map(|&row| labels.of_row[row]).collect();
        let predicted: Vec<usize> = all.iter().map(|class| *class as usize).collect();
        let correct = predicted.iter().zip(&classes).filter(|(a, b)| a == b).count();
        let kind = Kind::Classes { correct, accuracy: correct as f64 / samples as f64 };
        let score = Score { samples, kind, cost };
        Ok(Self { score, classes, values: Vec::new(), n_y: 1, predicted })
    }

    pub(super) fn actual(&self) -> Actual<'_> {
        Actual { classes: &self.classes, values: &self.values, n_y: self.n_y }
    }

    /// Which of so many classes was taken for which, if classes are predicted.
    pub(super) fn confusion(&self, classes: usize) -> Result<Option<Confusion>, Failure> {
        if self.classes.is_empty() {
            return Ok(None);
        }
        Ok(Some(Confusion::from_classes(&self.predicted, &self.classes, classes)?))
    }
}

/// Values in their own units, or the number of each sample's class.
pub(super) fn predictions<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
) -> Result<Vec<f64>, Failure> {
    if batch.len() == 0 {
        return Ok(Vec::new());
    }
    let x = batch.x()?;
    if batch.classes.is_empty() {
        let a = scores::outputs(net, x.as_slice())?;
        return Ok(batch.predicted(batch.turned_back(&a, net.loss()), net.loss()));
    }
    let classes = scores::classes(net, x.as_slice())?;
    Ok(classes.into_iter().map(|class| class as f64).collect())
}
