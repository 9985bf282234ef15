//! The file of one part: what was selected among, on what grounds, and the part's scores.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shallownet::io::atomic;

use super::selection::{About, Grounds, Selection};
use super::shard::Shard;
use super::{command, score};
use crate::failure::Failure;
use crate::rescue;
use crate::say::Say;

/// What made a part, as its file says it first.
pub(super) const WRITER: &str =
    concat!("shallownet ", env!("CARGO_PKG_VERSION"), " select --shard");

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    written_by: String,
    /// From 1.
    part: usize,
    parts: usize,
    /// The arguments that this part was asked for with, but for --shard.
    pub(super) command: Vec<String>,
    pub(super) about: About,
    pub(super) selection: Selection,
    pub(super) grounds: Grounds,
    scores: Vec<Scored>,
}

/// The score of one training.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scored {
    /// From 1, in the order of the selection's.
    candidate: usize,
    /// From 1.
    fold: usize,
    #[serde(with = "score")]
    score: f64,
}

#[derive(Serialize)]
struct Results<'a> {
    part: usize,
    parts: usize,
    trainings: usize,
    file: &'a Path,
}

/// Where a part is written.
pub(super) fn path(folder: &Path, shard: Shard) -> PathBuf {
    folder.join(shard.file_name())
}

/// Makes the folder for parts: rather before hours of training than after.
pub(super) fn make_folder(folder: &Path) -> Result<(), Failure> {
    let made = std::fs::create_dir_all(folder);
    made.map_err(|source| atomic::WriteError { file: folder.display().to_string(), source }.into())
}

impl Part {
    /// The `shard` of a selection, with the scores of its trainings.
    pub(super) fn new(
        shard: Shard,
        about: About,
        (selection, grounds): (Selection, Grounds),
        scores: &[f64],
    ) -> Self {
        let trainings = shard.trainings(selection.trainings());
        let scores = trainings.zip(scores).map(|(training, &score)| Scored {
            candidate: training / selection.folds + 1,
            fold: training % selection.folds + 1,
            score,
        });
        Self {
            written_by: WRITER.to_owned(),
            part: shard.part,
            parts: shard.parts,
            command: command::given(),
            about,
            scores: scores.collect(),
            selection,
            grounds,
        }
    }

    pub(super) fn shard(&self) -> Shard {
        Shard { part: self.part, parts: self.parts }
    }

    /// The number of each of its trainings (from 0), and its score.
    pub(super) fn scores(&self) -> impl Iterator<Item = (usize, f64)> {
        let trainings = self.shard().trainings(self.selection.trainings());
        trainings.zip(self.scores.iter().map(|scored| scored.score))
    }

    /// What it says of itself does not hold together: why.
    pub(super) fn broken(&self) -> Option<String> {
        // A terminal would obey them; the program writes none.
        if self.about.texts().any(|text| text.chars().any(char::is_control)) {
            return Some("a control character is in its texts".to_owned());
        }
        let (shard, folds) = (self.shard(), self.selection.folds);
        let trainings = self.selection.candidates.len().checked_mul(folds).unwrap_or(0);
        if !(1..=shard.parts).contains(&shard.part) || shard.parts > trainings || folds < 2 {
            return Some(format!(
                "no part {} of {}, of {} candidates on {folds} folds, can be",
                shard.part,
                shard.parts,
                self.selection.candidates.len()
            ));
        }
        let (expected, given) = (shard.trainings(trainings).len(), self.scores.len());
        if given != expected {
            return Some(format!("{given} scores: part {shard} has {expected}"));
        }
        let mut places = shard.trainings(trainings).map(|k| (k / folds + 1, k % folds + 1));
        let is_elsewhere =
            |scored: &&Scored| places.next() != Some((scored.candidate, scored.fold));
        let Scored { candidate, fold, .. } = self.scores.iter().find(is_elsewhere)?;
        Some(format!("part {shard} has no score of candidate {candidate} on fold {fold} there"))
    }

    /// Writes it to its file in a folder, or, if that fails, elsewhere.
    pub(super) fn save(&self, folder: &Path, say: &Say) -> Result<(), Failure> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| Failure::Output(io::Error::other(error)))?;
        text.push(b'\n');
        let path = path(folder, self.shard());
        let write = |path: &Path| atomic::write(path, &text);
        if let Err(failure) = rescue::write(&path, write) {
            rescue::elsewhere(&path, write, say);
            return Err(failure);
        }
        let (shard, trainings) = (self.shard(), self.scores.len());
        say.line(format_args!(
            "part {shard}: {trainings} of {} trainings\nwrote {}",
            self.selection.trainings(),
            path.display()
        ));
        let Shard { part, parts } = shard;
        say.results(&Results { part, parts, trainings, file: &path })
    }
}
