//! Promise: the full-batch solvers reach their targets, refuse what they can't do with typed errors, and
//! end with a documented result where a problem is degenerate.

mod common;

use std::f64::consts::PI;
use std::ops::ControlFlow;
use std::time::Duration;

use common::{BACKENDS, On, parameter_bits};
use shallownet::solvers::{
    Lbfgs, LevenbergMarquardt, Method, Multistart, Rprop, ScaledConjugateGradients, Solver,
    SolverIteration, SolverStop, Solving, StopAt,
};
use shallownet::{
    Activation, Builder, Columns, Error, Init, Network, Scalar, Targets, TrainingWorkspace,
};

fn on(_: &SolverIteration<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn points() -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> = (0..41).map(|i| f64::from(i) / 20.0 - 1.0).collect();
    let y = x.iter().map(|x| (PI * x).sin()).collect();
    (x, y)
}

fn curve<T: Scalar>() -> Builder<T> {
    Network::builder(1).layer(5, Activation::Tanh).layer(1, Activation::Identity)
}

fn methods() -> [Method; 5] {
    let [a, b, c, d] = Method::all();
    [a, b, c, d, Rprop::minus().into()]
}

fn column(values: &[f64]) -> Columns<'_, f64> {
    Columns::new(values, 1).unwrap()
}

/// sin(pi x) to a mean squared error of 0.002: from at least 29 of 30 starts, but for RPROP, which
/// takes thousands of iterations from some.
#[test]
fn solvers_reach_their_target() {
    let (x, y) = points();
    let (x, y) = (column(&x), column(&y));
    for setup in BACKENDS.iter() {
        for method in methods() {
            let stop = StopAt::iterations(2000).cost(1e-3);
            let mut net = curve().on(*setup).build().unwrap();
            let mut solver = Solver::new(&net, Solving::new(method).stop_at(stop), 41).unwrap();
            let mut converged = 0;
            for seed in 0..30 {
                net.initialize(Init::NguyenWidrow, seed).unwrap();
                solver.restart();
                let report = solver.run(&mut net, x, y, on).unwrap();
                if report.stop == SolverStop::Cost {
                    converged += 1;
                    let mut workspace = TrainingWorkspace::new(&net, 41).unwrap();
                    let cost = net.cost(x, y, &mut workspace).unwrap();
                    assert!(cost <= 1e-3 * (1.0 + 1e-9), "{method} says {}: {cost}", report.cost);
                }
            }
            let least = if matches!(method, Method::Rprop(_)) { 20 } else { 29 };
            assert!(converged >= least, "{method} on {setup:?}: {converged} of 30");
        }
    }
}

/// A straight line is found to the last digits, and stops at the gradient's norm.
#[test]
fn a_minimum_is_recognised() {
    let (x, y) = ([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0]);
    for method in methods() {
        let mut net = Network::builder(1).layer(1, Activation::Identity).build().unwrap();
        let stop = StopAt::iterations(3000).gradient_norm(1e-7);
        let solving = Solving::new(method).stop_at(stop);
        let report = solving.run(&mut net, column(&x), column(&y), on).unwrap();
        assert_eq!(report.stop, SolverStop::GradientNorm, "{method}: {report:?}");
        assert!((net.weights(0).unwrap()[0] - 2.0).abs() < 1e-6, "{method}");
        assert!((net.bias(0).unwrap()[0] - 1.0).abs() < 1e-6, "{method}");
    }
}

/// At the minimum of J + l2/2 w^2 the gradient of both together is 0; the reported cost is J alone.
#[test]
fn a_penalty_is_minimised_with_the_cost() {
    let (x, y) = ([-1.0, 0.0, 1.0], [-2.0, 0.5, 2.0]);
    for method in methods() {
        let mut net = Network::builder(1).layer(1, Activation::Identity).build().unwrap();
        let stop = StopAt::iterations(5000).gradient_norm(1e-9);
        let solving = Solving::new(method).stop_at(stop).l2(0.5);
        let report = solving.run(&mut net, column(&x), column(&y), on).unwrap();
        // J = 1/6 sum (w x + b - y)^2: w (2/3 + 1/2) = 4/3, b = 1/6.
        let (w, b) = (net.weights(0).unwrap()[0], net.bias(0).unwrap()[0]);
        assert!((w - 8.0 / 7.0).abs() < 1e-7, "{method}: {w}");
        assert!((b - 1.0 / 6.0).abs() < 1e-7, "{method}: {b}");
        let mut workspace = TrainingWorkspace::new(&net, 3).unwrap();
        let cost = net.cost(column(&x), column(&y), &mut workspace).unwrap();
        assert!((report.cost - cost).abs() < 1e-12, "{method}");
        let objective = report.standing.objective;
        assert!((objective - cost - 0.25 * w * w).abs() < 1e-12, "{method}");
    }
}

