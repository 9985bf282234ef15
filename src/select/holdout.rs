//! Samples in two parts: some to learn from, the others held out to measure on.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::folds::shuffled;
use crate::error::{Error, Result};

/// The stream of a seed that samples are shuffled from: weights and folds are drawn from number 0.
const STREAM: u64 = 1;

/// A split of samples into those to train on and those held out, seeded.
///
/// Samples are shuffled (Fisher and Yates, with ChaCha8), and the first of them are held out: the
/// fraction of all, rounded. The same seed gives the same split on every machine.
///
/// With classes it is stratified: each class is held out in about the same fraction, within one
/// sample where the rules below allow it.
///
/// * A class is never held out as a whole, so that every class can be learned.
/// * As many samples are held out as without classes, unless the rule above leaves fewer.
/// * A class of two samples or more has one held out, as long as there are samples to hold out;
///   if there are fewer of these than classes, they are of the classes whose shares are largest.
///
/// ```
/// use shallownet::select::Holdout;
///
/// // Six samples of class 0, two of class 1, one of class 2.
/// let classes = [0, 0, 0, 1, 0, 2, 0, 1, 0];
/// let split = Holdout::stratified(&classes, 0.25, 42)?;
/// let of = |rows: &[usize], class| rows.iter().filter(|&&row| classes[row] == class).count();
/// assert_eq!([0, 1, 2].map(|class| of(split.held_out(), class)), [1, 1, 0]);
/// assert_eq!([0, 1, 2].map(|class| of(split.training(), class)), [5, 1, 1]);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdout {
    training: Vec<usize>,
    held_out: Vec<usize>,
}

impl Holdout {
    /// A split of `samples` samples without classes: for regression. O(samples log samples).
    ///
    /// ```
    /// use shallownet::select::Holdout;
    ///
    /// let split = Holdout::new(10, 0.3, 1)?;
    /// assert_eq!((split.training().len(), split.held_out().len()), (7, 3));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] if `fraction` is not between 0 and 1; [`Error::OutOfMemory`]. A part may
    /// be empty: a tenth of four samples is none.
    pub fn new(samples: usize, fraction: f64, seed: u64) -> Result<Self> {
        let held = to_hold(samples, fraction)?;
        let mut order = shuffle(samples, (0..samples).map(|i| (0, i)), seed)?;
        Ok(Self { training: ascending(&order.split_off(held)), held_out: ascending(&order) })
    }

    /// A split that keeps the shares of the classes: `classes` has one class number a sample
    /// ([`metrics::classes`](crate::metrics::classes) finds them). O(samples log samples).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn stratified(classes: &[usize], fraction: f64, seed: u64) -> Result<Self> {
        let held = to_hold(classes.len(), fraction)?;
        let members = classes.iter().enumerate().map(|(sample, &class)| (class, sample));
        let mut order = shuffle(classes.len(), members, seed)?;
        // Stable: within a class the shuffled order stays.
        order.sort_by_key(|&(class, _)| class);
        let groups = || order.chunk_by(|(a, _), (b, _)| a == b);
        let sizes: Vec<usize> = groups().map(<[_]>::len).collect();
        let (mut training, mut held_out) = (Vec::new(), Vec::new());
        for (group, held) in groups().zip(shares(&sizes, fraction, held)) {
            let (first, rest) = group.split_at(held);
            held_out.extend_from_slice(first);
            training.extend_from_slice(rest);
        }
        Ok(Self { training: ascending(&training), held_out: ascending(&held_out) })
    }

    /// The samples to train on, in ascending order.
    pub fn training(&self) -> &[usize] {
        &self.training
    }

    /// The samples held out, in ascending order.
    pub fn held_out(&self) -> &[usize] {
        &self.held_out
    }
}

fn to_hold(samples: usize, fraction: f64) -> Result<usize> {
    if !(fraction > 0.0 && fraction < 1.0) {
        let expected = "a number between 0 and 1";
        return Err(Error::Range { argument: "fraction", expected, given: fraction });
    }
    // Never more than there are, even if rounding more than 2^53 samples to f64 gave more.
    Ok(((samples as f64 * fraction).round() as usize).min(samples))
}

