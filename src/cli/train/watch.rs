//! What is seen of a training epoch by epoch, and kept: its points, and its checkpoint.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use shallownet::io::checkpoint;
use shallownet::{Epoch, Error, Scalar, Stop, Training, TrainingReport, TrainingState};

use super::args::Args;
use super::interrupted::interrupted;
use super::trained::Trained;
use crate::failure::Failure;
use crate::progress;
use crate::results::{Course, EpochFacts, Point, Speed};
use crate::say::{Say, time};

/// A training that is watched.
pub(super) struct Watch<'a> {
    args: &'a Args,
    say: &'a Say,
    training: Training,
    /// Does this process write what is kept, and draw the bar?
    is_writer: bool,
    bar: ProgressBar,
    points: Vec<Point>,
    spent: Duration,
    /// Of the epoch that is trained now.
    start: Instant,
    /// Why the training ended before its end.
    failed: Option<Failure>,
    /// Why the last checkpoint was not saved.
    unsaved: Option<Failure>,
}

impl<'a> Watch<'a> {
    /// Of a training that begins, or goes on, now.
    pub(super) fn new<T: Scalar>(
        state: &TrainingState<T>,
        is_writer: bool,
        args: &'a Args,
        say: &'a Say,
    ) -> Self {
        let training = state.training();
        let left = training.get_epochs().saturating_sub(state.epochs());
        let bar = if is_writer { progress::bar(left, "epochs") } else { ProgressBar::hidden() };
        let (points, spent, start) = (Vec::new(), Duration::ZERO, Instant::now());
        let (failed, unsaved) = (None, None);
        Self { args, say, training, is_writer, bar, points, spent, start, failed, unsaved }
    }

    /// How long the epoch took that has just ended. What follows until [`keep`](Self::keep) is of none.
    pub(super) fn lap(&mut self) -> Duration {
        let seconds = self.start.elapsed();
        self.spent += seconds;
        seconds
    }

    /// Tells of an epoch, with the accuracies of the samples trained on and of those for validation.
    pub(super) fn see<T>(
        &mut self,
        epoch: &Epoch<'_, T>,
        seconds: Duration,
        [training_accuracy, validation_accuracy]: [Option<f64>; 2],
    ) {
        let point = Point {
            epoch: epoch.epoch + 1,
            training_cost: epoch.training_cost,
            validation_cost: epoch.validation_cost,
            training_accuracy,
            validation_accuracy,
            learning_rate: epoch.learning_rate,
            seconds: seconds.as_secs_f64(),
        };
        self.bar.inc(1);
        // With --checkpoint a line says that the epoch before it is safe.
        let is_told = is_told(point.epoch, self.training.get_epochs());
        if self.args.epochs.checkpoint.is_some() || is_told {
            self.bar.suspend(|| self.say.line(line(&point)));
        }
        self.points.push(point);
    }

    /// Saves the training, if it is asked for or if it is to end here.
    pub(super) fn keep<T: Scalar>(
        &mut self,
        epoch: &Epoch<'_, T>,
        is_interrupted: bool,
    ) -> ControlFlow<()> {
        let args = self.args;
        if is_interrupted && self.is_writer {
            let done = format!("epoch {}", epoch.epoch + 1);
            self.failed = Some(interrupted(args, epoch.network, epoch.state, done, self.say));
        } else if let (true, Some(path)) = (self.is_writer, &args.epochs.checkpoint) {
            // If the checkpoint can't be saved, training goes on: the network is worth more.
            let before = self.unsaved.is_some();
            let saved = checkpoint::save(path, epoch.network, epoch.state);
            self.unsaved = saved.err().map(Failure::from);
            if let Some(failure) = self.unsaved.as_ref().filter(|_| !before) {
                self.bar.suspend(|| self.say.note(format_args!("{failure}; the training goes on")));
            }
        }
        self.start = Instant::now();
        if is_interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// After the last epoch: clears the bar, and says why it was the last, if that is an error.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Why the trainer ended it.
    pub(super) fn failure(&self, error: Error) -> Failure {
        match error {
            Error::Diverged { step, cost } => {
                self.args.diverged((step, cost), self.training.get_learning_rate())
            }
            other => Failure::Network(other),
        }
    }

    /// What is known after the last epoch, of so many samples.
    pub(super) fn trained(self, report: &TrainingReport, samples: usize) -> Trained {
        let Self { training, points, unsaved, .. } = self;
        let (seconds, epochs) = (self.spent.as_secs_f64(), points.len());
        if report.stop == Stop::Patience
            && let Some(best) = report.best
        {
            self.say.line(format_args!("stopped early: the best epoch was {}", best.epoch + 1));
        }
        let facts = EpochFacts {
            epochs: report.epochs,
            steps: report.steps,
            best_epoch: report.best.map(|best| best.epoch + 1),
            seconds_per_epoch: if epochs == 0 { 0.0 } else { seconds / epochs as f64 },
            options: training,
            history: points.clone(),
            members: Vec::new(),
        };
        Trained {
            learning_rate: Some(training.get_learning_rate()),
            training: Some(training),
            course: Course::Epochs(Box::new(facts)),
            speed: Speed {
                seconds,
                samples_per_second: (epochs * samples) as f64 / seconds.max(1e-9),
                reference: None,
            },
            costs: Vec::new(),
            points,
            unsaved,
        }
    }
}

/// Lines on epochs, about: of more epochs than that some are left out.
const LINES: usize = 20;

/// The first two, every so many, and the last are told; the results have all.
fn is_told(epoch: usize, epochs: usize) -> bool {
    epoch <= 2 || epoch == epochs || epoch.is_multiple_of(epochs.div_ceil(LINES))
}

fn line(point: &Point) -> String {
    let mut line = format!("epoch {:>4}   cost {:.6}", point.epoch, point.training_cost);
    let percent = |accuracy: Option<f64>| {
        accuracy.map(|a| format!(" ({:.2} %)", 100.0 * a)).unwrap_or_default()
    };
    line += &percent(point.training_accuracy);
    if let Some(cost) = point.validation_cost {
        line += &format!("   validation {cost:.6}{}", percent(point.validation_accuracy));
    }
    line + &format!("   {}", time(point.seconds))
}
