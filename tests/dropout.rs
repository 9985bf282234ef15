//! Promise: with dropout, cost and gradient are those of the reference's loops with the same masks,
//! within bounds of rounding, on every backend and level; masks keep as many units as their rate says,
//! differ by layer, sample, step and seed, and are the same on any number of threads and in a training
//! that is taken up again; predictions drop nothing.

mod common;

use std::ops::ControlFlow;

use common::cases::Numbers;
use common::{BACKENDS, On, bits, parameter_bits, rows};
use shallownet::reference::{self, dropout_factor};
use shallownet::testing::bounds::derivatives::{Quantity, Rules};
use shallownet::{
    Activation, Columns, DataSet, Dropout, Error, Gradients, Loss, Network, Optimizer, Population,
    PopulationData, PopulationTraining, Scalar, Trainer, Training, TrainingWorkspace,
};

const HIDDEN: [Activation; 8] = [
    Activation::Identity,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Relu,
    Activation::LEAKY_RELU,
    Activation::ELU,
    Activation::Gelu,
    Activation::Sin,
];

/// Numbers in [-1, 1), the same each time.
fn numbers<T: Scalar>(seed: u64, length: usize) -> Vec<T> {
    Numbers(seed).list(length)
}

/// Bounds of the gradient, in the order of the parameters, and of the cost's dZ: squared error of
/// identity outputs.
fn bounds(
    rules: Rules,
    net: &reference::Network,
    x: &[Vec<f64>],
    y: &[Vec<f64>],
    dropout: Dropout,
) -> Vec<Quantity> {
    let (m, last) = (x.len() as f64, net.layers.len() - 1);
    let mut sums: Vec<Vec<Quantity>> = net
        .layers
        .iter()
        .map(|l| vec![Quantity::default(); l.b.len() * (l.w[0].len() + 1)])
        .collect();
    for s in 0..x.len() {
        let mut a: Vec<Vec<Quantity>> = vec![x[s].iter().map(|&x| Quantity::exact(x)).collect()];
        let (mut slopes, mut exact) = (Vec::new(), x[s].clone());
        for (l, layer) in net.layers.iter().enumerate() {
            let (mut of_layer, mut of_slopes, mut next) = (Vec::new(), Vec::new(), Vec::new());
            for j in 0..layer.b.len() {
                let terms =
                    layer.w[j].iter().zip(&a[l]).map(|(&w, &a)| rules.mul(Quantity::exact(w), a));
                let z = rules.add(rules.sum(terms), Quantity::exact(layer.b[j]));
                let value: f64 =
                    layer.b[j] + layer.w[j].iter().zip(&exact).map(|(w, a)| w * a).sum::<f64>();
                let factor = if l < last { dropout_factor(dropout, l, s, j) } else { 1.0 };
                let [g, slope, _] = rules.values(layer.activation, value, z.error);
                of_layer.push(rules.mul(g, Quantity::exact(factor)));
                of_slopes.push(rules.mul(slope, Quantity::exact(factor)));
                next.push(factor * layer.activation.value(value));
            }
            a.push(of_layer);
            slopes.push(of_slopes);
            exact = next;
        }
        let mut d: Vec<Quantity> = a[last + 1]
            .iter()
            .zip(&y[s])
            .map(|(&a, &y)| rules.add(a, Quantity::exact(y)))
            .collect();
        for l in (0..=last).rev() {
            let layer = &net.layers[l];
            let mut at = 0;
            let mut add = |term: Quantity| {
                sums[l][at] =
                    rules.add(sums[l][at], Quantity { size: term.size / m, error: term.error / m });
                at += 1;
            };
            for &d in &d {
                a[l].iter().for_each(|&a| add(rules.mul(d, a)));
            }
            d.iter().for_each(|&d| add(d));
            if l > 0 {
                let back = |i: usize| {
                    let terms =
                        d.iter().zip(&layer.w).map(|(&d, w)| rules.mul(d, Quantity::exact(w[i])));
                    rules.mul(rules.sum(terms), slopes[l - 1][i])
                };
                d = (0..layer.w[0].len()).map(back).collect();
            }
        }
    }
    sums.concat()
}

