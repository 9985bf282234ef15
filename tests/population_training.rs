//! Promise: optimisers and trainings of a population do for each member what they do for a network;
//! a member that diverges is named and stays as it was, and the others are not touched.

mod common;

use std::ops::ControlFlow;

use common::cases::Case;
use common::{BACKENDS, Setup, bits};
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Error, Gradients, Network, OfMembers, Optimizer,
    OptimizerState, Parallelism, Population, PopulationData, PopulationGradients,
    PopulationOptimizer, PopulationTraining, PopulationWorkspace, Samples, Scalar, Schedule, Stop,
    Targets, Training, TrainingReport, TrainingWorkspace,
};

const SHAPES: [(usize, &[(usize, Activation)]); 4] = [
    (3, &[(4, Activation::Tanh), (1, Activation::Sigmoid)]),
    (5, &[(18, Activation::Relu), (3, Activation::Softmax)]),
    (2, &[(7, Activation::Sigmoid), (5, Activation::Tanh), (2, Activation::Identity)]),
    // One by one.
    (3, &[(300, Activation::Tanh), (40, Activation::Relu), (1, Activation::Sigmoid)]),
];
const MEMBERS: usize = 21;

fn case(shape: usize, samples: usize, seed: u64) -> Case {
    let (n_x, layers) = SHAPES[shape];
    Case { seed, ..Case::new(n_x, layers, samples) }
}

fn networks<T: Scalar>(shape: usize, setup: Setup) -> Vec<Network<T>> {
    let network = |k| case(shape, 1, 1 + k as u64).network(setup, Parallelism::Serial);
    (0..MEMBERS).map(network).collect()
}

/// Samples of all members, one batch after the other.
fn each<T: Scalar>(shape: usize, samples: usize) -> (Vec<T>, Vec<T>) {
    let batches = (0..MEMBERS).map(|k| case(shape, samples, 100 + k as u64).batch::<T>(0));
    batches.fold((Vec::new(), Vec::new()), |(mut x, mut y), batch| {
        x.extend(batch.x);
        y.extend(batch.y);
        (x, y)
    })
}

fn parameters<T: Scalar>(net: &Network<T>) -> Vec<u64> {
    let mut all = vec![T::ZERO; net.parameter_count()];
    net.parameters_into(&mut all).unwrap();
    bits(&all)
}

fn of_member<T: Scalar>(population: &Population<T>, member: usize) -> Vec<u64> {
    parameters(&population.get(member).unwrap())
}

fn fused() -> Setup {
    BACKENDS[BACKENDS.len() - 1]
}

/// Optimisers whose steps have a network's bits on one sample; each with and without a penalty.
fn optimizers_on_one_sample<T: Scalar>(setup: Setup) {
    for shape in 0..SHAPES.len() {
        let (x, y) = each::<T>(shape, 1);
        for optimizer in Optimizer::all() {
            for l2 in [0.0, 0.01] {
                let mut nets = networks::<T>(shape, setup);
                let (n_x, n_y) = (nets[0].inputs(), nets[0].outputs());
                let mut population = Population::from_networks(nets.clone()).unwrap();
                let mut workspace = PopulationWorkspace::new(&population, 1).unwrap();
                // Members of their own rates and penalties.
                let of = |k: usize| (0.01 / (1 + k % 3) as f64, l2 * (k % 2) as f64);
                let rates: Vec<T> = (0..MEMBERS).map(|k| T::from_f64(of(k).0)).collect();
                let penalties: Vec<f64> = (0..MEMBERS).map(|k| of(k).1).collect();
                let mut state = PopulationOptimizer::new(&population, optimizer)
                    .unwrap()
                    .l2(&penalties[..])
                    .unwrap();
                let (sx, sy) = (Columns::new(&x, n_x).unwrap(), Columns::new(&y, n_y).unwrap());
                let mut costs = [0.0; MEMBERS];
                for _ in 0..5 {
                    let (sx, sy) = (Samples::each(sx), Samples::each(sy));
                    population
                        .step_with(sx, sy, &mut state, &rates[..], &mut costs, &mut workspace)
                        .unwrap();
                }
                for (k, net) in nets.iter_mut().enumerate() {
                    let mut own =
                        OptimizerState::new(net, optimizer).unwrap().l2(penalties[k]).unwrap();
                    let mut workspace = TrainingWorkspace::new(net, 1).unwrap();
                    let (x, y) = (sx.range(k..k + 1).unwrap(), sy.range(k..k + 1).unwrap());
                    let mut cost = 0.0;
                    for _ in 0..5 {
                        cost = net.step_with(x, y, &mut own, rates[k], &mut workspace).unwrap();
                    }
                    let at =
                        format!("{optimizer:?}, l2 {l2}, shape {shape}, member {k}, {setup:?}");
                    assert_eq!(bits(&[costs[k]]), bits(&[cost]), "cost: {at}");
                    assert_eq!(of_member(&population, k), parameters(net), "{at}");
                    assert_eq!(state.steps(k), Ok(own.steps()));
                }
            }
        }
    }
}

