//! Promise: training that explodes stops with an error that names the step and leaves the last good
//! parameters; training that does not is exactly the same number of steps.

mod common;

use std::ops::ControlFlow;

use common::cases::{Batch, Case};
use common::{BACKENDS, On, Setup, parameter_bits};
use shallownet::{
    Activation, Checks, Columns, Epoch, Error, Fit, Init, Loss, Network, Parallelism,
    PredictionWorkspace, Result, Scalar, TrainingReport, TrainingWorkspace,
};

fn fit<T: Scalar>(
    net: &mut Network<T>,
    batch: &Batch<T>,
    (iterations, learning_rate): (usize, f64),
    watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
) -> Result<TrainingReport> {
    let (x, y) = batch.columns();
    let mut workspace = TrainingWorkspace::new(net, x.samples()).unwrap();
    Fit::new(iterations, learning_rate).run(net, x, y, &mut workspace, watch)
}

fn go_on<T>(_: &Epoch<'_, T>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn cost<T: Scalar>(net: &Network<T>, batch: &Batch<T>) -> f64 {
    let (x, y) = batch.columns();
    let mut workspace = PredictionWorkspace::new(net, x.samples()).unwrap();
    net.cost(x, y, &mut workspace).unwrap()
}

/// Diverges; then repeats the run up to just before the fatal update. Returns the step named.
fn diverges<T: Scalar>(case: &Case, backend: Setup, learning_rate: f64) -> usize {
    let start = case.network::<T>(backend, Parallelism::Serial);
    let batch = case.batch::<T>(0);
    let at = format!("{backend:?}, {}, learning rate {learning_rate:e}: {case:?}", T::NAME);

    let mut net = start.try_clone().unwrap();
    let mut seen = Vec::new();
    let result = fit(&mut net, &batch, (100_000, learning_rate), |progress| {
        seen.push(progress.epoch);
        ControlFlow::Continue(())
    });
    let Err(Error::Diverged { step, cost: fatal }) = result else { panic!("{result:?}: {at}") };
    assert!(step > 0 && !fatal.is_finite(), "step {step}, cost {fatal}: {at}");
    let step = step as usize;
    // Every iteration before the named one was seen, in order, and none from it on.
    assert_eq!(seen, (0..step).collect::<Vec<_>>(), "{at}");

    // Before `step` there were `step` updates; the last of them was fatal.
    let mut repeated = start.try_clone().unwrap();
    let report = fit(&mut repeated, &batch, (step - 1, learning_rate), go_on);
    assert_eq!(report.map(|r| r.epochs), Ok(step - 1), "{at}");
    assert_eq!(parameter_bits(&net), parameter_bits(&repeated), "{at}");
    assert!(cost(&net, &batch).is_finite(), "{at}");

    // One more update, and the cost or a parameter is not finite.
    let (x, y) = batch.columns();
    let mut workspace = TrainingWorkspace::new(&repeated, x.samples()).unwrap();
    repeated.step(x, y, T::from_f64(learning_rate), &mut workspace).unwrap();
    let parameters = (0..repeated.layers().len())
        .flat_map(|l| [repeated.weights(l).unwrap(), repeated.bias(l).unwrap().to_vec()].concat());
    let exploded = parameters.into_iter().any(|p| !p.is_finite());
    assert!(exploded || !cost(&repeated, &batch).is_finite(), "{at}");
    step
}

