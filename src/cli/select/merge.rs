//! `--merge`: the table of all parts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use shallownet::io::Quoted;

use super::args::Args;
use super::command;
use super::part::{Part, WRITER};
use super::shard::Shard;
use super::table;
use crate::failure::Failure;
use crate::say::Say;

/// A part, and the file that it was read from.
type Named = (PathBuf, Part);

pub(super) fn run(args: &Args, say: &Say) -> Result<(), Failure> {
    let parts = complete(read_all(&args.merge)?)?;
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

/// Refuses a part of another selection, and says in what they differ.
fn check_same((path, part): (&Path, &Part), (first, other): (&Path, &Part)) -> Result<(), Failure> {
    let differ = |what: String| {
        let problem = format!("it is no part of the selection of {}: {what}", first.display());
        Err(Failure::File { file: path.display().to_string(), problem })
    };
    if part.shard().parts != other.shard().parts {
        let [given, there] = [part, other].map(|part| part.shard());
        return differ(format!("it is part {given}, and that is part {there}"));
    }
    if (&part.selection, &part.grounds) == (&other.selection, &other.grounds) {
        return Ok(());
    }
    let fields = |part: &Part| -> Vec<(String, Value)> {
        let all = [serde_json::to_value(&part.grounds), serde_json::to_value(&part.selection)];
        let objects = all.into_iter().flatten().filter_map(|value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        });
        objects.flatten().collect()
    };
    let mut pairs: Vec<_> = fields(part).into_iter().zip(fields(other)).collect();
    pairs.retain(|(given, there)| given != there);
    // Lists are too long to be shown: rather something else, if there is something.
    pairs.sort_by_key(|((_, value), _)| value.is_array());
    let Some(((name, value), (_, there))) = pairs.into_iter().next() else {
        return differ("they differ".to_owned());
    };
    let name_of = name.replace('_', " ");
    differ(match value {
        Value::Array(_) => format!("it has other {name_of}"),
        value => format!("its {name_of} is {value}, not {there}"),
    })
}

/// A part may be there twice, if its scores have the same bits.
fn check_twin((path, part): (&Path, &Part), (other, twin): (&Path, &Part)) -> Result<(), Failure> {
    let is_same = |((_, a), (_, b)): &((usize, f64), (usize, f64))| {
        a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
    };
    let mut pairs = part.scores().zip(twin.scores());
    let Some(((training, score), (_, there))) = pairs.find(|pair| !is_same(pair)) else {
        return Ok(());
    };
    let folds = part.selection.folds;
    let problem = format!(
        "it is part {}, as {} is, with another score of candidate {} on fold {}: {score:?}, not \
         {there:?}; one of the two has to go",
        part.shard(),
        other.display(),
        training / folds + 1,
        training % folds + 1
    );
    Err(Failure::File { file: path.display().to_string(), problem })
}

/// The parts in folders, and those named one by one.
fn read_all(paths: &[PathBuf]) -> Result<Vec<Named>, Failure> {
    let mut all = Vec::new();
    for path in paths {
        let files = if path.is_dir() { in_folder(path)? } else { vec![path.clone()] };
        for file in files {
            let part = read(&file)?;
            all.push((file, part));
        }
    }
    Ok(all)
}

/// The files of a folder that are called as parts are, sorted.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unread = |error: io::Error| refused(folder, reason(&error));
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("part-") && name.ends_with(".json") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let expected = "no part here: expected files such as part-3-of-100.json, which select \
                        --shard 3/100 writes to --out";
        return Err(refused(folder, expected.to_owned()));
    }
    Ok(files)
}

/// What every version of a part says.
#[derive(Deserialize)]
struct Head {
    written_by: Option<String>,
}

fn read(path: &Path) -> Result<Part, Failure> {
    let unread = |error: io::Error| refused(path, reason(&error));
    // A pipe would make the program wait.
    if !fs::metadata(path).map_err(unread)?.is_file() {
        return Err(refused(path, "it is no regular file".to_owned()));
    }
    let text = fs::read(path).map_err(unread)?;
    let broken = |error: serde_json::Error| broken(path, &error);
    let head: Head = serde_json::from_slice(&text).map_err(broken)?;
    match head.written_by.as_deref() {
        Some(WRITER) => {}
        Some(other) => {
            let problem = format!("it was written by {}: expected {WRITER:?}", Quoted(other));
            return Err(refused(path, problem));
        }
        None => return Err(refused(path, "it is no part that select --shard wrote".to_owned())),
    }
    let part: Part = serde_json::from_slice(&text).map_err(broken)?;
    part.broken().map_or(Ok(part), |problem| Err(refused(path, problem)))
}

fn refused(path: &Path, problem: String) -> Failure {
    Failure::File { file: path.display().to_string(), problem }
}

/// Where a file is no JSON, or not that of a part.
fn broken(path: &Path, error: &serde_json::Error) -> Failure {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let at = format!(" at line {line} column {column}");
    let problem = format!(
        "{}; without this file, --merge says what writes it again",
        text.strip_suffix(&at).unwrap_or(&text)
    );
    let place = format!("{}: line {line}, column {column}", path.display());
    Failure::Cell { place, problem }
}

/// What the system said, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
