//! Clocks: medians of many repetitions, and percentiles of short calls.

use std::time::{Duration, Instant};

/// How long to look.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Time for one measurement, about.
    pub time: Duration,
    /// Repetitions at least, however long one takes.
    pub repetitions: usize,
}

/// A repetition is as many calls as take this long: the clock's resolution (some 20 ns) and the two
/// readings of it are then less than a thousandth.
const REPETITION: Duration = Duration::from_micros(50);
/// The same for percentiles: short, so that one late call is not lost among many. The clock's share
/// is then a few hundredths.
const MOMENT: Duration = Duration::from_micros(1);
/// More repetitions than this add nothing.
const ENOUGH: usize = 20_000;

/// Nanoseconds of one call: the median over repetitions.
///
/// ```
/// use std::time::Duration;
/// use shallownet::testing::measure::{Effort, median};
///
/// let effort = Effort { time: Duration::from_millis(1), repetitions: 5 };
/// let nap = || Ok::<(), ()>(std::thread::sleep(Duration::from_micros(100)));
/// assert!(median(effort, nap).unwrap() >= 1e5);
/// ```
///
/// # Errors
/// That of the call, at once.
pub fn median<E>(effort: Effort, call: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    Ok(percentile(&samples(effort, REPETITION, call)?, 0.5))
}

/// Nanoseconds of one call: the median and the 99th percentile over groups of calls that take
/// about a microsecond (one call, if that takes longer).
///
/// # Errors
/// That of the call, at once.
pub fn tail<E>(effort: Effort, call: impl FnMut() -> Result<(), E>) -> Result<(f64, f64), E> {
    let times = samples(effort, MOMENT, call)?;
    Ok((percentile(&times, 0.5), percentile(&times, 0.99)))
}

/// Sorted nanoseconds a call, one value a repetition.
fn samples<E>(
    effort: Effort,
    long: Duration,
    mut call: impl FnMut() -> Result<(), E>,
) -> Result<Vec<f64>, E> {
    let mut repetition = |calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            call()?;
        }
        Ok(start.elapsed())
    };
    // The first call brings code and data into the caches.
    repetition(1)?;
    let mut calls = 1_u32;
    while repetition(calls)? < long {
        calls *= 2;
    }
    let mut times = Vec::with_capacity(ENOUGH);
    let start = Instant::now();
    while times.len() < effort.repetitions
        || (times.len() < ENOUGH && start.elapsed() < effort.time)
    {
        times.push(repetition(calls)?.as_secs_f64() * 1e9 / f64::from(calls));
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// The value that a share of the sorted values does not exceed.
///
/// # Panics
/// If there are no values.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ranks() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.5), 100.0);
        assert_eq!(percentile(&values, 0.99), 198.0);
        assert_eq!(percentile(&[3.0], 0.99), 3.0);
    }

    #[test]
    fn a_sleep_takes_as_long_as_it_sleeps() {
        let effort = Effort { time: Duration::ZERO, repetitions: 3 };
        let sleep = || {
            std::thread::sleep(Duration::from_millis(2));
            Ok::<(), ()>(())
        };
        assert!(median(effort, sleep).unwrap() >= 2e6);
        assert_eq!(median(effort, || Err("stop")), Err("stop"));
    }
}
