//! Bits to compare: those of a NaN are nobody's promise, so all NaNs are one.

use shallownet::{Network, Scalar};

/// An f32 widened keeps its identity, -0.0 included.
pub(crate) fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| canonical(v.to_f64())).collect()
}

pub(crate) fn canonical(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

/// All parameters of a network.
pub(crate) fn parameters<T: Scalar>(net: &Network<T>) -> Vec<u64> {
    let layers = 0..net.layers().len();
    layers
        .flat_map(|l| [bits(&net.weights(l).unwrap()), bits(net.bias(l).unwrap())].concat())
        .collect()
}
