//! Many starts, of which the best is kept.

use core::ops::ControlFlow;
use std::sync::Mutex;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::options::Solving;
use super::report::{SolverIteration, SolverReport};
use super::solver::Solver;
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::choices::Parallelism;
use crate::words::init::Init;

/// A number of starts, each with weights drawn from a seed of its own; the one of the lowest objective
/// is kept.
///
/// Starts run side by side on rayon's current pool (one after the other where the network is
/// [`Parallelism::Serial`]), and give the same bits on any number of threads, unless a limit of time
/// stops them. Memory: a solver and a network a thread.
///
/// Defaults: [`Init::NguyenWidrow`], seeds from 0 on.
///
/// ```
/// use shallownet::solvers::{LevenbergMarquardt, Multistart, Solving, StopAt};
/// use shallownet::{Activation, Columns, Network};
///
/// let x: Vec<f64> = (0..41).map(|i| f64::from(i) / 20.0 - 1.0).collect();
/// let y: Vec<f64> = x.iter().map(|x| (std::f64::consts::PI * x).sin()).collect();
/// let (x, y) = (Columns::new(&x, 1)?, Columns::new(&y, 1)?);
/// let net = Network::builder(1).layer(5, Activation::Tanh).layer(1, Activation::Identity).build()?;
///
/// let solving = Solving::new(LevenbergMarquardt::new()).stop_at(StopAt::iterations(50));
/// let starts = Multistart::new(solving, 8).run(&net, x, y)?;
/// for start in &starts.table {
///     if let Ok(report) = &start.report {
///         println!("{} {:.1e} {}", start.seed, report.cost, report.iterations);
///     }
/// }
/// let best = starts.table[starts.best].report.as_ref().unwrap();
/// assert!(best.cost < 1e-5);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Multistart {
    solving: Solving,
    starts: usize,
    init: Init,
    seed: u64,
}

/// What many starts came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Starts<T> {
    /// The network with the best start's parameters.
    pub network: Network<T>,
    /// The best start's place in the table: the lowest objective, the first of several.
    pub best: usize,
    /// Every start, in the order of their seeds.
    pub table: Vec<Start>,
}

/// One start.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Start {
    /// The seed of its weights.
    pub seed: u64,
    /// What it came to: cost, iterations, why it stopped; or why it failed.
    pub report: Result<SolverReport>,
}

/// The best so far: objective, place and parameters.
type Best<T> = Option<(f64, usize, Vec<T>)>;

impl Multistart {
    /// This many starts.
    pub fn new(solving: Solving, starts: usize) -> Self {
        Self { solving, starts, init: Init::NguyenWidrow, seed: 0 }
    }

    /// How the weights are drawn.
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// The first start's seed; the others' follow it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Solves from all starts. `net` says shape, loss and backend; its parameters are not used.
    ///
    /// # Errors
    /// [`Error::Zero`] for no starts; as [`Solver::new`] and [`Solver::run`] for options and data. Of
    /// starts that diverge the table tells; only if all do, the first one's error is returned.
    pub fn run<'a, T: Scalar>(
        &self,
        net: &Network<T>,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
    ) -> Result<Starts<T>> {
        self.run_watched(net, x, y, |_, _| ControlFlow::Continue(()))
    }

    /// The same, watched: after each iteration of each start `watch` is called with the start's place
    /// in the table, on the thread that solves it, and may stop that start
    /// ([`SolverStop::Callback`](super::SolverStop::Callback)); what it has come to stays in the
    /// running for the best.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_watched<'a, T: Scalar>(
        &self,
        net: &Network<T>,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        watch: impl Fn(usize, &SolverIteration<'_>) -> ControlFlow<()> + Sync,
    ) -> Result<Starts<T>> {
        let y = y.into();
        if self.starts == 0 {
            return Err(Error::Zero { argument: "starts" });
        }
        net.check_samples(x, y)?;
        // Whatever is wrong with all of them is found here.
        drop(Solver::new(net, self.solving, x.samples())?);
        let mut network = net.try_clone()?;
        network.initialize(self.init, self.seed)?;

        let best: Mutex<Best<T>> = Mutex::new(None);
        let begin = || Ok((net.try_clone()?, Solver::new(net, self.solving, x.samples())?));
        let solve = |room: &mut Result<(Network<T>, Solver<T>)>, place: usize| {
            let seed = self.seed.wrapping_add(place as u64);
            let report = match room {
                Ok((net, solver)) => self.start(net, solver, seed, |net, solver| {
                    solver.run(net, x, y, |at| watch(place, at))
                }),
                Err(error) => Err(error.clone()),
            };
            if let (Ok((net, _)), Ok(report)) = (room, &report) {
                keep(&best, (report.standing.objective, place), net);
            }
            Start { seed, report }
        };
        let table: Vec<Start> = if net.parallelism == Parallelism::Serial {
            let mut room = begin();
            (0..self.starts).map(|place| solve(&mut room, place)).collect()
        } else {
            (0..self.starts).into_par_iter().map_init(begin, solve).collect()
        };
        let best = best.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some((_, best, parameters)) = best else {
            let failed = table.into_iter().find_map(|start| start.report.err());
            return Err(failed.unwrap_or(Error::Diverged { step: 0, cost: f64::NAN }));
        };
        network.assign(&parameters);
        Ok(Starts { network, best, table })
    }

    fn start<T: Scalar>(
        &self,
        net: &mut Network<T>,
        solver: &mut Solver<T>,
        seed: u64,
        run: impl FnOnce(&mut Network<T>, &mut Solver<T>) -> Result<SolverReport>,
    ) -> Result<SolverReport> {
        net.initialize(self.init, seed)?;
        solver.restart();
        run(net, solver)
    }
}

/// Keeps a start's parameters if it is the best so far: which one stays does not depend on the order.
fn keep<T: Scalar>(best: &Mutex<Best<T>>, (objective, place): (f64, usize), net: &Network<T>) {
    let mut best = best.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let is_better = best.as_ref().is_none_or(|(lowest, first, _)| {
        objective < *lowest || (objective == *lowest && place < *first)
    });
    if is_better {
        let mut parameters = vec![T::ZERO; net.parameter_count()];
        net.gather(&mut parameters);
        *best = Some((objective, place, parameters));
    }
}
