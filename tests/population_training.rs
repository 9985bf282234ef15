//! Promise: a population's trainings do for each member what they do for a network; a member that
//! diverges is named and stays as it was, and the others are not touched.

mod common;

use std::ops::ControlFlow;

use common::members::{MEMBERS, SHAPES, each, fused, networks, of_member, parameters};
use shallownet::{
    Activation, Columns, DataSet, EarlyStopping, Error, Network, OfMembers, Optimizer, Population,
    PopulationData, PopulationOptimizer, PopulationTargets, PopulationTraining,
    PopulationWorkspace, Samples, Schedule, Stop, Targets, Training, TrainingReport,
    TrainingWorkspace,
};

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
            let targets = PopulationTargets::weighted(y, weights_of);
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
            let layers: Vec<_> = SHAPES[shape].1[..1].to_vec();
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
