//! Promise: a network takes over another one's parameters, or moves towards them by the documented
//! formula and within its bound, whatever the backends and activations of the two.

mod common;

use common::cases::Case;
use common::{BACKENDS, Setup, parameter_bits};
use shallownet::{Activation, Checks, Error, Network, Parallelism, Scalar};

/// Two networks of the same sizes, of different activations and parameters.
fn pair<T: Scalar>(n_x: usize, units: &[usize], of: [Setup; 2]) -> [Network<T>; 2] {
    let net = |(seed, g): (u64, Activation), setup| {
        let layers: Vec<_> = units.iter().map(|&n| (n, g)).collect();
        let case = Case { seed, ..Case::new(n_x, &layers, 1) };
        case.network::<T>(setup, Parallelism::Serial)
    };
    [net((3, Activation::Tanh), of[0]), net((4, Activation::Relu), of[1])]
}

fn flat<T: Scalar>(net: &Network<T>) -> Vec<T> {
    let mut flat = vec![T::ZERO; net.parameter_count()];
    net.parameters_into(&mut flat).unwrap();
    flat
}

fn each<T: Scalar>(test: fn([Network<T>; 2])) {
    for (n_x, units) in [(4, &[16, 2][..]), (300, &[7, 33]), (1, &[1])] {
        for &one in BACKENDS.iter() {
            for &other in BACKENDS.iter() {
                test(pair(n_x, units, [one, other]));
            }
        }
    }
}

fn copies_and_ends<T: Scalar>([mut net, other]: [Network<T>; 2]) {
    let (before, expected) = (parameter_bits(&net), parameter_bits(&other));
    assert_ne!(before, expected);
    net.blend(&other, 0.0).unwrap();
    assert_eq!(parameter_bits(&net), before);
    let mut blended = net.try_clone().unwrap();
    blended.blend(&other, 1.0).unwrap();
    net.copy_from(&other).unwrap();
    assert_eq!([parameter_bits(&net), parameter_bits(&blended)], [expected.clone(), expected]);
}

#[test]
fn copies_have_the_same_bits() {
    each::<f32>(copies_and_ends);
    each::<f64>(copies_and_ends);
}

fn blends_are_within_their_bound<T: Scalar>([net, other]: [Network<T>; 2]) {
    let u = T::EPSILON.to_f64() / 2.0;
    for tau in [1e-30, 0.005, 0.25, 0.5, 0.500_001, 0.9, 1.0 - 1e-9] {
        let mut blended = net.try_clone().unwrap();
        blended.blend(&other, tau).unwrap();
        let triples = flat(&net).into_iter().zip(flat(&other)).zip(flat(&blended));
        for ((p, other), given) in triples {
            let [p, other, given] = [p, other, given].map(T::to_f64);
            let exact = (1.0 - tau) * p + tau * other;
            // As documented, to all orders (gamma_3 and one more of the result), beside what this
            // formula itself rounds in f64.
            let gamma = |n: f64, u: f64| n * u / (1.0 - n * u);
            let share = tau.min(1.0 - tau) * (p.abs() + other.abs());
            let own = gamma(4.0, f64::EPSILON / 2.0) * (p.abs() + other.abs());
            let vanished = 2.0 * (T::MIN_POSITIVE / T::EPSILON).to_f64();
            let bound = u * given.abs() + gamma(3.0, u) * (1.0 + u) * share + own + vanished;
            assert!(
                (given - exact).abs() <= bound,
                "{p:e}, {other:e}, {tau}: {given:e}, not {exact:e} ({bound:e})"
            );
        }
    }
    // What is equal stays, bit by bit but for the sign of a zero.
    let mut same = net.try_clone().unwrap();
    for tau in [0.005, 1.0 / 3.0, 0.7] {
        same.blend(&net, tau).unwrap();
        assert_eq!(flat(&same), flat(&net));
    }
}

#[test]
fn blends_follow_the_formula() {
    each::<f32>(blends_are_within_their_bound);
    each::<f64>(blends_are_within_their_bound);
}

/// A hundred steps of a target network end where the formula ends.
#[test]
fn a_target_network_comes_near() {
    let [mut target, online] = pair::<f64>(4, &[16, 2], [BACKENDS[0]; 2]);
    let before = flat(&target);
    for _ in 0..100 {
        target.blend(&online, 0.05).unwrap();
    }
    let left = 0.95_f64.powi(100);
    for ((before, online), after) in before.iter().zip(flat(&online)).zip(flat(&target)) {
        let expected = online + left * (before - online);
        assert!((after - expected).abs() < 1e-13, "{after} and {expected}");
    }
}

