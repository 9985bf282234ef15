//! One part of a selection: which trainings it takes, and the name of its file.

use core::fmt;

use crate::failure::Failure;

/// `--shard 3/100`: the third of a hundred parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    /// From 1.
    pub(super) part: usize,
    pub(super) parts: usize,
}

/// Reads `--shard`.
pub(super) fn shard(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/').map(|(part, parts)| (part.parse(), parts.parse()));
    match numbers {
        Some((Ok(part), Ok(parts))) if (1..=parts).contains(&part) => Ok(Shard { part, parts }),
        _ => Err("expected I/N such as 3/100: the I-th of N parts, I from 1 to N".to_owned()),
    }
}

impl Shard {
    /// All in one.
    pub(super) const WHOLE: Self = Self { part: 1, parts: 1 };

    /// The numbers (from 0) of its trainings among so many. Every N-th, so that the parts take about
    /// the same time: neighbours are folds and rates of the same layers.
    pub(super) fn trainings(self, of: usize) -> impl ExactSizeIterator<Item = usize> {
        (self.part - 1..of).step_by(self.parts)
    }

    /// No part may be empty: there are fewer candidates than its writer thinks.
    pub(super) fn check(self, candidates: usize, folds: usize) -> Result<(), Failure> {
        let trainings = candidates.saturating_mul(folds);
        if self.parts <= trainings {
            return Ok(());
        }
        Err(Failure::Arguments(format!(
            "--shard {self}: there are {trainings} trainings, of {candidates} candidates on \
             {folds} folds: expected at most {trainings} parts"
        )))
    }

    pub(super) fn file_name(self) -> String {
        format!("part-{}-of-{}.json", self.part, self.parts)
    }
}

/// As it is given on the command line.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_from_one() {
        assert_eq!(shard("3/100"), Ok(Shard { part: 3, parts: 100 }));
        assert_eq!(shard("1/1"), Ok(Shard::WHOLE));
        for wrong in ["", "x", "3", "0/3", "4/3", "1/0", "-1/3", "1/x", "1/2/3", "1 /2", "1.0/2"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_training_is_in_one_part() {
        for (parts, of) in [(1, 5), (3, 10), (10, 10), (7, 100)] {
            let mut all: Vec<usize> =
                (1..=parts).flat_map(|part| Shard { part, parts }.trainings(of)).collect();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..of), "{parts} parts of {of}");
        }
    }
}
