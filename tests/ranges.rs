//! Promise: an option at the ends of its range, in f32 or f64, is taken as it is meant or refused
//! by name. None becomes infinite, or 0, on its way into the element type.

mod common;

use std::ops::ControlFlow;

use common::cases::Case;
use common::compare::with_reference;
use common::{BACKENDS, On, Setup, parameter_bits};
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Epoch, Error, Fit, Init, Network, Optimizer,
    OptimizerState, Parallelism, Result, Scalar, Schedule, Targets, Trainer, Training,
    TrainingWorkspace,
};

fn network<T: Scalar>(setup: Setup) -> Network<T> {
    Network::builder(3)
        .layer(4, Activation::Tanh)
        .layer(2, Activation::Identity)
        .init(Init::XavierNormal, 1)
        .on(setup)
        .build()
        .unwrap()
}

/// x of 3 features and y of 2, for m samples.
fn data<T: Scalar>(m: usize) -> (Vec<T>, Vec<T>) {
    let value = |i: usize| T::from_f64((i * i % 13) as f64 / 6.0 - 1.0);
    ((0..3 * m).map(value).collect(), (0..2 * m).map(|i| value(i + 5)).collect())
}

/// The argument that a call was refused for.
fn refused<R: std::fmt::Debug>(result: Result<R>) -> &'static str {
    match result {
        Err(Error::Range { argument, .. }) => argument,
        other => panic!("{other:?}"),
    }
}

/// Every call that takes weights refuses these, and changes nothing.
fn weights_are_refused<T: Scalar>(setup: Setup, weights: &[f64]) {
    let weights: Vec<T> = weights.iter().map(|&w| T::from_f64(w)).collect();
    let m = weights.len();
    let (x, y) = data::<T>(m);
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let mut net = network::<T>(setup);
    let (before, rate) = (parameter_bits(&net), T::from_f64(0.1));
    let mut workspace = TrainingWorkspace::new(&net, m).unwrap();
    let mut state = OptimizerState::new(&net, Optimizer::adam()).unwrap();
    let targets = Targets::weighted(y, &weights);
    let go_on = |_: &Epoch<'_, T>| ControlFlow::Continue(());
    let arguments = [
        refused(net.cost(x, targets, &mut workspace)),
        refused(net.backward(x, targets, &mut workspace)),
        refused(net.step(x, targets, rate, &mut workspace)),
        refused(net.step_with(x, targets, &mut state, rate, &mut workspace)),
        refused(Fit::new(3, 0.1).run(&mut net, x, targets, &mut workspace, go_on)),
        refused(Trainer::new(&net, Training::new(2, 1), DataSet::new(x, y).weights(&weights))),
    ];
    assert_eq!(arguments, ["a sample's weight"; 6]);
    assert_eq!(parameter_bits(&net), before);
}

#[test]
fn weights_whose_sums_or_inverses_leave_the_range_are_refused() {
    let largest = f64::from(f32::MAX);
    for &setup in BACKENDS.iter() {
        let in_f32 = [&[largest, largest][..], &[1e-45, 1e-45], &[1.0, 1.1e9], &[9e-10], &[-1.0]];
        for weights in in_f32 {
            weights_are_refused::<f32>(setup, weights);
        }
        let in_f64 = [&[f64::MAX, f64::MAX][..], &[5e-324], &[1e76, 1.0], &[9e-76, 0.0], &[-1.0]];
        for weights in in_f64 {
            weights_are_refused::<f64>(setup, weights);
        }
    }
}

/// Weights at the ends are those of 1, times a number: so are cost and gradient.
fn weights_at_the_ends<T: Scalar>(setup: Setup, m: usize, size: f64) {
    let (x, y) = data::<T>(m);
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let net = network::<T>(setup);
    let mut workspace = TrainingWorkspace::new(&net, m).unwrap();
    let mut run = |size: f64| {
        let weights: Vec<T> = (0..m).map(|i| T::from_f64(size * f64::from(i % 3 != 1))).collect();
        let cost = net.backward(x, Targets::weighted(y, &weights), &mut workspace).unwrap();
        let of = |l| workspace.gradients().weights(l).unwrap();
        let bias = |l| workspace.gradients().bias(l).unwrap().to_vec();
        let all = [of(0), of(1), bias(0), bias(1)].concat();
        (cost, all.iter().map(|g| g.to_f64()).collect::<Vec<f64>>())
    };
    let ((cost, gradient), (one, expected)) = (run(size), run(1.0));
    // Gradients are sums of m terms of at most 4; their roundings, and those of a term, on both
    // sides.
    let bound = 2.0 * (m + 30) as f64 * T::EPSILON.to_f64() * 4.0;
    let at = format!("{setup:?} {} m = {m}, weights of {size:e}", T::NAME);
    assert!((cost - one).abs() <= bound, "{at}: {cost}, not {one}");
    for (given, expected) in gradient.iter().zip(&expected) {
        assert!((given - expected).abs() <= bound, "{at}: {given}, not {expected}");
    }
}

