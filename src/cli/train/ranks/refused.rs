//! What ranks can't do together.

use crate::choices::given;
use crate::failure::Failure;
use crate::train::Args;

/// Refuses options that are for one process, and more ranks than shards.
pub(super) fn check(args: &Args, (ranks, shards): (usize, usize)) -> Result<(), Failure> {
    let options = [
        (args.solver.starts.is_some(), "--starts"),
        (
            args.iterations.is_some() && args.solver.solver.is_none(),
            "--iterations without --solver",
        ),
        (args.epochs.memory.is_some(), "--memory"),
    ];
    if args.ensemble.is_some() && (args.solver.solver.is_some() || args.iterations.is_some()) {
        let problem = "ranks train the networks of --ensemble by mini-batches: expected --epochs";
        return Err(Failure::Arguments(problem.to_owned()));
    }
    if let Some(option) = given(&options) {
        let problem = format!(
            "{option} is for one process: ranks train one network together, by mini-batches or a \
             solver (without a launcher it goes)"
        );
        return Err(Failure::Arguments(problem));
    }
    // A checkpoint has shards of its own, which the trainer compares.
    if ranks > shards && args.epochs.resume.is_none() && args.ensemble.is_none() {
        let problem = format!("--shards {shards} for {ranks} ranks: expected at least one a rank");
        return Err(Failure::Arguments(problem));
    }
    Ok(())
}
