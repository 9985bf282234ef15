//! Promise: probabilities are measured as scikit-learn and SciPy measure them, and a temperature is
//! the one of the lowest cost.
//!
//! The expected numbers were printed by scikit-learn 1.9.1 and SciPy 1.17.1 from the script in
//! `SCRIPT`: `python -c "$SCRIPT"`.

use proptest::prelude::*;
use shallownet::metrics::{Reliability, Temperature, brier_score};
use shallownet::{
    Activation, Columns, Error, Init, Loss, Network, PredictionWorkspace, TrainingWorkspace,
    class_weights,
};

/// What made the numbers, to be run again.
const SCRIPT: &str = r"
import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logsumexp, softmax
from sklearn import metrics as k
from sklearn.calibration import calibration_curve
from sklearn.utils.class_weight import compute_class_weight
i = np.arange(40)
s = (37 * i * i + 11 * i) % 20 / 20
y = ((7 * i * i + 3 * i) % 11 > 5) * 1
e = (5 * i * i + i) % 7 % 4 % 3
w = (i[:, None] * np.arange(3) * 7 + i[:, None] + 3 * np.arange(3)) % 8 + 1.0
w /= w.sum(axis=1, keepdims=True)
print(k.brier_score_loss(y, s), k.brier_score_loss(e, w, labels=range(3)))
print(calibration_curve(y, s, n_bins=10))
print(calibration_curve(e == w.argmax(1), w.max(1), n_bins=4))
print(compute_class_weight('balanced', classes=np.arange(3), y=e))
b = 3 * i % 8 - 3.5
t = ((5 * i * i + 2 * i) % 9 * 7 / 8 - 3.5 < b) * 1.0
c = brentq(lambda c: np.mean((expit(c * b) - t) * b), 0.01, 100, xtol=1e-15)
print(1 / c, np.mean(np.logaddexp(0, c * b) - c * t * b), np.mean(np.logaddexp(0, b) - t * b))
z = (i[:, None] * np.arange(3) * 5 + i[:, None] + 4 * np.arange(3)) % 7 * 1.0
z[i, e] += 1.5
o = np.eye(3)[e]
c = brentq(lambda c: np.mean(((softmax(c * z, 1) - o) * z).sum(1)), 0.01, 100, xtol=1e-15)
cost = lambda c: np.mean(logsumexp(c * z, axis=1) - c * z[i, e])
print(1 / c, cost(c), cost(1))
";

fn column(values: &[f64]) -> Columns<'_, f64> {
    Columns::new(values, 1).unwrap()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 64.0 * f64::EPSILON * b.abs(), "{a} and {b}");
}

/// Probabilities of class 1 and labels.
fn of_two() -> (Vec<f64>, Vec<f64>) {
    let p = (0..40).map(|i| f64::from((37 * i * i + 11 * i) % 20) / 20.0).collect();
    let y = (0..40).map(|i| f64::from(u8::from((7 * i * i + 3 * i) % 11 > 5))).collect();
    (p, y)
}

fn class(i: usize) -> usize {
    (5 * i * i + i) % 7 % 4 % 3
}

/// Labels of three classes as columns.
fn one_hot() -> Vec<f64> {
    (0..40).flat_map(|i| (0..3).map(move |j| f64::from(u8::from(class(i) == j)))).collect()
}

/// Their probabilities.
fn of_three() -> Vec<f64> {
    let of = |i: usize| {
        let w = [0, 1, 2].map(|j| ((i * j * 7 + i + 3 * j) % 8 + 1) as f64);
        w.map(|v| v / w.iter().sum::<f64>())
    };
    (0..40).flat_map(of).collect()
}

#[test]
fn brier_scores_are_those_of_scikit_learn() {
    assert!(SCRIPT.contains("brier_score_loss"));
    let (p, y) = of_two();
    close(brier_score(column(&p), column(&y)).unwrap(), 0.388);
    let (p3, y3) = (of_three(), one_hot());
    let (a, labels) = (Columns::new(&p3, 3).unwrap(), Columns::new(&y3, 3).unwrap());
    close(brier_score(a, labels).unwrap(), 0.6911111111111111);
    // Two rows count both classes.
    let both = |v: &[f64]| -> Vec<f64> { v.iter().flat_map(|&v| [1.0 - v, v]).collect() };
    let (p2, y2) = (both(&p), both(&y));
    let twice = brier_score(Columns::new(&p2, 2).unwrap(), Columns::new(&y2, 2).unwrap());
    close(twice.unwrap(), 2.0 * 0.388);
}

