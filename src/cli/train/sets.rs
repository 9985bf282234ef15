//! The samples, split by purpose.

use std::ops::Range;

use shallownet::Scalar;

use super::args::Args;
use super::class_weights::ClassWeights;
use super::intent::Intent;
use crate::batch::{Batch, Meaning};
use crate::data::{Data, Prepared};
use crate::failure::Failure;
use crate::say::Say;
use crate::split::split;

/// The numbers of the samples, by purpose.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) train: Vec<usize>,
    pub(super) validation: Vec<usize>,
    pub(super) holdout: Vec<usize>,
}

/// The samples, by purpose.
#[derive(Debug)]
pub(super) struct Sets<T> {
    /// Of all samples; those of the batches may be a part of them.
    pub(super) rows: Rows,
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
    let rows = Rows::of(args, data, intent, say)?;
    let learned = (&rows.train[..], intent.shards);
    let prepared = args.preparation.fit_in_parts(data, learned, intent.of_targets, Some(say))?;
    let all = rows.each().map(|rows| 0..rows.len());
    Sets::of(args, (data, meaning), intent, (rows, all), (prepared, true), say)
}

impl Rows {
    pub(super) fn of(
        args: &Args,
        data: &Data,
        intent: &Intent,
        say: &Say,
    ) -> Result<Self, Failure> {
        let (rows, holdout) =
            split(data, data.rows()?, ("--holdout", args.holdout), intent.seed, say)?;
        // Another seed than that of the held-out samples, which would shuffle both alike.
        let share = ("--validation", args.epochs.validation);
        let (train, validation) = split(data, rows, share, !intent.seed, say)?;
        Ok(Self { train, validation, holdout })
    }

    /// Those to train on, for validation, and held out.
    pub(super) fn each(&self) -> [&[usize]; 3] {
        [&self.train, &self.validation, &self.holdout]
    }
}

impl<T: Scalar> Sets<T> {
    /// Batches of these parts of each purpose's rows, and of a folder's test samples if `has_test`.
    pub(super) fn of(
        args: &Args,
        (data, meaning): (&Data, Meaning<'_>),
        intent: &Intent,
        (rows, parts): (Rows, [Range<usize>; 3]),
        (prepared, has_test): (Prepared, bool),
        say: &Say,
    ) -> Result<Self, Failure> {
        let of_classes = |weights: &ClassWeights| weights.of_classes(data, &rows.train);
        let class_weights = args.class_weight.as_ref().map(of_classes).transpose()?;
        let batch = |part: &[usize]| {
            let batch = Batch::<T>::new(data, part, &prepared, meaning)?;
            Ok::<_, Failure>(match &class_weights {
                Some(weights) => batch.weighted_by_class(weights),
                None => batch,
            })
        };
        let some =
            |rows: &[usize], part| (!rows.is_empty()).then(|| batch(&rows[part])).transpose();
        let [learned, validated, held] = parts;
        let test = match has_test {
            true => test(args, (data, meaning), &prepared, say)?,
            false => None,
        };
        let mut train = batch(&rows.train[learned])?;
        let validation = some(&rows.validation, validated)?;
        let holdout = some(&rows.holdout, held)?;
        if let Some(smoothing) = args.label_smoothing {
            train.smooth(intent.output, smoothing)?;
        }
        Ok(Self { rows, train, validation, holdout, test, prepared, class_weights })
    }
}

/// The samples that a folder has for testing.
fn test<T: Scalar>(
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
