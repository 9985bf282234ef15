//! Promise: a solver in shards has the same bits on any number of ranks and threads, in one process and
//! after a break; it is the same solver as without shards but for the order of sums; whatever one rank
//! refuses, all do.

#[path = "common/thread_ranks.rs"]
mod thread_ranks;

use std::ops::ControlFlow;
use std::time::Duration;

use shallownet::ranks::{Alone, Communicator, Shards};
use shallownet::solvers::{
    Lbfgs, LevenbergMarquardt, Rprop, ScaledConjugateGradients, Solver, SolverIteration,
    SolverReport, SolverState, SolverStop, Solving, StopAt,
};
use shallownet::{Activation, Columns, Error, Init, Network, Result, Scalar, Targets};
use thread_ranks::on_ranks;

const SHARDS: usize = 8;
const SAMPLES: usize = 101;

/// Samples of two inputs and one output.
struct Data<T> {
    x: Vec<T>,
    y: Vec<T>,
    weights: Option<Vec<T>>,
}

impl<T: Scalar> Data<T> {
    fn new(weighted: bool) -> Self {
        let number = |i: usize| ((i * 7919 + 13) % 1000) as f64 / 500.0 - 1.0;
        let x: Vec<f64> = (0..2 * SAMPLES).map(number).collect();
        let y = x.chunks(2).map(|x| T::from_f64((3.0 * x[0]).sin() * x[1])).collect();
        let weights = (0..SAMPLES).map(|i| T::from_f64((i % 4) as f64 / 2.0)).collect();
        let x = x.into_iter().map(T::from_f64).collect();
        Self { x, y, weights: weighted.then_some(weights) }
    }

    /// A rank's samples.
    fn share(&self, ranks: &dyn Communicator) -> (Columns<'_, T>, Targets<'_, T>) {
        let shards = Shards::new(SAMPLES, SHARDS).unwrap();
        let own = shards.samples_of_rank(ranks.rank(), ranks.ranks());
        let x = Columns::new(&self.x[2 * own.start..2 * own.end], 2).unwrap();
        let y = Columns::new(&self.y[own.clone()], 1).unwrap();
        match &self.weights {
            Some(weights) => (x, Targets::weighted(y, &weights[own])),
            None => (x, y.into()),
        }
    }
}

fn network<T: Scalar>() -> Network<T> {
    let builder = Network::builder(2).layer(7, Activation::Tanh).layer(1, Activation::Identity);
    builder.init(Init::NguyenWidrow, 3).build().unwrap()
}

fn solvings() -> [Solving; 3] {
    let stop = StopAt::iterations(25);
    [
        Solving::new(Lbfgs::new()).stop_at(stop),
        Solving::new(Rprop::new()).stop_at(stop).l2(1e-3),
        Solving::new(ScaledConjugateGradients::new()).stop_at(stop),
    ]
}

fn bits<T: Scalar>(net: &Network<T>) -> Vec<u64> {
    let mut parameters = vec![T::ZERO; net.parameter_count()];
    net.parameters_into(&mut parameters).unwrap();
    parameters.iter().map(|w| w.to_f64().to_bits()).collect()
}

