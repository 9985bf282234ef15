//! Medians of many calls.

use std::time::Instant;

/// Median nanoseconds of a call within about `budget` seconds, and the samples behind it; as in
/// timing.py, samples of several calls each where one call is too short for the clock.
pub fn measure(budget: f64, mut call: impl FnMut()) -> (f64, usize) {
    let (start, mut calls) = (Instant::now(), 0);
    while calls < 3 || (start.elapsed().as_secs_f64() < budget / 5.0 && calls < 100_000) {
        call();
        calls += 1;
    }
    let once = start.elapsed().as_nanos() as f64 / f64::from(calls);
    let inner = (20_000.0 / once).ceil().max(1.0) as usize;
    let (start, mut samples) = (Instant::now(), Vec::new());
    while samples.len() < 3 || (start.elapsed().as_secs_f64() < budget && samples.len() < 100_000) {
        let before = Instant::now();
        (0..inner).for_each(|_| call());
        samples.push(before.elapsed().as_nanos() as f64 / inner as f64);
    }
    samples.sort_by(f64::total_cmp);
    let middle = samples.len() / 2;
    let median = if samples.len() % 2 == 1 {
        samples[middle]
    } else {
        (samples[middle - 1] + samples[middle]) / 2.0
    };
    (median, samples.len())
}
