//! Promise: with a weight a sample, cost and gradient are the weighted means of the samples' own,
//! J = sum w_i L_i / sum w_i, on every backend, level and path.

mod common;

use common::bounds::Rounding;
use common::cases::{Case, Numbers, any_case};
use common::compare::within;
use common::expected::Expected;
use common::{BACKENDS, On, Setup};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Error, Init, Loss, Network, Optimizer,
    Parallelism, PredictionWorkspace, Scalar, Targets, Trainer, Training, TrainingWorkspace,
    reference,
};

struct Data<T> {
    x: Vec<T>,
    y: Vec<T>,
    w: Vec<T>,
}

fn network<T: Scalar>(setup: Setup, units: &[usize], g: Activation, loss: Loss) -> Network<T> {
    let output = match loss {
        Loss::BinaryCrossEntropy => Activation::Sigmoid,
        Loss::CategoricalCrossEntropy => Activation::Softmax,
        Loss::Poisson => Activation::Exp,
        _ => Activation::Tanh,
    };
    let mut builder = Network::builder(units[0]).loss(loss).init(Init::XavierNormal, 3).on(setup);
    for &n in &units[1..units.len() - 1] {
        builder = builder.layer(n, g);
    }
    builder.layer(units[units.len() - 1], output).build().unwrap()
}

/// Features in [-1, 1), targets of every loss's domain, weights of 0, 1/4, ..., 7/4.
fn data<T: Scalar>(n_x: usize, n_y: usize, m: usize) -> Data<T> {
    let mut numbers = Numbers(7 + m as u64);
    let mut y = vec![T::from_f64(0.0); n_y * m];
    for column in y.chunks_exact_mut(n_y) {
        let class = numbers.below(n_y as u64 + u64::from(n_y == 1)) as usize;
        if let Some(y) = column.get_mut(class) {
            *y = T::from_f64(1.0);
        }
    }
    let x = (0..n_x * m).map(|_| T::from_f64(f64::from(numbers.signed()))).collect();
    let mut w: Vec<T> = (0..m).map(|_| T::from_f64(numbers.below(8) as f64 / 4.0)).collect();
    w[m - 1] = T::from_f64(1.25);
    Data { x, y, w }
}

/// dW, then db, of every layer.
fn gradients<T: Scalar>(net: &Network<T>, workspace: &TrainingWorkspace<T>) -> Vec<f64> {
    let gradients = workspace.gradients();
    let layers = 0..net.layers().len();
    let one = |l| {
        let mut all = gradients.weights(l).unwrap();
        all.extend_from_slice(gradients.bias(l).unwrap());
        all
    };
    layers.flat_map(one).map(|v| v.to_f64()).collect()
}

