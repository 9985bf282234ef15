//! Promise: a split is a seeded partition of the documented sizes, and a stratified one holds out
//! no class as a whole.

use proptest::prelude::*;
use shallownet::select::{Holdout, Parts};
use shallownet::{Columns, Error};

/// The classes of some rows, counted.
fn counts(classes: &[usize], rows: &[usize]) -> [usize; 5] {
    let mut counts = [0; 5];
    rows.iter().for_each(|&row| counts[classes[row]] += 1);
    counts
}

fn is_partition(split: &Holdout, samples: usize) -> bool {
    let ascend = |rows: &[usize]| rows.is_sorted_by(|a, b| a < b);
    let mut all = [split.training(), split.held_out()].concat();
    all.sort_unstable();
    ascend(split.training()) && ascend(split.held_out()) && all.into_iter().eq(0..samples)
}

proptest! {
    #[test]
    fn every_class_is_learned_and_measured_as_far_as_it_goes(
        // Some classes rare, some absent.
        drawn in prop::collection::vec(0_usize..40, 1..200),
        fraction in 0.01_f64..0.99,
        seed in any::<u64>(),
    ) {
        let classes: Vec<usize> = drawn.into_iter().map(|v| [4, 3, 2, 2, 1][v.min(4)].min(v)).collect();
        let all: Vec<usize> = (0..classes.len()).collect();
        let sizes = counts(&classes, &all);
        let split = Holdout::stratified(&classes, fraction, seed).unwrap();
        prop_assert!(is_partition(&split, classes.len()));
        let (training, held) = (counts(&classes, split.training()), counts(&classes, split.held_out()));

        let wanted = (classes.len() as f64 * fraction).round() as usize;
        let most: usize = sizes.iter().map(|size| size.saturating_sub(1)).sum();
        prop_assert_eq!(split.held_out().len(), wanted.min(most));
        let of_two = sizes.iter().filter(|&&size| size > 1).count();
        for class in 0..5 {
            prop_assert!(sizes[class] == 0 || training[class] > 0, "class {}", class);
            prop_assert!(sizes[class] < 2 || of_two > wanted || held[class] > 0, "class {}", class);
        }
        // Where no rule stands in the way, within one sample of its share.
        let share = |class: usize| sizes[class] as f64 * fraction;
        let is_free = |class: usize| {
            sizes[class] == 0 || (1.0..=(sizes[class] - 1) as f64).contains(&share(class))
        };
        if (0..5).all(is_free) {
            for class in 0..5 {
                prop_assert!((held[class] as f64 - share(class)).abs() < 1.0 + 1e-9, "{:?}", held);
            }
        }
    }

    #[test]
    fn values_are_split_in_the_sizes_asked_for(
        samples in 0_usize..200,
        fraction in 0.01_f64..0.99,
        seed in any::<u64>(),
    ) {
        let split = Holdout::new(samples, fraction, seed).unwrap();
        prop_assert!(is_partition(&split, samples));
        prop_assert_eq!(split.held_out().len(), (samples as f64 * fraction).round() as usize);
    }
}

#[test]
fn seeds_name_splits() {
    let split = |seed| Holdout::new(1000, 0.3, seed).unwrap();
    assert_eq!(split(5), split(5));
    assert_ne!(split(5), split(6));
    // The stream is part of the interface: these splits must stay.
    let plain = Holdout::new(10, 0.3, 1).unwrap();
    let stratified = Holdout::stratified(&[0, 1, 0, 1, 0, 1, 0], 0.4, 1).unwrap();
    assert_eq!((plain.held_out(), stratified.held_out()), (&[2, 6, 7][..], &[1, 4, 6][..]));
}

