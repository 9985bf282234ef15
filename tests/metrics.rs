//! Promise: metrics are what scikit-learn says, and the AUC is the share of ordered pairs.
//!
//! The expected numbers were printed by scikit-learn 1.9.1 from the script in `SCRIPT`:
//! `python -c "$SCRIPT"`.

use proptest::prelude::*;
use shallownet::metrics::{self, Confusion};
use shallownet::{Columns, Error};

/// What made the numbers, to be run again.
const SCRIPT: &str = r"
import numpy as np
from sklearn import metrics as k
s = [(37 * i * i + 11 * i) % 20 / 20 for i in range(40)]
y = [int((7 * i * i + 3 * i) % 11 > 5) for i in range(40)]
p = [int(v > 0.5) for v in s]
print(k.accuracy_score(y, p), k.confusion_matrix(y, p).tolist())
print(k.precision_score(y, p), k.recall_score(y, p), k.f1_score(y, p), k.roc_auc_score(y, s))
c = [(5 * i * i + i) % 7 % 4 for i in range(40)]
d = [(3 * i * i + 2 * i) % 13 % 3 if i % 2 else c[i] for i in range(40)]
print(k.accuracy_score(c, d), k.confusion_matrix(c, d, labels=range(5)).tolist())
kw = dict(labels=range(5), zero_division=0)
for a in (None, 'macro'):
    print([k.precision_score(c, d, average=a, **kw), k.recall_score(c, d, average=a, **kw),
           k.f1_score(c, d, average=a, **kw)])
t = np.array([[i % 9 / 4 - 1, (i * i) % 5 / 2] for i in range(40)])
q = t + np.array([[(i * 3) % 7 / 8 - 0.4, (i * 5) % 3 / 4] for i in range(40)])
print(k.mean_squared_error(t, q), k.r2_score(t, q))
print(k.r2_score([1, 1], [1, 1]), k.r2_score([1, 1], [1, 2]))
";

fn column(values: &[f64]) -> Columns<'_, f64> {
    Columns::new(values, 1).unwrap()
}

/// Quotients of counts are rounded once here and there; sums of a few of them a few times more.
fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 8.0 * f64::EPSILON * b.abs(), "{a} and {b}");
}

#[test]
fn binary_metrics_are_those_of_scikit_learn() {
    assert!(SCRIPT.contains("roc_auc_score"));
    let s: Vec<f64> = (0..40).map(|i| ((37 * i * i + 11 * i) % 20) as f64 / 20.0).collect();
    let y: Vec<f64> = (0..40).map(|i| f64::from(u8::from((7 * i * i + 3 * i) % 11 > 5))).collect();
    let confusion = Confusion::of(column(&s), column(&y)).unwrap();
    let counts = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(t, p)| confusion.count(t, p));
    assert_eq!(counts, [16, 9, 12, 3]);
    assert_eq!(Confusion::binary(&s, &y, 0.5).unwrap(), confusion);
    close(metrics::accuracy(column(&s), column(&y)).unwrap(), 0.475);
    close(confusion.accuracy(), 0.475);
    let scores = confusion.scores(1);
    close(scores.precision, 0.25);
    close(scores.recall, 0.2);
    close(scores.f1, 0.2222222222222222);
    close(metrics::roc_auc(&s, &y).unwrap(), 0.356);
}

