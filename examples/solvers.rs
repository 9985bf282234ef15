//! Full-batch solvers on small problems: how far each comes, in how many iterations, and how long.
//!
//! Run with `cargo run --release --features cli --example solvers`.

use std::f64::consts::PI;
use std::ops::ControlFlow;
use std::time::Instant;

use shallownet::solvers::{
    Lbfgs, LevenbergMarquardt, Method, Multistart, Rprop, ScaledConjugateGradients, Solver,
    SolverStop, Solving, StopAt,
};
use shallownet::{Activation, Columns, Error, Init, Loss, Network, Parallelism};

/// The planar flower set: 400 points of the plane in two classes that no straight line divides.
const PLANAR: &str = include_str!("../tests/data/planar.csv");

/// A network, its samples, and when it has learnt them.
struct Problem {
    name: &'static str,
    net: Network<f64>,
    x: Vec<f64>,
    y: Vec<f64>,
    stop: StopAt,
}

impl Problem {
    fn columns(&self) -> Result<(Columns<'_, f64>, Columns<'_, f64>), Error> {
        Ok((Columns::new(&self.x, self.net.inputs())?, Columns::new(&self.y, self.net.outputs())?))
    }
}

/// 41 points of sin(pi x): to a mean squared error of 0.002, which is a cost of 0.001.
fn sin() -> Result<Problem, Error> {
    let x: Vec<f64> = (0..41).map(|i| f64::from(i) / 20.0 - 1.0).collect();
    let y = x.iter().map(|x| (PI * x).sin()).collect();
    let net = Network::builder(1)
        .layer(5, Activation::Tanh)
        .layer(1, Activation::Identity)
        .parallelism(Parallelism::Serial)
        .build()?;
    Ok(Problem { name: "SIN", net, x, y, stop: StopAt::iterations(5000).cost(1e-3) })
}

/// Is the number of ones among three bits odd? -1 and 1, to a mean squared error of 0.001.
fn parity() -> Result<Problem, Error> {
    let bits = |i: u32| (0..3).map(move |k| if i >> k & 1 == 1 { 1.0 } else { -1.0 });
    let x = (0..8).flat_map(bits).collect();
    let y = (0..8).map(|i: u32| if i.count_ones() % 2 == 1 { 1.0 } else { -1.0 }).collect();
    let net = Network::builder(3)
        .layer(10, Activation::Tanh)
        .layer(10, Activation::Tanh)
        .layer(1, Activation::Tanh)
        .parallelism(Parallelism::Serial)
        .build()?;
    Ok(Problem { name: "PARITY", net, x, y, stop: StopAt::iterations(5000).cost(5e-4) })
}

/// The planar set, with cross-entropy (but squared error for Levenberg-Marquardt).
fn planar(loss: Loss) -> Result<Problem, Error> {
    let rows = PLANAR.lines().skip(1).map(|line| line.split(',').map(|v| v.parse().unwrap()));
    let rows: Vec<Vec<f64>> = rows.map(|row| row.collect()).collect();
    // Within [-1, 1], as Nguyen and Widrow's weights want it.
    let widest = rows.iter().flat_map(|row| &row[..2]).fold(0.0, |most, v| f64::max(most, v.abs()));
    let x = rows.iter().flat_map(|row| row[..2].iter().map(|v| v / widest)).collect();
    let y = rows.iter().map(|row| row[2]).collect();
    let net = Network::builder(2)
        .layer(6, Activation::Tanh)
        .layer(1, Activation::Sigmoid)
        .loss(loss)
        .parallelism(Parallelism::Serial)
        .build()?;
    Ok(Problem { name: "PLANAR", net, x, y, stop: StopAt::iterations(200) })
}

