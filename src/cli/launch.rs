//! Whether this process is one of a job's, and how the job ends.

use std::process::ExitCode;

use shallownet::ranks::Mpi;

use crate::failure::Failure;
use crate::job::Job;
use crate::say::Say;

/// What launchers tell the processes that they start: Open MPI, PMIx, and PMI (MPICH, Slurm).
const VARIABLES: [&str; 4] = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE", "PMI_RANK"];

/// Runs a command as one rank of a job; `None` if no launcher has started this process.
pub(crate) fn run(
    json: bool,
    command: impl FnOnce(&Job<'_>, &Say) -> Result<(), Failure>,
) -> Option<ExitCode> {
    if VARIABLES.iter().all(|name| std::env::var_os(name).is_none()) {
        return None;
    }
    let mut mpi = Guarded(Mpi::new()?);
    let job = Job::new(&mut mpi.0);
    let say = if job.is_first() { Say::new(json) } else { Say::silent() };
    let code = match command(&job, &say) {
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
