//! Training by a solver among ranks, watched.

use std::time::Instant;

use shallownet::solvers::{Solver, Solving};
use shallownet::{Network, Scalar};

use super::share::Share;
use crate::failure::Failure;
use crate::job::Job;
use crate::say::Say;
use crate::train::solve::{from_here, told};
use crate::train::trained::Trained;

/// Solves, on the samples of all ranks. Ctrl-C on one ends it early on all: what it has come to is kept.
pub(super) fn run<T: Scalar>(
    net: &mut Network<T>,
    solving: Solving,
    share: &Share<T>,
    (job, say): (&Job<'_>, &Say),
) -> Result<Trained, Failure> {
    let samples = share.sets.rows.train.len();
    let solver = Solver::among(net, solving, samples, &mut job.turn());
    let mut solver = job.agreed(solver.map_err(Failure::from))?;
    let batch = &share.sets.train;
    let (x, y) =
        job.agreed(batch.x().and_then(|x| Ok((x, batch.targets()?))).map_err(Failure::from))?;
    let start = Instant::now();
    let solved = from_here((solving, job.is_first()), say, |watch| {
        solver.run_among(net, x, y, &mut job.turn(), watch)
    });
    let solved = job.agreed(solved)?;
    Ok(told(net, solving, solved, (samples, start.elapsed().as_secs_f64()), say))
}
