//! Part files, read; what is no whole part is refused.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use shallownet::io::Quoted;

use super::part::{Part, WRITER};
use crate::failure::Failure;

/// The parts in folders, and those named one by one, each with its file.
pub(super) fn all(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Part)>, Failure> {
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
    const MOST: usize = 200;
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let at = format!(" at line {line} column {column}");
    // It may quote the file, at any length.
    let what: String = text.strip_suffix(&at).unwrap_or(&text).chars().take(MOST).collect();
    let problem = format!("{what}; without this file, --merge says what writes it again");
    let place = format!("{}: line {line}, column {column}", path.display());
    Failure::Cell { place, problem }
}

/// What the system said, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
