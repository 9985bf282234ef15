//! The samples of one rank, split by purpose.

use std::ops::Range;

use shallownet::Scalar;
use shallownet::io::checkpoint::Checkpoint;
use shallownet::pipeline::{InputKind, Inputs};
use shallownet::ranks::Shards;

use super::prepare;
use crate::data::{Data, widened};
use crate::failure::Failure;
use crate::job::Job;
use crate::say::Say;
use crate::train::Args;
use crate::train::intent::{Intent, meaning};
use crate::train::sets::{Rows, Sets};

/// What this rank trains on and measures on.
pub(super) struct Share<T> {
    pub(super) data: Data,
    /// The batches are this rank's, but that of a folder's test samples, which is the first rank's; the
    /// rows are those of all ranks.
    pub(super) sets: Sets<T>,
}

/// How samples are cut: of fewer than shards, some shards have none.
pub(super) fn cut(samples: usize, shards: usize) -> Option<Shards> {
    Shards::new(samples, shards.min(samples)).ok()
}

/// Which of so many samples are this rank's.
pub(super) fn own(samples: usize, shards: usize, job: &Job<'_>) -> Range<usize> {
    let cut = cut(samples, shards);
    cut.map_or(0..0, |cut| cut.samples_of_rank(job.rank(), job.ranks()))
}

/// Which of so many samples are in each of this rank's shards.
pub(super) fn own_shards(samples: usize, shards: usize, job: &Job<'_>) -> Vec<Range<usize>> {
    let Some(cut) = cut(samples, shards) else { return Vec::new() };
    cut.of_rank(job.rank(), job.ranks()).map(|shard| cut.samples_of(shard)).collect()
}

impl<T: Scalar> Share<T> {
    /// Reads the samples, unless `data` has them already, and prepares them.
    pub(super) fn of(
        args: &Args,
        mut data: Data,
        (intent, resumed): (&Intent, Option<&Checkpoint<T>>),
        (job, say): (&Job<'_>, &Say),
    ) -> Result<Self, Failure> {
        let rows = || {
            let rows = Rows::of(args, &data, intent, say)?;
            Shards::new(rows.train.len(), intent.shards)?;
            Ok(rows)
        };
        let rows = job.agreed(rows())?;
        let parts = rows.each().map(|rows| own(rows.len(), intent.shards, job));
        let prepared = if data.is_in_parts() {
            let mine = rows.each().into_iter().zip(&parts);
            let mut all =
                mine.flat_map(|(rows, part)| &rows[part.clone()]).copied().collect::<Vec<_>>();
            all.sort_unstable();
            data = job.agreed(args.source.read(data, all))?;
            data.inputs = inputs(data.inputs, job);
            let ranges = own_shards(rows.train.len(), intent.shards, job);
            let shards: Vec<&[usize]> = ranges.into_iter().map(|of| &rows.train[of]).collect();
            let learned = (&data, &rows.train[..]);
            prepare::fit(&args.preparation, learned, &shards, intent, (job, say))?
        } else {
            let (learned, of_targets) = ((&rows.train[..], intent.shards), intent.of_targets);
            let fitted = args.preparation.fit_in_parts(&data, learned, of_targets, Some(say));
            job.agreed(fitted)?
        };
        let of = (&data, meaning(args, &data, resumed));
        let sets = Sets::of(args, of, intent, (rows, parts), (prepared, job.is_first()), say);
        let sets = job.agreed(sets)?;
        Ok(Self { data, sets })
    }
}

/// What the samples of all ranks are, by what each has found in its own.
fn inputs(own: Option<Inputs>, job: &Job<'_>) -> Option<Inputs> {
    const KINDS: [InputKind; 3] = [InputKind::Bytes, InputKind::Whole, InputKind::Real];
    let place = |kind| KINDS.iter().position(|other| *other == kind).unwrap_or(2) as u64;
    let words = own.map_or([0; 5], |of| {
        let [lowest, highest, by] = [of.lowest, of.highest, of.divided_by].map(f64::to_bits);
        [1, place(of.from), lowest, highest, by]
    });
    let known = job.words(words).into_iter().filter(|words| words[0] == 1).map(|words| Inputs {
        from: KINDS[words[1] as usize],
        lowest: f64::from_bits(words[2]),
        highest: f64::from_bits(words[3]),
        divided_by: f64::from_bits(words[4]),
    });
    known.map(Some).fold(None, widened)
}