fn go_on(_: &SolverIteration<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

type Solved = (Vec<u64>, SolverReport, SolverState);

fn solve<T: Scalar>(data: &Data<T>, solving: Solving, ranks: &mut dyn Communicator) -> Solved {
    let mut net = network();
    let mut solver = Solver::among(&net, solving.shards(SHARDS), SAMPLES, ranks).unwrap();
    let (x, y) = data.share(ranks);
    let report = solver.run_among(&mut net, x, y, ranks, go_on).unwrap();
    (bits(&net), report, solver.into_state())
}

fn ranks_and_threads_change_no_bit<T: Scalar>() {
    for weighted in [false, true] {
        let data = Data::<T>::new(weighted);
        for solving in solvings() {
            let alone = solve(&data, solving, &mut Alone);
            assert!(alone.1.iterations > 10, "{:?}", alone.1);
            for ranks in [1, 2, 3, 4, 8] {
                for there in on_ranks(ranks, |rank| solve(&data, solving, rank)) {
                    assert_eq!(there, alone, "{ranks} ranks: {solving:?}");
                }
            }
            let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
            assert_eq!(pool.install(|| solve(&data, solving, &mut Alone)), alone);
            // A solver that was told nothing of ranks.
            let (mut net, (x, y)) = (network(), data.share(&Alone));
            let plain = solving.shards(SHARDS).run(&mut net, x, y, go_on).unwrap();
            assert_eq!((bits(&net), plain), (alone.0, alone.1));
        }
    }
}

#[test]
fn ranks_and_threads_change_no_bit_of_f32() {
    ranks_and_threads_change_no_bit::<f32>();
}

#[test]
fn ranks_and_threads_change_no_bit_of_f64() {
    ranks_and_threads_change_no_bit::<f64>();
}

/// The first step is the same but for rounding: later ones go apart, as those of any two orders do.
#[test]
fn shards_change_the_order_of_sums_alone() {
    let data = Data::<f64>::new(true);
    for solving in solvings() {
        let solving = solving.stop_at(StopAt::iterations(1));
        let (parameters, report, _) = solve(&data, solving, &mut Alone);
        let (mut net, (x, y)) = (network(), data.share(&Alone));
        let whole = solving.run(&mut net, x, y, go_on).unwrap();
        assert!((whole.cost - report.cost).abs() <= 1e-13 * whole.cost, "{solving:?}");
        for (a, b) in bits(&net).into_iter().map(f64::from_bits).zip(parameters) {
            assert!((a - f64::from_bits(b)).abs() <= 1e-12, "{solving:?}");
        }
    }
}

#[test]
fn a_run_goes_on_with_any_number_of_ranks() {
    let data = Data::<f64>::new(false);
    for solving in solvings() {
        let (expected, report, _) = solve(&data, solving, &mut Alone);
        for (before, after) in [(3, 2), (8, 1), (1, 4)] {
            let stop = StopAt::iterations(9);
            let half = on_ranks(before, |rank| solve(&data, solving.stop_at(stop), rank)).remove(0);
            for (parameters, of_rank) in on_ranks(after, |rank| {
                let mut net = network();
                let state = half.2.clone().until(solving.get_stop());
                let mut solver = Solver::resume_among(&net, state, rank).unwrap();
                let (x, y) = data.share(rank);
                let report = solver.run_among(&mut net, x, y, rank, go_on).unwrap();
                (bits(&net), report)
            }) {
                assert_eq!(parameters, expected, "{before} ranks, then {after}: {solving:?}");
                assert_eq!(of_rank.iterations, report.iterations);
            }
        }
    }
}

#[test]
fn one_rank_stops_all() {
    let data = Data::<f64>::new(false);
    let stops = on_ranks(3, |rank| {
        let mut net = network();
        let solving = Solving::new(Lbfgs::new()).shards(SHARDS);
        let mut solver = Solver::among(&net, solving, SAMPLES, rank).unwrap();
        let ((x, y), of) = (data.share(rank), rank.rank());
        let watch = |at: &SolverIteration<'_>| match of == 2 && at.iteration == 4 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let report = solver.run_among(&mut net, x, y, rank, watch).unwrap();
        (report.iterations, report.stop)
    });
    assert_eq!(stops, vec![(5, SolverStop::Callback); 3]);
    // A time that is over at once.
    let solving = Solving::new(Lbfgs::new()).stop_at(StopAt::iterations(9).time(Duration::ZERO));
    for (_, report, _) in on_ranks(2, |rank| solve(&data, solving, rank)) {
        assert_eq!((report.iterations, report.stop), (0, SolverStop::Time));
    }
}

#[test]
fn what_one_rank_refuses_all_do() {
    let data = Data::<f64>::new(false);
    let with = |change: &(dyn Fn(&mut Vec<f64>, usize) + Sync)| {
        on_ranks(3, |rank| {
            let mut net = network();
            let solving = Solving::new(Lbfgs::new()).shards(SHARDS);
            let mut solver = Solver::among(&net, solving, SAMPLES, rank).unwrap();
            let (x, _) = data.share(rank);
            let mut own = x.as_slice().to_vec();
            change(&mut own, rank.rank());
            let y = &data.y[..own.len() / 2];
            let (x, y) = (Columns::new(&own, 2).unwrap(), Columns::new(y, 1).unwrap());
            solver.run_among(&mut net, x, y, rank, go_on).map(drop)
        })
    };
    let results = with(&|x, rank| {
        if rank == 1 {
            x[4] = f64::NAN;
        }
    });
    assert!(matches!(results[1], Err(Error::NotFinite { index: 4, .. })), "{results:?}");
    assert_eq!((&results[0], &results[2]), (&Err(Error::OtherRank { rank: 1 }), &results[0]));
    let results = with(&|x, rank| x.truncate(x.len() - 2 * usize::from(rank == 2)));
    assert!(matches!(results[2], Err(Error::Samples { argument: "x", .. })), "{results:?}");
    assert_eq!((&results[0], &results[1]), (&Err(Error::OtherRank { rank: 2 }), &results[0]));
}

#[test]
fn what_can_not_be_is_refused() {
    let (net, solving) = (network::<f64>(), Solving::new(Lbfgs::new()));
    let range = |result: Result<Solver<f64>>, of: &str| match result {
        Err(Error::Range { argument, .. }) => assert_eq!(argument, of),
        other => panic!("{:?}", other.map(drop)),
    };
    assert_eq!(
        Solver::new(&net, solving.shards(0), 9).map(drop),
        Err(Error::Zero { argument: "shards" })
    );
    range(Solver::new(&net, solving.shards(10), 9), "shards");
    let lm = Solving::new(LevenbergMarquardt::new());
    range(Solver::new(&net, lm.shards(2), 9), "shards");
    on_ranks(2, |rank| {
        range(Solver::among(&net, lm, 9, rank), "ranks");
        range(Solver::among(&net, solving, 9, rank), "shards");
    });
    // Made for other ranks than it is run on.
    let data = Data::<f64>::new(false);
    let mut made =
        on_ranks(2, |rank| Solver::among(&net, solving.shards(2), SAMPLES, rank).unwrap());
    let (mut net, (x, y)) = (network(), data.share(&Alone));
    let run = made[0].run(&mut net, x, y, go_on);
    assert!(matches!(run, Err(Error::Range { argument: "ranks", .. })), "{run:?}");
}
