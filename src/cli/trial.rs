//! The training itself, watched; and the naive reference beside it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use shallownet::{Error, Fit, Network, Scalar, Workspace, reference};

use crate::batch::Batch;
use crate::failure::Failure;
use crate::say::Say;

/// Iterations between two lines that say the cost.
const LINE_EVERY: usize = 1000;
/// Points of the cost curve, about.
const CURVE_POINTS: usize = 1000;
/// Updates of the progress bar.
const BAR_UPDATES: usize = 200;

/// What training left besides the parameters.
#[derive(Debug)]
pub(crate) struct Trained {
    pub(crate) seconds: f64,
    /// (iteration, cost before it), and at the end the cost after the last.
    pub(crate) costs: Vec<(usize, f64)>,
}

/// Runs `iterations` steps, saying the cost as it falls.
pub(crate) fn train<T: Scalar>(
    net: &mut Network<T>,
    batch: &Batch<T>,
    iterations: usize,
    learning_rate: f64,
    say: Say,
) -> Result<Trained, Failure> {
    let mut workspace = Workspace::training(net, batch.len())?;
    let (x, y) = (batch.x()?, batch.y()?);
    let bar = bar(iterations);
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
            ControlFlow::Continue(())
        },
    );
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let report = report.map_err(|error| match error {
        Error::Diverged { step, cost } => Failure::Diverged { iteration: step, cost },
        other => Failure::Network(other),
    })?;
    costs.push((report.iterations, report.cost));
    say.line(cost_line(report.iterations, report.cost));
    Ok(Trained { seconds, costs })
}

fn cost_line(iteration: usize, cost: f64) -> String {
    format!("iteration {iteration:>7}   cost {cost:.6}")
}

/// On standard error, and only if that is a terminal.
fn bar(iterations: usize) -> ProgressBar {
    let bar = ProgressBar::new(iterations as u64);
    let template = "{bar:40} {percent:>3} %  {eta} left";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar()));
    bar
}

/// Samples a second that the naive reference trains, from a few steps on (some of) the batch.
pub(crate) fn reference_rate<T: Scalar>(
    net: &Network<T>,
    batch: &Batch<T>,
    learning_rate: f64,
) -> Result<f64, Failure> {
    const MULTIPLICATIONS: usize = 5_000_000;
    const LONG_ENOUGH: Duration = Duration::from_millis(100);
    let samples = (MULTIPLICATIONS / net.parameters()).clamp(1, batch.len());
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
