//! Promise: a training that is taken up from its checkpoint's file has the bits of one that was
//! never interrupted.

mod common;

use std::ops::ControlFlow;

use common::cases::Case;
use common::{BACKENDS, On, Setup, parameter_bits};
use shallownet::io::checkpoint::{self, Checkpoint};
use shallownet::{
    Activation, DataSet, EarlyStopping, Optimizer, Parallelism, Scalar, Schedule, Stop, Trainer,
    Training,
};

/// Interrupted after every epoch, each time through a file. Returns how it ended.
fn through_files<T: Scalar>(backend: Setup, optimizer: Optimizer, learning_rate: f64) -> Stop {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let case = Case::new(4, &[(12, Activation::Tanh), (1, Activation::Sigmoid)], 60);
    let batch = case.batch::<T>(0);
    let (x, y) = batch.columns();
    let data = DataSet::new(x.range(0..40).unwrap(), y.range(0..40).unwrap())
        .validation(x.range(40..60).unwrap(), y.range(40..60).unwrap());
    let training = Training::new(30, 16)
        .optimizer(optimizer)
        .learning_rate(learning_rate)
        .schedule(Schedule::cosine(30, 0.1).after_warm_up(1.0))
        .l2(1e-4)
        .clip_norm(1.0)
        .early_stopping(EarlyStopping::new(3).min_delta(1e-4))
        .seed(8);
    let mut whole = case.network::<T>(backend, Parallelism::Serial);
    let expected = training.run(&mut whole, data, |_| ControlFlow::Continue(())).unwrap();

    let net = case.network::<T>(backend, Parallelism::Serial);
    let trainer = Trainer::new(&net, training, data).unwrap();
    checkpoint::save(&path, &net, trainer.state()).unwrap();
    drop((net, trainer));
    let (net, report) = loop {
        let on_backend =
            |builder: shallownet::Builder<T>| builder.on(backend).parallelism(Parallelism::Serial);
        let Checkpoint { mut network, state } = checkpoint::load_with(&path, on_backend).unwrap();
        backend.assert_is(&network);
        let mut trainer = Trainer::resume(&network, state, data).unwrap();
        let report = trainer
            .run(&mut network, data, |epoch| {
                checkpoint::save(&path, epoch.network, epoch.state).unwrap();
                ControlFlow::Break(())
            })
            .unwrap();
        if report.stop != Stop::Callback {
            break (network, report);
        }
    };
    assert_eq!((report.epochs, report.steps), (expected.epochs, expected.steps), "{optimizer:?}");
    assert_eq!((report.stop, report.best), (expected.stop, expected.best), "{optimizer:?}");
    assert_eq!(parameter_bits(&net), parameter_bits(&whole), "{optimizer:?} {}", T::NAME);
    expected.stop
}

#[test]
fn training_through_files_has_the_same_bits() {
    let rates = [0.5, 0.1, 0.1, 0.02, 0.02, 0.02];
    let mut stops = Vec::new();
    for (optimizer, rate) in Optimizer::all().into_iter().zip(rates) {
        for &backend in BACKENDS.iter() {
            stops.push(through_files::<f32>(backend, optimizer, rate));
            stops.push(through_files::<f64>(backend, optimizer, rate));
        }
    }
    // Stopping early is part of what is compared.
    assert!(stops.contains(&Stop::Patience), "{stops:?}");
}
