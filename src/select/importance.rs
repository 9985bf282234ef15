//! Permutation importance: what a score loses without a column.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::folds::shuffled;
use crate::data::columns::Columns;
use crate::error::Error;

/// How much the predictions rely on each column of the samples: what a score loses when the values
/// of the column are shuffled among the samples (Breiman 2001; Fisher, Rudin and Dominici 2019).
/// It says what the model uses, not what matters in the world: of two columns that say the same,
/// each can be replaced by the other, and both look unimportant.
///
/// Measure it on samples that the model was not trained on.
///
/// ```
/// use shallownet::select::Importance;
/// use shallownet::{Columns, Error};
///
/// // A "model" that answers with the first of two columns, which is the target.
/// let raw: Vec<f64> = (0..40).map(|i| f64::from(i % 7)).collect();
/// let x = Columns::new(&raw, 2)?;
/// let targets: Vec<f64> = raw.iter().step_by(2).copied().collect();
/// let right = |x: Columns<'_, f64>| {
///     let firsts = x.as_slice().iter().step_by(2);
///     Ok::<_, Error>(firsts.zip(&targets).filter(|(a, y)| a == y).count() as f64 / 20.0)
/// };
/// let importance = Importance::of(x, 10, 42, right)?;
/// assert_eq!(importance.score, 1.0);
/// assert!(importance.columns[0].mean > 0.5);
/// assert_eq!((importance.columns[1].mean, importance.columns[1].deviation), (0.0, 0.0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Importance {
    /// The score of the samples as they are.
    pub score: f64,
    /// One for each column of the samples, in their order.
    pub columns: Vec<ColumnImportance>,
}

/// What a score loses when one column is shuffled; see [`Importance`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ColumnImportance {
    /// The mean of the drops.
    pub mean: f64,
    /// Their standard deviation (over the number of repeats, as scikit-learn's).
    pub deviation: f64,
    /// The score as it was minus that of the shuffled samples, one a repeat.
    pub drops: Vec<f64>,
}

impl Importance {
    /// Scores the samples, then shuffles each column `repeats` times and scores again. `score` gets
    /// a batch of the shape of `raw` and returns a number of which more is better: accuracy, R^2,
    /// or a cost times -1. The samples are what comes before all preparation (standardization,
    /// categories as several inputs), so that a column is shuffled as a whole; they may hold NaN,
    /// which is shuffled like any value. `raw` itself stays as it is.
    ///
    /// Columns times repeats are spread over rayon's current pool, one copy of the samples at a
    /// time on each thread. The permutation follows from seed, column and repeat alone (ChaCha8, a
    /// stream for each pair), so that if `score` always returns the same for the same samples, so
    /// does this, on any number of threads, and more repeats begin with the drops of fewer.
    ///
    /// # Errors
    /// [`Error::Zero`] repeats; [`Error::EmptyBatch`]; [`Error::TooLarge`] for 2^31 columns or
    /// repeats; [`Error::OutOfMemory`]; [`Error::NotFinite`] if a score is not finite, with the
    /// column as its index; and whatever `score` returns.
    pub fn of<E: From<Error> + Send>(
        raw: Columns<'_, f64>,
        repeats: usize,
        seed: u64,
        score: impl Fn(Columns<'_, f64>) -> Result<f64, E> + Sync,
    ) -> Result<Self, E> {
        if repeats == 0 {
            return Err(Error::Zero { argument: "repeats" }.into());
        }
        if raw.samples() == 0 {
            return Err(Error::EmptyBatch { argument: "raw" }.into());
        }
        let n = raw.features();
        let too_large = Error::TooLarge { what: "the number of columns times repeats" };
        let jobs = n.checked_mul(repeats).filter(|_| n.max(repeats) < 1 << 31);
        let jobs = jobs.ok_or(too_large)?;
        let whole = finite(score(raw)?, 0)?;
        let drops: Vec<Result<f64, E>> = (0..jobs)
            .into_par_iter()
            .map(|job| {
                let (column, repeat) = (job / repeats, job % repeats);
                let copy = with_shuffled(raw, column, &mut stream(seed, column, repeat))?;
                let shuffled = score(Columns::checked(&copy, n))?;
                Ok(whole - finite(shuffled, column)?)
            })
            .collect();
        let drops = drops.into_iter().collect::<Result<Vec<f64>, E>>()?;
        let columns = drops
            .chunks_exact(repeats)
            .map(|drops| ColumnImportance::new(drops.to_vec()))
            .collect();
        Ok(Self { score: whole, columns })
    }

    /// The columns' numbers, the most important first, of equals the first.
    ///
    /// ```
    /// use shallownet::select::Importance;
    /// use shallownet::{Columns, Error};
    ///
    /// let x = Columns::new(&[1.0, 2.0, 3.0, 5.0], 2)?;
    /// let importance =
    ///     Importance::of(x, 4, 0, |x| Ok::<_, Error>(f64::from(x.as_slice()[1] == 2.0)))?;
    /// assert_eq!(importance.order(), [1, 0]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.columns.len()).collect();
        order.sort_by(|&a, &b| self.columns[b].mean.total_cmp(&self.columns[a].mean));
        order
    }
}

impl ColumnImportance {
    fn new(drops: Vec<f64>) -> Self {
        let mean_of =
            |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / drops.len() as f64;
        let mean = mean_of(&mut drops.iter().copied());
        let deviation = mean_of(&mut drops.iter().map(|drop| (drop - mean).powi(2))).sqrt();
        Self { mean, deviation, drops }
    }
}

/// A stream for each column and repeat, both below 2^31; numbers 0 and 1 are those of weights, folds
/// and splits.
fn stream(seed: u64, column: usize, repeat: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(((column as u64 + 1) << 32) | repeat as u64);
    rng
}

/// A copy of the samples with one column in another order.
fn with_shuffled(
    raw: Columns<'_, f64>,
    column: usize,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<f64>, Error> {
    let (m, n) = (raw.samples(), raw.features());
    let order = shuffled(m, (0..m).map(|sample| (0, sample)), ("the shuffled samples", rng))?;
    let mut copy = Vec::new();
    let (what, bytes) = ("the shuffled samples", raw.as_slice().len().saturating_mul(8));
    let reserved = copy.try_reserve_exact(raw.as_slice().len());
    reserved.map_err(|_| Error::OutOfMemory { what, bytes })?;
    copy.extend_from_slice(raw.as_slice());
    for (sample, &(_, from)) in copy.chunks_exact_mut(n).zip(&order) {
        sample[column] = raw.as_slice()[from * n + column];
    }
    Ok(copy)
}

fn finite(value: f64, index: usize) -> Result<f64, Error> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(Error::NotFinite { argument: "the score", index, value })
}