fn shuffle(
    samples: usize,
    members: impl Iterator<Item = (usize, usize)>,
    seed: u64,
) -> Result<Vec<(usize, usize)>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    shuffled(samples, members, ("the split", &mut rng))
}

fn ascending(members: &[(usize, usize)]) -> Vec<usize> {
    let mut samples: Vec<usize> = members.iter().map(|&(_, sample)| sample).collect();
    samples.sort_unstable();
    samples
}

/// A class that may give one more sample, or one less, and how far it is from its share. The
/// farthest is the greatest; of equals the largest class, then the first.
#[derive(Debug, PartialEq)]
struct Turn {
    distance: f64,
    size: usize,
    class: usize,
}

impl Eq for Turn {}

impl Ord for Turn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.distance
            .total_cmp(&other.distance)
            .then(self.size.cmp(&other.size))
            .then(other.class.cmp(&self.class))
    }
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How many of each class are held out, `total` together if each may keep one: the method of
/// largest remainders, within the bounds of the rules.
fn shares(sizes: &[usize], fraction: f64, total: usize) -> Vec<usize> {
    let most = |class: usize| sizes[class].saturating_sub(1);
    let share = |class: usize| sizes[class] as f64 * fraction;
    let of_two = sizes.iter().filter(|&&size| size > 1).count();
    let least = usize::from(of_two <= total);
    let lower = |class: usize| least.min(most(class));
    let within = |class: usize| (share(class) as usize).clamp(lower(class), most(class));
    let mut held: Vec<usize> = (0..sizes.len()).map(within).collect();
    let mut sum: usize = held.iter().sum();

    // Only one of the two loops has something to do.
    let turn = |class: usize, distance| Turn { distance, size: sizes[class], class };
    let lacking = |class: usize, held: usize| {
        (held < most(class)).then(|| turn(class, share(class) - held as f64))
    };
    let mut turns: BinaryHeap<Turn> =
        held.iter().enumerate().filter_map(|(class, &held)| lacking(class, held)).collect();
    while sum < total
        && let Some(Turn { class, .. }) = turns.pop()
    {
        (held[class], sum) = (held[class] + 1, sum + 1);
        turns.extend(lacking(class, held[class]));
    }
    let spare = |class: usize, held: usize| {
        (held > lower(class)).then(|| turn(class, held as f64 - share(class)))
    };
    let mut turns: BinaryHeap<Turn> =
        held.iter().enumerate().filter_map(|(class, &held)| spare(class, held)).collect();
    while sum > total
        && let Some(Turn { class, .. }) = turns.pop()
    {
        (held[class], sum) = (held[class] - 1, sum - 1);
        turns.extend(spare(class, held[class]));
    }
    held
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn shares_are_the_nearest_that_the_rules_allow() {
        let cases: [(&[usize], f64, usize, &[usize]); 8] = [
            (&[29, 28, 3], 0.25, 15, &[7, 7, 1]),
            // The class with the largest remainder comes first.
            (&[6, 5], 0.25, 3, &[2, 1]),
            (&[6, 2, 1], 0.25, 2, &[1, 1, 0]),
            // One of each rare class, at the large one's cost.
            (&[90, 2, 2, 2, 2, 2], 0.1, 10, &[5, 1, 1, 1, 1, 1]),
            // Too few for one of each: the largest shares.
            (&[4, 5, 6, 7], 0.1, 2, &[0, 0, 1, 1]),
            // No class is held out as a whole.
            (&[1, 1, 8], 0.9, 9, &[0, 0, 7]),
            (&[3, 3], 0.9, 5, &[2, 2]),
            (&[1, 1], 0.5, 1, &[0, 0]),
        ];
        for (sizes, fraction, total, expected) in cases {
            assert_eq!(shares(sizes, fraction, total), expected, "{sizes:?} {fraction}");
        }
    }
}