/// Solves from `starts` starts, one after the other; returns milliseconds in all, how many reached
/// the cost, iterations in all, and the lowest cost.
fn solve(
    problem: &Problem,
    method: Method,
    starts: u64,
) -> Result<(f64, usize, usize, f64), Error> {
    let (x, y) = problem.columns()?;
    let mut net = problem.net.clone();
    let mut solver = Solver::new(&net, Solving::new(method).stop_at(problem.stop), x.samples())?;
    let (mut converged, mut iterations, mut lowest) = (0, 0, f64::INFINITY);
    let begin = Instant::now();
    for seed in 0..starts {
        net.initialize(Init::NguyenWidrow, seed)?;
        solver.restart();
        let report = solver.run(&mut net, x, y, |_| ControlFlow::Continue(()))?;
        converged += usize::from(report.stop == SolverStop::Cost);
        iterations += report.iterations;
        lowest = lowest.min(report.cost);
    }
    Ok((begin.elapsed().as_secs_f64() * 1e3, converged, iterations, lowest))
}

fn main() -> Result<(), Error> {
    let sin = sin()?;
    let levenberg_marquardt = Method::from(LevenbergMarquardt::new());
    // Once before it counts, so that caches and clocks are as in a longer run.
    solve(&sin, levenberg_marquardt, 30)?;
    let (ms, converged, ..) = solve(&sin, levenberg_marquardt, 30)?;
    println!("SIN 30 starts: {ms:.3} ms in all, {converged} of 30 converged");
    assert!(converged >= 29);

    println!("\nproblem  solver        starts  converged  iterations       ms  lowest cost");
    let methods: [(&str, Method); 5] = [
        ("lm", levenberg_marquardt),
        ("lbfgs", Lbfgs::new().into()),
        ("rprop", Rprop::new().into()),
        ("rprop minus", Rprop::minus().into()),
        ("scg", ScaledConjugateGradients::new().into()),
    ];
    for (name, method) in methods {
        let is_lm = method == levenberg_marquardt;
        let loss = if is_lm { Loss::SquaredError } else { Loss::BinaryCrossEntropy };
        for problem in [&sin, &parity()?, &planar(loss)?] {
            let (ms, converged, iterations, lowest) = solve(problem, method, 30)?;
            println!(
                "{:8} {name:12}  {:>6}  {converged:>9}  {iterations:>10}  {ms:>7.2}  {lowest:.2e}",
                problem.name, 30
            );
            match problem.name {
                "SIN" => assert!(converged >= if name.starts_with("rprop") { 15 } else { 29 }),
                "PARITY" => assert!(converged >= 24),
                _ => assert!(lowest < 0.25),
            }
        }
    }

    // The best of many starts, on all threads.
    let (x, y) = sin.columns()?;
    let mut net = sin.net.clone();
    let solving = Solving::new(levenberg_marquardt).stop_at(StopAt::iterations(200));
    let starts = Multistart::new(solving, 30).run(&net, x, y)?;
    let best = &starts.table[starts.best];
    let report = best.report.as_ref().unwrap();
    println!("\nbest of 30 starts of 200 iterations: seed {}, cost {:.1e}", best.seed, report.cost);
    assert!(report.cost < 1e-7);

    // Fewer parameters than there are: noise, and how many of them the data determine.
    let noisy: Vec<f64> = sin.y.iter().enumerate().map(|(i, y)| y + noise(i)).collect();
    net.initialize(Init::NguyenWidrow, 3)?;
    let solving =
        Solving::new(LevenbergMarquardt::new().bayesian()).stop_at(StopAt::iterations(100));
    let report =
        solving.run(&mut net, x, Columns::new(&noisy, 1)?, |_| ControlFlow::Continue(()))?;
    let gamma = report.standing.effective_parameters.unwrap();
    println!(
        "with noise, Bayesian: {gamma:.1} of {} parameters are determined",
        net.parameter_count()
    );
    assert!(gamma > 4.0 && gamma < 16.0);
    Ok(())
}

/// Something between -0.2 and 0.2 that follows no curve.
fn noise(i: usize) -> f64 {
    ((i * 7919 + 13) % 41) as f64 / 100.0 - 0.2
}