/// Samples, mean prediction and observed share of each bin with samples.
fn bins(reliability: &Reliability, expected: &[(u64, f64, f64)]) {
    assert_eq!(reliability.bins().len(), expected.len());
    for (bin, &(samples, predicted, observed)) in reliability.bins().iter().zip(expected) {
        assert_eq!(bin.samples, samples);
        close(bin.mean_predicted, predicted);
        close(bin.observed, observed);
        assert!(bin.from <= bin.mean_predicted && bin.mean_predicted <= bin.to + 1e-15);
    }
}

#[test]
fn reliability_is_the_calibration_curve_of_scikit_learn() {
    let (p, y) = of_two();
    let of = Reliability::of(column(&p), column(&y)).unwrap();
    let expected = [
        (8, 0.0, 0.375),
        (8, 0.3, 0.75),
        (4, 0.4, 0.5),
        (8, 0.5, 0.125),
        (8, 0.8, 0.25),
        (4, 0.9, 0.25),
    ];
    bins(&of, &expected);
    assert_eq!((of.bin_count(), of.samples()), (10, 40));
    let error: f64 = expected.iter().map(|(n, p, o)| *n as f64 / 40.0 * (p - o).abs()).sum();
    close(of.expected_calibration_error(), error);

    let (p, y) = (of_three(), one_hot());
    let (a, labels) = (Columns::new(&p, 3).unwrap(), Columns::new(&y, 3).unwrap());
    let of = Reliability::with_bins(a, labels, 4).unwrap();
    bins(&of, &[(30, 0.4277777777777778, 0.5333333333333333), (10, 0.5833333333333333, 0.4)]);
    // One bin: the accuracy and the mean of the largest probabilities.
    let one = Reliability::with_bins(a, labels, 1).unwrap();
    close(one.bins()[0].observed, shallownet::metrics::accuracy(a, labels).unwrap());
    // However many bins there are, memory is bounded by the samples.
    let many = Reliability::with_bins(a, labels, usize::MAX).unwrap();
    assert!(many.bins().len() <= 40);
    assert_eq!(many.bins().iter().map(|bin| bin.samples).sum::<u64>(), 40);
}

#[test]
fn balanced_weights_are_those_of_scikit_learn() {
    let classes: Vec<usize> = (0..40).map(class).collect();
    let weights = class_weights::balanced(&classes).unwrap();
    // 22, 6 and 12 samples.
    for (weight, expected) in weights.iter().zip([40.0 / 66.0, 40.0 / 18.0, 40.0 / 36.0]) {
        close(*weight, expected);
    }
    close(weights[0], 0.606_060_606_060_606_1);
    let of: Vec<f64> = class_weights::of_samples(&classes, &weights).unwrap();
    close(of.iter().sum(), 40.0);
    assert!(of.iter().zip(&classes).all(|(w, &class)| *w == weights[class]));
    // A class without samples does not make the others heavier.
    assert_eq!(class_weights::balanced(&[0, 2, 2, 0]).unwrap(), [1.0, 0.0, 1.0]);

    assert!(matches!(class_weights::balanced(&[]), Err(Error::EmptyBatch { .. })));
    for most in [usize::MAX, usize::MAX / 8] {
        assert!(matches!(class_weights::balanced(&[0, most]), Err(Error::OutOfMemory { .. })));
    }
    assert!(matches!(
        class_weights::of_samples::<f32>(&[0, 1, 2], &[1.0, 1.0]),
        Err(Error::Label { argument: "classes", index: 2, .. })
    ));
}

