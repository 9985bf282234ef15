//! A step of gradient descent on a whole batch; its gradient alone, by the network's loss and over a
//! tape; and what one sample costs, where a call's own bookkeeping shows most: `cargo bench --bench
//! step`.

mod common;

use std::hint::black_box;

use common::naive::Naive;
use common::{BACKENDS, Ready};
use criterion::{Criterion, Throughput};
use shallownet::testing::measure::Shape;
use shallownet::{
    Activation, Columns, Init, Network, Optimizer, OptimizerState, OutputGradient, Parallelism,
    Tape, TrainingWorkspace,
};

/// Small, so that every step does the same work.
const LEARNING_RATE: f32 = 1e-4;

fn main() {
    let mut criterion = common::criterion();
    for shape in common::shapes() {
        let mut group = criterion.benchmark_group(format!("step/{}", shape.name));
        group.throughput(Throughput::Elements(shape.m as u64));
        let batch = shape.batch::<f32>();
        let (x, y) = batch.first(shape.m).unwrap();
        for backend in BACKENDS {
            let Ready { mut net, mut workspace, .. } = Ready::new(shape, backend, &batch);
            group.bench_function(backend.name(), |b| {
                b.iter(|| {
                    let (x, y) = black_box((x, y));
                    net.step(x, y, black_box(LEARNING_RATE), &mut workspace).unwrap()
                });
            });
        }
        let mut naive = Naive::of(&Ready::new(shape, BACKENDS[0], &batch).net).unwrap();
        group.bench_function("naive", |b| {
            b.iter(|| {
                let (x, y) = black_box((x, y));
                let cost = naive.gradients(x, y);
                naive.descend(black_box(LEARNING_RATE));
                cost
            });
        });
        group.finish();
        gradient(&mut criterion, shape);
    }
    one_sample(&mut criterion);
    criterion.final_summary();
}

/// Every call of one sample through networks of 3-4-1 and 8-16-1.
fn one_sample(criterion: &mut Criterion) {
    for (name, n_x, n_h) in [("3-4-1", 3, 4), ("8-16-1", 8, 16)] {
        let builder = Network::<f32>::builder(n_x)
            .layer(n_h, Activation::Tanh)
            .layer(1, Activation::Sigmoid)
            .init(Init::XavierNormal, 1);
        let mut net = builder.parallelism(Parallelism::Serial).build().unwrap();
        let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
        let sample: Vec<f32> = (0..n_x).map(|i| i as f32 / 4.0 - 1.0).collect();
        let (x, y) = (Columns::one(&sample), Columns::one(&[1.0]));
        let mut a = [0.0];
        let mut group = criterion.benchmark_group(format!("one sample/{name}"));
        group.bench_function("predict", |b| {
            b.iter(|| net.predict(black_box(x), &mut a, &mut workspace).unwrap());
        });
        group.bench_function("cost", |b| {
            b.iter(|| net.cost(black_box(x), black_box(y), &mut workspace).unwrap());
        });
        group.bench_function("backward", |b| {
            b.iter(|| net.backward(black_box(x), black_box(y), &mut workspace).unwrap());
        });
        group.bench_function("step", |b| {
            b.iter(|| {
                let rate = black_box(LEARNING_RATE);
                net.step(black_box(x), black_box(y), rate, &mut workspace).unwrap()
            });
        });
        for (name, optimizer) in [("momentum", Optimizer::momentum()), ("Adam", Optimizer::adam())]
        {
            let mut state = OptimizerState::new(&net, optimizer).unwrap();
            group.bench_function(name, |b| {
                b.iter(|| {
                    let rate = black_box(LEARNING_RATE);
                    let (x, y) = black_box((x, y));
                    net.step_with(x, y, &mut state, rate, &mut workspace).unwrap()
                });
            });
        }
        group.finish();
    }
}

/// `backward`, beside `forward` and `backward` over a tape from a dZ that is given.
fn gradient(criterion: &mut Criterion, shape: &Shape) {
    let mut group = criterion.benchmark_group(format!("gradient/{}", shape.name));
    group.throughput(Throughput::Elements(shape.m as u64));
    let batch = shape.batch::<f32>();
    let (x, y) = batch.first(shape.m).unwrap();
    let Ready { net, mut workspace, .. } = Ready::new(shape, BACKENDS[0], &batch);
    group.bench_function("backward", |b| {
        b.iter(|| {
            let (x, y) = black_box((x, y));
            net.backward(x, y, &mut workspace).unwrap()
        });
    });
    let mut tape = Tape::new(&net, shape.m).unwrap();
    group.bench_function("tape", |b| {
        b.iter(|| {
            let (x, y) = black_box((x, y));
            let mut pass = net.forward(x, &mut tape).unwrap();
            pass.backward(OutputGradient::Dz(y), None).map(|_| ()).unwrap();
        });
    });
    group.finish();
}