#[test]
fn weights_at_the_ends_of_their_range_are_right() {
    for &setup in BACKENDS.iter() {
        for m in [1, 5, 40, 700] {
            for size in [1e-9, 1e9] {
                weights_at_the_ends::<f32>(setup, m, size);
            }
            for size in [1e-75, 1e75] {
                weights_at_the_ends::<f64>(setup, m, size);
            }
        }
    }
}

/// A trainer of one epoch on two samples.
fn trainer<T: Scalar>(setup: Setup, training: Training) -> Result<(Vec<u64>, Trainer<T>)> {
    let (x, y) = data::<T>(2);
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let mut net = network::<T>(setup);
    let data = DataSet::new(x, y).validation(x, y);
    let mut trainer = Trainer::new(&net, training, data)?;
    trainer.run(&mut net, data, |_| ControlFlow::Continue(()))?;
    Ok((parameter_bits(&net), trainer))
}

#[test]
fn options_that_a_type_has_no_number_for_are_named() {
    let training = || Training::new(1, 2);
    let adam = |beta1, epsilon| Optimizer::Adam { beta1, beta2: 0.999, epsilon };
    let adam_w =
        |weight_decay| Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay };
    let in_f32 = [
        ("learning rate", training().learning_rate(1e39)),
        ("learning rate", training().learning_rate(1e-50)),
        ("learning rate", training().learning_rate(1e38).optimizer(Optimizer::adam())),
        ("learning rate", training().learning_rate(1e20).optimizer(adam_w(1e20))),
        ("l2", training().l2(1e39)),
        ("clip norm", training().clip_norm(1e-50)),
        ("weight_decay", training().optimizer(adam_w(1e39))),
        ("epsilon", training().optimizer(adam(0.9, 1e39))),
        ("epsilon", training().optimizer(Optimizer::RmsProp { rho: 0.9, epsilon: 1e39 })),
        ("beta1", training().optimizer(adam(1.0 - 1e-12, 1e-8))),
        ("beta", training().optimizer(Optimizer::Momentum { beta: 1.0 - 1e-12 })),
        ("beta", training().optimizer(Optimizer::Nesterov { beta: 1.0 - 1e-12 })),
        ("rho", training().optimizer(Optimizer::RmsProp { rho: 1.0 - 1e-12, epsilon: 1.0 })),
    ];
    for &setup in BACKENDS.iter() {
        for (argument, training) in in_f32 {
            assert_eq!(refused(trainer::<f32>(setup, training)), argument, "{training:?}");
            if training != in_f32[3].1 {
                assert!(trainer::<f64>(setup, training).is_ok(), "{training:?}");
            }
        }
        let in_f64 = [
            ("learning rate", training().learning_rate(1e-310)),
            ("learning rate", training().learning_rate(1e308).optimizer(Optimizer::adam())),
            ("learning rate", training().learning_rate(1e200).optimizer(adam_w(1e200))),
            ("clip norm", training().clip_norm(1e-310)),
        ];
        for (argument, training) in in_f64 {
            assert_eq!(refused(trainer::<f64>(setup, training)), argument, "{training:?}");
        }
    }
    let error = trainer::<f32>(Setup::PORTABLE, training().l2(1e39)).unwrap_err();
    assert_eq!(error.to_string(), "l2 is 1e39: expected at most 3.4e38, the largest number of f32");
}