#[test]
fn a_temperature_is_where_the_derivative_is_zero() {
    let logits: Vec<f64> = (0..40).map(|i| f64::from(3 * i % 8) - 3.5).collect();
    let above = |i: usize| (((5 * i * i + 2 * i) % 9) as f64) * 7.0 / 8.0 - 3.5 < logits[i];
    let labels: Vec<f64> = (0..40).map(|i| f64::from(u8::from(above(i)))).collect();
    let found = Temperature::of_sigmoid(column(&logits), column(&labels)).unwrap();
    let is = |found: Temperature, [temperature, cost, before]: [f64; 3]| {
        assert!((found.temperature / temperature - 1.0).abs() < 1e-10, "{found:?}");
        assert!((found.cost - cost).abs() < 1e-14 && (found.cost_before - before).abs() < 1e-14);
        assert!(!found.is_at_bound);
    };
    is(found, [1.9079617754660885, 0.5560162298482945, 0.6210326036820073]);
    // Logits of s times the size have s times the temperature.
    for s in [0.05, 20.0] {
        let scaled: Vec<f64> = logits.iter().map(|z| s * z).collect();
        let again = Temperature::of_sigmoid(column(&scaled), column(&labels)).unwrap();
        assert!((again.temperature / (s * found.temperature) - 1.0).abs() < 1e-9, "{again:?}");
    }

    let value = |i: usize, j: usize| {
        ((i * j * 5 + i + 4 * j) % 7) as f64 + if class(i) == j { 1.5 } else { 0.0 }
    };
    let logits: Vec<f64> = (0..40).flat_map(|i| [0, 1, 2].map(|j| value(i, j))).collect();
    let labels = one_hot();
    let found = Temperature::of_softmax(
        Columns::new(&logits, 3).unwrap(),
        Columns::new(&labels, 3).unwrap(),
    );
    is(found.unwrap(), [1.279335811407194, 0.5241617660238498, 0.5409417972997248]);
}

#[test]
fn without_a_best_temperature_it_is_a_bound_or_1() {
    let of = |z: &[f64], y: &[f64]| {
        let found = Temperature::of_sigmoid(column(z), column(y)).unwrap();
        (found.temperature, found.is_at_bound)
    };
    // All right: the surer, the better. All wrong: the less sure, the better.
    assert_eq!(of(&[1.0, -1.0], &[1.0, 0.0]), (Temperature::LEAST, true));
    assert_eq!(of(&[1.0, -1.0], &[0.0, 1.0]), (Temperature::MOST, true));
    // Nothing to choose from, and nothing left to win.
    assert_eq!(of(&[0.0, 0.0], &[1.0, 0.0]), (1.0, false));
    assert_eq!(of(&[1e6, -1e6], &[1.0, 0.0]), (1.0, false));
    // Of any size, without an overflow on the way.
    assert_eq!(of(&[1e150, -1e150, 1e150], &[1.0, 0.0, 0.0]), (Temperature::MOST, true));
}

/// The network's own logits, scaled, are the better predictions; for both outputs, f32 and f64.
#[test]
fn a_scaled_network_has_the_found_cost() {
    scaled::<f32>(1e-5);
    scaled::<f64>(1e-12);
}

fn scaled<T: shallownet::Scalar>(within: f64) {
    for (outputs, g) in [(1, Activation::Sigmoid), (3, Activation::Softmax)] {
        let mut net = Network::<T>::builder(2)
            .layer(5, Activation::Tanh)
            .layer(outputs, g)
            .init(Init::Normal { scale: 3.0 }, 4)
            .build()
            .unwrap();
        let x: Vec<T> =
            (0..80).map(|i| T::from_f64(f64::from(i * i * 7 % 19) / 9.0 - 1.0)).collect();
        let y: Vec<T> = match outputs {
            1 => (0..40).map(|i| T::from_f64(f64::from(u8::from(class(i) == 0)))).collect(),
            _ => one_hot().into_iter().map(T::from_f64).collect(),
        };
        let (x, y) = (Columns::new(&x, 2).unwrap(), Columns::new(&y, outputs).unwrap());
        let mut workspace = PredictionWorkspace::new(&net, 40).unwrap();
        let mut logits = vec![T::ZERO; outputs * 40];
        let of_logits = net.try_clone_to_logits().unwrap();
        assert_eq!(of_logits.layers()[1].activation, Activation::Identity);
        assert_eq!(of_logits.loss(), Loss::SquaredError);
        of_logits.predict(x, &mut logits, &mut workspace).unwrap();
        let z = Columns::new(&logits, outputs).unwrap();
        let found = match outputs {
            1 => Temperature::of_sigmoid(z, y).unwrap(),
            _ => Temperature::of_softmax(z, y).unwrap(),
        };
        assert!(!found.is_at_bound && found.cost < found.cost_before, "{found:?}");
        let mut training = TrainingWorkspace::new(&net, 40).unwrap();
        let mut cost = |net: &Network<T>| net.cost(x, y, &mut training).unwrap();
        assert!((cost(&net) - found.cost_before).abs() < within * found.cost_before);
        net.scale_logits(1.0 / found.temperature).unwrap();
        assert!((cost(&net) - found.cost).abs() < within * found.cost);
    }
}

