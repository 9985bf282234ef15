//! Whether this process is one of a job's, and how the job ends.

use std::process::ExitCode;

use shallownet::ranks::Mpi;

use super::course;
use super::job::Job;
use crate::say::Say;
use crate::train::Args;

/// What launchers tell the processes that they start: Open MPI, PMIx, and PMI (MPICH, Slurm).
const VARIABLES: [&str; 4] = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE", "PMI_RANK"];

/// Trains as one rank of a job; `None` if no launcher has started this process.
pub(crate) fn run(args: &mut Args) -> Option<ExitCode> {
    if VARIABLES.iter().all(|name| std::env::var_os(name).is_none()) {
        return None;
    }
    let mut mpi = Guarded(Mpi::new()?);
    let job = Job::new(&mut mpi.0);
    let say = if job.is_first() { Say::new(args.json) } else { Say::silent() };
    let code = match course::run(args, &job, &say) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if job.is_first() => failure.report(),
        Err(failure) => ExitCode::from(failure.exit_code()),
    };
    // A launcher ends the others once one has failed: not before the first has said why.
    job.wait();
    Some(code)
}

/// Ends all ranks where this one panics: the others would wait for it.
struct Guarded(Mpi);

impl Drop for Guarded {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.abort(101);
        }
    }
}
