//! Promise: folds are partitions with equal shares, and a cross-validation's table is the same on
//! any number of threads and says what its training function returned.

use proptest::prelude::*;
use shallownet::select::{Better, ByFit, Candidate, Folds, Grid, Score, Split, cross_validate};
use shallownet::{Activation, Columns, Error, Init, metrics};

/// The sizes differ by at most one.
fn is_level(sizes: &[usize]) -> bool {
    sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1
}

proptest! {
    #[test]
    fn folds_are_level_partitions(
        classes in prop::collection::vec(0_usize..4, 2..120),
        k in 2_usize..12,
        seed in any::<u64>(),
    ) {
        let k = k.min(classes.len());
        let stratified = Folds::stratified(&classes, k, seed).unwrap();
        let plain = Folds::new(classes.len(), k, seed).unwrap();
        for folds in [&stratified, &plain] {
            let mut times = vec![0; classes.len()];
            let mut sizes = Vec::new();
            for fold in 0..k {
                let held: Vec<usize> = folds.validation(fold).collect();
                held.iter().for_each(|&i| times[i] += 1);
                let mut all: Vec<usize> = folds.train(fold).chain(held.iter().copied()).collect();
                all.sort_unstable();
                prop_assert!(all.into_iter().eq(0..classes.len()));
                sizes.push(held.len());
            }
            prop_assert!(times.iter().all(|&n| n == 1));
            prop_assert!(is_level(&sizes));
        }
        for class in 0..4 {
            let of = |fold| stratified.validation(fold).filter(|&i| classes[i] == class).count();
            let sizes: Vec<usize> = (0..k).map(of).collect();
            prop_assert!(is_level(&sizes), "class {}: {:?}", class, sizes);
        }
    }
}

#[test]
fn seeds_name_folds() {
    let folds = |seed| Folds::new(1000, 10, seed).unwrap();
    assert_eq!(folds(5), folds(5));
    assert_ne!(folds(5), folds(6));
    // The stream is part of the interface: these folds must stay.
    let first: Vec<usize> = Folds::new(10, 5, 1).unwrap().validation(0).collect();
    let second: Vec<usize> =
        Folds::stratified(&[0, 1, 0, 1, 0, 1], 3, 1).unwrap().validation(0).collect();
    assert_eq!((first, second), (vec![2, 6], vec![1, 4]));
}

/// Is a sample in any fold as often as in another? Counted over seeds, within 5 standard errors.
#[test]
fn every_sample_may_be_in_every_fold() {
    let runs = 4000;
    let mut counts = [[0_u32; 3]; 6];
    for seed in 0..runs {
        let folds = Folds::new(6, 3, seed).unwrap();
        (0..3).for_each(|fold| folds.validation(fold).for_each(|i| counts[i][fold] += 1));
    }
    let (mean, spread) = (runs as f64 / 3.0, (runs as f64 * 2.0 / 9.0).sqrt());
    for count in counts.as_flattened() {
        assert!((f64::from(*count) - mean).abs() < 5.0 * spread, "{counts:?}");
    }
}

fn data(samples: usize) -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> =
        (0..2 * samples).map(|i| ((i * i * 7 + i) % 23) as f64 / 11.5 - 1.0).collect();
    let y = x.chunks(2).map(|p| f64::from(u8::from(p[0] * p[1] > 0.0))).collect();
    (x, y)
}

#[test]
fn splits_hold_the_samples_of_their_fold() {
    let (x, y) = data(17);
    let (x, y) = (Columns::new(&x, 2).unwrap(), Columns::new(&y, 1).unwrap());
    let folds = Folds::new(17, 4, 3).unwrap();
    for fold in 0..4 {
        let split = Split::new(x, y, &folds, fold).unwrap();
        let check = |part: Columns<'_, f64>, from: Columns<'_, f64>, samples: Vec<usize>| {
            let expected: Vec<f64> =
                samples.iter().flat_map(|&i| from.column(i).unwrap().to_vec()).collect();
            assert_eq!((part.as_slice(), part.features()), (&expected[..], from.features()));
        };
        check(split.train_x(), x, folds.train(fold).collect());
        check(split.train_y(), y, folds.train(fold).collect());
        check(split.validation_x(), x, folds.validation(fold).collect());
        check(split.validation_y(), y, folds.validation(fold).collect());
        assert_eq!(split.fold(), fold);
    }
}

