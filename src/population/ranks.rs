//! From fitness to weights.

use core::cmp::Ordering;

use crate::data::checks;
use crate::error::Result;

/// Weights of members by the rank of their fitness, the *centred ranks* of Salimans et al. (2017): from
/// -1/2 for the worst to 1/2 for the best, evenly spaced, so that their sum is 0. What is ranked does
/// not matter, only which is greater: outliers can't lead a search astray, nor does the scale of a
/// fitness (fitness shaping: Wierstra et al., "Natural evolution strategies", JMLR 15, 2014).
///
/// Greater is better: for costs, rank their negatives. Equal ones share the mean of their ranks: if all
/// are equal, all weights are 0. NaN is worst of all, below -infinity: a member that diverged is
/// moved away from. A single member has weight 0.
///
/// ```text
/// weights[k] = rank(k) / (n - 1) - 1/2,  ranks 0, ..., n - 1
/// ```
///
/// O(n log n); allocates an index for each.
///
/// ```
/// use shallownet::evolution::centred_ranks;
///
/// let mut weights = [0.0; 5];
/// centred_ranks(&[3.0, 1e9, f64::NAN, 3.0, -2.0], &mut weights)?;
/// assert_eq!(weights, [0.125, 0.5, -0.5, 0.125, -0.25]);
/// # Ok::<(), shallownet::Error>(())
/// ```
///
/// # Errors
/// [`Error::Length`](crate::Error::Length) if `weights` are not as many.
pub fn centred_ranks(fitness: &[f64], weights: &mut [f64]) -> Result<()> {
    checks::length("weights", fitness.len(), weights.len())?;
    let mut order: Vec<usize> = (0..fitness.len()).collect();
    order.sort_unstable_by(|&a, &b| compare(fitness[a], fitness[b]));
    let last = fitness.len().saturating_sub(1).max(1) as f64;
    let mut rank = 0;
    for equal in order.chunk_by(|&a, &b| compare(fitness[a], fitness[b]).is_eq()) {
        // Twice the mean of the ranks, minus n - 1: so that weights are symmetric to the bit.
        let twice = (2 * rank + equal.len() - 1) as f64 - (fitness.len() - 1) as f64;
        equal.iter().for_each(|&k| weights[k] = twice / (2.0 * last));
        rank += equal.len();
    }
    Ok(())
}

/// By size, NaN below all.
fn compare(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}