fn network<T: Scalar>(sizes: &[usize], g: Activation, setup: common::Setup) -> Network<T> {
    let mut builder = Network::builder(sizes[0]);
    for &units in &sizes[1..sizes.len() - 1] {
        builder = builder.layer(units, g);
    }
    let builder = builder.layer(sizes[sizes.len() - 1], Activation::Identity);
    let mut net = builder.loss(Loss::SquaredError).on(setup).build().unwrap();
    setup.assert_is(&net);
    let parameters: Vec<T> = numbers(3, net.parameter_count());
    let scale = 1.0 / (*sizes.iter().max().unwrap() as f64).sqrt();
    let parameters: Vec<T> = parameters.iter().map(|p| T::from_f64(p.to_f64() * scale)).collect();
    net.set_parameters(&parameters).unwrap();
    net
}

fn flat<T: Scalar>(gradients: &Gradients<T>, count: usize) -> Vec<T> {
    let mut flat = vec![T::ZERO; count];
    gradients.values_into(&mut flat).unwrap();
    flat
}

fn every_backend<T: Scalar>() {
    let rules = Rules::of::<T>();
    let shapes: [&[usize]; 5] =
        [&[2, 4, 1], &[3, 17, 40, 2], &[2, 5, 5, 5, 1], &[300, 6, 2], &[4, 2]];
    for &setup in BACKENDS.iter() {
        for (index, sizes) in shapes.into_iter().enumerate() {
            for (k, g) in HIDDEN.into_iter().enumerate() {
                let m = [1, 5, 70][(index + k) % 3];
                let net = network::<T>(sizes, g, setup);
                let (n_x, n_y) = (net.inputs(), net.outputs());
                let (x, y): (Vec<T>, Vec<T>) = (numbers(5, n_x * m), numbers(9, n_y * m));
                let (xs, ys) = (rows(&x, n_x), rows(&y, n_y));
                let mut workspace = TrainingWorkspace::new(&net, m).unwrap();
                let rate = [0.0, 0.25, 0.5, 0.9][k % 4];
                let dropout = Dropout::new(rate).seed(0xABCD_0000_1234_5678).step(1 << 33 | 5);
                let (x, y) = (Columns::new(&x, n_x).unwrap(), Columns::new(&y, n_y).unwrap());
                let cost = net.backward_with_dropout(x, y, dropout, &mut workspace).unwrap();
                let reference = reference::Network::from(&net);
                let (exact, gradients) = reference.dropped_gradients(&xs, &ys, dropout);
                let what = format!("{setup:?} {sizes:?} {g:?} m {m} rate {rate}");
                let bounds = bounds(rules, &reference, &xs, &ys, dropout);
                let exact_gradients: Vec<f64> = gradients
                    .iter()
                    .flat_map(|l| l.dw.iter().flatten().chain(&l.db).copied().collect::<Vec<_>>())
                    .collect();
                let given = flat(workspace.gradients(), net.parameter_count());
                for (i, (given, exact)) in given.iter().zip(&exact_gradients).enumerate() {
                    let off = (given.to_f64() - exact).abs();
                    assert!(off <= bounds[i].error, "{what} [{i}]: {given:?}, exact {exact}");
                }
                // J = 1/2 d^2: its error is d's times d, and db of the output bounds that of d's mean.
                let d =
                    bounds[bounds.len() - n_y..].iter().map(|q| q.error * m as f64).sum::<f64>();
                let size = (2.0 * exact * m as f64).sqrt() + d;
                let bound = d * size + 8.0 * rules.epsilon * (1.0 + m as f64) * exact;
                assert!((cost - exact).abs() <= bound, "{what}: {cost}, exact {exact}");
            }
        }
    }
}

#[test]
fn gradients_are_the_references_in_f32() {
    every_backend::<f32>();
}

#[test]
fn gradients_are_the_references_in_f64() {
    every_backend::<f64>();
}