#[test]
fn misuse_is_named() {
    let (one, two) = (column(&[1.0]), column(&[0.0, 1.0]));
    let none = Columns::<f64>::new(&[], 1).unwrap();
    let wide = Columns::new(&[0.0, 1.0], 2).unwrap();
    let (nan, large) = (column(&[f64::NAN, 1.0]), column(&[0.5, 1.5]));
    type Measure = fn(Columns<'_, f64>, Columns<'_, f64>) -> Result<(), Error>;
    let measures: [Measure; 4] = [
        |p, y| brier_score(p, y).map(drop),
        |p, y| Reliability::of(p, y).map(drop),
        |p, y| Temperature::of_sigmoid(p, y).map(drop),
        |p, y| Temperature::of_softmax(p, y).map(drop),
    ];
    for measure in measures {
        assert!(matches!(measure(none, none), Err(Error::EmptyBatch { .. })));
        assert!(matches!(measure(two, one), Err(Error::Samples { expected: 2, given: 1, .. })));
        assert!(matches!(measure(two, wide), Err(Error::Features { expected: 1, given: 2, .. })));
        assert!(matches!(measure(nan, two), Err(Error::NotFinite { .. })));
        assert!(matches!(measure(two, nan), Err(Error::NotFinite { .. } | Error::Target { .. })));
    }
    for measure in &measures[..2] {
        let label = |argument| Error::Label {
            argument,
            index: 1,
            value: 1.5,
            expected: "a value in [0, 1]",
        };
        assert_eq!(measure(large, two), Err(label("predictions")));
        assert_eq!(measure(two, large), Err(label("labels")));
    }
    assert_eq!(Reliability::with_bins(two, two, 0), Err(Error::Zero { argument: "bins" }));
    assert!(matches!(Temperature::of_sigmoid(two, large), Err(Error::Target { sample: 1, .. })));
    let half = Columns::new(&[0.5, 0.0], 2).unwrap();
    assert!(matches!(Temperature::of_softmax(wide, half), Err(Error::Target { value: 0.5, .. })));
    let huge = column(&[0.0, -2e150]);
    assert!(matches!(
        Temperature::of_sigmoid(huge, two),
        Err(Error::Range { argument: "a logit", .. })
    ));

    let mut net = Network::<f32>::builder(1).layer(1, Activation::Sigmoid).build().unwrap();
    net.set_parameters(&[2.0, 1e38]).unwrap();
    for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let refused = net.scale_logits(factor);
        assert!(matches!(refused, Err(Error::Range { argument: "factor", .. })), "{factor}");
    }
    assert!(matches!(net.scale_logits(10.0), Err(Error::NotFinite { .. })));
    assert_eq!(net.weights(0).unwrap(), [2.0]);
}

proptest! {
    /// No other temperature is better, and the cost is never worse than it was.
    #[test]
    fn no_neighbour_of_a_temperature_is_better(
        samples in prop::collection::vec((-8.0..8.0, any::<bool>()), 1..40),
    ) {
        let z: Vec<f64> = samples.iter().map(|s| s.0).collect();
        let y: Vec<f64> = samples.iter().map(|s| f64::from(u8::from(s.1))).collect();
        let found = Temperature::of_sigmoid(column(&z), column(&y)).unwrap();
        prop_assert!((Temperature::LEAST..=Temperature::MOST).contains(&found.temperature));
        prop_assert!(found.cost <= found.cost_before + 1e-13);
        for factor in [0.9, 0.999, 1.001, 1.1] {
            let t = found.temperature * factor;
            if (Temperature::LEAST..=Temperature::MOST).contains(&t) {
                let softplus = |v: f64| v.max(0.0) + (-v.abs()).exp().ln_1p();
                let cost: f64 = z.iter().zip(&y).map(|(z, y)| softplus(z / t) - y * z / t).sum();
                prop_assert!(found.cost <= cost / z.len() as f64 + 1e-13, "{}", factor);
            }
        }
    }
}
