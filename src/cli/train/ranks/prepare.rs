//! What samples that no rank has all of become: the standardization of all, from the moments of shards.

use shallownet::pipeline::{Column, Pipeline, RawColumn};
use shallownet::{Columns, Moments, Standardization};

use super::columns;
use crate::data::{Data, Prepared};
use crate::failure::Failure;
use crate::job::Job;
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
    let columns = columns::columns(options, (data, rows), shards, (job, say))?;
    let own = job.agreed(moments(options, data, shards, &columns))?;
    let all = together(&job.values(&own)?, data.width);
    let standardized = || {
        let mut pipeline = Pipeline { columns, ..Pipeline::default() };
        if options.is_standardized(data) {
            let of_numbers = standardization_of(&all).map_err(|why| refused(data, rows, why))?;
            pipeline.standardization = Some(by_inputs(of_numbers, &pipeline, data));
            pipeline.clip = options.clip(data);
        }
        pipeline.targets = of_targets(data, rows, intent.of_targets, Some(say))?;
        Ok(pipeline)
    };
    let pipeline = job.agreed(standardized())?;
    // One process compares a missing value, too.
    let lacks = |k: usize| pipeline.columns.get(k).is_some_and(columns::lacks);
    let is_constant = |k: &usize| all[*k].is_constant() && !lacks(*k);
    let constants: Vec<usize> = (0..data.width).filter(is_constant).collect();
    note_constants(data, &constants, "", say);
    Ok(Prepared::new(pipeline, &data.kinds))
}

/// The moments of each shard's features, one after another, of samples that are refused where one
/// process would.
fn moments(
    options: &PreparationArgs,
    data: &Data,
    shards: &[&[usize]],
    columns: &[Column],
) -> Result<Vec<f64>, Failure> {
    let plain = options.preparation(data).standardize(false);
    let fills: Vec<f64> = columns.iter().map(columns::fill).collect();
    let mut all = Vec::new();
    for rows in shards {
        let mut raw = data.gather(rows)?;
        if !options.fills(data) {
            let fitted = plain.fit(Columns::new(&raw, data.width)?, &data.kinds);
            fitted.map_err(|why| refused(data, rows, why))?;
        }
        for (value, fill) in raw.iter_mut().zip(fills.iter().cycle()) {
            *value = if value.is_nan() { *fill } else { *value };
        }
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

/// The inputs that stand for a category, or tell where a value was missing, are left as they are.
fn by_inputs(of: Standardization, pipeline: &Pipeline, data: &Data) -> Standardization {
    let n_x = pipeline.inputs_of(data.width).start;
    let mut all = Standardization { means: vec![0.0; n_x], stds: vec![1.0; n_x] };
    let of_columns = of.means.into_iter().zip(of.stds).zip(&data.kinds).enumerate();
    for (k, ((mean, std), _)) in of_columns.filter(|(_, (_, kind))| **kind == RawColumn::Number) {
        let input = pipeline.inputs_of(k).start;
        (all.means[input], all.stds[input]) = (mean, std);
    }
    all
}
