//! The prediction of a whole batch: `cargo bench --bench forward`.

mod common;

use std::hint::black_box;

use common::naive::Naive;
use common::{BACKENDS, Ready};
use criterion::Throughput;

fn main() {
    let mut criterion = common::criterion();
    for shape in common::shapes() {
        let mut group = criterion.benchmark_group(format!("forward/{}", shape.name));
        group.throughput(Throughput::Elements(shape.m as u64));
        let batch = shape.batch::<f32>();
        let (x, _) = batch.first(shape.m).unwrap();
        for backend in BACKENDS {
            let Ready { net, mut workspace, mut out } = Ready::new(shape, backend, &batch);
            group.bench_function(backend.name(), |b| {
                b.iter(|| net.predict(black_box(x), black_box(&mut out), &mut workspace).unwrap());
            });
        }
        let Ready { net, mut out, .. } = Ready::new(shape, BACKENDS[0], &batch);
        let mut naive = Naive::of(&net).unwrap();
        group.bench_function("naive", |b| {
            b.iter(|| naive.predict(black_box(x), black_box(&mut out)));
        });
        group.finish();
    }
    criterion.final_summary();
}
