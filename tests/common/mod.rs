//! What the tests share. Cases, bounds and backends are those of `shallownet::testing`.
#![allow(
    dead_code,
    unused_imports,
    reason = "every test file is a crate of its own and uses its part of this"
)]

pub(crate) mod compare;
pub(crate) mod equations;
pub(crate) mod members;
pub(crate) mod planar;
pub(crate) mod running;

use shallownet::{Builder, Network, Scalar};

pub(crate) use shallownet::testing::backends::{BACKENDS, Setup};
pub(crate) use shallownet::testing::bounds::{
    self, self as expected, optimizers as optimizer_bounds,
};

/// What `testing::cases` draws, in one place.
pub(crate) mod cases {
    pub(crate) use shallownet::testing::cases::shapes::*;
    pub(crate) use shallownet::testing::cases::strategies::*;
    pub(crate) use shallownet::testing::cases::*;
}

/// `builder.on(setup)`.
pub(crate) trait On {
    fn on(self, setup: Setup) -> Self;
}

impl<T: Scalar> On for Builder<T> {
    fn on(self, setup: Setup) -> Self {
        setup.choose(self)
    }
}

/// All parameters of a network as bits (an f32 widened keeps its identity, -0.0 and NaN included).
pub(crate) fn parameter_bits<T: Scalar>(net: &Network<T>) -> Vec<u64> {
    let layer = |l| [net.weights(l).unwrap(), net.bias(l).unwrap().to_vec()].concat();
    bits(&(0..net.layers().len()).flat_map(layer).collect::<Vec<T>>())
}

/// The bits of some values.
pub(crate) fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| v.to_f64().to_bits()).collect()
}

/// Values widened to f64, exactly.
pub(crate) fn wide<T: Scalar>(values: &[T]) -> Vec<f64> {
    values.iter().map(|v| v.to_f64()).collect()
}

/// The same, n values a row: samples as the reference takes them.
pub(crate) fn rows<T: Scalar>(values: &[T], n: usize) -> Vec<Vec<f64>> {
    values.chunks(n).map(wide).collect()
}