#[test]
fn an_optimiser_on_one_sample_has_the_bits_of_a_network() {
    for &setup in BACKENDS.iter() {
        optimizers_on_one_sample::<f32>(setup);
        optimizers_on_one_sample::<f64>(setup);
    }
}

/// On a batch, a step is that of a network from the population's own gradient; clipped, up to the
/// rounding of the norm.
#[test]
fn an_optimiser_moves_by_the_gradient() {
    for shape in 0..SHAPES.len() {
        let (x, y) = each::<f64>(shape, 9);
        for optimizer in Optimizer::all() {
            for clip in [None, Some(0.05)] {
                let mut nets = networks::<f64>(shape, fused());
                let (n_x, n_y) = (nets[0].inputs(), nets[0].outputs());
                let x = Samples::each(Columns::new(&x, n_x).unwrap());
                let y = Samples::each(Columns::new(&y, n_y).unwrap());
                let mut population = Population::from_networks(nets.clone()).unwrap();
                let mut workspace = PopulationWorkspace::new(&population, 9).unwrap();
                let mut gradients = PopulationGradients::zeros(&population).unwrap();
                let mut state =
                    PopulationOptimizer::new(&population, optimizer).unwrap().l2(1e-3).unwrap();
                let mut own: Vec<_> = nets
                    .iter()
                    .map(|net| OptimizerState::new(net, optimizer).unwrap().l2(1e-3).unwrap())
                    .collect();
                if let Some(clip) = clip {
                    state = state.clip_norm(clip).unwrap();
                    own = own.into_iter().map(|s| s.clip_norm(clip).unwrap()).collect();
                }
                let mut costs = [0.0; MEMBERS];
                for _ in 0..3 {
                    population.backward(x, y, &mut gradients, &mut costs, &mut workspace).unwrap();
                    population
                        .step_with(x, y, &mut state, 0.05, &mut costs, &mut workspace)
                        .unwrap();
                    for (k, net) in nets.iter_mut().enumerate() {
                        let mut values = vec![0.0; net.parameter_count()];
                        gradients.values_into(k, &mut values).unwrap();
                        let mut gradient = Gradients::zeros(net).unwrap();
                        gradient.set_values(&values).unwrap();
                        net.update(&mut own[k], &gradient, 0.05).unwrap();
                        let (mut expected, mut found) = (values.clone(), values);
                        net.parameters_into(&mut expected).unwrap();
                        population.parameters_into(k, &mut found).unwrap();
                        // Norms of n squares differ by n roundings, halved by the root; momenta add
                        // three steps' differences.
                        let n = expected.len() as f64;
                        for (e, f) in expected.iter().zip(&found) {
                            let bound = if clip.is_some() { 4.0 * n * f64::EPSILON } else { 0.0 };
                            let at = format!("{optimizer:?} {clip:?} {shape} {k}: {e} {f}");
                            // SGD without a penalty adds its sums rounded once; here there is one.
                            assert!((e - f).abs() <= bound * (1.0 + e.abs()), "{at}");
                        }
                        // What differs by rounding is not carried on.
                        net.set_parameters(&found).unwrap();
                    }
                }
            }
        }
    }
}

