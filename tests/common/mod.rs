//! What the tests share: networks and batches to try, the bounds of their errors, the comparison.
#![allow(dead_code, reason = "every test file is a crate of its own and uses its part of this")]

pub(crate) mod bounds;
pub(crate) mod cases;
pub(crate) mod compare;
pub(crate) mod expected;
pub(crate) mod planar;

use shallownet::{Backend, Network, Scalar};

/// Every backend of this build that has code of its own: the one place that lists them.
pub(crate) const BACKENDS: &[Backend] = &[
    Backend::Portable,
    Backend::Fused,
    #[cfg(feature = "cblas")]
    Backend::Cblas,
];

/// All parameters of a network as bits (an f32 widened keeps its identity, -0.0 and NaN included).
pub(crate) fn parameter_bits<T: Scalar>(net: &Network<T>) -> Vec<u64> {
    let layer = |l| [net.weights(l).unwrap(), net.bias(l).unwrap().to_vec()].concat();
    bits(&(0..net.layers().len()).flat_map(layer).collect::<Vec<T>>())
}

/// The bits of some values.
pub(crate) fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| v.to_f64().to_bits()).collect()
}