#[test]
fn the_references_gradient_is_the_derivative_of_its_cost() {
    let net = network::<f64>(&[3, 5, 4, 2], Activation::Tanh, common::Setup::PORTABLE);
    let mut oracle = reference::Network::from(&net);
    let (x, y) = (rows(&numbers::<f64>(1, 12), 3), rows(&numbers::<f64>(2, 8), 2));
    let dropout = Dropout::new(0.4).seed(2);
    let (_, gradients) = oracle.dropped_gradients(&x, &y, dropout);
    /// Of third derivatives below 100, (h^2 / 6) 100; and the rounding of two costs below 10.
    const H: f64 = 1e-5;
    let bound = 100.0 * H * H / 6.0 + 100.0 * 10.0 * f64::EPSILON / H;
    for (l, gradient) in gradients.iter().enumerate() {
        for (j, dw) in gradient.dw.iter().enumerate() {
            let mut cost = |by: f64| {
                oracle.layers[l].w[j][1] += by;
                let cost = oracle.dropped_gradients(&x, &y, dropout).0;
                oracle.layers[l].w[j][1] -= by;
                cost
            };
            let slope = (cost(H) - cost(-H)) / (2.0 * H);
            assert!((slope - dw[1]).abs() < bound);
        }
    }
}

#[test]
fn as_many_units_are_kept_as_the_rate_says() {
    // Of n independent units n (1 - rate) are kept, give or take 5 standard deviations: once in two
    // million.
    for rate in [0.1, 0.5, 0.85] {
        for (seed, step, layer) in
            [(0, 0, 0), (1, 0, 0), (0, 77, 0), (0, 1 << 40, 1), (u64::MAX, 3, 2)]
        {
            let dropout = Dropout::new(rate).seed(seed).step(step);
            let factors =
                (0..200).flat_map(|s| (0..100).map(move |j| dropout_factor(dropout, layer, s, j)));
            let kept = factors.filter(|&f| f > 0.0).count() as f64;
            let n = 200.0 * 100.0;
            let deviation = (n * rate * (1.0 - rate)).sqrt();
            assert!((kept - n * (1.0 - rate)).abs() < 5.0 * deviation, "{rate} {seed} {step}");
        }
    }
    // What is kept is scaled, so that the mean stays.
    let factor = |unit| dropout_factor(Dropout::new(0.75), 0, 0, unit);
    assert!((0..99).all(|unit| [0.0, 4.0].contains(&factor(unit))));
}

