//! The samples, split by purpose.

use shallownet::{Scalar, Standardization};

use super::args::Args;
use crate::batch::{self, Batch, Meaning, Preprocessing};
use crate::data::Data;
use crate::failure::Failure;
use crate::say::Say;
use crate::split::split;
use crate::targets;

/// The samples, by purpose.
#[derive(Debug)]
pub(super) struct Sets<T> {
    pub(super) rows: Vec<usize>,
    pub(super) train: Batch<T>,
    pub(super) validation: Option<Batch<T>>,
    pub(super) holdout: Option<Batch<T>>,
    pub(super) test: Option<Batch<T>>,
    pub(super) standardization: Option<Standardization>,
    pub(super) target_standardization: Option<Standardization>,
}

pub(super) fn sets<T: Scalar>(
    args: &Args,
    (data, meaning): (&Data, Meaning<'_>),
    (seed, is_standardized): (u64, bool),
    say: &Say,
) -> Result<Sets<T>, Failure> {
    let all = data.rows()?;
    let (rows, held) = split(data, all, ("--holdout", args.holdout), seed, say)?;
    // Another seed than that of the held-out samples, which would shuffle both alike.
    let share = ("--validation", args.epochs.validation);
    let (rows, validation) = split(data, rows, share, !seed, say)?;
    let standardization =
        if args.standardize { Some(batch::standardize(data, &rows, say)?) } else { None };
    let target_standardization =
        if is_standardized { targets::standardization(data, &rows, say)? } else { None };
    let preprocessing = Preprocessing {
        features: standardization.as_ref(),
        targets: target_standardization.as_ref(),
    };
    let batch = |rows: &[usize]| Batch::<T>::new(data, rows, preprocessing, meaning);
    let some = |rows: &[usize]| (!rows.is_empty()).then(|| batch(rows)).transpose();
    let test = args.source.test(args.want(), data.inputs.as_ref(), say)?;
    let of = (data, meaning.outputs());
    let test = test.map(|test| test_set(&test, of, preprocessing, say)).transpose()?;
    Ok(Sets {
        train: batch(&rows)?,
        validation: some(&validation)?,
        holdout: some(&held)?,
        test,
        rows,
        standardization,
        target_standardization,
    })
}

/// The samples of the file for testing; their classes must be those of the training set.
fn test_set<T: Scalar>(
    test: &Data,
    (data, outputs): (&Data, usize),
    preprocessing: Preprocessing<'_>,
    say: &Say,
) -> Result<Batch<T>, Failure> {
    if test.n_x != data.n_x {
        let problem = format!("{} features a sample: expected {}", test.n_x, data.n_x);
        return Err(Failure::File { file: test.file(), problem });
    }
    let rows = test.rows()?;
    let classes = &data.labels().classes;
    let of_row = test.classes_among(classes, say)?;
    let meaning = Meaning::of(test).among(&of_row, classes.len()).for_outputs(outputs);
    Batch::new(test, &rows, preprocessing, meaning)
}
