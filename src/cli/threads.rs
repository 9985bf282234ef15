//! How many threads compute: as many as were asked for, within reason.

use std::num::NonZeroUsize;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::failure::Failure;
use crate::say::Say;

/// More threads than this for each that the machine runs at a time would only wait for one another.
const MOST_A_CORE: usize = 4;

/// Reads `--threads`.
pub(crate) fn number(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number, at least 1".to_owned())
}

/// The most threads allowed: four for each that the machine runs at a time.
fn most() -> usize {
    MOST_A_CORE * std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// As many as asked for, or the most that make sense; `option` names what asked.
pub(crate) fn within_reason(option: &str, asked: usize, say: &Say) -> usize {
    let most = most();
    if asked > most {
        say.note(format_args!("{option} {asked}: {most} threads will do, four a core"));
    }
    asked.min(most)
}

/// A pool of `threads` threads.
pub(crate) fn pool(threads: usize) -> Result<ThreadPool, Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| Failure::Arguments(format!("--threads {threads}: {error}")))
}

/// The threads of a rank. It speaks to the others from its first thread, which does not go into a
/// pool: so they are rayon's own.
#[cfg(feature = "mpi")]
pub(crate) fn of_rank(asked: Option<NonZeroUsize>, say: &Say) -> Result<(), Failure> {
    let Some(asked) = asked.filter(|n| n.get() > 1) else {
        limit_default_pool(say);
        return Ok(());
    };
    let threads = within_reason("--threads", asked.get(), say);
    let made = ThreadPoolBuilder::new().num_threads(threads).build_global();
    made.map_err(|error| Failure::Arguments(format!("--threads {threads}: {error}")))
}

/// Rayon makes its own pool with as many threads as its own environment variable asks for; this
/// keeps that number within reason, too.
pub(crate) fn limit_default_pool(say: &Say) {
    const NAME: &str = "RAYON_NUM_THREADS";
    let asked = std::env::var(NAME).ok().and_then(|text| text.parse().ok());
    if let Some(asked) = asked.filter(|&asked| asked > most()) {
        let threads = within_reason(NAME, asked, say);
        // If this pool can't be made, rayon could not make it later either.
        let _ = ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
}
