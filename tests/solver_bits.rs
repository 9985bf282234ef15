//! Promise: a solver gives the same bits on any number of threads and at all levels with FMA, and goes
//! on with the same bits where it stopped; a network of f32 takes the rounded result of f64.

mod common;

use std::f64::consts::PI;
use std::ops::ControlFlow;

use common::{BACKENDS, On, bits, parameter_bits};
use rayon::ThreadPoolBuilder;
use shallownet::solvers::{
    Lbfgs, LevenbergMarquardt, Method, Multistart, Rprop, Solver, SolverIteration, SolverReport,
    SolverStop, Solving, StopAt,
};
use shallownet::{Activation, Builder, Columns, Error, Init, Loss, Network, Scalar};

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

/// A run that was interrupted after each iteration, its state put away and taken up again, has the
/// bits of one that was not.
#[test]
fn a_state_goes_on_with_the_same_bits() {
    let (x, y) = points();
    let (x, y) = (column(&x), column(&y));
    let bayesian = LevenbergMarquardt::new().bayesian().into();
    for method in methods().into_iter().chain([bayesian]) {
        let solving = Solving::new(method).stop_at(StopAt::iterations(25)).l2(1e-5);
        let start = || curve::<f64>().init(Init::NguyenWidrow, 4).build().unwrap();
        let mut whole = start();
        let report = solving.run(&mut whole, x, y, on).unwrap();

        let mut net = start();
        let mut state = Solver::new(&net, solving, 41).unwrap().into_state();
        let mut last: Option<SolverReport> = None;
        for _ in 0..25 {
            let mut solver = Solver::resume(&net, state).unwrap();
            last = Some(solver.run(&mut net, x, y, |_| ControlFlow::Break(())).unwrap());
            state = solver.into_state();
        }
        assert_eq!(parameter_bits(&net), parameter_bits(&whole), "{method}");
        let last = last.unwrap();
        assert_eq!((last.iterations, last.cost.to_bits()), (25, report.cost.to_bits()), "{method}");
        // The same solver goes on, too; for another limit, and after a restart.
        let stop = StopAt::iterations(30);
        let mut solver = Solver::resume(&net, state.until(stop)).unwrap();
        assert_eq!(solver.run(&mut net, x, y, on).unwrap().iterations, 30);
        solver.restart();
        let mut again = start();
        solver.run(&mut again, x, y, on).unwrap();
        assert_eq!(parameter_bits(&again), parameter_bits(&net), "{method}");
    }
    let mut other = Network::<f64>::builder(2).layer(1, Activation::Identity).build().unwrap();
    let state = Solver::new(&other, Solving::new(Lbfgs::new()), 3).unwrap().into_state();
    let net = curve::<f64>().build().unwrap();
    assert!(matches!(Solver::resume(&net, state), Err(Error::Length { .. })));
    other.initialize(Init::Auto, 1).unwrap();
}

/// A network of f32 is solved in f64, and takes the rounded result.
#[test]
fn a_network_of_f32_takes_the_rounded_result_of_f64() {
    let (x, y) = points();
    let narrow = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<f32>>();
    let (x, y) = (narrow(&x), narrow(&y));
    let widen = |values: &[f32]| values.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
    let mut of_f32 = curve::<f32>().init(Init::NguyenWidrow, 2).build().unwrap();
    let mut flat = vec![0.0; of_f32.parameter_count()];
    of_f32.parameters_into(&mut flat).unwrap();
    let mut of_f64 = curve::<f64>().build().unwrap();
    of_f64.set_parameters(&widen(&flat)).unwrap();
    let solving = Solving::new(LevenbergMarquardt::new()).stop_at(StopAt::iterations(15));
    let (x1, y1) = (Columns::new(&x, 1).unwrap(), Columns::new(&y, 1).unwrap());
    let one = solving.run(&mut of_f32, x1, y1, on).unwrap();
    let (x, y) = (widen(&x), widen(&y));
    let two = solving.run(&mut of_f64, column(&x), column(&y), on).unwrap();
    assert_eq!(one, two);
    let mut wide = vec![0.0; flat.len()];
    of_f32.parameters_into(&mut flat).unwrap();
    of_f64.parameters_into(&mut wide).unwrap();
    assert_eq!(flat, narrow(&wide));
    // The others minimise in f32's own cost.
    for method in methods() {
        let stop = StopAt::iterations(2000).cost(0.01);
        of_f32.initialize(Init::NguyenWidrow, 2).unwrap();
        let report = Solving::new(method).stop_at(stop).run(&mut of_f32, x1, y1, on).unwrap();
        assert_eq!(report.stop, SolverStop::Cost, "{method}");
    }
}

/// On 1, 2 and 5 threads; a network wide enough that its passes are split, and many starts.
#[test]
fn threads_change_no_bit() {
    let x: Vec<f64> = (0..4 * 600).map(|i| f64::from(i * 37 % 101) / 50.0 - 1.0).collect();
    let y: Vec<f64> = x.chunks(4).map(|x| (x[0] * x[1] - x[2] + x[3] * x[3]).tanh()).collect();
    let (x, y) = (Columns::new(&x, 4).unwrap(), column(&y));
    for method in methods() {
        let units = if method.name() == "lm" { 12 } else { 300 };
        let net = Network::builder(4)
            .layer(units, Activation::Tanh)
            .layer(1, Activation::Identity)
            .build()
            .unwrap();
        let solving = Solving::new(method).stop_at(StopAt::iterations(4));
        let on_threads = |threads: usize| {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let starts = Multistart::new(solving, 5).seed(7).run(&net, x, y).unwrap();
                let costs = starts.table.iter().map(|s| s.report.as_ref().unwrap().cost);
                let costs: Vec<f64> = costs.collect();
                let seeds: Vec<u64> = starts.table.iter().map(|s| s.seed).collect();
                assert_eq!(seeds, [7, 8, 9, 10, 11]);
                let lowest = costs.iter().copied().fold(f64::INFINITY, f64::min);
                assert_eq!(costs[starts.best], lowest);
                (bits(&costs), parameter_bits(&starts.network))
            })
        };
        let one = on_threads(1);
        for threads in [2, 5] {
            assert_eq!(on_threads(threads), one, "{method} on {threads} threads");
        }
    }
}

/// Several outputs, softmax, two hidden layers, blocks of samples: all levels with FMA have the same
/// bits.
#[test]
fn levels_change_no_bit_of_levenberg_marquardt() {
    let x: Vec<f64> = (0..3 * 1500).map(|i| f64::from(i * 29 % 97) / 48.0 - 1.0).collect();
    let y: Vec<f64> = x.chunks(3).flat_map(|x| [x[0].abs(), x[1] * x[2], 0.5]).collect();
    let (x, y) = (Columns::new(&x, 3).unwrap(), Columns::new(&y, 3).unwrap());
    for output in [Activation::Identity, Activation::Softmax] {
        let mut all = Vec::new();
        for setup in BACKENDS.iter().filter(|s| s.level.is_some_and(|level| level.has_fma())) {
            let mut net = Network::<f64>::builder(3)
                .layer(7, Activation::Tanh)
                .layer(4, Activation::Sigmoid)
                .layer(3, output)
                .loss(Loss::SquaredError)
                .init(Init::NguyenWidrow, 1)
                .on(*setup)
                .build()
                .unwrap();
            let solving = Solving::new(LevenbergMarquardt::new()).stop_at(StopAt::iterations(5));
            solving.run(&mut net, x, y, on).unwrap();
            all.push(parameter_bits(&net));
        }
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{output}");
    }
}