/// A weight of 2 counts as two samples.
#[test]
fn samples_weigh_what_they_weigh() {
    let (x, y) = ([-1.0, 0.0, 1.0], [-2.0, 0.5, 2.0]);
    let (twice_x, twice_y) = ([-1.0, 0.0, 1.0, 1.0], [-2.0, 0.5, 2.0, 2.0]);
    let builder = || curve::<f64>().init(Init::NguyenWidrow, 1);
    for method in methods() {
        let solving = Solving::new(method).stop_at(StopAt::iterations(4));
        let (mut weighted, mut twice) = (builder().build().unwrap(), builder().build().unwrap());
        let targets = Targets::weighted(column(&y), &[1.0, 1.0, 2.0]);
        let one = solving.run(&mut weighted, column(&x), targets, on).unwrap();
        let two = solving.run(&mut twice, column(&twice_x), column(&twice_y), on).unwrap();
        // Four steps of rounding, in numbers near 1, of systems that are damped by 1e-5 or more.
        assert!((one.cost - two.cost).abs() < 1e-8, "{method}: {} and {}", one.cost, two.cost);
    }
}

#[test]
fn every_reason_to_stop_is_given() {
    let (x, y) = points();
    let (x, y) = (column(&x), column(&y));
    let stopped = |method: Method, stop: StopAt| {
        let mut net = curve().init(Init::NguyenWidrow, 1).build().unwrap();
        Solving::new(method).stop_at(stop).run(&mut net, x, y, on).unwrap()
    };
    for method in methods() {
        let report = stopped(method, StopAt::iterations(3));
        assert_eq!((report.stop, report.iterations), (SolverStop::Iterations, 3));
        let report = stopped(method, StopAt::iterations(0));
        assert_eq!((report.stop, report.iterations), (SolverStop::Iterations, 0));
        let report = stopped(method, StopAt::default().cost(10.0));
        assert_eq!((report.stop, report.iterations), (SolverStop::Cost, 0));
        let report = stopped(method, StopAt::default().gradient_norm(100.0));
        assert_eq!(report.stop, SolverStop::GradientNorm);
        let report = stopped(method, StopAt::default().step_norm(100.0));
        assert_eq!((report.stop, report.iterations), (SolverStop::StepNorm, 1));
        let report = stopped(method, StopAt::default().time(Duration::ZERO));
        assert_eq!((report.stop, report.iterations), (SolverStop::Time, 0));
        let mut net = curve().init(Init::NguyenWidrow, 1).build().unwrap();
        let stop = |at: &SolverIteration<'_>| match at.iteration {
            4 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let report = Solving::new(method).run(&mut net, x, y, stop).unwrap();
        assert_eq!((report.stop, report.iterations), (SolverStop::Callback, 5));
    }
    let exhausted = StopAt::iterations(100_000).gradient_norm(0.0);
    let methods: [Method; 3] = [
        LevenbergMarquardt::new().into(),
        Lbfgs::new().into(),
        ScaledConjugateGradients::new().into(),
    ];
    // One point of a plane: the cost is 0 at last, or falls no more.
    for method in methods {
        let mut net = Network::builder(1).layer(1, Activation::Tanh).build().unwrap();
        let solving = Solving::new(method).stop_at(exhausted);
        let report = solving.run(&mut net, column(&[1.0]), column(&[0.5]), on).unwrap();
        let stop = report.stop;
        assert!(
            matches!(stop, SolverStop::NoDecrease | SolverStop::GradientNorm),
            "{method}: {stop}"
        );
        assert!(report.cost < 1e-20, "{method}: {report:?}");
    }
}

