//! How good a network is on samples of which each rank has some.

use shallownet::metrics::{self, Confusion};
use shallownet::{Columns, Network, Scalar};

use super::share::own_shards;
use crate::batch::Batch;
use crate::data::{Data, Targets, with_room};
use crate::failure::Failure;
use crate::job::Job;
use crate::scores::{self, Kind, Score};
use crate::verdict::Actual;

/// The samples of all ranks that serve one purpose: what is right, and what is predicted.
pub(super) struct Measured {
    pub(super) score: Score,
    classes: Vec<usize>,
    values: Vec<f64>,
    n_y: usize,
    /// The class of each sample, if classes are predicted.
    predicted: Vec<usize>,
}

impl Measured {
    /// Of this rank's `batch` of the samples in `rows`. The mean cost is added up by shards.
    pub(super) fn of<T: Scalar>(
        net: &Network<T>,
        batch: &Batch<T>,
        (data, rows): (&Data, &[usize]),
        shards: usize,
        job: &Job<'_>,
    ) -> Result<Self, Failure> {
        let own = job.agreed(predictions(net, batch))?;
        let all = job.values(&own)?;
        let costs = job.agreed(costs(net, batch, own_shards(rows.len(), shards, job)))?;
        let cost = job.values(&costs)?.iter().sum::<f64>() / rows.len() as f64;
        job.agreed(Self::told(all, cost, (data, rows)))
    }

    /// What all ranks have predicted.
    fn told(all: Vec<f64>, cost: f64, (data, rows): (&Data, &[usize])) -> Result<Self, Failure> {
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
fn predictions<T: Scalar>(net: &Network<T>, batch: &Batch<T>) -> Result<Vec<f64>, Failure> {
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

/// The cost of each shard's samples, all together.
fn costs<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    shards: Vec<std::ops::Range<usize>>,
) -> Result<Vec<f64>, Failure> {
    let first = shards.first().map_or(0, |shard| shard.start);
    let mut costs = Vec::new();
    for shard in shards {
        let (from, to) = (shard.start - first, shard.end - first);
        let (x, y) = (batch.x()?, batch.y()?);
        if let (Some(x), Some(y)) = (x.range(from..to), y.range(from..to)) {
            costs.push(scores::cost_of(net, x, y)? * x.samples() as f64);
        }
    }
    Ok(costs)
}
