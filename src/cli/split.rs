//! The split of rows into those to learn from and those to measure on.

use shallownet::select::Holdout;

use crate::data::Data;
use crate::failure::Failure;
use crate::say::{Say, listed};

/// A part to be set aside: the option that asks for it, and how much.
pub(crate) type Share<'a> = (&'a str, Option<f64>);

/// The rows to learn from and the rows held out, each in the file's order: [`Holdout`] of `rows`,
/// by class where there are classes. A class without a row held out is noted.
pub(crate) fn split(
    data: &Data,
    rows: Vec<usize>,
    (option, fraction): Share<'_>,
    seed: u64,
    say: &Say,
) -> Result<(Vec<usize>, Vec<usize>), Failure> {
    let Some(fraction) = fraction else {
        return Ok((rows, Vec::new()));
    };
    let of_row = &data.labels().of_row;
    let classes: Vec<usize> = rows.iter().filter_map(|&row| of_row.get(row).copied()).collect();
    let split = if classes.is_empty() {
        Holdout::new(rows.len(), fraction, seed)?
    } else {
        Holdout::stratified(&classes, fraction, seed)?
    };
    let part = |part: &[usize]| -> Vec<usize> { part.iter().map(|&k| rows[k]).collect() };
    let (training, held) = (part(split.training()), part(split.held_out()));
    let problem = match (training.is_empty(), held.is_empty()) {
        (_, true) if !classes.is_empty() => "no sample held out: one of each class is trained on",
        (_, true) => "no sample held out",
        (true, _) => "every sample held out",
        _ => {
            note_missing(data, (option, fraction), (&rows, &held), say);
            return Ok((training, held));
        }
    };
    let samples = rows.len();
    Err(Failure::Arguments(format!("{option} {fraction} of {samples} samples: {problem}")))
}

/// How many of the rows are of each class.
pub(crate) fn class_sizes(data: &Data, rows: &[usize]) -> Vec<usize> {
    let labels = data.labels();
    let mut sizes = vec![0; labels.classes.len()];
    for &row in rows {
        sizes[labels.of_row[row]] += 1;
    }
    sizes
}

/// `"rare" (3 samples)`.
pub(crate) fn described(data: &Data, class: usize, size: usize) -> String {
    let plural = if size == 1 { "" } else { "s" };
    format!("{:?} ({size} sample{plural})", data.labels().classes[class])
}

fn note_missing(
    data: &Data,
    (option, fraction): (&str, f64),
    (rows, held): (&[usize], &[usize]),
    say: &Say,
) {
    if data.labels().classes.is_empty() {
        return;
    }
    let of_held = class_sizes(data, held);
    let sizes = class_sizes(data, rows).into_iter().zip(of_held).enumerate();
    let missing: Vec<String> = sizes
        .filter(|&(_, (all, held))| all > 0 && held == 0)
        .map(|(class, (all, _))| described(data, class, all))
        .collect();
    if !missing.is_empty() {
        let classes = if missing.len() == 1 { "class" } else { "classes" };
        let missing = listed(&missing);
        say.note(format_args!("{option} {fraction}: nothing is held out of {classes} {missing}"));
    }
}
