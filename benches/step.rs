//! A step of gradient descent on a whole batch, and its gradient alone, by the network's loss and over
//! a tape: `cargo bench --bench step`.

mod common;

use std::hint::black_box;

use common::naive::Naive;
use common::shapes::Shape;
use common::{BACKENDS, Ready};
use criterion::{Criterion, Throughput};
use shallownet::{OutputGradient, Tape};

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
    criterion.final_summary();
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