#[test]
fn masks_differ_by_layer_sample_step_and_seed() {
    let mask = |dropout: Dropout, layer, sample| -> Vec<bool> {
        (0..64).map(|j| dropout_factor(dropout, layer, sample, j) > 0.0).collect()
    };
    let dropout = Dropout::new(0.5);
    let all = [
        mask(dropout, 0, 0),
        mask(dropout, 1, 0),
        mask(dropout, 0, 1),
        mask(dropout.step(1), 0, 0),
        mask(dropout.step(1 << 32), 0, 0),
        mask(dropout.seed(1), 0, 0),
    ];
    for i in 0..all.len() {
        for k in 0..i {
            // Of 64 units of which each agrees with probability 1/2, all but 8 hardly ever do.
            let same = all[i].iter().zip(&all[k]).filter(|(a, b)| a == b).count();
            assert!((8..56).contains(&same), "{i} and {k}: {same}");
        }
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads_and_levels() {
    let (m, sizes) = (900, &[3, 64, 40, 2]);
    let (x, y): (Vec<f32>, Vec<f32>) = (numbers(5, 3 * m), numbers(9, 2 * m));
    let run = |net: &Network<f32>| {
        let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
        let mut workspace = TrainingWorkspace::new(net, m).unwrap();
        let dropout = Dropout::new(0.3).seed(4).step(9);
        let cost = net.backward_with_dropout(x, y, dropout, &mut workspace).unwrap();
        (cost.to_bits(), bits(&flat(workspace.gradients(), net.parameter_count())))
    };
    let levels = BACKENDS.iter().filter(|s| s.level.is_some_and(|level| level.has_fma()));
    let nets: Vec<_> = levels.map(|&s| network::<f32>(sizes, Activation::Relu, s)).collect();
    let Some(first) = nets.first() else { return };
    let expected = run(first);
    for net in &nets {
        for threads in [1, 2, 3, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert!(pool.install(|| run(net)) == expected, "{threads} threads, {:?}", net.level());
        }
    }
}

#[test]
fn a_training_that_is_taken_up_again_has_the_same_bits() {
    let (x, y): (Vec<f32>, Vec<f32>) = (numbers(5, 3 * 90), numbers(9, 2 * 90));
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let data = DataSet::new(x, y);
    for optimizer in [Optimizer::Sgd, Optimizer::adam()] {
        let training = Training::new(6, 16).optimizer(optimizer).dropout(0.3).seed(8);
        let start = network::<f32>(&[3, 12, 2], Activation::Tanh, BACKENDS[0]);
        let mut whole = start.clone();
        training.run(&mut whole, data, |_| ControlFlow::Continue(())).unwrap();

        let mut net = start.clone();
        let mut trainer = Trainer::new(&net, training, data).unwrap();
        let stop = |epoch: &shallownet::Epoch<'_, f32>| match epoch.epoch {
            2 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        trainer.run(&mut net, data, stop).unwrap();
        let mut trainer = Trainer::resume(&net, trainer.into_state(), data).unwrap();
        trainer.run(&mut net, data, |_| ControlFlow::Continue(())).unwrap();
        assert!(parameter_bits(&net) == parameter_bits(&whole), "{optimizer:?}");

        let mut without = start.clone();
        let plain = training.dropout(0.0);
        plain.run(&mut without, data, |_| ControlFlow::Continue(())).unwrap();
        assert!(parameter_bits(&net) != parameter_bits(&without));
    }
}

/// A run's steps are those that the caller could make: the mask is of the step's number.
#[test]
fn a_run_is_its_steps() {
    let (x, y): (Vec<f64>, Vec<f64>) = (numbers(5, 3 * 20), numbers(9, 2 * 20));
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 2).unwrap());
    let start = network::<f64>(&[3, 6, 2], Activation::Sin, BACKENDS[0]);
    let mut by_run = start.clone();
    let training = Training::full_batch(5).dropout(0.5).seed(11).learning_rate(0.25);
    training.run(&mut by_run, DataSet::new(x, y), |_| ControlFlow::Continue(())).unwrap();

    let mut by_hand = start;
    let mut workspace = TrainingWorkspace::new(&by_hand, 20).unwrap();
    for step in 0..5 {
        let dropout = Dropout::new(0.5).seed(11).step(step);
        by_hand.backward_with_dropout(x, y, dropout, &mut workspace).unwrap();
        by_hand.descend(workspace.gradients(), 0.25).unwrap();
    }
    assert!(parameter_bits(&by_run) == parameter_bits(&by_hand));
}

#[test]
fn rates_that_are_no_probability_are_refused() {
    let net = network::<f32>(&[2, 3, 1], Activation::Tanh, BACKENDS[0]);
    let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
    let (x, y) = (Columns::new(&[0.0, 0.0], 2).unwrap(), Columns::new(&[0.0], 1).unwrap());
    for rate in [-0.1, 1.0, 2.0, f64::NAN, f64::INFINITY] {
        let refused = net.backward_with_dropout(x, y, Dropout::new(rate), &mut workspace);
        assert!(matches!(refused, Err(Error::Range { argument: "dropout", .. })), "{rate}");
        let data = DataSet::new(x, y);
        let refused = Trainer::new(&net, Training::new(1, 1).dropout(rate), data);
        assert!(matches!(refused, Err(Error::Range { argument: "dropout", .. })), "{rate}");
    }
    let mut population = Population::from_copies(&net, 3).unwrap();
    let training = PopulationTraining::new(Training::new(1, 1).dropout(0.5));
    let refused =
        population.train(PopulationData::new(x, y), training, |_| ControlFlow::Continue(()));
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("dropout") && text.contains("population"), "{text}");
}
