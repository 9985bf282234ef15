//! What samples that no rank has all of become: the standardization of all, from the moments of shards.

use shallownet::pipeline::Pipeline;
use shallownet::{Columns, Moments};

use super::job::Job;
use crate::data::{Data, Prepared};
use crate::failure::Failure;
use crate::prepare::{PreparationArgs, note_constants, of_targets, refused, standardization_of};
use crate::say::Say;
use crate::train::intent::Intent;

/// Learns from the samples in `rows`, of which this rank has read those of `shards`: the same as one
/// process with so many shards.
pub(super) fn fit(
    options: &PreparationArgs,
    (data, rows): (&Data, &[usize]),
    shards: &[&[usize]],
    intent: &Intent,
    (job, say): (&Job<'_>, &Say),
) -> Result<Prepared, Failure> {
    let own = job.agreed(moments(options, data, shards))?;
    let all = together(&job.values(&own)?, data.width);
    let standardized = || {
        let mut pipeline = Pipeline::default();
        if options.is_standardized(data) {
            let standardization =
                standardization_of(&all).map_err(|why| refused(data, rows, why))?;
            pipeline.standardization = Some(standardization);
            pipeline.clip = options.clip(data);
        }
        pipeline.targets = of_targets(data, rows, intent.of_targets, Some(say))?;
        Ok(pipeline)
    };
    let pipeline = job.agreed(standardized())?;
    let constants: Vec<usize> = (0..data.width).filter(|&k| all[k].is_constant()).collect();
    note_constants(data, &constants, "", say);
    Ok(Prepared::new(pipeline, &data.kinds))
}

/// The moments of each shard's features, one after another, of samples that are refused where one
/// process would.
fn moments(
    options: &PreparationArgs,
    data: &Data,
    shards: &[&[usize]],
) -> Result<Vec<f64>, Failure> {
    let plain = options.preparation(data).standardize(false);
    let mut all = Vec::new();
    for rows in shards {
        let raw = data.gather(rows)?;
        let fitted = plain.fit(Columns::new(&raw, data.width)?, &data.kinds);
        fitted.map_err(|why| refused(data, rows, why))?;
        all.extend(Moments::of(&raw, data.width).into_iter().flat_map(Moments::to_array));
    }
    Ok(all)
}

/// Of all shards, by feature.
fn together(all: &[f64], width: usize) -> Vec<Moments> {
    let all: Vec<Moments> =
        all.as_chunks::<6>().0.iter().map(|array| Moments::from_array(*array)).collect();
    let of = |k: usize| all.iter().skip(k).step_by(width).copied().collect::<Vec<_>>();
    (0..width).map(|k| Moments::together(&of(k))).collect()
}