#[test]
fn misuse_is_an_error_and_changes_nothing() {
    let (x, y) = points();
    let (columns, targets) = (column(&x), column(&y));
    let mut net = curve::<f64>().init(Init::NguyenWidrow, 1).build().unwrap();
    let before = parameter_bits(&net);
    let classifier = Network::<f64>::builder(1).layer(1, Activation::Sigmoid).build().unwrap();
    let lm = Method::from(LevenbergMarquardt::new());

    let error = Solver::new(&classifier, Solving::new(lm), 4).unwrap_err();
    let expected = "the solver lm needs squared_error: the network's loss is binary_cross_entropy";
    assert_eq!(error.to_string(), expected);
    let limited = Solving::new(LevenbergMarquardt::new().most_bytes(1000));
    let error = Solver::new(&net, limited, 41).unwrap_err();
    let bytes = Solver::bytes_for(&net, lm, 41).unwrap();
    assert_eq!(error, Error::Memory { what: "Levenberg-Marquardt", bytes, limit: 1000 });
    assert_eq!(
        error.to_string(),
        format!("Levenberg-Marquardt takes {bytes} bytes: the limit is 1000")
    );

    for method in methods() {
        let solving = Solving::new(method);
        assert_eq!(Solver::new(&net, solving, 0).unwrap_err(), Error::EmptyBatch { argument: "x" });
        let mut solver = Solver::new(&net, solving, 41).unwrap();
        let other = column(&x[..40]);
        let error = solver.run(&mut net, other, column(&y[..40]), on).unwrap_err();
        assert_eq!(error, Error::Samples { argument: "x", expected: 41, given: 40 });
        let error = solver.run(&mut net, columns, column(&y[..40]), on).unwrap_err();
        assert_eq!(error, Error::Samples { argument: "y", expected: 41, given: 40 });
        for bad in [f64::NAN, f64::INFINITY] {
            let (mut spoilt_x, mut spoilt_y) = (x.clone(), y.clone());
            (spoilt_x[3], spoilt_y[5]) = (bad, bad);
            let error = solver.run(&mut net, column(&spoilt_x), targets, on).unwrap_err();
            assert!(matches!(error, Error::NotFinite { argument: "x", index: 3, .. }), "{error}");
            let error = solver.run(&mut net, columns, column(&spoilt_y), on).unwrap_err();
            assert!(matches!(error, Error::NotFinite { argument: "y", index: 5, .. }), "{error}");
        }
        // A cost beyond all numbers.
        let error = solver.run(&mut net, columns, column(&[1e200; 41]), on).unwrap_err();
        assert!(matches!(error, Error::Diverged { step: 0, .. }), "{method}: {error}");
        let mut wider: Network<f64> = Network::builder(1)
            .layer(6, Activation::Tanh)
            .layer(1, Activation::Identity)
            .build()
            .unwrap();
        let error = solver.run(&mut wider, columns, targets, on).unwrap_err();
        assert!(matches!(error, Error::Mismatch { .. }), "{method}: {error}");
        assert_eq!(parameter_bits(&net), before, "{method}");
        let starts = Multistart::new(solving, 0).run(&net, columns, targets);
        assert_eq!(starts.unwrap_err(), Error::Zero { argument: "starts" });
    }
}

