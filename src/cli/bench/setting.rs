//! How everything is measured: by what, and how long.

use std::time::Duration;

use shallownet::testing::measure::{Effort, Shape};
use shallownet::{Backend, Builder, Level, Network, Parallelism, Scalar};

use super::args::Args;
use crate::say::Say;
use crate::threads;

/// How everything is measured.
pub(super) struct Setting {
    pub(super) backend: Backend,
    pub(super) level: Option<Level>,
    pub(super) threads: usize,
    pub(super) effort: Effort,
    /// For the naive loops.
    pub(super) reference: Effort,
    pub(super) percentiles: bool,
}

impl Setting {
    pub(super) fn of(args: &Args, say: &Say) -> Self {
        let effort = |milliseconds, repetitions| Effort {
            time: Duration::from_millis(milliseconds),
            repetitions,
        };
        let (effort, reference) = if args.quick {
            (effort(200, 5), effort(50, 3))
        } else {
            (effort(2000, 21), effort(300, 7))
        };
        let threads = threads::within_reason("--threads", args.threads.get(), say);
        let (backend, level, percentiles) = (args.backend, args.level, args.percentiles);
        Self { backend, level, threads, effort, reference, percentiles }
    }

    /// The network of a shape, as users get it: with all checks.
    pub(super) fn network<T: Scalar>(&self, shape: &Shape) -> shallownet::Result<Network<T>> {
        let who = if self.threads == 1 { Parallelism::Serial } else { Parallelism::Rayon };
        self.choose(shape.builder().parallelism(who)).build()
    }

    /// The backend and level asked for.
    pub(super) fn choose<T: Scalar>(&self, builder: Builder<T>) -> Builder<T> {
        let builder = builder.backend(self.backend);
        match self.level {
            Some(level) => builder.level(level),
            None => builder,
        }
    }
}
