//! What `train` can be told about a full-batch solver.

use std::num::NonZeroUsize;

use shallownet::solvers::{LevenbergMarquardt, Method, Solving, StopAt};

use crate::choices;
use crate::failure::Failure;

/// Iterations without --iterations.
const ITERATIONS: usize = 200;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Solvers")]
pub(super) struct SolverArgs {
    /// A full-batch solver, for small networks: lm (Levenberg-Marquardt, for values to predict),
    /// lbfgs, rprop or scg (scaled conjugate gradients). It stops at --iterations [default: 200], or
    /// earlier at a minimum. With --l2 it minimises that penalty, too [default: none]; samples of
    /// --validation are measured at the end
    #[arg(long, value_name = "NAME", value_parser = choices::solver, conflicts_with_all = [
        "epochs", "batch", "optimizer", "schedule", "warm_up", "clip_norm", "dropout",
        "early_stopping", "checkpoint", "resume", "learning_rate",
    ])]
    pub(super) solver: Option<Method>,
    /// Solve from this many starts, of --seed and those after it, side by side, and keep the one of
    /// the lowest cost (with its penalty)
    #[arg(long, value_name = "N", requires = "solver", conflicts_with = "ensemble")]
    pub(super) starts: Option<NonZeroUsize>,
    /// With lm: find the penalty on the parameters from the samples themselves (Bayesian
    /// regularisation), and say how many parameters they determine
    #[arg(long, requires = "solver", conflicts_with = "l2")]
    pub(super) bayesian: bool,
}

impl SolverArgs {
    pub(super) fn check(&self, shards: usize) -> Result<(), Failure> {
        match self.solver {
            Some(method) if shards > 1 && is_lm(method) => Err(Failure::Arguments(format!(
                "--solver {method} with {shards} shards: expected lbfgs, rprop or scg, which need the \
                 gradient of all samples alone"
            ))),
            Some(method) if self.bayesian && !is_lm(method) => {
                Err(Failure::Arguments(format!("--bayesian goes with --solver lm, not {method}")))
            }
            _ => Ok(()),
        }
    }

    /// What is wanted of the solver, if there is one, of samples in so many shards.
    pub(super) fn solving(
        &self,
        iterations: Option<NonZeroUsize>,
        (l2, shards): (f64, usize),
    ) -> Option<Solving> {
        let method = self.solver?;
        let method =
            if self.bayesian { LevenbergMarquardt::new().bayesian().into() } else { method };
        let stop = StopAt::iterations(iterations.map_or(ITERATIONS, NonZeroUsize::get));
        Some(Solving::new(method).stop_at(stop).l2(l2).shards(shards))
    }
}

fn is_lm(method: Method) -> bool {
    matches!(method, Method::LevenbergMarquardt(_))
}
