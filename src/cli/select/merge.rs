//! `--merge`: the table of all parts.

use std::path::PathBuf;

use super::args::Args;
use super::command;
use super::compare::{check_same, check_twin};
use super::part::Part;
use super::read;
use super::shard::Shard;
use super::table;
use crate::failure::Failure;
use crate::say::Say;

type Named = (PathBuf, Part);

pub(super) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    let parts = complete(read::all(&args.merge)?)?;
    let Some((_, first)) = parts.first() else { return Ok(()) };
    let mut scores = vec![f64::NAN; first.selection.trainings()];
    for (training, score) in parts.iter().flat_map(|(_, part)| part.scores()) {
        scores[training] = score;
    }
    first.about.notes.iter().for_each(|note| say.note(note));
    first.selection.say_size(&first.about.data, say);
    table::tell((&first.selection, &first.about), &scores, args.out.as_deref(), say)
}

/// Every part of one selection, in order, or why there is not.
fn complete(mut found: Vec<Named>) -> Result<Vec<Named>, Failure> {
    found.sort_by_key(|(_, part)| part.shard().part);
    let mut parts: Vec<Named> = Vec::new();
    for (path, part) in found {
        if let Some((first, of_first)) = parts.first() {
            check_same((&path, &part), (first, of_first))?;
        }
        match parts.last() {
            Some((last, of_last)) if of_last.shard() == part.shard() => {
                check_twin((&path, &part), (last, of_last))?;
            }
            _ => parts.push((path, part)),
        }
    }
    let gaps = gaps(&parts);
    let (Some(&(start, _)), Some((_, part))) = (gaps.first(), parts.first()) else {
        return Ok(parts);
    };
    Err(missing(&gaps, part, start))
}

/// The numbers of the parts that are not there, as ranges.
fn gaps(parts: &[Named]) -> Vec<(usize, usize)> {
    let (mut gaps, mut next) = (Vec::new(), 1);
    for Shard { part, .. } in parts.iter().map(|(_, part)| part.shard()) {
        if part > next {
            gaps.push((next, part - 1));
        }
        next = part.saturating_add(1);
    }
    if let Some(parts) = parts.first().map(|(_, part)| part.shard().parts).filter(|n| *n >= next) {
        gaps.push((next, parts));
    }
    gaps
}

/// The parts are named as ranges, as `sbatch --array` takes them.
fn missing(gaps: &[(usize, usize)], like: &Part, first: usize) -> Failure {
    let range = |&(from, to): &(usize, usize)| match to - from {
        0 => from.to_string(),
        _ => format!("{from}-{to}"),
    };
    let ranges = gaps.iter().map(range).collect::<Vec<_>>().join(",");
    let parts = like.shard().parts;
    let command = command::again(&like.command, Shard { part: first, parts });
    let (which, what) = match gaps {
        &[(from, to)] if from == to => (format!("part {ranges} of {parts} is"), "it"),
        _ => (format!("parts {ranges} of {parts} are"), "the first, and so on"),
    };
    Failure::MissingParts { which, command, what }
}