/// The terms of both sums are taken from single samples, which no weight touches. Then m terms are
/// added, each with a rounding of the weight's product and of the sum; and a term may itself have
/// been computed in another order, by some units in the last place of n values of at most `SIZE`.
fn agrees<T: Scalar>(setup: Setup, units: &[usize], g: Activation, loss: Loss, m: usize) {
    const SIZE: f64 = 4.0;
    let net = network::<T>(setup, units, g, loss);
    let (n_x, n_y) = (net.inputs(), net.outputs());
    let Data { x, y, w } = data::<T>(n_x, n_y, m);
    let (xs, ys) = (Columns::new(&x, n_x).unwrap(), Columns::new(&y, n_y).unwrap());
    let mut workspace = TrainingWorkspace::new(&net, m).unwrap();

    let (mut cost, mut sums) = (0.0, vec![0.0; net.parameter_count()]);
    let mut sizes = vec![0.0; net.parameter_count()];
    let total: f64 = w.iter().map(|w| w.to_f64()).sum();
    for (i, weight) in w.iter().map(|w| w.to_f64()).enumerate() {
        let one = i..i + 1;
        let (x, y) = (xs.range(one.clone()).unwrap(), ys.range(one).unwrap());
        cost += weight / total * net.backward(x, y, &mut workspace).unwrap();
        let terms = gradients(&net, &workspace);
        for ((sum, size), term) in sums.iter_mut().zip(&mut sizes).zip(terms) {
            *sum += weight / total * term;
            *size += weight / total * term.abs();
        }
    }

    let what = format!("{setup:?} {units:?} {loss:?} m = {m}");
    let targets = Targets::weighted(ys, &w);
    let given = net.backward(xs, targets, &mut workspace).unwrap();
    let eps = T::EPSILON.to_f64();
    let own = 8.0 * eps * units.iter().sum::<usize>() as f64 * SIZE;
    let added = (m + 4) as f64 * eps;
    assert!((given - cost).abs() <= own + added * SIZE, "{what}: J {given}, not {cost}");
    for (k, given) in gradients(&net, &workspace).into_iter().enumerate() {
        let bound = own + added * sizes[k];
        assert!((given - sums[k]).abs() <= bound, "{what}: {k} is {given}, not {}", sums[k]);
    }
    assert_eq!(net.cost(xs, targets, &mut workspace).unwrap().to_bits(), given.to_bits(), "{what}");

    // The fused update is the same gradient.
    let mut stepped = net.try_clone().unwrap();
    let mut descended = net.try_clone().unwrap();
    descended.descend(workspace.gradients(), T::from_f64(0.5)).unwrap();
    let stepped_from = stepped.step(xs, targets, T::from_f64(0.5), &mut workspace).unwrap();
    assert!((stepped_from - given).abs() <= own + added * SIZE, "{what}: J {stepped_from}");
    for l in 0..net.layers().len() {
        for (a, b) in stepped.weights(l).unwrap().iter().zip(descended.weights(l).unwrap()) {
            let (a, b) = (a.to_f64(), b.to_f64());
            assert!((a - b).abs() <= own + added * SIZE, "{what}: step {a}, descend {b}");
        }
    }
}

#[test]
fn weighted_batches_are_weighted_means() {
    use Loss::{BinaryCrossEntropy, CategoricalCrossEntropy, SquaredError};
    for &setup in BACKENDS.iter() {
        for units in [&[3, 4, 1][..], &[8, 7, 3], &[20, 33, 5]] {
            for m in [1, 2, 17, 65, 130, 600] {
                let last = units[units.len() - 1];
                let losses = [
                    BinaryCrossEntropy,
                    CategoricalCrossEntropy,
                    SquaredError,
                    Loss::Huber { delta: 0.5 },
                    Loss::Quantile { tau: 0.75 },
                    Loss::Poisson,
                ];
                for loss in losses.into_iter().filter(|l| *l != CategoricalCrossEntropy || last > 1)
                {
                    agrees::<f32>(setup, units, Activation::Tanh, loss, m);
                    agrees::<f64>(setup, units, Activation::Sigmoid, loss, m);
                }
            }
        }
    }
}

/// Any case, its first batch: cost and gradient within the bounds of the error analysis.
fn everywhere<T: Scalar>(case: &Case) -> Result<(), TestCaseError> {
    let (batch, mut numbers) = (case.batch::<T>(0), Numbers(case.seed));
    let weights: Vec<f64> = (0..case.batches[0]).map(|_| numbers.below(8) as f64 / 4.0).collect();
    let narrow: Vec<T> = weights.iter().map(|&w| T::from_f64(w)).collect();
    let (xs, ys) = batch.samples();
    let oracle = reference::Network::from(&case.network::<T>(Setup::PORTABLE, Parallelism::Serial));
    let expected = Expected::weighted(Rounding::of::<T>(), &oracle, (&xs, &ys), &weights);
    for &setup in BACKENDS.iter() {
        let net = case.network::<T>(setup, Parallelism::Serial);
        let mut workspace = TrainingWorkspace::new(&net, case.capacity()).unwrap();
        let (x, y) = batch.columns();
        let cost = net.backward(x, Targets::weighted(y, &narrow), &mut workspace).unwrap();
        let at = |what: &str| format!("{setup:?}: {what}");
        within(&at("cost"), &[expected.cost], &[cost])?;
        let gradients = workspace.gradients();
        for l in 0..net.layers().len() {
            within(&at("dW"), &expected.dw[l], &gradients.weights(l).unwrap())?;
            within(&at("db"), &expected.db[l], gradients.bias(l).unwrap())?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn weighted_cases_agree_with_the_reference(case in any_case()) {
        everywhere::<f32>(&case)?;
        everywhere::<f64>(&case)?;
    }
}

#[test]
fn weights_of_nothing_teach_nothing() {
    for &setup in BACKENDS.iter() {
        for m in [1, 5, 40] {
            let mut net =
                network::<f32>(setup, &[3, 4, 1], Activation::Tanh, Loss::BinaryCrossEntropy);
            let Data { x, y, .. } = data::<f32>(3, 1, m);
            let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 1).unwrap());
            let mut workspace = TrainingWorkspace::new(&net, m).unwrap();
            let (before, none) = (net.weights(0).unwrap(), vec![0.0; m]);
            let cost = net.step(x, Targets::weighted(y, &none), 1.0, &mut workspace).unwrap();
            assert_eq!((cost, net.weights(0).unwrap()), (0.0, before));
        }
    }
}

