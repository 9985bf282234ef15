//! The samples, split by purpose.

use shallownet::Scalar;

use super::args::Args;
use super::class_weights::ClassWeights;
use super::intent::Intent;
use crate::batch::{Batch, Meaning};
use crate::data::{Data, Prepared};
use crate::failure::Failure;
use crate::say::Say;
use crate::split::split;

/// The samples, by purpose.
#[derive(Debug)]
pub(super) struct Sets<T> {
    pub(super) rows: Vec<usize>,
    pub(super) train: Batch<T>,
    pub(super) validation: Option<Batch<T>>,
    pub(super) holdout: Option<Batch<T>>,
    pub(super) test: Option<Batch<T>>,
    pub(super) prepared: Prepared,
    /// How much a sample of each class counts, if that is not the same.
    pub(super) class_weights: Option<Vec<f64>>,
}

pub(super) fn sets<T: Scalar>(
    args: &Args,
    (data, meaning): (&Data, Meaning<'_>),
    intent: &Intent,
    say: &Say,
) -> Result<Sets<T>, Failure> {
    let all = data.rows()?;
    let (rows, held) = split(data, all, ("--holdout", args.holdout), intent.seed, say)?;
    // Another seed than that of the held-out samples, which would shuffle both alike.
    let share = ("--validation", args.epochs.validation);
    let (rows, validation) = split(data, rows, share, !intent.seed, say)?;
    let learned = (&rows[..], intent.shards);
    let prepared = args.preparation.fit_in_parts(data, learned, intent.of_targets, Some(say))?;
    let of_classes = |weights: &ClassWeights| weights.of_classes(data, &rows);
    let class_weights = args.class_weight.as_ref().map(of_classes).transpose()?;
    let batch = |part: &[usize]| {
        let batch = Batch::<T>::new(data, part, &prepared, meaning)?;
        Ok::<_, Failure>(match &class_weights {
            Some(weights) => batch.weighted_by_class(weights),
            None => batch,
        })
    };
    let some = |rows: &[usize]| (!rows.is_empty()).then(|| batch(rows)).transpose();
    let test = test(args, (data, meaning), &prepared, say)?;
    Ok(Sets {
        train: batch(&rows)?,
        validation: some(&validation)?,
        holdout: some(&held)?,
        test,
        rows,
        prepared,
        class_weights,
    })
}

/// The samples that a folder has for testing.
pub(super) fn test<T: Scalar>(
    args: &Args,
    (data, meaning): (&Data, Meaning<'_>),
    prepared: &Prepared,
    say: &Say,
) -> Result<Option<Batch<T>>, Failure> {
    let test = args.source.test(args.learning.want(), data.inputs.as_ref(), say)?;
    let of = (data, meaning.outputs());
    test.map(|test| test_set(&test, of, prepared, say)).transpose()
}

/// The samples of the file for testing; their classes must be those of the training set.
fn test_set<T: Scalar>(
    test: &Data,
    (data, outputs): (&Data, usize),
    prepared: &Prepared,
    say: &Say,
) -> Result<Batch<T>, Failure> {
    if test.width != data.width {
        let problem = format!("{} features a sample: expected {}", test.width, data.width);
        return Err(Failure::File { file: test.file(), problem });
    }
    let rows = test.rows()?;
    let classes = &data.labels().classes;
    let of_row = test.classes_among(classes, say)?;
    let meaning = Meaning::of(test).among(&of_row, classes.len()).for_outputs(outputs);
    Batch::new(test, &rows, prepared, meaning)
}
