//! What is trained on what, and how: said before it begins, so that no choice is a secret.

use shallownet::pipeline::{Column, Missing};
use shallownet::solvers::Solving;
use shallownet::{Decay, Network, Scalar, Training};

use super::args::Args;
use super::class_weights;
use super::plan::Plan;
use super::sets::Sets;
use crate::data::Data;
use crate::results::NetworkFacts;
use crate::say::{Say, listed};

pub(super) fn say<T: Scalar>(
    args: &Args,
    (data, sets): (&Data, &Sets<T>),
    (network, plan): (&Network<T>, &Plan<T>),
    say: &Say,
) {
    say.line(format_args!("{} samples of {}", sets.rows.train.len(), data.file()));
    preparation(data, sets, say);
    say.line(NetworkFacts::of(network).line());
    if let Some(weights) = &sets.class_weights {
        say.line(class_weights::line(data, weights));
    }
    if let Some(smoothing) = args.label_smoothing {
        say.line(format_args!("labels smoothed by {smoothing}, in the cost of training, too"));
    }
    let members = args.ensemble.map_or(String::new(), |n| format!("{n} networks, "));
    match plan {
        Plan::Full { iterations, learning_rate } => say.line(format_args!(
            "{members}{iterations} full-batch steps, learning rate {learning_rate}"
        )),
        Plan::Solve(solving) => say.line(format_args!("{members}{}", solver(args, solving))),
        Plan::Epochs(training) => say.line(format_args!("{members}{}", course(training))),
        Plan::Resume(state) => say.line(course(&state.training())),
    }
    targets(sets, say);
    say.line("");
}

/// How columns become inputs.
fn preparation<T: Scalar>(data: &Data, sets: &Sets<T>, say: &Say) {
    let pipeline = &sets.prepared.pipeline;
    let mut parts = Vec::new();
    if pipeline.standardization.is_some() {
        parts.push(match pipeline.clip {
            Some(clip) => format!("numbers standardized and clipped at {clip} deviations"),
            None => "numbers standardized".to_owned(),
        });
    }
    let is_category = |column: &&Column| matches!(column, Column::Category { .. });
    let categories = pipeline.columns.iter().filter(is_category).count();
    if categories > 0 {
        parts.push(format!("{categories} column{} of categories one-hot", plural(categories)));
    }
    if !parts.is_empty() {
        let (columns, inputs) = (data.width, sets.prepared.inputs(data.width));
        say.line(format_args!(
            "{columns} column{} to {inputs} input{}: {}",
            plural(columns),
            plural(inputs),
            parts.join(", ")
        ));
    }
    let mut filled = Vec::new();
    for (k, column) in pipeline.columns.iter().enumerate() {
        let Missing::Filled { with, has_input: true } = column.missing() else { continue };
        let value = column.texts().nth(with as usize).map_or(with.to_string(), str::to_owned);
        // No rank has all samples to count them.
        let count = || sets.rows.train.iter().filter(|&&row| data.row(row)[k].is_nan()).count();
        let how_many = if data.is_in_parts() { String::new() } else { format!("{} ", count()) };
        filled.push(format!("{} ({how_many}by {value})", data.feature(k)));
    }
    if !filled.is_empty() {
        say.line(format_args!(
            "missing values are filled, and told by an input of their own: {}",
            listed(&filled)
        ));
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// `solver lm, at most 200 iterations on all samples, from 30 starts`.
fn solver(args: &Args, solving: &Solving) -> String {
    let (method, most) = (solving.get_method(), solving.get_stop().get_iterations());
    let mut line = format!("solver {method}, at most {most} iterations on all samples");
    if solving.get_l2() > 0.0 {
        line += &format!(", l2 {:.3e}", solving.get_l2());
    }
    if solving.get_shards() > 1 {
        line += &format!(", {} shards", solving.get_shards());
    }
    if args.solver.bayesian {
        line += ", penalty by the evidence";
    }
    if let Some(starts) = args.solver.starts {
        line += &format!(", from {starts} starts");
    }
    line
}

/// `60 epochs of batches of 16, adam, learning rate 0.003 (cosine), l2 0.004`.
fn course(training: &Training) -> String {
    let epochs = training.get_epochs();
    let mut course = match training.get_batch_size() {
        Some(size) => format!("{epochs} epochs of batches of {size}"),
        None => format!("{epochs} full-batch steps"),
    };
    course += &format!(
        ", {}, learning rate {}",
        training.get_optimizer().name(),
        training.get_learning_rate()
    );
    course += match training.get_schedule().decay() {
        Decay::Step { .. } => " (in steps)",
        Decay::Cosine { .. } => " (cosine)",
        _ => "",
    };
    if training.get_l2() > 0.0 {
        course += &format!(", l2 {:.3e}", training.get_l2());
    }
    if training.get_shards() > 1 {
        course += &format!(", {} shards", training.get_shards());
    }
    if training.get_dropout() > 0.0 {
        course += &format!(", dropout {}", training.get_dropout());
    }
    course
}

fn targets<T: Scalar>(sets: &Sets<T>, say: &Say) {
    let transform = &sets.prepared.pipeline.targets;
    let Some(standardization) = &transform.standardization else { return };
    let of = if transform.log { "logarithms of the targets" } else { "targets" };
    say.line(match (&standardization.means[..], &standardization.stds[..]) {
        ([mean], [std]) => format!(
            "{of} are standardized (mean {mean}, standard deviation {std}), and so are costs"
        ),
        _ => format!("{of} are standardized, and so are costs"),
    });
}