#[test]
fn bad_weights_are_refused() {
    let setup = BACKENDS[0];
    let mut net = network::<f32>(setup, &[1, 2, 1], Activation::Tanh, Loss::BinaryCrossEntropy);
    let (x, y) = (Columns::new(&[0.5, 1.0], 1).unwrap(), Columns::new(&[0.0, 1.0], 1).unwrap());
    let mut workspace = TrainingWorkspace::new(&net, 2).unwrap();
    let mut refusal = |w: &[f32]| net.step(x, Targets::weighted(y, w), 1.0, &mut workspace);
    assert!(matches!(refusal(&[1.0]), Err(Error::Length { expected: 2, given: 1, .. })));
    assert!(matches!(refusal(&[1.0, -0.5]), Err(Error::Range { .. })));
    assert!(matches!(refusal(&[f32::NAN, 1.0]), Err(Error::NotFinite { index: 0, .. })));
    assert!(matches!(refusal(&[1.0, f32::INFINITY]), Err(Error::NotFinite { index: 1, .. })));
}

/// The validation cost of one epoch that moves nothing.
fn validated<T: Scalar>(net: &Network<T>, data: DataSet<'_, T>) -> Result<f64, Error> {
    let mut net = net.try_clone().unwrap();
    let training = Training::full_batch(1).learning_rate(0.0);
    let report = training.run(&mut net, data, |_| std::ops::ControlFlow::Continue(()))?;
    Ok(report.validation_cost.unwrap())
}

/// In one piece and in several (1024 samples are one), as `cost` has it.
fn validates<T: Scalar>(setup: Setup, m: usize) {
    let net = network::<T>(setup, &[3, 4, 2], Activation::Tanh, Loss::CategoricalCrossEntropy);
    let Data { x, y, w } = data::<T>(3, 2, m);
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let mut workspace = PredictionWorkspace::new(&net, m).unwrap();
    let data = DataSet::new(x.range(0..1).unwrap(), y.range(0..1).unwrap());
    for targets in [Targets::weighted(y, &w), y.into()] {
        let expected = net.cost(x, targets, &mut workspace).unwrap();
        let given = validated(&net, data.validation(x, targets)).unwrap();
        // Losses of at most 4, each weighed and added: two roundings a term on both sides.
        let bound = 4.0 * (m + 8) as f64 * 4.0 * T::EPSILON.to_f64();
        assert!((given - expected).abs() <= bound, "{setup:?} m = {m}: {given}, not {expected}");
        if m <= 1024 {
            assert_eq!(given.to_bits(), expected.to_bits(), "{setup:?} m = {m}");
        }
    }
    let weighted = validated(&net, data.validation(x, Targets::weighted(y, &w)));
    assert_ne!(weighted, validated(&net, data.validation(x, y)), "{setup:?} m = {m}");
}

#[test]
fn validation_samples_have_weights_too() {
    for &setup in BACKENDS.iter() {
        for m in [2, 60, 1024, 1025, 2500] {
            validates::<f32>(setup, m);
            validates::<f64>(setup, m);
        }
    }
}

