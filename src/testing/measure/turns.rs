//! Several calls measured in rounds that take turns, so that what the machine does besides falls on
//! all of them alike.

use std::time::{Duration, Instant};

use super::timing::percentile;

/// A repetition is as many calls as take this long.
const REPETITION: Duration = Duration::from_micros(50);

/// Nanoseconds of one call, over the rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timed {
    /// Half the rounds took no longer.
    pub median: f64,
    /// Nine of ten rounds took no longer.
    pub p90: f64,
    /// The shortest.
    pub least: f64,
}

/// One [`Timed`] a call, after `rounds` rounds in which each call has its turn; the order turns
/// round with every round.
///
/// ```
/// use std::time::Duration;
/// use shallownet::testing::measure::turns;
///
/// let mut short = || std::thread::sleep(Duration::from_micros(100));
/// let mut long = || std::thread::sleep(Duration::from_micros(400));
/// let [short, long] = turns(5, [&mut short, &mut long]);
/// assert!(short.least >= 1e5 && long.least >= 4e5);
/// // The figure to report: a ratio of medians of one run.
/// assert!(long.median / short.median > 1.0);
/// ```
///
/// # Panics
/// If there are no rounds.
pub fn turns<const N: usize>(rounds: usize, calls: [&mut dyn FnMut(); N]) -> [Timed; N] {
    assert!(rounds > 0, "rounds is 0: expected 1 or more");
    let mut calls = calls;
    let repeat = |call: &mut dyn FnMut(), count: u32| {
        let start = Instant::now();
        (0..count).for_each(|_| call());
        start.elapsed()
    };
    // The first call brings code and data into the caches.
    let counts = calls.each_mut().map(|call| {
        repeat(call, 1);
        let mut count = 1;
        while repeat(call, count) < REPETITION {
            count *= 2;
        }
        count
    });
    let mut times = [const { Vec::new() }; N];
    for round in 0..rounds {
        for turn in 0..N {
            let at = (turn + round) % N;
            let time = repeat(calls[at], counts[at]);
            times[at].push(time.as_secs_f64() * 1e9 / f64::from(counts[at]));
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        let at = |share| percentile(&times, share);
        Timed { median: at(0.5), p90: at(0.9), least: times[0] }
    })
}
