//! What the samples of a file are, found in one pass over them.

use shallownet::pipeline::Pipeline;
use shallownet::{Columns, Moments};

use super::samples::at_once;
use crate::data::{Data, Prepared, widened};
use crate::failure::Failure;
use crate::prepare::{note_constants, of_targets, refused, standardization_of};
use crate::say::Say;
use crate::train::Args;
use crate::train::intent::Intent;
use crate::train::sets::Rows;

/// Reads all samples once: what their values are becomes known to `outline`, and the standardization of
/// those that are trained on is learned.
///
/// The moments of stretches are added one after another, so that they are those of all samples in memory
/// but for rounding.
pub(super) fn survey(
    args: &Args,
    outline: &mut Data,
    rows: &Rows,
    intent: &Intent,
    say: &Say,
) -> Result<Prepared, Failure> {
    let (width, samples) = (outline.width, outline.len());
    let mut all = vec![Moments::together(&[]); width];
    let mut inputs = None;
    let mut rest = &rows.train[..];
    for start in (0..samples).step_by(at_once(width)) {
        let end = samples.min(start + at_once(width));
        let stretch = args.source.stretch(outline, (start..end).collect())?;
        inputs = widened(inputs, stretch.inputs);
        let (trained, others) = rest.split_at(rest.partition_point(|&row| row < end));
        rest = others;
        let raw = stretch.gather(trained)?;
        let plain = args.preparation.preparation(&stretch).standardize(false);
        let fitted = plain.fit(Columns::new(&raw, width)?, &stretch.kinds);
        fitted.map_err(|why| refused(&stretch, trained, why))?;
        for (of_all, of_these) in all.iter_mut().zip(Moments::of(&raw, width)) {
            *of_all = Moments::together(&[*of_all, of_these]);
        }
    }
    outline.inputs = inputs;
    let mut pipeline = Pipeline::default();
    if args.preparation.is_standardized(outline) {
        let learned = standardization_of(&all);
        let learned = learned.map_err(|why| refused(outline, &rows.train, why))?;
        pipeline.standardization = Some(learned);
        pipeline.clip = args.preparation.clip(outline);
    }
    pipeline.targets = of_targets(outline, &rows.train, intent.of_targets, Some(say))?;
    // Not for images, which have many and are not told of them.
    if outline.image.is_none() {
        let constants: Vec<usize> = (0..width).filter(|&k| all[k].is_constant()).collect();
        note_constants(outline, &constants, "", say);
    }
    Ok(Prepared::new(pipeline, &outline.kinds))
}