#[test]
fn exploding_training_stops_at_the_last_good_parameters() {
    use Activation::{Identity, Relu, Tanh};
    let squared = |hidden, output| {
        let mut case = Case::new(3, &[(6, hidden), (2, output)], 20);
        case.loss = Loss::SquaredError;
        case
    };
    for &backend in BACKENDS.iter() {
        // From an explosion within a few steps to one after several copies.
        for learning_rate in [1e6, 10.0, 3.0] {
            for case in [squared(Relu, Identity), squared(Activation::LEAKY_RELU, Identity)] {
                diverges::<f32>(&case, backend, learning_rate);
                diverges::<f64>(&case, backend, learning_rate);
            }
        }
        // A linear model grows by a constant factor a step: slow, over hundreds of steps.
        let mut linear = Case::new(2, &[(1, Identity)], 30);
        linear.seed = 5;
        let steps = [1.75, 2.0, 5.0].map(|learning_rate| {
            diverges::<f32>(&linear, backend, learning_rate).max(diverges::<f64>(
                &linear,
                backend,
                learning_rate,
            ))
        });
        // Copies are 64 steps apart: more than one must have been taken.
        assert!(steps.iter().any(|&step| step > 200), "{steps:?}");
        diverges::<f32>(&squared(Tanh, Identity), backend, 1e20);
        diverges::<f32>(&Case::new(3, &[(5, Relu), (4, Activation::Softmax)], 9), backend, 1e30);
    }
}

/// A cost that is not finite from the start: step 0 is named, and nothing has moved.
#[test]
fn a_cost_that_is_infinite_at_once_changes_nothing() {
    for &backend in BACKENDS.iter() {
        let mut net = Network::<f32>::builder(1)
            .layer(1, Activation::Identity)
            .init(Init::Zeros, 0)
            .on(backend)
            .checks(Checks::ShapesOnly)
            .build()
            .unwrap();
        let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
        let before = parameter_bits(&net);
        for bad in [f32::NAN, f32::INFINITY] {
            let (x, y) = ([1.0], [bad]);
            let (x, y) = (Columns::new(&x, 1).unwrap(), Columns::new(&y, 1).unwrap());
            let fit = Fit::new(5, 0.1).run(&mut net, x, y, &mut workspace, go_on);
            assert!(matches!(fit, Err(Error::Diverged { step: 0, .. })), "{fit:?}");
            let step = net.step(x, y, 0.1, &mut workspace);
            assert!(matches!(step, Err(Error::Diverged { .. })), "{step:?}");
            assert_eq!(parameter_bits(&net), before);
        }
    }
}

/// Logits of +-10000, where e^z has long overflowed: cost and gradients are finite and right.
#[test]
fn huge_logits_have_finite_costs_and_gradients() {
    use Activation::{Sigmoid, Softmax};
    for &backend in BACKENDS.iter() {
        for g in [Sigmoid, Softmax] {
            let mut net = Network::<f32>::builder(1).layer(2, g).on(backend).build().unwrap();
            net.set_weights(0, &[1e4, -1e4]).unwrap();
            let mut workspace = TrainingWorkspace::new(&net, 2).unwrap();
            // z = (10000, -10000) and (-10000, 10000); both targets of both samples are missed.
            let (x, y) = ([1.0, -1.0], [0.0, 1.0, 1.0, 0.0]);
            let (x, y) = (Columns::new(&x, 1).unwrap(), Columns::new(&y, 2).unwrap());
            let cost = net.backward(x, y, &mut workspace).unwrap();
            // Binary: 10000 for each of two outputs; categorical: ln e^20000.
            assert_eq!(cost, 20_000.0, "{backend:?} {g:?}");
            // dz = (1, -1) and (-1, 1), times x.
            let gradients = workspace.gradients();
            assert_eq!(gradients.weights(0).unwrap(), [1.0, -1.0]);
            assert_eq!(gradients.bias(0).unwrap(), [0.0, 0.0]);
            // Hits cost nothing and move nothing.
            let (x, y) = ([1.0, -1.0], [1.0, 0.0, 0.0, 1.0]);
            let (x, y) = (Columns::new(&x, 1).unwrap(), Columns::new(&y, 2).unwrap());
            assert_eq!(net.backward(x, y, &mut workspace), Ok(0.0));
            assert_eq!(workspace.gradients().weights(0).unwrap(), [0.0, 0.0]);
        }
    }
}

