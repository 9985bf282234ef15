//! Promise: results have the same bits on one thread and on many.

mod common;

use common::cases::Case;
use common::{BACKENDS, Setup, bits, parameter_bits};
use rayon::{ThreadPool, ThreadPoolBuilder};
use shallownet::{Activation, Parallelism, Scalar, TrainingWorkspace};

/// Predictions, cost, gradients, and parameters after three steps.
fn run<T: Scalar>(case: &Case, backend: Setup, who: Parallelism) -> Vec<Vec<u64>> {
    let mut net = case.network::<T>(backend, who);
    let batch = case.batch::<T>(0);
    let (x, y) = batch.columns();
    let mut workspace = TrainingWorkspace::new(&net, case.capacity()).unwrap();
    let mut out = vec![T::ZERO; batch.y.len()];
    net.predict(x, &mut out, &mut workspace).unwrap();
    let cost = net.backward(x, y, &mut workspace).unwrap();
    let mut results = vec![bits(&out), bits(&[cost, net.cost(x, y, &mut workspace).unwrap()])];
    net.backward(x, y, &mut workspace).unwrap();
    let gradients = workspace.gradients();
    for l in 0..net.layers().len() {
        results.push(bits(&gradients.weights(l).unwrap()));
        results.push(bits(gradients.bias(l).unwrap()));
    }
    for _ in 0..3 {
        net.step(x, y, T::from_f64(0.05), &mut workspace).unwrap();
    }
    results.push(parameter_bits(&net));
    results
}

fn same_bits<T: Scalar>(pools: &[ThreadPool], case: &Case) {
    for &backend in BACKENDS.iter() {
        let serial = run::<T>(case, backend, Parallelism::Serial);
        for pool in pools {
            let parallel = pool.install(|| run::<T>(case, backend, Parallelism::Rayon));
            let threads = pool.current_num_threads();
            assert_eq!(serial, parallel, "{backend:?}, {} on {threads} threads: {case:?}", T::NAME);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    use Activation::{Relu, Sigmoid, Softmax, Tanh};
    let pools = [1, 2, 3, 7, 16].map(|n| ThreadPoolBuilder::new().num_threads(n).build().unwrap());
    let cases = [
        // Many tiles of columns, groups of units in both layers, a ragged last tile.
        Case::new(97, &[(128, Tanh), (70, Softmax)], 1003),
        // Four layers, one batch of few tiles.
        Case::new(
            64,
            &[(200, Relu), (100, Activation::LEAKY_RELU), (40, Sigmoid), (1, Sigmoid)],
            90,
        ),
        // Wide and shallow: one tile, many groups of units.
        Case::new(500, &[(700, Relu), (2, Activation::Identity)], 31),
        // Narrow: all the work is in the number of samples.
        Case::new(2, &[(4, Tanh), (1, Sigmoid)], 100_000),
    ];
    for case in &cases {
        same_bits::<f32>(&pools, case);
        same_bits::<f64>(&pools, case);
    }
}

/// One sample, through megabytes of weights: threads share a layer.
#[test]
fn one_sample_has_the_same_bits_on_any_number_of_threads() {
    let case = Case::new(1030, &[(1030, Activation::Relu), (5, Activation::Softmax)], 1);
    let batch = case.batch::<f32>(0);
    let (x, y) = batch.columns();
    // A bias of its own to each unit.
    let bias: Vec<f32> = (0..1030).map(|unit| unit as f32 / 1030.0 - 0.5).collect();
    let results = |backend, who| {
        let mut net = case.network::<f32>(backend, who);
        net.set_bias(0, &bias).unwrap();
        let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
        let mut out = [0.0; 5];
        net.predict(x, &mut out, &mut workspace).unwrap();
        let cost = net.backward(x, y, &mut workspace).unwrap();
        let gradients = workspace.gradients();
        (bits(&out), cost.to_bits(), bits(gradients.bias(0).unwrap()))
    };
    for &backend in BACKENDS.iter() {
        let serial = results(backend, Parallelism::Serial);
        for threads in [1, 2, 3, 7, 16] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let parallel = pool.install(|| results(backend, Parallelism::Rayon));
            assert_eq!(serial, parallel, "{backend:?} on {threads} threads");
        }
        assert_eq!(serial, results(backend, Parallelism::Rayon), "{backend:?}, global pool");
    }
}

/// Equal bits are no accident of sums that come out the same in any order: cut elsewhere, the same
/// batch gives another gradient.
#[test]
fn the_order_of_sums_shows_in_the_bits() {
    let case = Case::new(97, &[(128, Activation::Tanh), (70, Activation::Softmax)], 1003);
    let net = case.network::<f32>(BACKENDS[0], Parallelism::Serial);
    let batch = case.batch::<f32>(0);
    let (x, y) = batch.columns();
    let mut workspace = TrainingWorkspace::new(&net, case.capacity()).unwrap();
    let mut part = |range: std::ops::Range<usize>| {
        let share = range.len() as f64 / 1003.0;
        let (x, y) = (x.range(range.clone()).unwrap(), y.range(range).unwrap());
        net.backward(x, y, &mut workspace).unwrap();
        let dw = workspace.gradients().weights(0).unwrap();
        dw.into_iter().map(|d| d * share as f32).collect::<Vec<f32>>()
    };
    let (left, right) = (part(0..500), part(500..1003));
    let sum: Vec<f32> = left.iter().zip(&right).map(|(l, r)| l + r).collect();
    net.backward(x, y, &mut workspace).unwrap();
    assert_ne!(bits(&sum), bits(&workspace.gradients().weights(0).unwrap()));
}
