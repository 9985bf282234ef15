//! The median of numbers of which each rank has some, exactly.

use crate::job::Job;

/// Bits in the order of numbers.
pub(super) fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn value(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// Of the sorted keys of all ranks the one in the middle, or the mean of the two; `None` of none.
pub(super) fn median(own: &[u64], job: &Job<'_>) -> Option<f64> {
    let count = job.sum(own.len());
    if count == 0 {
        return None;
    }
    let [low, high] = of_ranks(own, [(count - 1) / 2, count / 2], job).map(value);
    // Not half their sum, which could overflow.
    Some(if low == high { low } else { low / 2.0 + high / 2.0 })
}

/// The keys that have so many others before them, found bit by bit.
fn of_ranks(own: &[u64], before: [usize; 2], job: &Job<'_>) -> [u64; 2] {
    let mut found = [0_u64; 2];
    for bit in (0..64).rev() {
        let next = found.map(|key| key | 1 << bit);
        let told = job.words(next.map(|key| own.partition_point(|other| *other < key) as u64));
        for k in 0..2 {
            let below: u64 = told.iter().map(|counts| counts[k]).sum();
            if below <= before[k] as u64 {
                found[k] = next[k];
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::thread_ranks::on_ranks;

    #[test]
    fn the_median_of_all_ranks_is_that_of_all_values() {
        let of = |parts: [&[f64]; 3]| {
            on_ranks(3, |rank| {
                let job = Job::new(rank);
                let mut keys: Vec<u64> = parts[job.rank()].iter().copied().map(key).collect();
                keys.sort_unstable();
                median(&keys, &job)
            })
        };
        assert_eq!(of([&[3.0, -1.0], &[], &[7.5]]), vec![Some(3.0); 3]);
        assert_eq!(of([&[3.0, -1.0], &[-2.0], &[7.5]]), vec![Some(1.0); 3]);
        assert_eq!(
            of([&[f64::MAX], &[f64::MAX], &[-0.0, 1.0]]),
            vec![Some(f64::MAX / 2.0 + 0.5); 3]
        );
        assert_eq!(of([&[], &[], &[]]), vec![None; 3]);
        assert_eq!(of([&[2.0; 5], &[2.0], &[1e-300]]), vec![Some(2.0); 3]);
    }
}
