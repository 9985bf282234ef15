//! Training by a full-batch solver, watched.

use std::ops::ControlFlow;
use std::time::Instant;

use shallownet::solvers::{SolverIteration, Solving};
use shallownet::{Error, Network, Scalar};

use super::trained::Trained;
use crate::batch::Batch;
use crate::failure::Failure;
use crate::progress;
use crate::results::{Course, Speed};
use crate::say::Say;

/// Lines that say the cost, about.
const LINES: usize = 20;

/// Solves, saying the cost as it falls. Ctrl-C ends it early: what it has come to is kept.
pub(super) fn train<T: Scalar>(
    net: &mut Network<T>,
    batch: &Batch<T>,
    solving: Solving,
    say: &Say,
) -> Result<Trained, Failure> {
    let (x, y) = (batch.x()?, batch.targets()?);
    let most = solving.get_stop().get_iterations();
    let line_every = most.div_ceil(LINES).max(1);
    let bar = progress::bar(most, "iterations");
    let mut costs = Vec::new();
    let start = Instant::now();
    let report = solving.run(net, x, y, |at| {
        costs.push((at.iteration + 1, at.cost));
        bar.set_position(at.iteration as u64 + 1);
        if at.iteration.is_multiple_of(line_every) {
            bar.suspend(|| say.line(line(at)));
        }
        if progress::is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let report = report.map_err(|error| match error {
        Error::Diverged { step, cost } => Failure::Diverged {
            iteration: step,
            cost,
            written: "nothing",
            hint: "standardized features and targets, or another --solver".to_owned(),
        },
        other => Failure::Network(other),
    })?;
    say.line(format_args!(
        "stopped after {} iterations ({}): cost {:.6}, gradient norm {:.1e}",
        report.iterations, report.stop, report.cost, report.standing.gradient_norm
    ));
    Ok(Trained {
        learning_rate: 0.0,
        training: None,
        course: Course::Iterations { iterations: report.iterations },
        speed: Speed {
            seconds,
            samples_per_second: (report.evaluations * batch.len()) as f64 / seconds.max(1e-9),
            reference: None,
        },
        costs,
        points: Vec::new(),
        unsaved: None,
    })
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
        "iteration {:>5}: cost {:.6}, gradient norm {:.1e}{with}",
        at.iteration + 1,
        at.cost,
        standing.gradient_norm
    )
}
