//! Full-batch gradient descent, watched; and the naive reference beside it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use shallownet::{Error, Fit, Network, Scalar, Trainer, Training, TrainingWorkspace, reference};

use super::args::Args;
use super::interrupted::interrupted;
use super::trained::Trained;
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
    say: &Say,
) -> Result<Trained, Failure> {
    let mut workspace = TrainingWorkspace::new(net, batch.len())?;
    let (x, y) = (batch.x()?, batch.targets()?);
    let bar = progress::bar(iterations, "iterations");
    let curve_every = iterations.div_ceil(CURVE_POINTS).max(1);
    let bar_every = iterations.div_ceil(BAR_UPDATES).max(1);
    let mut costs = Vec::new();
    let start = Instant::now();
    let report = Fit::new(iterations, learning_rate).run(net, x, y, &mut workspace, |epoch| {
        let (iteration, cost) = (epoch.epoch, epoch.training_cost);
        if iteration.is_multiple_of(curve_every) {
            costs.push((iteration, cost));
        }
        if iteration.is_multiple_of(bar_every) {
            bar.set_position(iteration as u64);
        }
        if iteration.is_multiple_of(LINE_EVERY) {
            bar.suspend(|| say.line(cost_line(iteration, cost)));
        }
        if progress::is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let report = report.map_err(|error| match error {
        Error::Diverged { step, cost } => args.diverged((step, cost), learning_rate),
        other => Failure::Network(other),
    })?;
    if report.epochs < iterations {
        return Err(stopped(net, batch, (report.epochs, iterations, learning_rate), args, say));
    }
    if let Some(cost) = report.cost {
        costs.push((iterations, cost));
        say.line(cost_line(iterations, cost));
    }
    let samples_per_second = (iterations * batch.len()) as f64 / seconds;
    Ok(Trained {
        learning_rate: Some(learning_rate),
        training: Some(Training::full_batch(iterations).learning_rate(learning_rate)),
        course: Course::Iterations { iterations },
        speed: Speed { seconds, samples_per_second, reference: None },
        costs,
        points: Vec::new(),
        unsaved: None,
    })
}

/// The iterations that are left, as epochs of a training that goes on with the same bits.
fn stopped<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    (done, iterations, learning_rate): (usize, usize, f64),
    args: &Args,
    say: &Say,
) -> Failure {
    let training = Training::full_batch(iterations - done)
        .learning_rate(learning_rate)
        .seed(args.network.seed());
    let state = batch.data_set().and_then(|data| Trainer::new(net, training, data));
    match state {
        Ok(trainer) => interrupted(
            args,
            net,
            trainer.state(),
            format!("iteration {done} of {iterations}"),
            say,
        ),
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
