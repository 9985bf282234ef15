//! Where the samples of shards, ranks and steps begin and end.

use core::ops::Range;

use crate::error::{Error, Result};

/// How samples are cut into shards, and shards given to ranks: each time into stretches of which none is
/// more than one longer than another.
///
/// A rank holds the samples of its shards, which follow one another: of 10 samples, 4 shards and 2 ranks
/// rank 1 holds samples 5 to 9, which are shards 2 and 3.
///
/// ```
/// use shallownet::ranks::Shards;
///
/// let shards = Shards::new(10, 4)?;
/// assert_eq!(shards.of_rank(1, 2), 2..4);
/// assert_eq!(shards.samples_of_rank(1, 2), 5..10);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shards {
    samples: usize,
    count: usize,
}

impl Shards {
    /// This many shards of all samples.
    ///
    /// # Errors
    /// [`Error::Zero`] for no shards, [`Error::Range`] for more of them than samples.
    pub fn new(samples: usize, shards: usize) -> Result<Self> {
        if shards == 0 {
            return Err(Error::Zero { argument: "shards" });
        }
        if shards > samples {
            let (argument, expected) = ("shards", "no more than samples");
            return Err(Error::Range { argument, expected, given: shards as f64 });
        }
        Ok(Self { samples, count: shards })
    }

    /// How many shards.
    pub fn count(&self) -> usize {
        self.count
    }

    /// All samples, of all shards.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The samples of one shard.
    pub fn samples_of(&self, shard: usize) -> Range<usize> {
        stretch(self.samples, shard, self.count)
    }

    /// The shards of one rank of so many.
    pub fn of_rank(&self, rank: usize, ranks: usize) -> Range<usize> {
        stretch(self.count, rank, ranks)
    }

    /// The samples of one rank of so many: what it reads, and nothing else.
    pub fn samples_of_rank(&self, rank: usize, ranks: usize) -> Range<usize> {
        let own = self.of_rank(rank, ranks);
        self.border(own.start)..self.border(own.end)
    }

    /// Where a shard begins.
    fn border(&self, shard: usize) -> usize {
        stretch(self.samples, shard, self.count).start
    }

    /// The places, in a shard's order, of the samples that it gives to one of an epoch's steps.
    pub(crate) fn of_step(&self, shard: usize, step: usize, steps: usize) -> Range<usize> {
        stretch(self.samples_of(shard).len(), step, steps)
    }

    /// The samples of a step that come from the shards before this one.
    pub(crate) fn before(&self, shard: usize, step: usize, steps: usize) -> usize {
        (0..shard).map(|shard| self.of_step(shard, step, steps).len()).sum()
    }
}

/// The `index`th of `parts` stretches of `all`.
pub(crate) fn stretch(all: usize, index: usize, parts: usize) -> Range<usize> {
    let border = |index: usize| (all as u128 * index as u128 / parts as u128) as usize;
    border(index)..border(index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_in_one_shard_of_one_rank_and_one_step() {
        for (samples, count) in [(1, 1), (10, 4), (17, 8), (1000, 7), (8, 8)] {
            let shards = Shards::new(samples, count).unwrap();
            for ranks in 1..=count {
                let all: Vec<usize> =
                    (0..ranks).flat_map(|rank| shards.samples_of_rank(rank, ranks)).collect();
                assert_eq!(all, (0..samples).collect::<Vec<_>>());
                let of_ranks: Vec<usize> =
                    (0..ranks).flat_map(|rank| shards.of_rank(rank, ranks)).collect();
                assert_eq!(of_ranks, (0..count).collect::<Vec<_>>());
            }
            for steps in [1, 2, 3, samples, 2 * samples] {
                for shard in 0..count {
                    let places: Vec<usize> =
                        (0..steps).flat_map(|step| shards.of_step(shard, step, steps)).collect();
                    assert_eq!(places, (0..shards.samples_of(shard).len()).collect::<Vec<_>>());
                }
                let of_steps = (0..steps).map(|step| shards.before(count, step, steps));
                assert_eq!(of_steps.sum::<usize>(), samples);
            }
        }
        assert_eq!(stretch(usize::MAX, 2, 3).end, usize::MAX);
    }

    #[test]
    fn what_can_not_be_cut_is_refused() {
        assert_eq!(Shards::new(3, 0), Err(Error::Zero { argument: "shards" }));
        assert!(matches!(Shards::new(3, 4), Err(Error::Range { argument: "shards", .. })));
    }
}
