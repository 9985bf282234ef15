//! A solver with memory of its own.

use core::ops::ControlFlow;
use std::time::Instant;

use super::damped::Equations;
use super::descent::Descent;
use super::method::Method;
use super::options::Solving;
use super::report::{SolverIteration, SolverReport};
use super::standing::Standing;
use super::state::SolverState;
use super::stop::{SolverStop, StopAt};
use super::task::{Algorithm, Moved, Task, whole};
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::engine::squares::plan::Plan;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::ranks::{Alone, Communicator};
use crate::scalar::Scalar;
use crate::train::shards::agreed;
use crate::words::loss::Loss;

/// A solver: its state, and the memory that its iterations need, for one network's shape and one
/// number of samples. After [`new`](Self::new) nothing is allocated.
///
/// [`run`](Self::run) begins with the network's parameters, and goes on until something of
/// [`StopAt`] is reached or the callback says stop. Called again, it goes on from its own state, with
/// the bits of a run that was not interrupted; after [`restart`](Self::restart) it begins anew, with
/// the same memory. [`into_state`](Self::into_state) and [`resume`](Self::resume) do the same across
/// programs.
///
/// Results have the same bits on any number of threads, and (on the fused backend) at all levels with
/// FMA.
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::solvers::{LevenbergMarquardt, Solver, Solving, StopAt};
/// use shallownet::{Activation, Columns, Init, Network};
///
/// let x: Vec<f64> = (0..21).map(|i| f64::from(i) / 10.0 - 1.0).collect();
/// let y: Vec<f64> = x.iter().map(|x| x * x).collect();
/// let (x, y) = (Columns::new(&x, 1)?, Columns::new(&y, 1)?);
/// let builder = Network::builder(1).layer(4, Activation::Tanh).layer(1, Activation::Identity);
///
/// let solving = Solving::new(LevenbergMarquardt::new()).stop_at(StopAt::iterations(50).cost(1e-5));
/// let mut net = builder.clone().init(Init::NguyenWidrow, 0).build()?;
/// let mut solver = Solver::new(&net, solving, x.samples())?;
/// for seed in 0..3 {
///     net = builder.clone().init(Init::NguyenWidrow, seed).build()?;
///     solver.restart();
///     let report = solver.run(&mut net, x, y, |_| ControlFlow::Continue(()))?;
///     println!("seed {seed}: cost {:.1e} after {} iterations", report.cost, report.iterations);
/// }
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct Solver<T> {
    state: SolverState,
    engine: Engine<T>,
    /// One value a parameter.
    flat: Vec<T>,
}

#[derive(Debug)]
enum Engine<T> {
    Squares(Box<Equations>),
    Gradient(Descent<T>),
}

impl Solving {
    /// Solves from the network's parameters on: [`Solver::new`] and [`Solver::run`].
    ///
    /// # Errors
    /// As these two.
    pub fn run<'a, T: Scalar>(
        self,
        net: &mut Network<T>,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        watch: impl FnMut(&SolverIteration<'_>) -> ControlFlow<()>,
    ) -> Result<SolverReport> {
        Solver::new(net, self, x.samples())?.run(net, x, y, watch)
    }
}

