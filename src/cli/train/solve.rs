//! Training by a full-batch solver, watched.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use indicatif::ProgressBar;
use shallownet::solvers::{Multistart, SolverIteration, SolverReport, SolverStop, Solving, Start};
use shallownet::{Error, Network, Scalar};

use super::args::Args;
use super::trained::Trained;
use crate::batch::Batch;
use crate::failure::Failure;
use crate::progress;
use crate::results::{Course, SolverFacts, Speed, StartFacts};
use crate::say::Say;

/// Lines that say the cost, about.
const LINES: usize = 20;

/// Solves, saying the cost as it falls. Ctrl-C ends it early: what it has come to is kept.
pub(super) fn train<T: Scalar>(
    net: &mut Network<T>,
    batch: &Batch<T>,
    solving: Solving,
    args: &Args,
    say: &Say,
) -> Result<Trained, Failure> {
    let start = Instant::now();
    let solved = match args.solver.starts {
        None => {
            let (x, y) = (batch.x()?, batch.targets()?);
            from_here((solving, true), say, |watch| solving.run(net, x, y, watch))?
        }
        Some(starts) => from_many(net, batch, solving, (starts.get(), args), say)?,
    };
    let seconds = start.elapsed().as_secs_f64();
    Ok(told(net, solving, solved, (batch.len(), seconds), say))
}

/// Says what a solver has come to, on so many samples in so many seconds.
pub(super) fn told<T: Scalar>(
    net: &Network<T>,
    solving: Solving,
    Solved { report, evaluations, costs, starts }: Solved,
    (samples, seconds): (usize, f64),
    say: &Say,
) -> Trained {
    let standing = report.standing;
    let determined = standing.effective_parameters.map_or(String::new(), |gamma| {
        format!(", {gamma:.1} of {} parameters determined by the samples", net.parameter_count())
    });
    say.line(format_args!(
        "stopped after {} iterations ({}): cost {:.4e}, gradient norm {:.1e}{determined}",
        report.iterations, report.stop, report.cost, standing.gradient_norm
    ));
    if report.stop == SolverStop::Callback {
        say.note("interrupted: the model is what the solver had come to");
    }
    let facts = SolverFacts {
        solver: solving.get_method().name(),
        l2: solving.get_l2(),
        shards: solving.get_shards(),
        iterations: report.iterations,
        evaluations: report.evaluations,
        stop: report.stop.name(),
        gradient_norm: standing.gradient_norm,
        effective_parameters: standing.effective_parameters,
        starts,
    };
    Trained {
        learning_rate: None,
        training: None,
        course: Course::Solver(Box::new(facts)),
        speed: Speed {
            seconds,
            samples_per_second: (evaluations * samples) as f64 / seconds.max(1e-9),
            reference: None,
        },
        costs,
        points: Vec::new(),
        unsaved: None,
    }
}

/// The course of a solver.
pub(super) struct Solved {
    report: SolverReport,
    /// Passes over all samples, of all starts.
    evaluations: usize,
    costs: Vec<(usize, f64)>,
    starts: Vec<StartFacts>,
}

/// From the network's own weights: `run` is given what watches the iterations.
pub(super) fn from_here(
    (solving, draws_bar): (Solving, bool),
    say: &Say,
    run: impl FnOnce(
        &mut dyn FnMut(&SolverIteration<'_>) -> ControlFlow<()>,
    ) -> shallownet::Result<SolverReport>,
) -> Result<Solved, Failure> {
    let most = solving.get_stop().get_iterations();
    let line_every = most.div_ceil(LINES).max(1);
    let bar = if draws_bar { progress::bar(most, "iterations") } else { ProgressBar::hidden() };
    let mut costs = Vec::new();
    let report = run(&mut |at| {
        costs.push((at.iteration + 1, at.cost));
        bar.set_position(at.iteration as u64 + 1);
        if at.iteration.is_multiple_of(line_every) {
            bar.suspend(|| say.line(line(at)));
        }
        go_on()
    });
    bar.finish_and_clear();
    let report = report.map_err(failure)?;
    Ok(Solved { report, evaluations: report.evaluations, costs, starts: Vec::new() })
}

/// From weights of several seeds; the network takes the best of what they come to.
fn from_many<T: Scalar>(
    net: &mut Network<T>,
    batch: &Batch<T>,
    solving: Solving,
    (count, args): (usize, &Args),
    say: &Say,
) -> Result<Solved, Failure> {
    let bar = progress::bar(count, "starts");
    let courses: Vec<Mutex<Vec<(usize, f64)>>> = (0..count).map(|_| Mutex::default()).collect();
    let many = Multistart::new(solving, count)
        .init(args.network.initialisation()?)
        .seed(args.network.seed());
    let starts = many.run_watched(net, batch.x()?, batch.targets()?, |place, at| {
        if at.iteration == 0 {
            bar.inc(1);
        }
        let mut course = courses[place].lock().unwrap_or_else(PoisonError::into_inner);
        course.push((at.iteration + 1, at.cost));
        go_on()
    });
    bar.finish_and_clear();
    let starts = starts.map_err(failure)?;
    *net = starts.network;
    starts.table.iter().for_each(|start| say.line(of_start(start)));
    let kept = &starts.table[starts.best];
    say.line(format_args!("kept: the start of seed {}", kept.seed));
    let report = *kept.report.as_ref().map_err(|error| failure(error.clone()))?;
    Ok(Solved {
        report,
        evaluations: starts
            .table
            .iter()
            .flat_map(|start| &start.report)
            .map(|r| r.evaluations)
            .sum(),
        costs: courses[starts.best].lock().map(|course| course.clone()).unwrap_or_default(),
        starts: starts.table.iter().map(facts).collect(),
    })
}

/// Until Ctrl-C.
fn go_on() -> ControlFlow<()> {
    if progress::is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Diverged { step, cost } => Failure::Diverged {
            iteration: step,
            cost,
            written: "nothing",
            hint: "standardized features and targets, or another --solver".to_owned(),
        },
        other => Failure::Network(other),
    }
}

/// Cost, gradient norm, and what the method steps with.
fn line(at: &SolverIteration<'_>) -> String {
    let standing = at.standing;
    let with = match (standing.damping, standing.step_length) {
        (Some(damping), _) => format!(", damping {damping:.1e}"),
        (_, Some(length)) => format!(", step length {length:.1e}"),
        _ => String::new(),
    };
    format!(
        "iteration {:>5}: cost {:.4e}, gradient norm {:.1e}{with}",
        at.iteration + 1,
        at.cost,
        standing.gradient_norm
    )
}

fn of_start(start: &Start) -> String {
    let seed = start.seed;
    match &start.report {
        Ok(report) => format!(
            "start of seed {seed:>4}: cost {:.4e} after {} iterations ({})",
            report.cost, report.iterations, report.stop
        ),
        Err(error) => format!("start of seed {seed:>4}: {error}"),
    }
}

fn facts(start: &Start) -> StartFacts {
    let report = start.report.as_ref().ok();
    StartFacts {
        seed: start.seed,
        cost: report.map(|report| report.cost),
        iterations: report.map(|report| report.iterations),
        stop: report.map(|report| report.stop.name()),
    }
}
