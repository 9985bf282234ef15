//! What a solver is asked for, and how far it has come.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::written_as;
use crate::solvers::state::{Conjugate, Damped, History, Memory, Sizes};
use crate::solvers::{
    Lbfgs, LevenbergMarquardt, Method, Rprop, ScaledConjugateGradients, SolverState, Solving,
    StopAt,
};

#[derive(Serialize, Deserialize)]
#[serde(remote = "LevenbergMarquardt", deny_unknown_fields)]
struct LevenbergMarquardtForm {
    damping: f64,
    increase: f64,
    decrease: f64,
    most_damping: f64,
    #[serde(default)]
    bayesian: bool,
    #[serde(default = "most_bytes")]
    most_bytes: usize,
}

fn most_bytes() -> usize {
    LevenbergMarquardt::new().most_bytes
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Lbfgs", deny_unknown_fields)]
struct LbfgsForm {
    history: usize,
    c1: f64,
    c2: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Rprop", deny_unknown_fields)]
struct RpropForm {
    goes_back: bool,
    first: f64,
    least: f64,
    greatest: f64,
    grow: f64,
    shrink: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ScaledConjugateGradients", deny_unknown_fields)]
struct ScaledConjugateGradientsForm {
    sigma: f64,
    lambda: f64,
}

/// By the names of the command line.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Method", deny_unknown_fields)]
enum MethodForm {
    #[serde(rename = "lm")]
    LevenbergMarquardt(LevenbergMarquardt),
    #[serde(rename = "lbfgs")]
    Lbfgs(Lbfgs),
    #[serde(rename = "rprop")]
    Rprop(Rprop),
    #[serde(rename = "scg")]
    ScaledConjugateGradients(ScaledConjugateGradients),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StopAt", deny_unknown_fields)]
struct StopAtForm {
    iterations: usize,
    #[serde(default)]
    cost: Option<f64>,
    #[serde(default = "gradient_norm")]
    gradient_norm: f64,
    #[serde(default)]
    step_norm: f64,
    #[serde(default)]
    time: Option<Duration>,
}

fn gradient_norm() -> f64 {
    StopAt::default().gradient_norm
}

fn one_shard() -> usize {
    1
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Solving", deny_unknown_fields)]
struct SolvingForm {
    method: Method,
    #[serde(default)]
    stop: StopAt,
    #[serde(default)]
    l2: f64,
    /// Not written where it is 1.
    #[serde(default = "one_shard", skip_serializing_if = "super::training::is_one")]
    shards: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SolverState", deny_unknown_fields)]
struct SolverStateForm {
    solving: Solving,
    samples: usize,
    iterations: usize,
    evaluations: usize,
    step_norm: f64,
    parameters: Vec<f64>,
    #[serde(with = "MemoryForm")]
    memory: Memory,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Memory", deny_unknown_fields)]
enum MemoryForm {
    #[serde(rename = "lm", with = "DampedForm")]
    LevenbergMarquardt(Damped),
    #[serde(rename = "lbfgs", with = "HistoryForm")]
    Lbfgs(History),
    #[serde(rename = "rprop", with = "SizesForm")]
    Rprop(Sizes),
    #[serde(rename = "scg", with = "ConjugateForm")]
    ScaledConjugateGradients(Conjugate),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Damped", deny_unknown_fields)]
struct DampedForm {
    damping: f64,
    alpha: f64,
    beta: f64,
    gamma: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "History", deny_unknown_fields)]
struct HistoryForm {
    s: Vec<f64>,
    y: Vec<f64>,
    rho: Vec<f64>,
    pairs: usize,
    next: usize,
    step_length: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Sizes", deny_unknown_fields)]
struct SizesForm {
    sizes: Vec<f64>,
    gradient: Vec<f64>,
    change: Vec<f64>,
    before: f64,
    best: Vec<f64>,
    best_cost: f64,
    best_objective: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Conjugate", deny_unknown_fields)]
struct ConjugateForm {
    direction: Vec<f64>,
    lambda: f64,
    since: usize,
}

written_as!(
    LevenbergMarquardt = LevenbergMarquardtForm,
    Lbfgs = LbfgsForm,
    Rprop = RpropForm,
    ScaledConjugateGradients = ScaledConjugateGradientsForm,
    Method = MethodForm,
    StopAt = StopAtForm,
    Solving = SolvingForm,
    SolverState = SolverStateForm,
);