/// One validation sample gets better, the other worse: the weights say which of them counts.
#[test]
fn early_stopping_judges_by_the_weighted_cost() {
    let (x, y) = (Columns::new(&[1.0, -1.0], 1).unwrap(), Columns::new(&[1.0, 0.0], 1).unwrap());
    let held = (Columns::new(&[1.0, -1.0], 1).unwrap(), Columns::new(&[1.0, 1.0], 1).unwrap());
    let best = |weights: &[f64]| {
        let mut net = network(BACKENDS[0], &[1, 1], Activation::Tanh, Loss::BinaryCrossEntropy);
        let training = Training::full_batch(30).learning_rate(0.1);
        let data = DataSet::new(x, y).validation(held.0, Targets::weighted(held.1, weights));
        let training = training.early_stopping(EarlyStopping::new(3));
        let report = training.run(&mut net, data, |_| std::ops::ControlFlow::Continue(()));
        report.unwrap().best.unwrap().epoch
    };
    assert_eq!((best(&[1.0, 0.0]), best(&[0.0, 1.0])), (29, 0));
    assert_eq!((best(&[1.0, 1e-3]), best(&[1e-3, 1.0])), (29, 0));
}

#[test]
fn bad_validation_weights_are_refused_before_anything_changes() {
    let mut net =
        network::<f32>(BACKENDS[0], &[1, 2, 1], Activation::Tanh, Loss::BinaryCrossEntropy);
    let (x, y) = (Columns::new(&[0.5, 1.0], 1).unwrap(), Columns::new(&[0.0, 1.0], 1).unwrap());
    let (data, good) = (DataSet::new(x, y), [1.0, 0.5]);
    let with = |w| data.validation(x, Targets::weighted(y, w));
    let mut trainer = Trainer::new(&net, Training::new(2, 1), with(&good)).unwrap();
    let before = net.weights(0).unwrap();
    for w in [&[1.0][..], &[1.0, -0.5], &[1.0, 1e10], &[f32::NAN, 1.0], &[1.0, f32::INFINITY]] {
        let refused = Trainer::new(&net, Training::new(2, 1), with(w)).unwrap_err();
        let fits = match &refused {
            Error::Length { argument, .. } | Error::NotFinite { argument, .. } => {
                *argument == "weights of the samples"
            }
            Error::Range { argument, .. } => *argument == "a sample's weight",
            _ => false,
        };
        assert!(fits, "{refused}");
        let run = trainer.run(&mut net, with(w), |_| std::ops::ControlFlow::Continue(()));
        assert_eq!(format!("{:?}", run.unwrap_err()), format!("{refused:?}"));
        assert_eq!((net.weights(0).unwrap(), trainer.state().steps()), (before.clone(), 0));
    }
    // Other weights are other data.
    let state = trainer.into_state();
    let refused = Trainer::resume(&net, state, with(&[1.0, 1.0])).unwrap_err();
    assert!(matches!(refused, Error::OtherData { .. }), "{refused}");
}

/// A whole batch an epoch: a run is so many weighted steps, whatever the order of the samples.
#[test]
fn a_trainer_weighs_its_samples() {
    let Data { x, y, w } = data::<f64>(3, 1, 30);
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 1).unwrap());
    let start = network::<f64>(BACKENDS[0], &[3, 4, 1], Activation::Tanh, Loss::BinaryCrossEntropy);
    let training = Training::new(20, 30).optimizer(Optimizer::Sgd).learning_rate(0.5);
    let (mut trained, data) = (start.try_clone().unwrap(), DataSet::new(x, y).weights(&w));
    let mut trainer = Trainer::new(&trained, training, data).unwrap();
    let go_on = |_: &shallownet::Epoch<'_, f64>| std::ops::ControlFlow::Continue(());
    let report = trainer.run(&mut trained, data, go_on).unwrap();
    let (mut stepped, mut cost) = (start, 0.0);
    let mut workspace = TrainingWorkspace::new(&stepped, 30).unwrap();
    for _ in 0..20 {
        cost = stepped.step(x, Targets::weighted(y, &w), 0.5, &mut workspace).unwrap();
    }
    // 20 steps, each of which adds 30 terms in another order.
    let bound = 20.0 * 64.0 * f64::EPSILON * 4.0;
    assert!((report.training_cost.unwrap() - cost).abs() < bound);
    for (a, b) in trained.weights(0).unwrap().iter().zip(stepped.weights(0).unwrap()) {
        assert!((a - b).abs() < bound, "{a} and {b}");
    }
}