impl<T: Scalar> Solver<T> {
    /// Everything a run needs, allocated.
    ///
    /// # Errors
    /// [`Error::SolverLoss`] for Levenberg-Marquardt and another loss than squared error;
    /// [`Error::Range`], [`Error::Zero`] for options outside their ranges; [`Error::EmptyBatch`] for
    /// no samples; [`Error::Memory`] beyond
    /// [`LevenbergMarquardt::most_bytes`](super::LevenbergMarquardt::most_bytes);
    /// [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn new(net: &Network<T>, solving: Solving, samples: usize) -> Result<Self> {
        Self::among(net, solving, samples, &mut Alone)
    }

    /// [`new`](Self::new) on one of several ranks that solve together, as
    /// [`Trainer::among`](crate::Trainer::among): each has the same network and options, and its own
    /// share of `samples`, [`Shards::samples_of_rank`](crate::ranks::Shards::samples_of_rank) for
    /// [`Solving::shards`], which are at least as many as ranks. All vectors but the samples are on
    /// every rank. A pass over all samples takes two messages, an iteration one more, and another one where
    /// there is a limit of time. Memory besides what
    /// [`bytes_for`](Self::bytes_for) says: a gradient for each level of the shards' tree, and the messages.
    ///
    /// Results are the same on every rank, and have the bits of a solver with as many shards on any
    /// other number of ranks, one included.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use shallownet::ranks::{Alone, Communicator, Shards};
    /// use shallownet::solvers::{Lbfgs, Solver, Solving, StopAt};
    /// use shallownet::{Activation, Columns, Network};
    ///
    /// let mut ranks = Alone; // or Mpi::new()?, in a program that mpirun starts
    /// let all: Vec<f64> = (0..100).map(|i| f64::from(i) / 100.0).collect();
    /// let share = Shards::new(100, 8)?.samples_of_rank(ranks.rank(), ranks.ranks());
    /// let own = Columns::new(&all[share], 1)?;
    ///
    /// let mut net = Network::builder(1).layer(4, Activation::Tanh).layer(1, Activation::Identity).build()?;
    /// let solving = Solving::new(Lbfgs::new()).shards(8).stop_at(StopAt::iterations(30));
    /// let mut solver = Solver::among(&net, solving, 100, &mut ranks)?;
    /// let report = solver.run_among(&mut net, own, own, &mut ranks, |_| ControlFlow::Continue(()))?;
    /// assert!(report.cost < 1e-3);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new), on every rank; [`Error::OtherRank`] where only another has no memory.
    /// [`Error::Range`] for fewer shards than ranks, more than samples, and for Levenberg-Marquardt on
    /// more than one rank.
    pub fn among(
        net: &Network<T>,
        solving: Solving,
        samples: usize,
        ranks: &mut dyn Communicator,
    ) -> Result<Self> {
        let made = || {
            let engine = Self::engine(net, solving, samples, ranks)?;
            let state = SolverState::new(solving, samples, net.parameter_count())?;
            Ok(Self { flat: Self::flat(net)?, state, engine })
        };
        agreed(made(), ranks)
    }

    /// Goes on from a state that was saved. The network takes the state's parameters at the end of
    /// the next run; the data must be the same (which can't be checked).
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Length`] for the state of another network.
    pub fn resume(net: &Network<T>, state: SolverState) -> Result<Self> {
        Self::resume_among(net, state, &mut Alone)
    }

    /// [`resume`](Self::resume) on any number of [ranks](Self::among) up to the shards.
    ///
    /// # Errors
    /// As [`resume`](Self::resume) and [`among`](Self::among).
    pub fn resume_among(
        net: &Network<T>,
        state: SolverState,
        ranks: &mut dyn Communicator,
    ) -> Result<Self> {
        let made = || {
            let engine = Self::engine(net, state.solving, state.samples, ranks)?;
            state.check(net.parameter_count())?;
            Ok(Self { flat: Self::flat(net)?, state, engine })
        };
        agreed(made(), ranks)
    }

    fn flat(net: &Network<T>) -> Result<Vec<T>> {
        let (mut flat, len) = (Vec::new(), net.parameter_count());
        let (what, bytes) = ("the solver's state", len * size_of::<T>());
        flat.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { what, bytes })?;
        flat.resize(len, T::ZERO);
        Ok(flat)
    }

    fn engine(
        net: &Network<T>,
        solving: Solving,
        samples: usize,
        ranks: &dyn Communicator,
    ) -> Result<Engine<T>> {
        solving.check()?;
        if samples == 0 {
            return Err(Error::EmptyBatch { argument: "x" });
        }
        let Method::LevenbergMarquardt(options) = solving.method else {
            let of = (solving.method, samples, solving.shards);
            return Ok(Engine::Gradient(Descent::new(net, of, ranks)?));
        };
        if ranks.ranks() > 1 {
            let (argument, expected) = ("ranks", "1 with Levenberg-Marquardt");
            return Err(Error::Range { argument, expected, given: ranks.ranks() as f64 });
        }
        let (expected, given) = (Loss::SquaredError, net.loss());
        if given != expected {
            return Err(Error::SolverLoss { solver: solving.method.name(), expected, given });
        }
        let bytes = Self::bytes_for(net, solving.method, samples)?;
        if bytes > options.most_bytes {
            let (what, limit) = ("Levenberg-Marquardt", options.most_bytes);
            return Err(Error::Memory { what, bytes, limit });
        }
        Ok(Engine::Squares(Box::new(Equations::new(net, samples)?)))
    }

    /// The bytes that a solver will allocate, without allocating them. O(layers).
    ///
    /// ```
    /// use shallownet::solvers::{LevenbergMarquardt, Solver};
    /// use shallownet::{Activation, Network};
    ///
    /// let net = Network::<f64>::builder(1)
    ///     .layer(5, Activation::Tanh)
    ///     .layer(1, Activation::Identity)
    ///     .build()?;
    /// let bytes = Solver::bytes_for(&net, LevenbergMarquardt::new(), 41)?;
    /// assert!((20_000..40_000).contains(&bytes));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] for no samples; [`Error::TooLarge`].
    pub fn bytes_for(net: &Network<T>, method: impl Into<Method>, samples: usize) -> Result<usize> {
        if samples == 0 {
            return Err(Error::EmptyBatch { argument: "x" });
        }
        let of = |numbers: usize| numbers.checked_mul(net.parameter_count() * 8);
        let (numbers, more) = match method.into() {
            Method::LevenbergMarquardt(_) => {
                (Some(3), Plan::new(net.shape(), samples)?.bytes(net.shape())?)
            }
            Method::Lbfgs(options) => (
                options.history.checked_mul(2).and_then(|n| n.checked_add(6)),
                net.workspace_bytes(samples)?,
            ),
            Method::Rprop(_) => (Some(10), net.workspace_bytes(samples)?),
            Method::ScaledConjugateGradients(_) => (Some(7), net.workspace_bytes(samples)?),
        };
        let bytes = numbers.and_then(of).and_then(|bytes| bytes.checked_add(more));
        bytes.ok_or(Error::TooLarge { what: "the solver's memory" })
    }

    /// How far it has come.
    pub fn state(&self) -> &SolverState {
        &self.state
    }

    /// The state alone, to [`resume`](Self::resume) from; the memory is given back.
    pub fn into_state(self) -> SolverState {
        self.state
    }

    /// Forgets its state: the next run begins with the network's parameters. Allocates nothing.
    pub fn restart(&mut self) {
        self.state.restart();
    }

    /// Solves. `watch` is called after each iteration, and may stop the run. At its end, `net` has
    /// the parameters of the lowest objective that were found: all methods but RPROP go down only,
    /// and RPROP keeps its best.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a network of another shape, [`Error::Samples`] for another number of
    /// samples; as [`Network::cost`] for the data. [`Error::Diverged`] if the cost is not finite at
    /// the beginning (the parameters stay), or, with RPROP, at some iteration (the network has the
    /// best parameters).
    pub fn run<'a>(
        &mut self,
        net: &mut Network<T>,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        watch: impl FnMut(&SolverIteration<'_>) -> ControlFlow<()>,
    ) -> Result<SolverReport> {
        self.run_among(net, x, y, &mut Alone, watch)
    }

    /// [`run`](Self::run) of a solver that was made [`among`](Self::among) ranks: `x` and `y` are this
    /// rank's share. Where the callback of one says stop, or its time is over, all stop.
    ///
    /// # Errors
    /// As [`run`](Self::run), on every rank: [`Error::OtherRank`] where only another's samples are
    /// refused. [`Error::Range`] for other ranks.
    pub fn run_among<'a>(
        &mut self,
        net: &mut Network<T>,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        ranks: &mut dyn Communicator,
        watch: impl FnMut(&SolverIteration<'_>) -> ControlFlow<()>,
    ) -> Result<SolverReport> {
        let y = y.into();
        let Self { state, engine, flat } = self;
        let given = (x, y, state.samples);
        match engine {
            Engine::Squares(equations) => {
                whole(net, given, ranks)?;
                equations.check(net)?;
                solve(&mut **equations, Task { net, x, y, state, flat, ranks }, watch)
            }
            Engine::Gradient(descent) => {
                descent.check(net, given, ranks)?;
                solve(descent, Task { net, x, y, state, flat, ranks }, watch)
            }
        }
    }
}

