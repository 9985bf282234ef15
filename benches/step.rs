//! A step of gradient descent on a whole batch: `cargo bench --bench step`.

mod common;

use std::hint::black_box;

use common::naive::Naive;
use common::{BACKENDS, Ready};
use criterion::Throughput;

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
    }
    criterion.final_summary();
}