#[test]
fn options_outside_their_ranges_are_named() {
    let net = curve::<f64>().build().unwrap();
    let lm = LevenbergMarquardt::new;
    let refused: [(Method, &str); 16] = [
        (lm().damping(0.0).into(), "damping is 0: expected finite and more than 0"),
        (lm().damping(f64::NAN).into(), "damping is NaN"),
        (lm().most_damping(f64::INFINITY).into(), "greatest damping is inf"),
        (lm().increase(1.0).into(), "increase of damping is 1: expected finite and above 1"),
        (lm().decrease(0.5).into(), "decrease of damping is 0.5: expected finite and at least 1"),
        (Lbfgs::new().history(0).into(), "history is 0: expected at least 1"),
        (Lbfgs::new().history(usize::MAX).into(), "could not allocate"),
        (Lbfgs::new().history(1 << 50).into(), "could not allocate"),
        (Lbfgs::new().wolfe(0.0, 0.9).into(), "c1 is 0"),
        (Lbfgs::new().wolfe(0.5, 0.4).into(), "c2 is 0.4: expected more than c1"),
        (Rprop::new().sizes(0.0, 1e-9, 1.0).into(), "first step size is 0"),
        (Rprop::new().sizes(0.1, 2.0, 1.0).into(), "least step size is 2: expected at most"),
        (Rprop::new().factors(1.0, 0.5).into(), "factor of growth is 1"),
        (Rprop::new().factors(1.2, 1.0).into(), "factor of shrinking is 1"),
        (ScaledConjugateGradients::new().sigma(-1.0).into(), "sigma is -1"),
        (ScaledConjugateGradients::new().lambda(f64::NAN).into(), "lambda is NaN"),
    ];
    for (method, message) in refused {
        let error = Solver::new(&net, Solving::new(method), 41).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
    let solving = |stop| Solving::new(Lbfgs::new()).stop_at(stop);
    for (solving, message) in [
        (solving(StopAt::default().cost(f64::NAN)), "cost to stop at is NaN"),
        (solving(StopAt::default().gradient_norm(-1.0)), "gradient norm is -1"),
        (solving(StopAt::default().step_norm(f64::INFINITY)), "step norm is inf"),
        (Solving::new(Lbfgs::new()).l2(-1.0), "l2 is -1: expected finite and not negative"),
    ] {
        let error = Solver::new(&net, solving, 41).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

/// More parameters than samples, inputs that are all 0, targets that are all the same, one sample,
/// weights that are all 0, dead units: damping makes every system regular. No cost rises, and no
/// parameter is lost.
#[test]
fn degenerate_problems_end_well() {
    let zeros = [0.0; 4];
    let problems: [(&str, Vec<f64>, Vec<f64>, Init); 5] = [
        ("no input", zeros.to_vec(), vec![1.0, 2.0, 3.0, 4.0], Init::NguyenWidrow),
        ("constant targets", vec![-1.0, 0.0, 0.5, 1.0], vec![3.0; 4], Init::NguyenWidrow),
        ("one sample", vec![0.5], vec![-2.0], Init::NguyenWidrow),
        ("all weights 0", vec![-1.0, 1.0], vec![-1.0, 1.0], Init::Zeros),
        ("huge inputs", vec![-1e150, 1e150], vec![-1.0, 1.0], Init::NguyenWidrow),
    ];
    for (name, x, y, init) in problems {
        for g in [Activation::Tanh, Activation::Relu, Activation::Sigmoid] {
            for method in methods() {
                let mut net = Network::builder(1)
                    .layer(5, g)
                    .layer(1, Activation::Identity)
                    .init(init, 3)
                    .build()
                    .unwrap();
                let (x, y) = (column(&x), column(&y));
                let mut workspace = TrainingWorkspace::new(&net, x.samples()).unwrap();
                let before = net.cost(x, y, &mut workspace).unwrap();
                let solving = Solving::new(method).stop_at(StopAt::iterations(40));
                let report = match solving.run(&mut net, x, y, on) {
                    Ok(report) => report,
                    // RPROP's steps of a fixed size can be too long for huge inputs.
                    Err(Error::Diverged { .. }) if name == "huge inputs" => continue,
                    Err(error) => panic!("{name}, {g}, {method}: {error}"),
                };
                let after = net.cost(x, y, &mut workspace).unwrap();
                assert!(
                    after.is_finite() && after <= before * (1.0 + 1e-9),
                    "{name}, {g}, {method}"
                );
                assert!((after - report.cost).abs() <= 1e-9 * (1.0 + after), "{name}, {method}");
                if name == "constant targets" && g == Activation::Tanh {
                    assert!(after < 0.1 * before, "{name}, {method}: {after} of {before}");
                }
            }
        }
    }
}

/// With Bayesian regularisation of a linear model, the evidence has a maximum that MacKay's equations
/// describe: alpha = gamma / 2 E_W, and the rest.
#[test]
fn bayesian_regularisation_is_mackays_fixed_point() {
    // Ten features, of which the targets follow three; and noise.
    let m = 60;
    let value = |i: usize| ((i * 7919 + i * i * 31) % 1009) as f64 / 504.5 - 1.0;
    let x: Vec<f64> = (0..m * 10).map(value).collect();
    let noise = |s: usize| 0.1 * value(s * 17 + 5);
    let y: Vec<f64> =
        (0..m).map(|s| 2.0 * x[s * 10] - x[s * 10 + 4] + 0.5 * x[s * 10 + 9] + noise(s)).collect();
    let mut net = Network::builder(10).layer(1, Activation::Identity).build().unwrap();
    let solving = Solving::new(LevenbergMarquardt::new().bayesian())
        .stop_at(StopAt::iterations(200).gradient_norm(1e-13));
    let report = solving.run(&mut net, Columns::new(&x, 10).unwrap(), column(&y), on).unwrap();
    let gamma = report.standing.effective_parameters.unwrap();
    assert!(gamma > 3.0 && gamma < 11.0, "{gamma}");
    // alpha, beta from what was found, and gamma from these, by the eigenvalues' sum: the trace of
    // (beta X X^T + alpha I)^-1 by solving for each unit vector.
    let mut w = vec![0.0; 11];
    net.parameters_into(&mut w).unwrap();
    let squares: f64 = w.iter().map(|w| w * w).sum();
    let e_d2 = 2.0 * m as f64 * report.cost;
    let (alpha, beta) = (gamma / squares, (m as f64 - gamma) / e_d2);
    let mut a = vec![vec![0.0; 11]; 11];
    for s in 0..m {
        let row: Vec<f64> = x[s * 10..s * 10 + 10].iter().copied().chain([1.0]).collect();
        for i in 0..11 {
            for j in 0..11 {
                a[i][j] += beta * row[i] * row[j];
            }
        }
    }
    (0..11).for_each(|i| a[i][i] += alpha);
    let unit = |i: usize| (0..11).map(|j| if i == j { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
    let solve = |i: usize| shallownet::reference::solvers::cholesky_solve(&a, &unit(i)).unwrap()[i];
    let trace: f64 = (0..11).map(solve).sum();
    // Each iteration comes nearer by a constant factor; 200 of them leave rounding alone.
    assert!((gamma - (11.0 - alpha * trace)).abs() < 1e-6, "{gamma} {}", 11.0 - alpha * trace);
}

/// Nguyen and Widrow's weights: the norm of each unit's is 0.7 n_out^(1/n_in), doubled for sigmoid, and
/// doubled again behind one, whose (0, 1) is taken for (-1, 1); biases lie within that norm; the output
/// layer is uniform.
#[test]
fn starts_are_nguyen_and_widrows() {
    let mut net = Network::<f64>::builder(3)
        .layer(20, Activation::Sigmoid)
        .layer(10, Activation::Tanh)
        .layer(200, Activation::Identity)
        .init(Init::NguyenWidrow, 5)
        .build()
        .unwrap();
    let norms = |net: &Network<f64>, layer: usize| -> Vec<f64> {
        let (inputs, w) = (net.layers()[layer].inputs, net.weights(layer).unwrap());
        w.chunks(inputs).map(|row| row.iter().map(|w| w * w).sum::<f64>().sqrt()).collect()
    };
    // Six roundings of the norm, and as many of the sum.
    let all_are = |norms: &[f64], norm: f64| norms.iter().all(|n| (n / norm - 1.0).abs() < 1e-14);
    let first = 2.0 * 0.7 * 20.0_f64.powf(1.0 / 3.0);
    assert!(all_are(&norms(&net, 0), first));
    assert!(net.bias(0).unwrap().iter().all(|b| b.abs() <= first));
    let second = 0.7 * 10.0_f64.powf(1.0 / 20.0);
    assert!(all_are(&norms(&net, 1), 2.0 * second));
    // b' = b - sum w, where w' = 2 w.
    let w = net.weights(1).unwrap();
    for (row, bias) in w.chunks(20).zip(net.bias(1).unwrap()) {
        let before = bias + row.iter().sum::<f64>() / 2.0;
        assert!(before.abs() <= second * (1.0 + 1e-12), "{before}");
    }
    let last = net.weights(2).unwrap();
    let mean = last.iter().sum::<f64>() / last.len() as f64;
    assert!(last.iter().all(|w| w.abs() <= 0.5) && mean.abs() < 0.05, "{mean}");
    assert!(net.bias(2).unwrap().iter().all(|b| *b == 0.0));
    // A seed names a stream, whether the network is built or drawn anew.
    let before = parameter_bits(&net);
    net.initialize(Init::NguyenWidrow, 6).unwrap();
    assert_ne!(parameter_bits(&net), before);
    net.initialize(Init::NguyenWidrow, 5).unwrap();
    assert_eq!(parameter_bits(&net), before);
}
