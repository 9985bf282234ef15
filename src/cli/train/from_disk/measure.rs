//! How good a network is on samples that are read once more.

use shallownet::{Network, Scalar};

use super::samples::Samples;
use crate::data::with_room;
use crate::failure::Failure;
use crate::scores;
use crate::train::measured::{Measured, predictions};

/// Of the samples in `rows`, in ascending order; of none, nothing.
pub(super) fn of<T: Scalar>(
    net: &Network<T>,
    samples: &Samples<'_>,
    rows: &[usize],
) -> Result<Option<Measured>, Failure> {
    if rows.is_empty() {
        return Ok(None);
    }
    let (mut all, mut cost) = (with_room(rows.len())?, 0.0);
    for rows in rows.chunks(samples.at_once()) {
        let batch = samples.batch::<T>(rows)?;
        all.extend(predictions(net, &batch)?);
        cost += scores::cost_of(net, batch.x()?, batch.y()?)? * rows.len() as f64;
    }
    Measured::of(all, cost / rows.len() as f64, (samples.outline, rows)).map(Some)
}