#[test]
fn fit_is_the_same_as_so_many_steps() {
    let case = Case::new(7, &[(9, Activation::Tanh), (3, Activation::Softmax)], 41);
    for &backend in BACKENDS.iter() {
        let batch = case.batch::<f32>(0);
        let (x, y) = batch.columns();
        // Around the steps at which copies are taken.
        for iterations in [0, 1, 63, 64, 65, 200] {
            let mut fitted = case.network::<f32>(backend, Parallelism::Serial);
            let mut stepped = fitted.try_clone().unwrap();
            let mut costs = Vec::new();
            let report = fit(&mut fitted, &batch, (iterations, 0.3), |progress| {
                assert_eq!(progress.epoch, costs.len());
                costs.push(progress.training_cost);
                ControlFlow::Continue(())
            });
            let mut workspace = TrainingWorkspace::new(&stepped, 41).unwrap();
            for &cost in &costs {
                assert_eq!(stepped.step(x, y, 0.3, &mut workspace), Ok(cost));
            }
            assert_eq!(costs.len(), iterations);
            assert_eq!(parameter_bits(&fitted), parameter_bits(&stepped));
            let report = report.unwrap();
            assert_eq!((report.epochs, report.steps), (iterations, iterations as u64));
            assert_eq!(report.cost, Some(cost(&stepped, &batch)));
        }
    }
}

#[test]
fn a_callback_stops_training_where_it_says() {
    let case = Case::new(2, &[(3, Activation::Tanh), (1, Activation::Sigmoid)], 10);
    let batch = case.batch::<f64>(0);
    for stop_at in [0, 1, 64, 99] {
        let mut stopped = case.network::<f64>(BACKENDS[0], Parallelism::Serial);
        let mut whole = stopped.try_clone().unwrap();
        let report = fit(&mut stopped, &batch, (100, 0.1), |progress| {
            if progress.epoch == stop_at {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        // The iteration the callback saw has been done.
        assert_eq!(report.map(|r| r.epochs), Ok(stop_at + 1));
        fit(&mut whole, &batch, (stop_at + 1, 0.1), go_on).unwrap();
        assert_eq!(parameter_bits(&stopped), parameter_bits(&whole));
    }
}

/// e^z, and e^-s of a variance, leave the type's range where a sum would not: one sample in registers,
/// samples in lanes, tiles.
#[test]
fn rates_and_variances_out_of_range_are_refused() {
    fn check<T: Scalar>(backend: Setup, (g, loss): (Activation, Loss), bias: f64, units: usize) {
        let builder = Network::<T>::builder(2).layer(units, Activation::Tanh).layer(2, g);
        let mut net = builder.loss(loss).on(backend).build().unwrap();
        net.set_bias(1, &[T::from_f64(bias); 2]).unwrap();
        let before = parameter_bits(&net);
        for samples in [1, 40] {
            let (x, y) = (vec![T::ONE; 2 * samples], vec![T::from_f64(3.0); 2 * samples]);
            let y = Columns::new(&y[..net.targets() * samples], net.targets()).unwrap();
            let mut workspace = TrainingWorkspace::new(&net, samples).unwrap();
            let x = Columns::new(&x, 2).unwrap();
            let refused = net.step(x, y, T::from_f64(0.1), &mut workspace).unwrap_err();
            assert!(matches!(refused, Error::Diverged { step: 0, .. }), "{backend:?}: {refused}");
            assert_eq!(parameter_bits(&net), before, "{backend:?}");
        }
    }
    for &backend in BACKENDS.iter() {
        for units in [3, 70] {
            let poisson = (Activation::Exp, Loss::Poisson);
            let gaussian = (Activation::Identity, Loss::GaussianNll);
            check::<f32>(backend, poisson, 100.0, units);
            check::<f64>(backend, poisson, 800.0, units);
            check::<f32>(backend, gaussian, -200.0, units);
            check::<f64>(backend, gaussian, -1600.0, units);
        }
    }
}