/// The path from one layout to another rounds as the path between equal ones.
#[test]
fn the_layout_does_not_change_bits() {
    for setup in BACKENDS.iter() {
        let [mut a, b] = pair::<f32>(300, &[7, 33], [Setup::PORTABLE; 2]);
        let [mut c, d] = pair::<f32>(300, &[7, 33], [Setup::PORTABLE, *setup]);
        a.blend(&b, 0.3).unwrap();
        c.blend(&d, 0.3).unwrap();
        assert_eq!(parameter_bits(&a), parameter_bits(&c));
    }
}

#[test]
fn numbers_at_the_ends_of_the_range() {
    for to in [Setup::PORTABLE, *BACKENDS.last().unwrap()] {
        let net = |values: &[f32], setup| {
            let case = Case::new(1, &[(1, Activation::Identity)], 1);
            let mut net = case.network::<f32>(setup, Parallelism::Serial);
            net.set_parameters(values).unwrap();
            net
        };
        let blended = |from: &[f32], other: &[f32], tau| {
            let mut target = net(from, to);
            target.blend(&net(other, Setup::PORTABLE), tau).unwrap();
            flat(&target)
        };
        let ends = [f32::MAX, -f32::MAX];
        for tau in [0.3, 0.5, 0.51, 0.9] {
            assert!(blended(&ends, &[-f32::MAX, f32::MAX], tau).iter().all(|v| v.is_finite()));
            assert_eq!(blended(&ends, &ends, tau), ends);
        }
        // Small results are 0, as after a step: below 9.9e-32 in f32.
        assert_eq!(blended(&[1e-31, 4e-31], &[0.0, 0.0], 0.5), [0.0, 2e-31]);
    }
}

#[test]
fn what_is_refused_changes_nothing() {
    let [mut net, other] = pair::<f32>(3, &[4, 2], [BACKENDS[0]; 2]);
    let before = parameter_bits(&net);
    for tau in [-1e-9, 1.0 + 1e-9, f64::NAN, f64::INFINITY] {
        let refused = net.blend(&other, tau).unwrap_err();
        let is_tau = |e: &Error| matches!(e, Error::Range { argument: "tau", .. });
        assert!(is_tau(&refused), "{refused}");
    }
    let message = |units: &[usize], n_x: usize| {
        let [mut net, _] = pair::<f32>(3, &[4, 2], [BACKENDS[0]; 2]);
        let [_, other] = pair::<f32>(n_x, units, [BACKENDS[0]; 2]);
        let refused = net.copy_from(&other).unwrap_err();
        assert_eq!(net.blend(&other, 0.0), Err(refused.clone()));
        refused.to_string()
    };
    assert_eq!(
        message(&[4, 3], 3),
        "layer 1: the other network has 4 inputs and 3 units: expected 4 inputs and 2 units"
    );
    assert_eq!(
        message(&[4, 2], 2),
        "layer 0: the other network has 2 inputs and 4 units: expected 3 inputs and 4 units"
    );
    assert_eq!(
        message(&[4], 3),
        "layer 1: the other network has no such layer: expected 4 inputs and 2 units"
    );
    assert_eq!(
        message(&[4, 2, 2], 3),
        "layer 2: the other network has 2 inputs and 2 units: expected no such layer"
    );

    // A parameter that is not finite is found, and named by its place among all.
    for &setup in BACKENDS.iter() {
        let case = Case::new(3, &[(4, Activation::Tanh), (2, Activation::Relu)], 1);
        let builder = case.builder::<f32>(setup, Parallelism::Serial);
        let mut broken = builder.checks(Checks::ShapesOnly).build().unwrap();
        let mut values = vec![1.0; broken.parameter_count()];
        values[18] = f32::NEG_INFINITY;
        broken.set_parameters(&values).unwrap();
        let refused = net.copy_from(&broken).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the other network holds -inf at index 18: expected finite values"
        );
        assert_eq!(net.blend(&broken, 0.5), Err(refused));
        assert_eq!(parameter_bits(&net), before);
        let [healthy, _] = pair::<f32>(3, &[4, 2], [setup; 2]);
        broken.copy_from(&healthy).unwrap();
        assert_eq!(parameter_bits(&broken), parameter_bits(&healthy));
    }
}