#[test]
fn class_metrics_are_those_of_scikit_learn() {
    let c: Vec<usize> = (0..40).map(|i| (5 * i * i + i) % 7 % 4).collect();
    let d: Vec<usize> =
        (0..40).map(|i| if i % 2 == 1 { (3 * i * i + 2 * i) % 13 % 3 } else { c[i] }).collect();
    let confusion = Confusion::from_classes(&d, &c, 5).unwrap();
    let expected: [[u64; 5]; 5] =
        [[15, 3, 4, 0, 0], [0, 4, 2, 0, 0], [1, 4, 7, 0, 0], [0; 5], [0; 5]];
    for (t, row) in expected.iter().enumerate() {
        for (p, &count) in row.iter().enumerate() {
            assert_eq!(confusion.count(t, p), count);
        }
    }
    assert_eq!((confusion.samples(), confusion.accuracy()), (40, 0.65));
    let per_class = [
        (0.9375, 0.681_818_181_818_181_8, 0.789_473_684_210_526_3),
        (0.363_636_363_636_363_6, 0.666_666_666_666_666_6, 0.470_588_235_294_117_6),
        (0.538_461_538_461_538_4, 0.583_333_333_333_333_4, 0.56),
        (0.0, 0.0, 0.0),
        (0.0, 0.0, 0.0),
    ];
    for (class, (precision, recall, f1)) in per_class.into_iter().enumerate() {
        close(confusion.precision(class), precision);
        close(confusion.recall(class), recall);
        close(confusion.f1(class), f1);
    }
    let mean = confusion.macro_scores();
    close(mean.precision, 0.3679195804195804);
    close(mean.recall, 0.38636363636363635);
    close(mean.f1, 0.36401238390092877);

    // One-hot columns say the same.
    let one_hot = |classes: &[usize]| -> Vec<f32> {
        classes.iter().flat_map(|&k| (0..5).map(move |j| f32::from(u8::from(j == k)))).collect()
    };
    let (a, y) = (one_hot(&d), one_hot(&c));
    let (a, y) = (Columns::new(&a, 5).unwrap(), Columns::new(&y, 5).unwrap());
    assert_eq!(Confusion::of(a, y).unwrap(), confusion);
    assert_eq!(metrics::classes(a).unwrap(), d);
    assert_eq!(metrics::accuracy(a, y).unwrap(), 0.65);
}

#[test]
fn regression_metrics_are_those_of_scikit_learn() {
    let t: Vec<f64> =
        (0..40).flat_map(|i| [(i % 9) as f64 / 4.0 - 1.0, ((i * i) % 5) as f64 / 2.0]).collect();
    let errors =
        (0..40).flat_map(|i| [((i * 3) % 7) as f64 / 8.0 - 0.4, ((i * 5) % 3) as f64 / 4.0]);
    let q: Vec<f64> = t.iter().zip(errors).map(|(t, e)| t + e).collect();
    let (q, t) = (Columns::new(&q, 2).unwrap(), Columns::new(&t, 2).unwrap());
    // Sums of at most 80 terms that are not negative: relative errors of at most (80 + 4) u on
    // either side, and R^2 = 1 - a quotient of two that is below 1.
    let bound = 2.0 * 2.0 * 84.0 * f64::EPSILON;
    let mse = metrics::mean_squared_error(q, t).unwrap();
    assert!((mse - 0.0828515625).abs() <= bound * mse, "{mse:e}");
    let r2 = metrics::r_squared(q, t).unwrap();
    assert!((r2 - 0.8507263851802402).abs() <= bound, "{r2:e}");
    // Constant targets.
    let ones = column(&[1.0, 1.0]);
    assert_eq!(metrics::r_squared(ones, ones), Ok(1.0));
    assert_eq!(metrics::r_squared(column(&[1.0, 2.0]), ones), Ok(0.0));
    // Constant but for rounding: what that made of it is nothing to explain.
    let tenths: Vec<f64> = (0..9999).map(|i| [0.3, 0.1 + 0.2][i % 2]).collect();
    let (tenths, threes) = (column(&tenths), vec![0.3; 9999]);
    assert_eq!(metrics::r_squared(column(&threes), tenths), Ok(1.0));
    assert_eq!(metrics::r_squared(column(&vec![0.31; 9999]), tenths), Ok(0.0));
    // Squares that would vanish, or overflow.
    for size in [1e-200, 1e200] {
        let (a, t) =
            ([0.0, 1.0, 3.0, 4.0].map(|v| v * size), [1.0, 1.0, 3.0, 3.0].map(|v| v * size));
        let r2 = metrics::r_squared(column(&a), column(&t)).unwrap();
        assert!((r2 - 0.5).abs() < 1e-15, "{r2}");
    }
}

