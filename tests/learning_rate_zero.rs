//! Promise: a step at a learning rate of 0 has a cost and changes no bit of any parameter; the
//! optimiser counts it, and its moments move as at any other rate.

mod common;

use std::ops::ControlFlow;

use common::cases::{Batch, Case};
use common::{BACKENDS, On, Setup, parameter_bits};
use shallownet::{
    Activation, Checks, Columns, DataSet, Epoch, Error, Fit, Init, Loss, Network, Optimizer,
    OptimizerState, Parallelism, Scalar, Schedule, Targets, Trainer, Training, TrainingWorkspace,
};

fn go_on<T>(_: &Epoch<'_, T>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// One sample through a tiny network, and batches of several widths.
fn cases() -> [Case; 4] {
    use Activation::{Identity, Relu, Sigmoid, Softmax, Tanh};
    [
        Case::new(2, &[(4, Tanh), (1, Sigmoid)], 1),
        Case::new(2, &[(4, Tanh), (1, Sigmoid)], 40),
        Case::new(5, &[(9, Relu), (3, Softmax)], 23),
        Case::new(30, &[(70, Tanh), (2, Identity)], 65),
    ]
}

/// Some weights are so small that any other step would make them 0.
fn network<T: Scalar>(case: &Case, setup: Setup) -> Network<T> {
    let mut net = case.network::<T>(setup, Parallelism::Serial);
    for l in 0..net.layers().len() {
        let mut weights = net.weights(l).unwrap();
        weights.iter_mut().step_by(3).for_each(|w| *w = T::MIN_POSITIVE);
        net.set_weights(l, &weights).unwrap();
    }
    net
}

fn nothing_moves<T: Scalar>(setup: Setup, case: &Case) {
    let mut net = network::<T>(case, setup);
    let (before, batch) = (parameter_bits(&net), case.batch::<T>(0));
    let (x, y) = batch.columns();
    let (m, at) = (x.samples(), format!("{setup:?} {} {case:?}", T::NAME));
    let mut workspace = TrainingWorkspace::new(&net, m).unwrap();
    let cost = net.backward(x, y, &mut workspace).unwrap();
    net.descend(workspace.gradients(), T::ZERO).unwrap();
    assert_eq!(parameter_bits(&net), before, "{at}: descend");
    for zero in [T::ZERO, -T::ZERO] {
        assert_eq!(net.step(x, y, zero, &mut workspace), Ok(cost), "{at}");
        assert_eq!(parameter_bits(&net), before, "{at}: step");
    }
    let halves = vec![T::from_f64(0.5); m];
    net.step(x, Targets::weighted(y, &halves), T::ZERO, &mut workspace).unwrap();
    assert_eq!(parameter_bits(&net), before, "{at}: weighted step");

    let report = Fit::new(70, 0.0).run(&mut net, x, y, &mut workspace, go_on).unwrap();
    assert_eq!((report.epochs, report.cost), (70, Some(cost)), "{at}");
    assert_eq!(parameter_bits(&net), before, "{at}: fit");

    for optimizer in Optimizer::all() {
        let mut state = OptimizerState::new(&net, optimizer).unwrap();
        for _ in 0..3 {
            assert_eq!(net.step_with(x, y, &mut state, T::ZERO, &mut workspace), Ok(cost), "{at}");
            net.update(&mut state, workspace.gradients(), T::ZERO).unwrap();
        }
        assert_eq!(state.steps(), 6);
        assert_eq!(parameter_bits(&net), before, "{at}: {optimizer:?}");
        for training in [Training::full_batch(3), Training::new(3, 4)] {
            let training = training.optimizer(optimizer).learning_rate(0.0).l2(0.1).clip_norm(0.1);
            let report = training.run(&mut net, DataSet::new(x, y), go_on).unwrap();
            assert!(report.training_cost.unwrap().is_finite());
            assert_eq!(parameter_bits(&net), before, "{at}: {training:?}");
        }
    }
    // Another rate does move them, and makes the small ones 0.
    net.step(x, y, T::from_f64(1e-3), &mut workspace).unwrap();
    assert_ne!(parameter_bits(&net), before, "{at}");
}

#[test]
fn no_bit_of_a_parameter_changes() {
    for &setup in BACKENDS.iter() {
        for case in cases() {
            nothing_moves::<f32>(setup, &case);
            nothing_moves::<f64>(setup, &case);
        }
    }
}

fn set_parameters<T: Scalar>(net: &mut Network<T>, from: &Network<T>) {
    for l in 0..net.layers().len() {
        net.set_weights(l, &from.weights(l).unwrap()).unwrap();
        net.set_bias(l, from.bias(l).unwrap()).unwrap();
    }
}

/// A step at 0, and one at another rate whose parameters are put back: the moments are the same, so
/// the next step is.
fn moments_move<T: Scalar>(setup: Setup, case: &Case, batch: &Batch<T>, optimizer: Optimizer) {
    let start = network::<T>(case, setup);
    let (x, y) = batch.columns();
    let mut workspace = TrainingWorkspace::new(&start, x.samples()).unwrap();
    let mut after = |first: f64| {
        let mut net = start.try_clone().unwrap();
        let mut state = OptimizerState::new(&net, optimizer).unwrap().l2(0.01).unwrap();
        net.step_with(x, y, &mut state, T::from_f64(first), &mut workspace).unwrap();
        set_parameters(&mut net, &start);
        net.step_with(x, y, &mut state, T::from_f64(0.1), &mut workspace).unwrap();
        parameter_bits(&net)
    };
    assert_eq!(after(0.0), after(0.25), "{setup:?} {optimizer:?} {} {case:?}", T::NAME);
}

#[test]
fn moments_move_as_at_any_other_rate() {
    for &setup in BACKENDS.iter() {
        for case in cases() {
            for optimizer in Optimizer::all() {
                moments_move::<f32>(setup, &case, &case.batch(0), optimizer);
                moments_move::<f64>(setup, &case, &case.batch(0), optimizer);
            }
        }
    }
}

/// 0 times an infinite gradient would be NaN.
#[test]
fn an_infinite_gradient_changes_nothing() {
    for &setup in BACKENDS.iter() {
        for m in [1, 40] {
            let builder = Network::<f32>::builder(1).layer(1, Activation::Identity);
            let builder = builder.loss(Loss::SquaredError).init(Init::Zeros, 0);
            let mut net = builder.on(setup).checks(Checks::ShapesOnly).build().unwrap();
            net.set_bias(0, &[1e18]).unwrap();
            let (before, x, y) = (parameter_bits(&net), vec![1e25; m], vec![0.0; m]);
            let (x, y) = (Columns::new(&x, 1).unwrap(), Columns::new(&y, 1).unwrap());
            let mut workspace = TrainingWorkspace::new(&net, m).unwrap();
            net.backward(x, y, &mut workspace).unwrap();
            let gradient = workspace.gradients();
            assert_eq!(gradient.weights(0).unwrap(), [f32::INFINITY]);
            net.descend(gradient, 0.0).unwrap();
            assert_eq!(parameter_bits(&net), before);
            net.step(x, y, 0.0, &mut workspace).unwrap();
            assert_eq!(parameter_bits(&net), before);
            for optimizer in Optimizer::all() {
                let mut state = OptimizerState::new(&net, optimizer).unwrap();
                net.step_with(x, y, &mut state, 0.0, &mut workspace).unwrap();
                assert_eq!(parameter_bits(&net), before, "{optimizer:?}");
            }
            Fit::new(3, 0.0).run(&mut net, x, y, &mut workspace, go_on).unwrap();
            assert_eq!(parameter_bits(&net), before);
        }
    }
}

/// A cosine that has come to its floor of 0, and a rate that a schedule has made 0 in f32.
#[test]
fn a_schedule_that_ends_at_0_leaves_small_parameters() {
    for &setup in BACKENDS.iter() {
        let case = &cases()[1];
        let batch = case.batch::<f32>(0);
        let (x, y) = batch.columns();
        let data = DataSet::new(x, y);
        for schedule in [Schedule::cosine(1, 0.0), Schedule::step(1, 1e-60)] {
            for training in [Training::full_batch(3), Training::new(3, 10)] {
                let training = training.schedule(schedule).learning_rate(0.1);
                let mut net = network::<f32>(case, setup);
                let mut trainer = Trainer::new(&net, training, data).unwrap();
                trainer.run(&mut net, data, |_| ControlFlow::Break(())).unwrap();
                // The rate is 0 from here on.
                let small = vec![f32::MIN_POSITIVE; 8];
                net.set_weights(0, &small).unwrap();
                let report = trainer.run(&mut net, data, go_on).unwrap();
                assert_eq!(report.epochs, 3);
                assert_eq!(net.weights(0).unwrap(), small, "{setup:?} {training:?}");
            }
        }
    }
}

/// What else is wrong with a call is found at a rate of 0, too.
#[test]
fn a_rate_of_0_excuses_nothing() {
    let case = &cases()[1];
    let (mut net, batch) = (network::<f64>(case, BACKENDS[0]), case.batch::<f64>(0));
    let (x, y) = batch.columns();
    let mut workspace = TrainingWorkspace::new(&net, 7).unwrap();
    let refused = net.step(x, y, 0.0, &mut workspace).unwrap_err();
    assert_eq!(refused, Error::Capacity { capacity: 7, given: 40 });
    let bad = [f64::NAN; 2];
    let bad = Columns::new(&bad, 2).unwrap();
    let refused = net.step(bad, y.range(0..1).unwrap(), 0.0, &mut workspace).unwrap_err();
    assert!(matches!(refused, Error::NotFinite { argument: "x", .. }), "{refused}");
    let other = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).build().unwrap();
    let foreign = TrainingWorkspace::new(&other, 1).unwrap();
    let refused = net.descend(foreign.gradients(), 0.0).unwrap_err();
    assert_eq!(refused, Error::Mismatch { argument: "gradients" });
}