#[test]
fn tables_have_the_same_bits_on_any_number_of_threads() {
    let (x, y) = data(90);
    let (x, y) = (Columns::new(&x, 2).unwrap(), Columns::new(&y, 1).unwrap());
    let grid = Grid::default()
        .activations([Activation::Tanh, Activation::Relu])
        .hidden([vec![], vec![12]])
        .learning_rates([0.5, 1e300])
        .inits([Init::HeNormal]);
    let candidates = grid.candidates();
    let folds = Folds::stratified(&metrics::classes(y).unwrap(), 5, 2).unwrap();
    for score in [Score::Accuracy, Score::Cost] {
        let fit = ByFit::new(150, Activation::Sigmoid).seed(4).score(score);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let train = |c: &Candidate, s: &Split<f64>| fit.train(c, s);
            let table = pool.install(|| cross_validate(&candidates, x, y, &folds, train)).unwrap();
            let bits = |row: &[f64]| row.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
            let all: Vec<_> = table.rows.iter().map(|row| bits(&row.scores)).collect();
            let best = table.best(score.better()).unwrap().candidate.clone();
            (all, best, table.to_string())
        };
        let (scores, best, text) = run(1);
        assert_eq!((scores, best.clone(), text.clone()), run(2));
        assert_eq!(run(7).2, text);
        // XOR needs a hidden layer; a rate of 1e300 diverges, and is not an error.
        assert_eq!((best.hidden, best.learning_rate), (vec![12], 0.5), "{text}");
        assert!(text.contains("NaN"), "{text}");
    }
}

/// Higher is the first of the two, whatever the scores are.
#[test]
fn a_table_says_what_training_returned_and_in_which_order() {
    let (x, y) = data(10);
    let (x, y) = (Columns::new(&x, 2).unwrap(), Columns::new(&y, 1).unwrap());
    let folds = Folds::new(10, 5, 0).unwrap();
    let table = cross_validate::<_, _, Error>(&[3.0, 1.0, 2.0], x, y, &folds, |c, split| {
        Ok(c * 10.0 + split.fold() as f64)
    })
    .unwrap();
    let scores: Vec<&[f64]> = table.rows.iter().map(|row| &row.scores[..]).collect();
    assert_eq!(scores[1], [10.0, 11.0, 12.0, 13.0, 14.0]);
    let means: Vec<f64> = table.rows.iter().map(|row| row.mean).collect();
    assert_eq!(means, [32.0, 12.0, 22.0]);
    assert!(table.rows.iter().all(|row| row.standard_deviation == 2.5_f64.sqrt()));
    assert_eq!(table.best(Better::Lower).unwrap().candidate, &1.0);
    assert_eq!(table.best(Better::Higher).unwrap().candidate, &3.0);
}

#[test]
fn misuse_is_named() {
    for (samples, k) in [(10, 0), (10, 1), (3, 4), (0, 2)] {
        assert!(matches!(Folds::new(samples, k, 0), Err(Error::Range { argument: "folds", .. })));
        assert!(Folds::stratified(&vec![0; samples], k, 0).is_err());
    }
    assert!(matches!(Folds::new(usize::MAX, 2, 0), Err(Error::OutOfMemory { .. })));
    let (x, y) = data(10);
    let (x, y) = (Columns::new(&x, 2).unwrap(), Columns::new(&y, 1).unwrap());
    let folds = Folds::new(10, 5, 0).unwrap();
    let run = |candidates: &[u8], x, y, folds: &Folds| {
        cross_validate::<_, f64, Error>(candidates, x, y, folds, |_, _| Ok(1.0)).map(|_| ())
    };
    assert_eq!(run(&[1], x, y, &folds), Ok(()));
    assert_eq!(run(&[], x, y, &folds), Err(Error::Zero { argument: "candidates" }));
    let fewer = y.range(0..9).unwrap();
    assert!(matches!(run(&[1], x, fewer, &folds), Err(Error::Samples { argument: "y", .. })));
    let other = Folds::new(9, 3, 0).unwrap();
    assert!(matches!(run(&[1], x, y, &other), Err(Error::Samples { argument: "folds", .. })));
    let nan = [f64::NAN; 20];
    let nan = Columns::new(&nan, 2).unwrap();
    assert!(matches!(run(&[1], nan, y, &folds), Err(Error::NotFinite { argument: "x", .. })));
    assert!(matches!(Split::new(x, y, &folds, 5), Err(Error::Range { argument: "fold", .. })));

    // Of several failures the first candidate's first fold is told.
    let failing = cross_validate(&[1, 2, 3], x, y, &folds, |&c, split: &Split<f64>| {
        if c < 2 { Ok(0.0) } else { Err(Error::Layer { last: c, given: split.fold() }) }
    });
    assert_eq!(failing.unwrap_err(), Error::Layer { last: 2, given: 0 });
}