#[test]
fn misuse_is_named() {
    use metrics::{accuracy, classes, mean_squared_error, r_squared, roc_auc};
    let (one, two) = (column(&[1.0]), column(&[0.0, 1.0]));
    let none = Columns::<f64>::new(&[], 1).unwrap();
    let wide = Columns::new(&[0.0, 1.0], 2).unwrap();
    let nan = column(&[f64::NAN, 1.0]);
    for metric in [accuracy, mean_squared_error, r_squared] {
        assert!(matches!(metric(none, none), Err(Error::EmptyBatch { .. })));
        assert!(matches!(metric(two, one), Err(Error::Samples { expected: 2, given: 1, .. })));
        assert!(matches!(metric(two, wide), Err(Error::Features { expected: 1, given: 2, .. })));
        assert!(matches!(metric(nan, two), Err(Error::NotFinite { argument: "predictions", .. })));
        assert!(matches!(metric(two, nan), Err(Error::NotFinite { argument: "labels", .. })));
    }
    assert!(matches!(Confusion::of(two, one), Err(Error::Samples { .. })));
    assert!(matches!(classes(nan), Err(Error::NotFinite { .. })));
    assert!(matches!(
        Confusion::binary(&[0.1], &[1.0], f64::NAN),
        Err(Error::NotFinite { argument: "threshold", .. })
    ));
    assert!(matches!(Confusion::from_classes(&[], &[], 2), Err(Error::EmptyBatch { .. })));
    assert!(matches!(Confusion::from_classes(&[0], &[0], 0), Err(Error::Label { .. })));
    assert!(matches!(Confusion::from_classes(&[0], &[0, 1], 2), Err(Error::Length { .. })));
    assert!(matches!(
        Confusion::from_classes(&[0, 1], &[0, 2], 2),
        Err(Error::Label { argument: "labels", index: 1, .. })
    ));
    assert!(matches!(roc_auc::<f64>(&[], &[]), Err(Error::EmptyBatch { .. })));
    assert!(matches!(roc_auc(&[0.5], &[1.0, 0.0]), Err(Error::Length { .. })));
    assert!(matches!(roc_auc(&[0.5], &[0.5]), Err(Error::Label { index: 0, .. })));
    assert!(matches!(roc_auc(&[f32::NAN], &[1.0]), Err(Error::NotFinite { .. })));
    assert_eq!(roc_auc(&[0.5, 0.7], &[1.0, 1.0]), Err(Error::OneClass { label: 1 }));
    assert_eq!(roc_auc(&[0.5, 0.7], &[0.0, 0.0]), Err(Error::OneClass { label: 0 }));
    assert_eq!(roc_auc(&[-0.0, 0.0], &[1.0, 0.0]), Ok(0.5));
}

#[test]
fn tables_of_many_classes_are_aligned() {
    let classes: Vec<usize> =
        (0..12).flat_map(|k| vec![k; 1 + 100 * usize::from(k == 3)]).collect();
    let confusion = Confusion::from_classes(&classes, &classes, 12).unwrap();
    let text = confusion.to_string();
    let widths: Vec<usize> = text.lines().map(str::len).collect();
    assert_eq!(widths.len(), 13);
    assert!(widths.iter().all(|&w| w == widths[0]), "{text}");
    assert!(text.contains("101"));
}

/// A matrix of these would have 7 GB, or no machine's memory.
#[test]
fn memory_does_not_grow_with_the_classes() {
    let (mut a, mut y) = (vec![0.0_f32; 30_000], vec![0.0; 30_000]);
    (a[29_999], y[7]) = (1.0, 1.0);
    let (a, y) = (Columns::new(&a, 30_000).unwrap(), Columns::new(&y, 30_000).unwrap());
    let confusion = Confusion::of(a, y).unwrap();
    assert_eq!((confusion.samples(), confusion.count(7, 29_999)), (1, 1));
    assert_eq!(confusion.to_string(), "0 of 1 samples right, of 30000 classes\n7 as 29999: 1\n");

    let last = usize::MAX - 1;
    let confusion = Confusion::from_classes(&[last, 5], &[last, last], usize::MAX).unwrap();
    assert_eq!((confusion.accuracy(), confusion.recall(last)), (0.5, 0.5));
    assert_eq!((confusion.actual(last), confusion.predicted(5)), (2, 1));
    // Recall 1/2, precision 1, F1 2/3 of one class; zeros of all others.
    close(confusion.macro_scores().f1, 2.0 / 3.0 / usize::MAX as f64);
    assert!(confusion.to_string().len() < 200);
}

