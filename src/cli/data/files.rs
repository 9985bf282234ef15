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

/// The names of files with the samples of one set, for messages.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// The first sample of each.
    files: Vec<(usize, String)>,
}

impl Names {
    pub(super) fn one(file: String) -> Self {
        Self { files: vec![(0, file)] }
    }

    /// Others behind these, which have so many samples.
    pub(super) fn extend(&mut self, samples: usize, others: Self) {
        self.files.extend(others.files.into_iter().map(|(first, file)| (samples + first, file)));
    }

    /// The file of a sample, and its number there.
    pub(super) fn place(&self, sample: usize) -> (&str, usize) {
        let after = self.files.partition_point(|(first, _)| *first <= sample);
        let found = after.checked_sub(1).and_then(|at| self.files.get(at));
        found.map_or(("", sample), |(first, file)| (file, sample - first))
    }

    /// The samples of the `file`th, of so many in all.
    pub(super) fn samples(&self, file: usize, all: usize) -> std::ops::Range<usize> {
        let first = |file: usize| self.files.get(file).map_or(all, |(first, _)| *first);
        first(file)..first(file + 1)
    }

    /// `a.npy`, `a.npy and 3 more files`.
    pub(super) fn all(&self) -> String {
        all(&self.files)
    }
}

/// The first of some names, and how many more there are.
pub(super) fn all(files: &[(usize, String)]) -> String {
    match files {
        [] => String::new(),
        [(_, file)] => file.clone(),
        [(_, first), _] => format!("{first} and 1 more file"),
        [(_, first), others @ ..] => format!("{first} and {} more files", others.len()),
    }
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

    #[test]
    fn a_sample_is_in_the_last_file_that_begins_before_it() {
        let mut names = Names::one("a".to_owned());
        names.extend(3, Names::one("b".to_owned()));
        names.extend(5, Names::one("c".to_owned()));
        assert_eq!(
            [0, 2, 3, 5, 9].map(|row| names.place(row)),
            [("a", 0), ("a", 2), ("b", 0), ("c", 0), ("c", 4),]
        );
        assert_eq!(names.all(), "a and 2 more files");
    }
}
