//! Mini-batch training: `cargo bench --bench train`.
//!
//! `update/*`: one Adam step over parameters, gradient and moments, beside a copy that moves as
//! many bytes. `epoch/*`: ten epochs of shuffled batches, beside the same number of steps on
//! batches that lie side by side already.

mod common;

use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{Criterion, Throughput};
use shallownet::{
    Activation, Columns, DataSet, Network, Optimizer, OptimizerState, Parallelism, Trainer,
    Training, TrainingWorkspace,
};

fn network(units: &[usize]) -> Network<f32> {
    let mut builder = Network::builder(units[0]).parallelism(Parallelism::Serial);
    for &n in &units[1..units.len() - 1] {
        builder = builder.layer(n, Activation::Relu);
    }
    builder.layer(units[units.len() - 1], Activation::Sigmoid).build().unwrap()
}

fn update(criterion: &mut Criterion, units: &[usize]) {
    let mut net = network(units);
    let parameters = net.parameter_count();
    let mut group = criterion.benchmark_group(format!("update/{parameters} parameters"));
    let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
    let (x, y) = (vec![0.5; units[0]], vec![1.0; net.outputs()]);
    let (x, y) = (Columns::new(&x, units[0]).unwrap(), Columns::new(&y, y.len()).unwrap());
    net.backward(x, y, &mut workspace).unwrap();
    // w, m and v read and written, dw read.
    let bytes = 7 * parameters * size_of::<f32>();
    group.throughput(Throughput::Bytes(bytes as u64));
    for optimizer in [Optimizer::momentum(), Optimizer::adam()] {
        let mut state = OptimizerState::new(&net, optimizer).unwrap();
        group.bench_function(optimizer.name(), |b| {
            b.iter(|| net.update(&mut state, workspace.gradients(), black_box(1e-6)));
        });
    }
    let (from, mut to) = (vec![1_u8; bytes / 2], vec![0_u8; bytes / 2]);
    group.bench_function("copy", |b| b.iter(|| to.copy_from_slice(black_box(&from))));
    group.finish();
}

const EPOCHS: usize = 10;

fn epochs(criterion: &mut Criterion, units: &[usize], samples: usize, batch: usize) {
    let name = units.iter().map(usize::to_string).collect::<Vec<_>>().join("-");
    let mut group = criterion.benchmark_group(format!("epoch/{name}, {samples} by {batch}"));
    group.throughput(Throughput::Elements((EPOCHS * samples) as u64));
    let n_y = units[units.len() - 1];
    let x: Vec<f32> = (0..units[0] * samples).map(|i| (i * 7 % 101) as f32 / 101.0).collect();
    let y: Vec<f32> = (0..n_y * samples).map(|i| (i % 3 == 0).into()).collect();
    let (x, y) = (Columns::new(&x, units[0]).unwrap(), Columns::new(&y, n_y).unwrap());
    for optimizer in [Optimizer::Sgd, Optimizer::adam()] {
        let mut net = network(units);
        let training = Training::new(usize::MAX, batch).optimizer(optimizer).learning_rate(1e-6);
        let mut trainer = Trainer::new(&net, training, DataSet::new(x, y)).unwrap();
        group.bench_function(format!("{} trainer", optimizer.name()), |b| {
            b.iter(|| {
                let end = trainer.state().epochs() + EPOCHS;
                let data = black_box(DataSet::new(x, y));
                trainer.run(&mut net, data, |epoch| match epoch.epoch + 1 == end {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                })
            });
        });
        let mut net = network(units);
        let mut state = OptimizerState::new(&net, optimizer).unwrap();
        let mut workspace = TrainingWorkspace::new(&net, batch).unwrap();
        group.bench_function(format!("{} steps", optimizer.name()), |b| {
            b.iter(|| {
                for _ in 0..EPOCHS {
                    for start in (0..samples).step_by(batch) {
                        let part = start..samples.min(start + batch);
                        let (x, y) = (x.range(part.clone()).unwrap(), y.range(part).unwrap());
                        net.step_with(x, y, &mut state, 1e-6, &mut workspace).unwrap();
                    }
                }
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = common::criterion();
    for units in [&[2, 4, 1][..], &[784, 128, 10], &[2048, 2048, 10]] {
        update(&mut criterion, units);
    }
    epochs(&mut criterion, &[784, 128, 10], 8192, 64);
    epochs(&mut criterion, &[2, 4, 1], 400, 64);
    criterion.final_summary();
}
