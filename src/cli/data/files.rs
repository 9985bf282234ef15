//! Samples in several files: those that were named, or all of a folder.

use std::path::{Path, PathBuf};

use super::arrays;
use super::kind::{Kind, kind};
use crate::failure::Failure;

/// The files that were named, in this order; for a folder, its files in the order of their names (those
/// that begin with a dot or an underscore left out), unless it is one with MNIST's names.
pub(super) fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        let is_set = || ["train", "t10k"].iter().any(|set| arrays::has_set(path, set));
        let inside = if path.is_dir() && !is_set() { of_folder(path)? } else { Vec::new() };
        match inside.is_empty() {
            true => files.push(path.clone()),
            false => files.extend(inside),
        }
    }
    let [first, others @ ..] = &files[..] else { return Ok(files) };
    let kind_of_all = kind(first);
    let is_one = others.is_empty() || kind_of_all != Kind::Folder;
    match others.iter().find(|path| kind(path) != kind_of_all || !is_one) {
        None => Ok(files),
        Some(other) => Err(Failure::File {
            file: other.display().to_string(),
            problem: format!(
                "it is no part of the samples that begin with {}: expected files of one kind, all \
                 CSV, .npy, .npz or IDX",
                first.display()
            ),
        }),
    }
}

fn of_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unread = |error: std::io::Error| Failure::File {
        file: folder.display().to_string(),
        problem: error.to_string(),
    };
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with(['.', '_']) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_its_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.npy", "a.npy", "_SUCCESS", ".hidden"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let [a, b] = ["a.npy", "b.npy"].map(|name| folder.path().join(name));
        let of = |paths: &[&PathBuf]| {
            files(&paths.iter().map(|path| (*path).clone()).collect::<Vec<_>>())
        };
        assert_eq!(of(&[&folder.path().to_owned()]).unwrap(), [a.clone(), b.clone()]);
        assert_eq!(of(&[&b, &a]).unwrap(), [b.clone(), a.clone()]);
        std::fs::write(folder.path().join("c.csv"), "").unwrap();
        let said = of(&[&folder.path().to_owned()]).unwrap_err().to_string();
        assert!(said.contains("c.csv: it is no part of") && said.contains("a.npy"), "{said}");
    }
}
