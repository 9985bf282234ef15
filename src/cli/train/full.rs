//! Full-batch gradient descent, watched; and the naive reference beside it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use shallownet::{DataSet, Error, Fit, Network, Scalar, Trainer, Training, Workspace, reference};

use super::output::Trained;
use super::{Args, interrupted};
use crate::batch::Batch;
use crate::failure::Failure;
use crate::progress;
use crate::results::{Course, Speed};
use crate::say::Say;

/// Iterations between two lines that say the cost.
const LINE_EVERY: usize = 1000;
/// Points of the cost curve, about.
const CURVE_POINTS: usize = 1000;
/// Updates of the progress bar.
const BAR_UPDATES: usize = 200;

/// Runs `iterations` steps, saying the cost as it falls.
pub(super) fn train<T: Scalar>(
    net: &mut Network<T>,
    batch: &Batch<T>,
    (iterations, learning_rate): (usize, f64),
    args: &Args,
    say: Say,
) -> Result<Trained, Failure> {
    let mut workspace = Workspace::training(net, batch.len())?;
    let (x, y) = (batch.x()?, batch.y()?);
    let bar = progress::bar(iterations, "iterations");
    let curve_every = iterations.div_ceil(CURVE_POINTS).max(1);
    let bar_every = iterations.div_ceil(BAR_UPDATES).max(1);
    let mut costs = Vec::new();
    let start = Instant::now();
    let report = Fit::new(iterations, T::from_f64(learning_rate)).run(
        net,
        x,
        y,
        &mut workspace,
        |progress| {
            if progress.iteration.is_multiple_of(curve_every) {
                costs.push((progress.iteration, progress.cost));
            }
            if progress.iteration.is_multiple_of(bar_every) {
                bar.set_position(progress.iteration as u64);
            }
            if progress.iteration.is_multiple_of(LINE_EVERY) {
                bar.suspend(|| say.line(cost_line(progress.iteration, progress.cost)));
            }
            if progress::is_interrupted() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        },
    );
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let report = report.map_err(|error| match error {
        Error::Diverged { step, cost } => args.diverged((step, cost), learning_rate),
        other => Failure::Network(other),
    })?;
    if report.iterations < iterations {
        return Err(stopped(net, batch, (report.iterations, iterations, learning_rate), args));
    }
    costs.push((report.iterations, report.cost));
    say.line(cost_line(report.iterations, report.cost));
    let samples_per_second = (iterations * batch.len()) as f64 / seconds;
    Ok(Trained {
        learning_rate,
        course: Course::Iterations { iterations },
        speed: Speed { seconds, samples_per_second, reference: None },
        costs,
        points: Vec::new(),
        unsaved: None,
    })
}

/// The iterations that are left, as epochs of one batch.
fn stopped<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    (done, iterations, learning_rate): (usize, usize, f64),
    args: &Args,
) -> Failure {
    let training = Training::new(iterations - done, batch.len())
        .learning_rate(learning_rate)
        .seed(args.network.seed());
    let state = batch.x().and_then(|x| Trainer::new(net, training, DataSet::new(x, batch.y()?)));
    match state {
        Ok(trainer) => {
            interrupted(args, net, trainer.state(), format!("iteration {done} of {iterations}"))
        }
        Err(error) => error.into(),
    }
}

fn cost_line(iteration: usize, cost: f64) -> String {
    format!("iteration {iteration:>7}   cost {cost:.6}")
}

/// Samples a second that the naive reference trains, from a few steps on (some of) the batch.
pub(super) fn reference_rate<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    learning_rate: f64,
) -> Result<f64, Failure> {
    const MULTIPLICATIONS: usize = 5_000_000;
    const LONG_ENOUGH: Duration = Duration::from_millis(100);
    let samples = (MULTIPLICATIONS / net.parameter_count()).clamp(1, batch.len());
    let rows = |columns: shallownet::Columns<'_, T>| -> Vec<Vec<f64>> {
        let wide = |column: &[T]| column.iter().map(|v| v.to_f64()).collect();
        columns.as_slice().chunks(columns.features()).take(samples).map(wide).collect()
    };
    let (x, y) = (rows(batch.x()?), rows(batch.y()?));
    let mut naive = reference::Network::from(net);
    let (start, mut steps) = (Instant::now(), 0);
    while steps == 0 || start.elapsed() < LONG_ENOUGH {
        std::hint::black_box(naive.step(&x, &y, learning_rate));
        steps += 1;
    }
    Ok((samples * steps) as f64 / start.elapsed().as_secs_f64())
}