/// Batches of one sample: whole trainings have the bits of a network's.
#[test]
fn a_training_of_single_samples_has_the_bits_of_a_network() {
    let seeds: Vec<u64> = (0..MEMBERS as u64).map(|k| 40 + k).collect();
    let rates: Vec<f64> = (0..MEMBERS).map(|k| 0.02 / (1 + k % 4) as f64).collect();
    for shape in 0..SHAPES.len() {
        let (x, y) = each::<f32>(shape, 11);
        for (own_seeds, own_data) in [(false, false), (true, false), (false, true), (true, true)] {
            for optimizer in [Optimizer::Sgd, Optimizer::adam_w()] {
                let training = Training::new(3, 1)
                    .optimizer(optimizer)
                    .learning_rate(0.02)
                    .schedule(Schedule::cosine(3, 0.1).after_warm_up(1.0))
                    .l2(if optimizer == Optimizer::Sgd { 0.0 } else { 1e-3 })
                    .seed(7);
                let mut nets = networks::<f32>(shape, fused());
                let mut population = Population::from_networks(nets.clone()).unwrap();
                let (n_x, n_y) = (nets[0].inputs(), nets[0].outputs());
                let all = (Columns::new(&x, n_x).unwrap(), Columns::new(&y, n_y).unwrap());
                let part = |k: usize| {
                    let range = if own_data { 11 * k..11 * (k + 1) } else { 0..11 };
                    (all.0.range(range.clone()).unwrap(), all.1.range(range).unwrap())
                };
                let data = if own_data {
                    PopulationData::new(Samples::each(all.0), Samples::each(all.1))
                } else {
                    PopulationData::new(part(0).0, part(0).1)
                };
                let mut options = PopulationTraining::new(training).learning_rates(&rates);
                if own_seeds {
                    options = options.seeds(&seeds);
                }
                let go_on = |_: &_| ControlFlow::Continue(());
                let reports = population.train(data, options, go_on).unwrap();
                for (k, net) in nets.iter_mut().enumerate() {
                    let seed = if own_seeds { seeds[k] } else { 7 };
                    let training = training.learning_rate(rates[k]).seed(seed);
                    let (x, y) = part(k);
                    let report = training
                        .run(net, DataSet::new(x, y), |_| ControlFlow::Continue(()))
                        .unwrap();
                    let at = format!("shape {shape}, member {k}, {own_seeds} {own_data}");
                    let found = *reports[k].as_ref().unwrap();
                    assert_eq!(of_member(&population, k), parameters(net), "{at}");
                    assert_eq!((found.epochs, found.steps), (report.epochs, report.steps), "{at}");
                    close(found.training_cost, report.training_cost, &at);
                }
            }
        }
    }
}

fn close(found: Option<f64>, expected: Option<f64>, at: &str) {
    match (found, expected) {
        (None, None) => {}
        (Some(found), Some(expected)) => {
            assert!(
                (found - expected).abs() < 1e-4 * (1.0 + expected.abs()),
                "{at}: {found} {expected}"
            );
        }
        _ => panic!("{at}: {found:?} {expected:?}"),
    }
}

/// Mini-batches, full batches, weights, validation, early stopping: the same epochs and costs, up to
/// rounding; and what a member is left with is what the report says.
#[test]
fn a_training_goes_as_a_network_does() {
    for shape in [0, 2, 3] {
        let (x, y) = each::<f64>(shape, 6);
        let (n_x, n_y) = (SHAPES[shape].0, SHAPES[shape].1.last().unwrap().0);
        let columns = (Columns::new(&x, n_x).unwrap(), Columns::new(&y, n_y).unwrap());
        let range =
            |from, to| (columns.0.range(from..to).unwrap(), columns.1.range(from..to).unwrap());
        let ((x, y), (vx, vy)) = (range(0, 100), range(100, 126));
        let weights: Vec<f64> = (0..100).map(|i| 0.5 + (i % 3) as f64).collect();
        let seeds: Vec<u64> = (0..MEMBERS as u64).collect();
        let stopping = EarlyStopping::new(2).min_delta(1e-4);
        let base = Training::new(12, 16).optimizer(Optimizer::adam()).learning_rate(0.02);
        let full = Training::full_batch(12).optimizer(Optimizer::momentum()).learning_rate(0.05);
        let trainings = [base, base.early_stopping(stopping).clip_norm(1.0), full];
        for (which, training) in trainings.into_iter().enumerate() {
            let nets = networks::<f64>(shape, fused());
            let mut population = Population::from_networks(nets.clone()).unwrap();
            let weights_of = Columns::new(&weights, 1).unwrap();
            let targets = shallownet::PopulationTargets::weighted(y, weights_of);
            let data = PopulationData::new(x, targets).validation(vx, vy);
            let options = PopulationTraining::new(training).seeds(&seeds);
            let epochs = std::sync::Mutex::new([0; MEMBERS]);
            let reports = population
                .train(data, options, |epoch| {
                    epochs.lock().unwrap()[epoch.member] += 1;
                    ControlFlow::Continue(())
                })
                .unwrap();
            let mut stops = Vec::new();
            for (k, mut net) in nets.into_iter().enumerate() {
                let at = format!("shape {shape}, training {which}, member {k}");
                let set = DataSet::new(x, y).weights(&weights).validation(vx, vy);
                let expected = training
                    .seed(seeds[k])
                    .run(&mut net, set, |_| ControlFlow::Continue(()))
                    .unwrap();
                let found = *reports[k].as_ref().unwrap();
                let of = |r: TrainingReport| (r.epochs, r.steps, r.stop, r.best.map(|b| b.epoch));
                assert_eq!(of(found), of(expected), "{at}");
                assert_eq!(epochs.lock().unwrap()[k], found.epochs, "{at}");
                close(found.training_cost, expected.training_cost, &at);
                close(found.validation_cost, expected.validation_cost, &at);
                close(found.cost, expected.cost, &at);
                let mut workspace = TrainingWorkspace::new(&net, 100).unwrap();
                let kept = population.get(k).unwrap();
                let validation = kept.cost(vx, vy, &mut workspace).unwrap();
                let reported = found.best.map(|best| best.cost).or(found.validation_cost);
                close(Some(validation), reported, &at);
                if let Some(cost) = found.cost {
                    let y = Targets::weighted(y, &weights);
                    close(kept.cost(x, y, &mut workspace).ok(), Some(cost), &at);
                }
                stops.push(found.epochs);
            }
            // Members stop at their own time.
            assert_eq!(stops.iter().any(|&epochs| epochs < 12), which == 1, "{stops:?}");
        }
    }
}

