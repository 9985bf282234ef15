//! Promise: the importance of a column is what a score loses when that column alone is shuffled,
//! with the same bits on any number of threads.

use std::sync::Mutex;

use shallownet::select::Importance;
use shallownet::{Columns, Error};

/// 50 samples of three columns, each a permutation of 50 different numbers.
fn samples() -> Vec<f64> {
    (0..50).flat_map(|i| [i, i * 7 % 50 + 100, i * 11 % 50 + 200]).map(f64::from).collect()
}

/// -1 times the mean squared error of a linear model that was right about the samples.
fn score(weights: [f64; 3], targets: &[f64], x: Columns<'_, f64>) -> f64 {
    let of = |row: &[f64]| row.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>();
    let squares = x.as_slice().chunks_exact(3).zip(targets).map(|(row, y)| (of(row) - y).powi(2));
    -squares.sum::<f64>() / targets.len() as f64
}

/// A shuffled column is off by w (x' - x) with x' independent of x, but that each has all values
/// once: the expected square is 2 w^2 of the variance, times m / (m - 1) for what is not left in
/// place, times (m - 1) / m for how often that is.
#[test]
fn of_a_linear_model_it_is_twice_the_variance_that_a_column_explains() {
    let (raw, weights) = (samples(), [0.5, -2.0, 0.0]);
    let x = Columns::new(&raw, 3).unwrap();
    let of = |row: &[f64]| row.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>();
    let targets: Vec<f64> = raw.chunks_exact(3).map(of).collect();
    let repeats = 400;
    let importance = Importance::of(x, repeats, 3, |x| Ok::<_, Error>(score(weights, &targets, x)));
    let importance = importance.unwrap();
    assert_eq!((importance.score, importance.columns.len()), (0.0, 3));
    // Of 0, 1, ..., m - 1.
    let variance = (50.0 * 50.0 - 1.0) / 12.0;
    for (column, weight) in importance.columns.iter().zip(weights) {
        let expected = 2.0 * weight * weight * variance;
        // Five standard errors.
        let error = 5.0 * column.deviation / f64::from(repeats as u32).sqrt();
        assert!((column.mean - expected).abs() <= error, "{} {expected} {error}", column.mean);
        // About the deviation of the sum of m products of ranks, which is 1 / sqrt(m - 1) of them.
        let spread = expected / 7.0;
        assert!((column.deviation - spread).abs() <= 0.15 * spread, "{}", column.deviation);
        assert_eq!(column.drops.len(), repeats);
        let mean = column.drops.iter().sum::<f64>() / repeats as f64;
        assert!((mean - column.mean).abs() <= 1e-12 * expected);
    }
    assert_eq!(importance.order(), [1, 0, 2]);
}

#[test]
fn one_column_at_a_time_is_shuffled_among_the_samples() {
    let raw = samples();
    let seen = Mutex::new(Vec::new());
    let importance = Importance::of(Columns::new(&raw, 3).unwrap(), 4, 1, |x| {
        seen.lock().unwrap().push(x.as_slice().to_vec());
        Ok::<_, Error>(1.0)
    });
    assert!(importance.unwrap().columns.iter().all(|c| c.mean == 0.0 && c.deviation == 0.0));
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 13);
    // The samples as they are, then each column four times, never in the same order.
    let column = |x: &[f64], k: usize| x.iter().skip(k).step_by(3).copied().collect::<Vec<_>>();
    let mut orders: Vec<(usize, Vec<u64>)> = Vec::new();
    for x in &seen[1..] {
        let moved: Vec<usize> = (0..3).filter(|&k| column(x, k) != column(&raw, k)).collect();
        let [k] = moved[..] else { panic!("columns {moved:?} are not as they were") };
        let (mut sorted, mut before) = (column(x, k), column(&raw, k));
        sorted.sort_by(f64::total_cmp);
        before.sort_by(f64::total_cmp);
        assert_eq!(sorted, before);
        orders.push((k, column(x, k).iter().map(|v| v.to_bits()).collect()));
    }
    assert_eq!(seen[0], raw);
    orders.sort();
    orders.dedup();
    assert_eq!(orders.len(), 12);
    assert!((0..3).all(|k| orders.iter().filter(|order| order.0 == k).count() == 4));
}

/// A missing value is shuffled like any other.
#[test]
fn bits_follow_from_seed_column_and_repeat_alone() {
    let mut raw = samples();
    raw[30] = f64::NAN;
    let x = Columns::new(&raw, 3).unwrap();
    let weighted = |x: Columns<'_, f64>| {
        let values = x.as_slice().iter().enumerate();
        let known = values.filter(|(_, v)| !v.is_nan());
        Ok::<_, Error>(known.map(|(i, v)| (i as f64).sqrt() * v).sum())
    };
    let run = |threads, repeats, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| Importance::of(x, repeats, seed, weighted)).unwrap();
        let bits = |drops: &[f64]| drops.iter().map(|d| d.to_bits()).collect::<Vec<_>>();
        found.columns.iter().map(|column| bits(&column.drops)).collect::<Vec<_>>()
    };
    let expected = run(1, 5, 8);
    assert_eq!(run(3, 5, 8), expected);
    assert_ne!(run(1, 5, 9), expected);
    // More repeats begin with the same ones.
    for (few, more) in expected.iter().zip(run(2, 7, 8)) {
        assert_eq!(*few, more[..5]);
    }
}

#[test]
fn misuse_is_named() {
    let (raw, none) = (samples(), Columns::new(&[], 3).unwrap());
    let x = Columns::new(&raw, 3).unwrap();
    let one = |_: Columns<'_, f64>| Ok::<_, Error>(1.0);
    assert_eq!(Importance::of(x, 0, 0, one), Err(Error::Zero { argument: "repeats" }));
    assert_eq!(Importance::of(none, 1, 0, one), Err(Error::EmptyBatch { argument: "raw" }));
    for repeats in [1 << 31, usize::MAX] {
        assert!(matches!(Importance::of(x, repeats, 0, one), Err(Error::TooLarge { .. })));
    }
    let refused = Importance::of(x, 1, 0, |_| Err(Error::NoLayers));
    assert_eq!(refused, Err(Error::NoLayers));
    // Only once the second column is shuffled.
    let without_order = |x: Columns<'_, f64>| {
        let seconds = x.as_slice().iter().skip(1).step_by(3);
        let is_as_it_was = seconds.eq(raw.iter().skip(1).step_by(3));
        Ok::<_, Error>(if is_as_it_was { 0.0 } else { f64::NAN })
    };
    assert!(matches!(
        Importance::of(x, 2, 0, without_order),
        Err(Error::NotFinite { argument: "the score", index: 1, .. })
    ));
}