#[test]
fn optimizers_of_your_own_loop_refuse_the_same() {
    let net = network::<f32>(Setup::PORTABLE);
    let state = |optimizer| OptimizerState::new(&net, optimizer);
    assert_eq!(refused(state(Optimizer::Sgd).unwrap().l2(1e39)), "l2");
    assert_eq!(refused(state(Optimizer::Sgd).unwrap().clip_norm(1e-50)), "clip norm");
    assert_eq!(refused(state(Optimizer::Momentum { beta: 1.0 - 1e-12 })), "beta");
    for &setup in BACKENDS.iter() {
        let (x, y) = data::<f32>(2);
        let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
        let mut net = network::<f32>(setup);
        let mut workspace = TrainingWorkspace::new(&net, 2).unwrap();
        net.backward(x, y, &mut workspace).unwrap();
        let before = parameter_bits(&net);
        let mut state = OptimizerState::new(&net, Optimizer::adam()).unwrap();
        let rate = 1e38;
        let refusal = refused(net.update(&mut state, workspace.gradients(), rate));
        assert_eq!(refusal, "learning rate");
        let refusal = refused(net.step_with(x, y, &mut state, rate, &mut workspace));
        assert_eq!((refusal, state.steps()), ("learning rate", 0));
        // The sum of the weights makes it infinite.
        let targets = Targets::weighted(y, &[1e-9, 0.0]);
        let mut plain = OptimizerState::new(&net, Optimizer::Sgd).unwrap();
        let refusals = [
            refused(net.step(x, targets, 1e38, &mut workspace)),
            refused(net.step_with(x, targets, &mut plain, 1e38, &mut workspace)),
            refused(
                Fit::new(2, 1e38)
                    .run(&mut net, x, targets, &mut workspace, |_| ControlFlow::Continue(())),
            ),
        ];
        assert_eq!(refusals, ["learning rate"; 3]);
        assert_eq!(parameter_bits(&net), before);
    }
}

/// In the middle of an epoch, too: then everything is as it was at its beginning, or before.
#[test]
fn a_trainer_goes_back_from_a_refused_batch() {
    for &setup in BACKENDS.iter() {
        let (x, y) = data::<f32>(8);
        let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
        let mut weights = [0.0; 8];
        weights[5] = 1e-9;
        let data = DataSet::new(x, y).weights(&weights);
        let mut net = network::<f32>(setup);
        let mut trainer =
            Trainer::new(&net, Training::new(2, 1).learning_rate(1e38), data).unwrap();
        let before = parameter_bits(&net);
        let result = trainer.run(&mut net, data, |_| ControlFlow::Continue(()));
        assert_eq!(refused(result), "learning rate");
        assert_eq!((trainer.state().epochs(), trainer.state().steps()), (0, 0));
        assert_eq!(parameter_bits(&net), before);
    }
}

#[test]
fn scales_of_weights_that_vanish_or_overflow_are_refused() {
    fn build<T: Scalar>(init: Init) -> Result<Network<T>> {
        Network::builder(3).layer(2, Activation::Tanh).init(init, 1).build()
    }
    for scale in [1e39, 1e-50] {
        for init in [Init::Normal { scale }, Init::Uniform { scale }] {
            assert_eq!(refused(build::<f32>(init)), "initialisation scale");
            assert!(build::<f64>(init).is_ok());
        }
    }
    assert_eq!(refused(build::<f64>(Init::Normal { scale: 1e-310 })), "initialisation scale");
    // 0 is what was asked for.
    let zeros = build::<f32>(Init::Normal { scale: 0.0 }).unwrap();
    assert!(zeros.weights(0).unwrap().iter().all(|&w| w == 0.0));
}

#[test]
fn slopes_at_the_ends_agree_with_the_reference() {
    for &setup in BACKENDS.iter() {
        for slope in [1e-320, 1e-50, 1e-30, 1.0 - 1e-12] {
            let g = Activation::LeakyRelu { slope };
            for case in [Case::new(3, &[(5, g), (2, g)], 40), Case::new(30, &[(40, g), (1, g)], 9)]
            {
                with_reference::<f32>(&case, setup, Parallelism::Serial).unwrap();
                with_reference::<f64>(&case, setup, Parallelism::Serial).unwrap();
            }
        }
    }
}

/// What vanishes beside the number it is added to, or multiplied with, counts as 0.
#[test]
fn options_that_vanish_count_as_nothing() {
    for &setup in BACKENDS.iter() {
        let bits = |training| trainer::<f32>(setup, training).unwrap().0;
        let training = || Training::new(1, 1).optimizer(Optimizer::Momentum { beta: 0.5 });
        let base = bits(training());
        assert_eq!(bits(training().l2(1e-50)), base);
        assert_eq!(bits(training().clip_norm(1e39)), base);
        assert_eq!(bits(training().clip_norm(f64::MAX)), base);
        let none = bits(training().optimizer(Optimizer::Momentum { beta: 0.0 }));
        assert_eq!(bits(training().optimizer(Optimizer::Momentum { beta: 1e-300 })), none);
        // A schedule may end at rates that move nothing any more.
        let three = |schedule| bits(Training::new(3, 1).schedule(schedule));
        let one = bits(Training::new(1, 1));
        assert_eq!(three(Schedule::step(1, 1e-60)), one);
        let stopping = EarlyStopping::new(1).min_delta(f64::MAX).restore_best(false);
        assert!(trainer::<f32>(setup, Training::new(3, 1).early_stopping(stopping)).is_ok());
    }
}
