//! The names of files whose samples are one set, and which sample is in which.

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
