//! Ctrl-C and callbacks while the library works with the interpreter's lock released.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use pyo3::prelude::*;

use crate::threads::EVERY;

/// Asks the interpreter, now and then, whether a signal has come; and the user's callback each
/// time.
pub(crate) struct Watch {
    callback: Option<Py<PyAny>>,
    asked: Instant,
    raised: Option<PyErr>,
    interrupted: Arc<AtomicBool>,
}

impl Watch {
    pub(crate) fn new(callback: Option<Py<PyAny>>) -> Self {
        Self { callback, asked: Instant::now(), raised: None, interrupted: Arc::default() }
    }

    /// What says stop from another thread.
    pub(crate) fn interrupted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.interrupted)
    }

    /// After an epoch or an iteration. The callback gets `arguments`; `True` from it says stop.
    pub(crate) fn see<A>(&mut self, arguments: impl FnOnce() -> A) -> ControlFlow<()>
    where
        A: for<'py> pyo3::call::PyCallArgs<'py>,
    {
        if self.interrupted.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        if self.callback.is_none() && self.asked.elapsed() < EVERY {
            return ControlFlow::Continue(());
        }
        self.asked = Instant::now();
        let asked = Python::attach(|py| {
            py.check_signals()?;
            let Some(callback) = &self.callback else { return Ok(false) };
            callback.bind(py).call1(arguments())?.is_truthy()
        });
        match asked {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) => ControlFlow::Break(()),
            Err(raised) => {
                self.raised = Some(raised);
                ControlFlow::Break(())
            }
        }
    }

    /// What was raised meanwhile: `KeyboardInterrupt`, or the callback's own.
    pub(crate) fn end(self) -> PyResult<()> {
        self.raised.map_or(Ok(()), Err)
    }
}
