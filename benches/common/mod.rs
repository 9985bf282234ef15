//! What both benchmarks share: the command line's table of shapes, its naive loops and its check.
#![allow(dead_code, reason = "each benchmark uses its part of this")]

#[path = "../../src/cli/bench/agreement.rs"]
pub(crate) mod agreement;
#[path = "../../src/cli/bench/naive.rs"]
pub(crate) mod naive;

use std::time::Duration;

use criterion::Criterion;
use naive::Real;
use shallownet::testing::measure::{Batch, Element, Shape};
use shallownet::{Backend, Network, Parallelism, TrainingWorkspace};

/// The shapes that take only moments.
const NAMES: [&str; 9] = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S10", "S13"];
pub(crate) const BACKENDS: [Backend; 2] = [Backend::Fused, Backend::Portable];

/// A network on one thread, its batch and its memory; its answers are right.
pub(crate) struct Ready<T> {
    pub(crate) net: Network<T>,
    pub(crate) workspace: TrainingWorkspace<T>,
    pub(crate) out: Vec<T>,
}

impl<T: Real> Ready<T> {
    /// Panics if an answer differs from that of the naive loops.
    pub(crate) fn new(shape: &Shape, backend: Backend, batch: &Batch<T>) -> Self {
        let builder = shape.builder().backend(backend).parallelism(Parallelism::Serial);
        let net = builder.build().unwrap();
        assert_eq!(agreement::disagreement(shape, &net, batch), Ok(None), "{}", shape.name);
        let workspace = TrainingWorkspace::new(&net, shape.m).unwrap();
        let out = vec![T::ZERO; net.outputs() * shape.m];
        Self { net, workspace, out }
    }
}

pub(crate) fn shapes() -> impl Iterator<Item = &'static Shape> {
    let shape = |name| Shape::named(name).unwrap();
    NAMES.into_iter().map(shape).inspect(|shape| assert_eq!(shape.element, Element::F32))
}

/// Criterion with the command line's options, but only a second or two for each shape.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .configure_from_args()
}
