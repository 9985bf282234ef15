//! On how many threads work runs.
//!
//! By default that is rayon's own pool, one thread a core. Its threads are not there after a fork,
//! and a child that waited for them would wait for ever: it gets a pool of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, mpsc};
use std::time::Duration;

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::failure::value;

/// How often the interpreter is asked for signals.
pub(crate) const EVERY: Duration = Duration::from_millis(20);

/// Is there a pool to be asked for?
static OWN: AtomicBool = AtomicBool::new(false);
static POOL: RwLock<Option<Arc<ThreadPool>>> = RwLock::new(None);

/// Runs `work` where it was asked to run. Results do not depend on it.
pub(crate) fn run<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if !OWN.load(Ordering::Acquire) {
        return work();
    }
    let pool = POOL.read().unwrap_or_else(PoisonError::into_inner).clone();
    match pool {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// Long work, with the interpreter's lock released. Signals reach Python on its first thread alone:
/// where the work runs on another, this one waits, and says `interrupted` to it.
pub(crate) fn interruptible<R: Send>(
    py: Python<'_>,
    interrupted: &AtomicBool,
    work: impl FnOnce() -> R + Send,
) -> PyResult<R> {
    match OWN.load(Ordering::Acquire) {
        true => on_another(py, interrupted, work),
        false => Ok(py.detach(work)),
    }
}

/// [`interruptible`] of work that runs on other threads in any case.
pub(crate) fn on_another<R: Send>(
    py: Python<'_>,
    interrupted: &AtomicBool,
    work: impl FnOnce() -> R + Send,
) -> PyResult<R> {
    py.detach(|| {
        std::thread::scope(|scope| {
            let (tell, end) = mpsc::channel();
            let worker = scope.spawn(move || {
                let result = run(work);
                // Nobody listens only if this thread has panicked.
                let _ = tell.send(());
                result
            });
            let mut raised = None;
            while end.recv_timeout(EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
                if raised.is_none()
                    && let Err(error) = Python::attach(|py| py.check_signals())
                {
                    interrupted.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            let result = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            raised.map_or(Ok(result), Err)
        })
    })
}

/// Work goes to this pool from now on; returns the one before.
fn take(pool: ThreadPool) -> Option<Arc<ThreadPool>> {
    let old = POOL.write().unwrap_or_else(PoisonError::into_inner).replace(Arc::new(pool));
    OWN.store(true, Ordering::Release);
    old
}

fn pool(threads: usize) -> PyResult<ThreadPool> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(value)
}

/// How many threads large batches are shared by; 0 is one a core, the default. Results have the
/// same bits with any number.
#[pyfunction]
pub(crate) fn set_threads(number: usize) -> PyResult<()> {
    const MOST: usize = 1024;
    if number > MOST {
        return Err(value(format!("number of threads is {number}: expected at most {MOST}")));
    }
    drop(take(pool(number)?));
    Ok(())
}

/// How many threads large batches are shared by.
#[pyfunction]
pub(crate) fn threads() -> usize {
    run(rayon::current_num_threads)
}

/// What a forked child does first.
#[pyfunction]
#[pyo3(name = "_after_fork")]
pub(crate) fn after_fork() -> PyResult<()> {
    let number = match OWN.load(Ordering::Acquire) {
        // Of a pool whose threads are gone, the number is still known.
        true => POOL
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map_or(0, |pool| pool.current_num_threads()),
        false => 0,
    };
    // The old pool can't be ended: its threads are not there to be waited for.
    std::mem::forget(take(pool(number)?));
    Ok(())
}