#[test]
fn of_many_classes_the_worst_mistakes_are_listed() {
    // Sample k of class k is taken for class k + 1; of class 50 there are three such.
    let (mut p, mut y): (Vec<usize>, Vec<usize>) = ((1..100).collect(), (0..99).collect());
    p.extend([51, 51, 99]);
    y.extend([50, 50, 99]);
    let confusion = Confusion::from_classes(&p, &y, 100).unwrap();
    let lines: Vec<String> = confusion.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines[..3], ["1 of 102 samples right, of 100 classes", "50 as 51: 3", "0 as 1: 1"]);
    assert_eq!(lines.len(), 2 + Confusion::MOST_PRINTED);
    assert_eq!(lines.last().unwrap(), "and 67 pairs more");
    assert_eq!(confusion.counts().count(), 100);
}

proptest! {
    /// Scores from few values tie often.
    #[test]
    fn auc_is_the_share_of_ordered_pairs(
        samples in prop::collection::vec((0_i32..8, any::<bool>()), 2..80),
    ) {
        let scores: Vec<f64> = samples.iter().map(|s| f64::from(s.0) / 3.0 - 1.0).collect();
        let labels: Vec<f64> = samples.iter().map(|s| f64::from(u8::from(s.1))).collect();
        let (mut twice, mut pairs) = (0_u64, 0_u64);
        for positive in samples.iter().filter(|s| s.1) {
            for negative in samples.iter().filter(|s| !s.1) {
                pairs += 1;
                twice += match positive.0.cmp(&negative.0) {
                    std::cmp::Ordering::Greater => 2,
                    std::cmp::Ordering::Equal => 1,
                    std::cmp::Ordering::Less => 0,
                };
            }
        }
        let given = metrics::roc_auc(&scores, &labels);
        if pairs == 0 {
            let is_one_class = matches!(given, Err(Error::OneClass { .. }));
            prop_assert!(is_one_class);
        } else {
            // Both are integers, divided once.
            prop_assert_eq!(given, Ok(twice as f64 / (2 * pairs) as f64));
            // Turned round: the other side of the curve.
            let turned: Vec<f64> = scores.iter().map(|s| -s).collect();
            prop_assert_eq!(
                metrics::roc_auc(&turned, &labels),
                Ok((2 * pairs - twice) as f64 / (2 * pairs) as f64)
            );
        }
    }

    #[test]
    fn scores_hang_together(
        samples in prop::collection::vec((0_usize..5, 0_usize..5), 1..60),
    ) {
        let (p, y): (Vec<_>, Vec<_>) = samples.iter().copied().unzip();
        let confusion = Confusion::from_classes(&p, &y, 5).unwrap();
        prop_assert_eq!(confusion.samples(), samples.len() as u64);
        for (actual, predicted) in (0..6).flat_map(|a| (0..6).map(move |p| (a, p))) {
            let of_cell = samples.iter().filter(|s| **s == (predicted, actual)).count();
            prop_assert_eq!(confusion.count(actual, predicted), of_cell as u64);
        }
        let right = samples.iter().filter(|s| s.0 == s.1).count();
        prop_assert_eq!(confusion.accuracy(), right as f64 / samples.len() as f64);
        for k in 0..5 {
            let (precision, recall) = (confusion.precision(k), confusion.recall(k));
            if precision + recall > 0.0 {
                let f1 = 2.0 * precision * recall / (precision + recall);
                // Seven roundings at most, of numbers up to 1.
                prop_assert!((confusion.f1(k) - f1).abs() <= 7.0 * f64::EPSILON);
            } else {
                prop_assert_eq!(confusion.f1(k), 0.0);
            }
        }
    }
}
