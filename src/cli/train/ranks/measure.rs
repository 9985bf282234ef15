//! Measures a network on samples of which each rank has some.

use shallownet::{Network, Scalar};

use super::share::own_shards;
use crate::batch::Batch;
use crate::data::Data;
use crate::failure::Failure;
use crate::job::Job;
use crate::scores;
use crate::train::measured::{Measured, predictions};

/// Of this rank's `batch` of the samples in `rows`. The mean cost is added up by shards.
pub(super) fn of<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    (data, rows): (&Data, &[usize]),
    shards: usize,
    job: &Job<'_>,
) -> Result<Measured, Failure> {
    let own = job.agreed(predictions(net, batch))?;
    let all = job.values(&own)?;
    let costs = job.agreed(costs(net, batch, own_shards(rows.len(), shards, job)))?;
    let cost = job.values(&costs)?.iter().sum::<f64>() / rows.len() as f64;
    job.agreed(Measured::of(all, cost, (data, rows)))
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
