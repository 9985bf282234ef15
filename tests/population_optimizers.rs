//! Promise: a population's optimisers do for each member what they do for a network; members are
//! readable and settable; what is refused is named and changes nothing.

mod common;

use std::ops::ControlFlow;

use common::cases::Case;
use common::members::{MEMBERS, SHAPES, case, each, fused, networks, of_member, parameters};
use common::{BACKENDS, Setup, bits};
use shallownet::{
    Columns, EarlyStopping, Error, Gradients, OfMembers, Optimizer, OptimizerState, Parallelism,
    Population, PopulationData, PopulationGradients, PopulationOptimizer, PopulationTraining,
    PopulationWorkspace, Samples, Scalar, Training, TrainingWorkspace,
};

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
        let flat: Vec<u64> = nets.iter().flat_map(parameters).collect();
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