#[test]
fn a_member_can_be_stopped() {
    let mut population = Population::from_networks(networks::<f32>(0, fused())).unwrap();
    let (x, y) = each::<f32>(0, 4);
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 1).unwrap());
    let training = PopulationTraining::new(Training::new(5, 8));
    let reports = population
        .train(PopulationData::new(x, y), training, |epoch| match (epoch.member, epoch.epoch) {
            (3, 1) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .unwrap();
    for (k, report) in reports.into_iter().enumerate() {
        let report = report.unwrap();
        let expected = if k == 3 { (2, Stop::Callback) } else { (5, Stop::Finished) };
        assert_eq!((report.epochs, report.stop), expected);
    }
}

/// One member's rate is absurd.
#[test]
fn a_diverging_member_is_named_and_touches_no_other() {
    for shape in [2, 3] {
        for optimizer in [Optimizer::Sgd, Optimizer::momentum()] {
            let layers: Vec<_> = SHAPES[shape].1[..1].iter().copied().collect();
            let builder = Network::<f32>::builder(SHAPES[shape].0)
                .layers(layers.into_iter().map(|(units, _)| (units, Activation::Identity)))
                .layer(2, Activation::Identity);
            let mut population = Population::from_seeds(&builder, 0..MEMBERS as u64).unwrap();
            let mut calm = population.try_clone().unwrap();
            let (n_x, m) = (SHAPES[shape].0, 6);
            let x: Vec<f32> = (0..m * n_x).map(|i| (i % 5) as f32 - 2.0).collect();
            let y: Vec<f32> = (0..2 * m).map(|i| (i % 3) as f32).collect();
            let (x, y) = (Columns::new(&x, n_x).unwrap(), Columns::new(&y, 2).unwrap());
            let mut rates = [0.01_f32; MEMBERS];
            rates[17] = 1e25;
            rates[20] = 1e25;
            let mut workspace = PopulationWorkspace::new(&population, m).unwrap();
            let mut state = PopulationOptimizer::new(&population, optimizer).unwrap();
            let mut calm_state = PopulationOptimizer::new(&calm, optimizer).unwrap();
            let mut costs = [0.0; MEMBERS];
            let mut step =
                |population: &mut Population<f32>, state: &mut _, rates: OfMembers<'_, f32>| {
                    population.step_with(x, y, state, rates, &mut costs, &mut workspace)
                };
            let (before, error) = loop {
                let before = vec![of_member(&population, 17), of_member(&population, 20)];
                match step(&mut population, &mut state, (&rates[..]).into()) {
                    Ok(()) => step(&mut calm, &mut calm_state, 0.01.into()).unwrap(),
                    Err(error) => break (before, error),
                }
            };
            step(&mut calm, &mut calm_state, 0.01.into()).unwrap();
            let Error::MembersDiverged { member, cost, others } = error else { panic!("{error}") };
            assert!(member == 17 && !cost.is_finite() && others == 1, "{error}");
            assert!(error.to_string().contains("member 17"), "{error}");
            let after = vec![of_member(&population, 17), of_member(&population, 20)];
            assert_eq!(after, before, "{optimizer:?}, shape {shape}");
            for k in (0..MEMBERS).filter(|k| ![17, 20].contains(k)) {
                assert_eq!(of_member(&population, k), of_member(&calm, k), "member {k}");
                assert_eq!(state.steps(k), calm_state.steps(k));
            }
            assert!(state.steps(17).unwrap() < state.steps(0).unwrap());
            // A whole training reports it as well.
            let mut population = Population::from_seeds(&builder, 0..MEMBERS as u64).unwrap();
            let rates: Vec<f64> = rates.iter().map(|&rate| rate.into()).collect();
            let training = Training::new(4, 3).optimizer(optimizer);
            let options = PopulationTraining::new(training).learning_rates(&rates);
            let go_on = |_: &_| ControlFlow::Continue(());
            let reports = population.train(PopulationData::new(x, y), options, go_on).unwrap();
            for (k, report) in reports.iter().enumerate() {
                let diverges = [17, 20].contains(&k);
                assert_eq!(matches!(report, Err(Error::Diverged { .. })), diverges, "{report:?}");
                let cost = {
                    let net = population.get(k).unwrap();
                    let mut workspace = TrainingWorkspace::new(&net, m).unwrap();
                    net.cost(x, y, &mut workspace).unwrap()
                };
                assert!(cost.is_finite(), "member {k}: {cost}");
            }
        }
    }
}