/// Is a sample held out as often as another of its class? Counted over seeds, within 5 standard
/// errors.
#[test]
fn every_sample_may_be_held_out() {
    let (runs, classes) = (4000, [0, 0, 0, 0, 1, 1]);
    let mut counts = [[0_u32; 6]; 2];
    for seed in 0..runs {
        let splits = [
            Holdout::new(6, 0.5, seed).unwrap(),
            Holdout::stratified(&classes, 0.5, seed).unwrap(),
        ];
        for (split, counts) in splits.iter().zip(&mut counts) {
            split.held_out().iter().for_each(|&i| counts[i] += 1);
        }
    }
    let (mean, spread) = (runs as f64 / 2.0, (runs as f64 / 4.0).sqrt());
    for count in counts.as_flattened() {
        assert!((f64::from(*count) - mean).abs() < 5.0 * spread, "{counts:?}");
    }
}

#[test]
fn fractions_that_are_none_are_refused() {
    for fraction in [0.0, 1.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
        let refused = Holdout::new(10, fraction, 1);
        assert!(matches!(refused, Err(Error::Range { argument: "fraction", .. })), "{fraction}");
        assert!(Holdout::stratified(&[0, 1], fraction, 1).is_err(), "{fraction}");
    }
    let none = Holdout::stratified(&[], 0.5, 1).unwrap();
    assert!(none.training().is_empty() && none.held_out().is_empty());
    assert!(matches!(Holdout::new(usize::MAX, 0.5, 1), Err(Error::OutOfMemory { .. })));
}

#[test]
fn three_parts_hold_every_sample_once() {
    let x: Vec<f64> = (0..240).map(f64::from).collect();
    let y: Vec<f64> = (0..120).map(|i| f64::from(u8::from(i % 5 == 0))).collect();
    let (x, y) = (Columns::new(&x, 2).unwrap(), Columns::new(&y, 1).unwrap());
    for (validation, test, sizes) in [
        (0.25, 0.25, [60, 30, 30]),
        (0.1, 0.0, [108, 12, 0]),
        (0.0, 0.5, [60, 0, 60]),
        (0.0, 0.0, [120, 0, 0]),
    ] {
        let parts = [
            Parts::shuffled(x, y, validation, test, 3).unwrap(),
            Parts::stratified(x, y, validation, test, 3).unwrap(),
        ];
        assert_eq!(parts[0], Parts::shuffled(x, y, validation, test, 3).unwrap());
        for (parts, stratified) in parts.iter().zip([false, true]) {
            let all = [&parts.training, &parts.validation, &parts.test];
            assert_eq!(all.map(|part| part.samples()), sizes);
            let mut numbers: Vec<usize> = all.iter().flat_map(|p| p.numbers()).copied().collect();
            numbers.sort_unstable();
            assert!(numbers.into_iter().eq(0..120));
            for part in all {
                assert!(part.numbers().is_sorted());
                for (place, &number) in part.numbers().iter().enumerate() {
                    assert_eq!(part.x().column(place), x.column(number));
                    assert_eq!(part.y().column(place), y.column(number));
                }
                // A fifth is of class 1.
                let ones = part.y().as_slice().iter().sum::<f64>();
                let share = part.samples() as f64 / 5.0;
                assert!(!stratified || (ones - share).abs() <= 1.0, "{ones} of {share}");
            }
        }
        if test > 0.0 {
            assert_ne!(parts[0], Parts::shuffled(x, y, validation, test, 4).unwrap());
        }
    }
    let of = |validation, test| Parts::shuffled(x, y, validation, test, 3);
    for wrong in [-0.1, 1.0, f64::NAN] {
        assert!(matches!(of(wrong, 0.1), Err(Error::Range { argument: "validation", .. })));
        assert!(matches!(of(0.1, wrong), Err(Error::Range { argument: "test", .. })));
    }
    assert!(matches!(of(0.5, 0.5), Err(Error::Range { .. })));
    let fewer = y.range(0..7).unwrap();
    let refused = Parts::shuffled(x, fewer, 0.1, 0.1, 3);
    assert!(matches!(refused, Err(Error::Samples { argument: "y", expected: 120, given: 7 })));
}