/// The loop over iterations.
fn solve<T: Scalar>(
    algorithm: &mut impl Algorithm<T>,
    mut task: Task<'_, T>,
    mut watch: impl FnMut(&SolverIteration<'_>) -> ControlFlow<()>,
) -> Result<SolverReport> {
    let stop_at = task.state.solving.stop;
    let started = stop_at.time.map(|_| Instant::now());
    if task.state.iterations == 0 {
        // A flat f64 copy of the network's parameters.
        task.take_parameters();
    }
    let mut standing = algorithm.begin(&mut task);
    if !standing.objective.is_finite() {
        let step = task.state.iterations as u64;
        return Err(Error::Diverged { step, cost: standing.cost });
    }
    let stop = loop {
        if let Some(stop) = reached(&stop_at, &standing, task.state.iterations) {
            break stop;
        }
        if let (Some(started), Some(limit)) = (started, stop_at.time)
            && task.on_any(started.elapsed() >= limit)
        {
            break SolverStop::Time;
        }
        standing = match algorithm.advance(&mut task, &standing) {
            Moved::To(standing) => standing,
            Moved::Nowhere => break SolverStop::NoDecrease,
            Moved::Diverged(cost) => {
                let step = task.state.iterations as u64;
                task.give_best();
                return Err(Error::Diverged { step, cost });
            }
        };
        let iteration = task.state.iterations;
        task.state.iterations += 1;
        let seen = SolverIteration { iteration, cost: standing.cost, standing, state: task.state };
        let is_stopped = watch(&seen).is_break();
        if task.on_any(is_stopped) {
            break SolverStop::Callback;
        }
    };
    task.give_best();
    let standing = task.state.standing_of_best(standing);
    Ok(SolverReport {
        iterations: task.state.iterations,
        evaluations: task.state.evaluations,
        stop,
        cost: standing.cost,
        standing,
    })
}

/// The first limit that is reached.
fn reached(stop: &StopAt, at: &Standing, iterations: usize) -> Option<SolverStop> {
    if stop.cost.is_some_and(|cost| at.cost <= cost) {
        return Some(SolverStop::Cost);
    }
    if at.gradient_norm <= stop.gradient_norm {
        return Some(SolverStop::GradientNorm);
    }
    if at.step_norm < stop.step_norm {
        return Some(SolverStop::StepNorm);
    }
    (iterations >= stop.iterations).then_some(SolverStop::Iterations)
}