/// At a rate of 0 nothing moves but moments.
#[test]
fn a_rate_of_0_changes_nothing() {
    for shape in [0, 3] {
        let mut population = Population::from_networks(networks::<f32>(shape, fused())).unwrap();
        let before: Vec<_> = (0..MEMBERS).map(|k| of_member(&population, k)).collect();
        let (x, y) = each::<f32>(shape, 3);
        let x = Samples::each(Columns::new(&x, SHAPES[shape].0).unwrap());
        let y = Samples::each(Columns::new(&y, 1).unwrap());
        let mut workspace = PopulationWorkspace::new(&population, 3).unwrap();
        let mut rates = [0.0_f32; MEMBERS];
        rates[4] = 0.5;
        let mut costs = [0.0; MEMBERS];
        for optimizer in Optimizer::all() {
            let mut state = PopulationOptimizer::new(&population, optimizer).unwrap();
            population.step_with(x, y, &mut state, &rates[..], &mut costs, &mut workspace).unwrap();
        }
        population.step(x, y, &rates[..], &mut costs, &mut workspace).unwrap();
        for (k, before) in before.iter().enumerate() {
            assert_eq!(of_member(&population, k) == *before, k != 4, "member {k}");
        }
    }
}

/// What is refused changes nothing.
#[test]
fn wrong_arguments_are_named() {
    let nets = networks::<f32>(0, fused());
    let mut population = Population::from_networks(nets.clone()).unwrap();
    let before: Vec<_> = (0..MEMBERS).map(|k| of_member(&population, k)).collect();
    let mut workspace = PopulationWorkspace::new(&population, 2).unwrap();
    let (good_x, good_y) = ([0.5_f32; 6], [1.0_f32, 0.0]);
    let (x, y) = (Columns::new(&good_x, 3).unwrap(), Columns::new(&good_y, 1).unwrap());
    let mut costs = [0.0; MEMBERS];
    let nan = [f32::NAN; 6];
    let wide = [0.5_f32; 3 * MEMBERS];
    let beyond = [2.0_f32, 0.0];
    let mut refused = Vec::new();
    let mut step =
        |x: Samples<'_, f32>, y: Samples<'_, f32>, rate: OfMembers<'_, f32>, costs: &mut [f64]| {
            refused.push(population.step(x, y, rate, costs, &mut workspace).unwrap_err());
        };
    step(Columns::new(&nan, 3).unwrap().into(), y.into(), 0.1.into(), &mut costs);
    step(Columns::new(&good_x, 2).unwrap().into(), y.into(), 0.1.into(), &mut costs);
    step(x.into(), Columns::new(&beyond, 1).unwrap().into(), 0.1.into(), &mut costs);
    step(x.into(), y.into(), (-0.1).into(), &mut costs);
    step(x.into(), y.into(), (&[0.1; 3][..]).into(), &mut costs);
    step(x.into(), y.into(), 0.1.into(), &mut costs[1..]);
    step(Samples::each(x), y.into(), 0.1.into(), &mut costs);
    step(Samples::each(Columns::new(&wide, 3).unwrap()), Samples::each(y), 0.1.into(), &mut costs);
    step(Columns::new(&wide, 3).unwrap().into(), y.into(), 0.1.into(), &mut costs);
    let names: Vec<_> = refused.iter().map(ToString::to_string).collect();
    let expected = [
        "x holds NaN at index 0: expected finite values",
        "x has 2 features a column: expected 3",
        "binary_cross_entropy: target 2 of output 0 in sample 0: expected a value in [0, 1]",
        "learning rate is -0.10000000149011612: expected finite and not negative",
        "learning rates has 3 values: expected 21",
        "costs has 20 values: expected 21",
        "x has 2 samples: expected 21",
        "y has 2 samples: expected 21",
        "y has 2 samples: expected 21",
    ];
    assert_eq!(names, expected);
    let other = Population::from_copies(&nets[0], 3).unwrap();
    let mut gradients = PopulationGradients::zeros(&other).unwrap();
    let error = population.backward(x, y, &mut gradients, &mut costs, &mut workspace).unwrap_err();
    assert_eq!(error, Error::Mismatch { argument: "gradients" });
    let mut state = PopulationOptimizer::new(&other, Optimizer::adam()).unwrap();
    let error =
        population.step_with(x, y, &mut state, 0.1, &mut costs, &mut workspace).unwrap_err();
    assert_eq!(error, Error::Mismatch { argument: "optimizer state" });
    assert_eq!(population.get(21).unwrap_err(), Error::Member { last: 20, given: 21 });
    let mut small = PopulationWorkspace::new(&population, 1).unwrap();
    let error = population.cost(x, y, &mut costs, &mut small).unwrap_err();
    assert_eq!(error, Error::Capacity { capacity: 1, given: 2 });
    let stopping = Training::new(2, 2).early_stopping(EarlyStopping::new(1));
    let go_on = |_: &_| ControlFlow::Continue(());
    let options = PopulationTraining::new(stopping);
    let error = population.train(PopulationData::new(x, y), options, go_on).unwrap_err();
    assert_eq!(error, Error::NoValidation);
    for (k, before) in before.iter().enumerate() {
        assert_eq!(of_member(&population, k), *before);
    }
    assert_eq!(
        Population::<f32>::from_networks([]).unwrap_err(),
        Error::Zero { argument: "networks" }
    );
    let taller = networks::<f32>(1, fused());
    let mixed = [nets[0].clone(), taller[0].clone()];
    assert!(matches!(Population::from_networks(mixed), Err(Error::OtherSizes { .. })));
    let squared = case(0, 1, 1);
    let squared = Case { loss: shallownet::Loss::SquaredError, ..squared };
    let mixed = [nets[0].clone(), squared.network(fused(), Parallelism::Serial)];
    assert!(matches!(Population::from_networks(mixed), Err(Error::OtherLoss { .. })));
}

/// Members go in and come out as they are.
#[test]
fn members_are_readable_and_settable() {
    for shape in 0..SHAPES.len() {
        let nets = networks::<f32>(shape, fused());
        let mut population = Population::from_networks(nets.clone()).unwrap();
        for (k, net) in nets.iter().enumerate() {
            assert_eq!(of_member(&population, k), parameters(net));
        }
        let count = population.parameter_count();
        let mut all = vec![0.0; count * MEMBERS];
        population.all_parameters_into(&mut all).unwrap();
        let flat: Vec<u64> = nets.iter().flat_map(|net| parameters(net)).collect();
        assert_eq!(bits(&all), flat);
        population.set(3, &nets[9]).unwrap();
        all.copy_within(9 * count..10 * count, 3 * count);
        let mut other = Population::from_copies(&nets[0], MEMBERS).unwrap();
        other.set_all_parameters(&all).unwrap();
        for (a, b) in population.into_networks().unwrap().iter().zip(other.into_networks().unwrap())
        {
            assert_eq!(parameters(a), parameters(&b));
        }
    }
}
