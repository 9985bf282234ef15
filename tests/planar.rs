//! Promise: the published course result. A 2-4-1 network (tanh, sigmoid) on the planar flower set,
//! f64, full-batch gradient descent at learning rate 1.2 from the given weights, reproduces the
//! costs that NumPy printed.

mod common;

use common::planar::Planar;
use common::{BACKENDS, On, Setup, cases::nested};
use serde_json::Value;
use shallownet::{Activation, Init, Network, TrainingWorkspace, reference};

const LEARNING_RATE: f64 = 1.2;

fn course() -> Value {
    serde_json::from_str(include_str!("data/planar_course.json")).unwrap()
}

/// A (nested) list of numbers, row after row.
fn numbers(value: &Value) -> Vec<f64> {
    match value.as_array() {
        Some(values) => values.iter().flat_map(numbers).collect(),
        None => vec![value.as_f64().unwrap()],
    }
}

fn published_cost(course: &Value, iteration: usize) -> f64 {
    course["cost_before_iteration"][iteration.to_string()].as_f64().unwrap()
}

fn start(course: &Value, backend: Setup) -> Network<f64> {
    let mut net = Network::builder(2)
        .layer(4, Activation::Tanh)
        .layer(1, Activation::Sigmoid)
        .init(Init::Zeros, 0)
        .on(backend)
        .build()
        .unwrap();
    net.set_weights(0, &numbers(&course["W1"])).unwrap();
    net.set_weights(1, &numbers(&course["W2"])).unwrap();
    net
}

#[test]
fn every_backend_reproduces_the_published_costs_and_accuracy() {
    let (course, planar) = (course(), Planar::load());
    let (x, y) = planar.columns();
    for &backend in BACKENDS.iter() {
        let mut net = start(&course, backend);
        let mut workspace = TrainingWorkspace::new(&net, 400).unwrap();
        for iteration in 0..10_000 {
            let cost = net.step(x, y, LEARNING_RATE, &mut workspace).unwrap();
            if iteration % 1000 == 0 {
                // The path is well conditioned up to 7000 (portable agrees to 1e-16 there), but not
                // between 7000 and 8000, where 1e-16 grows to 6e-5.
                let tolerance = if iteration <= 7000 { 1e-6 } else { 1e-3 };
                let published = published_cost(&course, iteration);
                let off = (cost - published).abs();
                assert!(off <= tolerance, "{backend:?} {iteration}: {cost}, not {published}");
            }
        }
        let mut a = vec![0.0; 400];
        net.predict(x, &mut a, &mut workspace).unwrap();
        let accuracy = planar.accuracy(&a);
        let published = course["train_accuracy_after_10000"].as_f64().unwrap();
        // One of 400 samples, with room for the last bit of the quotient.
        assert!((accuracy - published).abs() < 1.5 / 400.0, "{backend:?}: {accuracy}");
    }
}

/// The published end of training. Our own ends close by, not there (on portable, weights within
/// 0.004 of 4 to 13, biases within 0.12): past 7000 rounding alone decides the path, so nothing is
/// promised of the parameters, only that they cost and classify the same.
#[test]
fn the_published_parameters_classify_as_published() {
    let (course, planar) = (course(), Planar::load());
    let (x, y) = planar.columns();
    for &backend in BACKENDS.iter() {
        let mut net = start(&course, backend);
        let mut workspace = TrainingWorkspace::new(&net, 400).unwrap();
        for _ in 0..10_000 {
            net.step(x, y, LEARNING_RATE, &mut workspace).unwrap();
        }
        let ours = net.cost(x, y, &mut workspace).unwrap();
        for l in 0..2 {
            let of = |name: &str| numbers(&course["final"][format!("{name}{}", l + 1)]);
            net.set_weights(l, &of("W")).unwrap();
            net.set_bias(l, &of("b")).unwrap();
        }
        let mut a = vec![0.0; 400];
        net.predict(x, &mut a, &mut workspace).unwrap();
        assert_eq!(planar.accuracy(&a), 0.9075, "{backend:?}");
        let published = net.cost(x, y, &mut workspace).unwrap();
        assert!((ours - published).abs() < 1e-3, "{backend:?}: {ours}, published {published}");
    }
}

#[test]
fn the_reference_begins_as_published() {
    let (course, planar) = (course(), Planar::load());
    let mut net = reference::Network::from(&start(&course, BACKENDS[0]));
    let (x, y) = (nested(&planar.x, 2), nested(&planar.y, 1));
    for iteration in 0..1000 {
        let cost = net.step(&x, &y, LEARNING_RATE);
        if iteration == 0 {
            assert!((cost - published_cost(&course, 0)).abs() < 1e-14, "{cost}");
        }
    }
    let cost = net.cost(&x, &y);
    assert!((cost - published_cost(&course, 1000)).abs() < 1e-6, "{cost}");
}
