//! A trainer among ranks: what they agree on before a run, and its epochs.

use core::ops::ControlFlow;

use super::agreement::{agreed, gathered};
use super::pass::{Memory, Pass, part};
use crate::data::data_set::DataSet;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::ranks::{Communicator, Shards};
use crate::scalar::Scalar;
use crate::train::epochs;
use crate::train::report::{Epoch, TrainingReport};
use crate::train::rollback::Rollback;
use crate::train::training_state::TrainingState;
use crate::words::fingerprint::{Fingerprint, xxh64};

/// The memory of a training in shards.
#[derive(Debug)]
pub(in crate::train) struct Sharded<T>(Memory<T>);

impl<T: Scalar> Sharded<T> {
    /// All samples of all ranks: training, validation.
    pub(in crate::train) fn samples(
        data: DataSet<'_, T>,
        ranks: &mut dyn Communicator,
    ) -> [usize; 2] {
        let held = data.validation.map_or(0, |(x, _)| x.samples());
        let all = gathered(ranks, [data.x.samples() as u64, held as u64]);
        all.iter().fold([0, 0], |sum, of| [sum[0] + of[0] as usize, sum[1] + of[1] as usize])
    }

    /// For a state and the samples that this rank has of its data. Every rank has the same result, if
    /// one is refused: what it is refused for, or [`Error::OtherRank`].
    pub(in crate::train) fn new(
        net: &Network<T>,
        state: &mut TrainingState<T>,
        data: DataSet<'_, T>,
        ranks: &mut dyn Communicator,
    ) -> Result<Self> {
        let [samples, held] = Self::samples(data, ranks);
        let made = Self::of_rank(net, state, data, (samples, held), ranks);
        let made = agreed(made, ranks)?;
        let given = made.fingerprint(data, ranks);
        state.recognise_as(given)?;
        Ok(made)
    }

    fn of_rank(
        net: &Network<T>,
        state: &TrainingState<T>,
        data: DataSet<'_, T>,
        (samples, held): (usize, usize),
        ranks: &dyn Communicator,
    ) -> Result<Self> {
        let (count, place) = (state.training.shards, (ranks.rank(), ranks.ranks()));
        if count < place.1 {
            let (argument, expected) = ("shards", "at least as many as ranks");
            return Err(Error::Range { argument, expected, given: count as f64 });
        }
        if samples != state.samples {
            return Err(Error::Samples { argument: "x", expected: state.samples, given: samples });
        }
        let shards = Shards::new(samples, count)?;
        // Of fewer validation samples than shards, some have none.
        let held = (held > 0).then(|| Shards::new(held, count.min(held))).transpose()?;
        if held.is_some_and(|held| held.count() < place.1) {
            let (argument, expected) = ("validation samples", "at least one a rank");
            let given = held.map_or(0, |held| held.samples()) as f64;
            return Err(Error::Range { argument, expected, given });
        }
        check(net, state, data, (shards, held), place)?;
        Ok(Self(Memory::new(net, state, data, (shards, held), place)?))
    }

    /// Of all shards' data: XXH64 of their own fingerprints.
    fn fingerprint(&self, data: DataSet<'_, T>, ranks: &mut dyn Communicator) -> Fingerprint {
        let ((shards, held), (rank, of)) = (self.0.shards(), self.0.place());
        let from = shards.samples_of_rank(rank, of).start;
        let own = shards.of_rank(rank, of).map(|shard| {
            let range = shards.samples_of(shard);
            let (x, y) = part(data.x, data.targets(), range.start - from..range.end - from);
            DataSet { x, y: y.y, weights: y.weights, validation: None }.fingerprint().0
        });
        let mut words: Vec<u64> = own.collect();
        if let (Some(held), Some((x, y))) = (held, data.validation) {
            let from = held.samples_of_rank(rank, of).start;
            words.extend(held.of_rank(rank, of).map(|shard| {
                let range = held.samples_of(shard);
                let (x, y) = part(x, y, range.start - from..range.end - from);
                DataSet { x, y: y.y, weights: y.weights, validation: None }.fingerprint().0
            }));
        }
        let own_words = |r: usize| {
            let held = held.map_or(0, |held| held.of_rank(r, of).len());
            [shards.of_rank(r, of).len(), held]
        };
        let counts: Vec<usize> = (0..of).map(|r| 8 * own_words(r).iter().sum::<usize>()).collect();
        let mut all = vec![0_u64; counts.iter().sum::<usize>() / 8];
        ranks.gather(bytemuck::cast_slice(&words), bytemuck::cast_slice_mut(&mut all), &counts);
        // Training first, then validation, in the order of shards, whoever had them.
        let (mut training, mut validation) = (Vec::<u64>::new(), Vec::<u64>::new());
        let mut rest = &all[..];
        for r in 0..of {
            let [first, second] = own_words(r);
            training.extend(&rest[..first]);
            validation.extend(&rest[first..first + second]);
            rest = &rest[first + second..];
        }
        training.extend(validation);
        Fingerprint(xxh64(&training, |word| word))
    }

    /// Epochs until there is nothing left to do, or a rank's `watch` says stop.
    pub(in crate::train) fn run(
        &mut self,
        net: &mut Network<T>,
        (state, rollback): (&mut TrainingState<T>, &mut Rollback<T>),
        data: DataSet<'_, T>,
        ranks: &mut dyn Communicator,
        watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
    ) -> Result<TrainingReport> {
        let (parts, place) = (self.0.shards(), self.0.place());
        let given = (ranks.rank(), ranks.ranks());
        if given != place {
            let (argument, expected) = ("ranks", "those that the trainer was made for");
            return Err(Error::Range { argument, expected, given: given.1 as f64 });
        }
        agreed(check(net, state, data, parts, place), ranks)?;
        epochs::run(net, state, rollback, &mut Pass { memory: &mut self.0, data, ranks }, watch)
    }
}

/// Refuses data that is not this rank's share of all samples.
fn check<T: Scalar>(
    net: &Network<T>,
    state: &TrainingState<T>,
    data: DataSet<'_, T>,
    (shards, held): (Shards, Option<Shards>),
    (rank, ranks): (usize, usize),
) -> Result<()> {
    state.optimizer.check(net.shape())?;
    net.check_samples(data.x, data.targets())?;
    let is_share = |argument, shards: Shards, given: usize| {
        let expected = shards.samples_of_rank(rank, ranks).len();
        if expected == given { Ok(()) } else { Err(Error::Samples { argument, expected, given }) }
    };
    is_share("x", shards, data.x.samples())?;
    match (held, data.validation) {
        (Some(held), Some((x, y))) => {
            net.check_samples(x, y)?;
            is_share("validation x", held, x.samples())
        }
        (Some(held), None) => is_share("validation x", held, 0),
        (None, _) if state.training.early_stopping.is_some() => Err(Error::NoValidation),
        (None, _) => Ok(()),
    }
}
