//! Columns of a table that no rank has all of, as a preparation learns them from all samples.

use shallownet::pipeline::{Column, Missing, RawColumn, Unprepared};

use super::medians::{key, median};
use crate::data::Data;
use crate::failure::Failure;
use crate::job::Job;
use crate::prepare::{PreparationArgs, note_unseen, refused};
use crate::say::Say;

/// The columns of a table, of whose samples in `rows` this rank has read those of `shards`; empty where
/// all are numbers of which none may be missing.
pub(super) fn columns(
    options: &PreparationArgs,
    (data, rows): (&Data, &[usize]),
    shards: &[&[usize]],
    (job, say): (&Job<'_>, &Say),
) -> Result<Vec<Column>, Failure> {
    let fills = options.fills(data);
    let is_number = |kind: &RawColumn| *kind == RawColumn::Number;
    if !fills && data.kinds.iter().all(is_number) {
        return Ok(Vec::new());
    }
    let lacking: Vec<f64> = (0..data.width).map(|k| data.lacking(k) as f64).collect();
    let lacking = job.values(&lacking)?;
    let (mut columns, mut held_out) = (Vec::new(), Vec::new());
    for (k, kind) in data.kinds.iter().enumerate() {
        let own = shards.iter().flat_map(|rows| rows.iter()).map(|&row| data.row(row)[k]);
        let missing = job.sum(own.clone().filter(|v| v.is_nan()).count());
        let filled = own.filter(|v| !v.is_nan());
        let column = match kind {
            RawColumn::Number if !fills => Some(Column::Number { missing: Missing::Refused }),
            RawColumn::Number => {
                let mut keys: Vec<u64> = filled.map(key).collect();
                keys.sort_unstable();
                let missing = |with| Missing::Filled { with, has_input: missing > 0 };
                median(&keys, job).map(|with| Column::Number { missing: missing(with) })
            }
            RawColumn::Category(texts) => {
                let mut counts = vec![0.0; texts.len()];
                filled.filter(|code| *code >= 0.0).for_each(|code| counts[code as usize] += 1.0);
                let of_ranks = job.values(&counts)?;
                let of = |code: usize| of_ranks.iter().skip(code).step_by(texts.len());
                let counts: Vec<usize> =
                    (0..texts.len()).map(|code| of(code).sum::<f64>() as usize).collect();
                options.preparation(data).fit_category(texts, &counts, missing > 0)
            }
        };
        let Some(column) = column else {
            return Err(refused(data, rows, Unprepared::Empty { column: k }));
        };
        let all: f64 = lacking.iter().skip(k).step_by(data.width).sum();
        if fills && missing == 0 && all > 0.0 {
            held_out.push((k, all));
        }
        columns.push(column);
    }
    for (k, column) in columns.iter().enumerate() {
        note_unseen(data, (k, column), say);
        if let Some((_, all)) = held_out.iter().find(|(of, _)| *of == k) {
            say.note(format_args!(
                "{}: values are missing in held-out samples alone ({all})",
                data.feature(k)
            ));
        }
    }
    Ok(columns)
}

/// What stands for a missing number.
pub(super) fn fill(column: &Column) -> f64 {
    match column.missing() {
        Missing::Filled { with, .. } => with,
        Missing::Refused => f64::NAN,
    }
}

/// Was a value missing in a sample that was trained on?
pub(super) fn lacks(column: &Column) -> bool {
    matches!(column.missing(), Missing::Filled { has_input: true, .. })
}
