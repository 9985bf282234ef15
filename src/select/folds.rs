//! Samples dealt to folds.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, Result};

/// A partition of samples into k folds, seeded: each sample is in exactly one.
///
/// Samples are shuffled (Fisher and Yates, with ChaCha8) and dealt in turn, class after class where
/// classes are given. So the folds' sizes differ by at most one, and so do the numbers of each
/// class in them. The same seed deals the same folds on every machine.
///
/// ```
/// use shallownet::select::Folds;
///
/// // Six samples of class 0, three of class 1.
/// let folds = Folds::stratified(&[0, 0, 0, 1, 0, 0, 0, 1, 1], 3, 42)?;
/// for fold in 0..3 {
///     let held_out: Vec<usize> = folds.validation(fold).collect();
///     assert_eq!(held_out.len(), 3);
///     assert_eq!(held_out.iter().filter(|i| [3, 7, 8].contains(i)).count(), 1);
///     assert_eq!(folds.train(fold).count(), 6);
/// }
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    count: usize,
    /// The fold of each sample.
    of: Vec<usize>,
}

impl Folds {
    /// `count` folds of `samples` samples without classes: for regression. O(samples).
    ///
    /// # Errors
    /// [`Error::Range`] for fewer than 2 folds, or more folds than samples; [`Error::OutOfMemory`].
    pub fn new(samples: usize, count: usize, seed: u64) -> Result<Self> {
        deal(samples, count, seed, (0..samples).map(|i| (0, i)))
    }

    /// `count` folds, each with its share of every class: `classes` has one class number a sample
    /// ([`metrics::classes`](crate::metrics::classes) finds them). A class of fewer samples than
    /// there are folds is missing from some. O(samples log samples).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn stratified(classes: &[usize], count: usize, seed: u64) -> Result<Self> {
        let members = classes.iter().enumerate().map(|(sample, &class)| (class, sample));
        deal(classes.len(), count, seed, members)
    }

    /// The number of folds (k).
    pub fn count(&self) -> usize {
        self.count
    }

    /// The number of samples of all folds together.
    pub fn samples(&self) -> usize {
        self.of.len()
    }

    /// The samples of `fold` (from 0), in ascending order; none past the last fold. O(samples).
    pub fn validation(&self, fold: usize) -> impl Iterator<Item = usize> + Clone {
        self.of.iter().enumerate().filter(move |(_, of)| **of == fold).map(|(sample, _)| sample)
    }

    /// All other samples, in ascending order. O(samples).
    pub fn train(&self, fold: usize) -> impl Iterator<Item = usize> + Clone {
        self.of.iter().enumerate().filter(move |(_, of)| **of != fold).map(|(sample, _)| sample)
    }
}

/// Deals (class, sample) pairs.
fn deal(
    samples: usize,
    count: usize,
    seed: u64,
    members: impl Iterator<Item = (usize, usize)>,
) -> Result<Folds> {
    if count < 2 || count > samples {
        let expected = "at least 2, and no more than samples";
        return Err(Error::Range { argument: "folds", expected, given: count as f64 });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order = shuffled(samples, members, ("the folds", &mut rng))?;
    let mut of = Vec::new();
    of.try_reserve_exact(samples).map_err(|_| no_memory("the folds", samples))?;
    of.resize(samples, 0);
    // Stable: within a class the shuffled order stays.
    order.sort_by_key(|&(class, _)| class);
    for (turn, &(_, sample)) in order.iter().enumerate() {
        of[sample] = turn % count;
    }
    Ok(Folds { count, of })
}

/// (class, sample) pairs in a random order (Fisher and Yates); `what` they are for.
pub(super) fn shuffled(
    samples: usize,
    members: impl Iterator<Item = (usize, usize)>,
    (what, rng): (&'static str, &mut ChaCha8Rng),
) -> Result<Vec<(usize, usize)>> {
    let mut order = Vec::new();
    order.try_reserve_exact(samples).map_err(|_| no_memory(what, samples))?;
    order.extend(members);
    for last in (1..order.len()).rev() {
        // The high half of the product is uniform but for 2^-64 of its range.
        let drawn = (u128::from(rng.random::<u64>()) * (last as u128 + 1)) >> 64;
        order.swap(last, drawn as usize);
    }
    Ok(order)
}

fn no_memory(what: &'static str, samples: usize) -> Error {
    Error::OutOfMemory { what, bytes: samples.saturating_mul(3 * size_of::<usize>()) }
}
