//! Networks of a few shapes, many of each, with samples of their own.

use shallownet::{Activation, Network, Parallelism, Population, Scalar};

use super::cases::Case;
use super::{BACKENDS, Setup, bits};

pub(crate) const SHAPES: [(usize, &[(usize, Activation)]); 4] = [
    (3, &[(4, Activation::Tanh), (1, Activation::Sigmoid)]),
    (5, &[(18, Activation::Relu), (3, Activation::Softmax)]),
    (2, &[(7, Activation::Sigmoid), (5, Activation::Tanh), (2, Activation::Identity)]),
    // One by one.
    (3, &[(300, Activation::Tanh), (40, Activation::Relu), (1, Activation::Sigmoid)]),
];
pub(crate) const MEMBERS: usize = 21;

pub(crate) fn case(shape: usize, samples: usize, seed: u64) -> Case {
    let (n_x, layers) = SHAPES[shape];
    Case { seed, ..Case::new(n_x, layers, samples) }
}

pub(crate) fn networks<T: Scalar>(shape: usize, setup: Setup) -> Vec<Network<T>> {
    let network = |k| case(shape, 1, 1 + k as u64).network(setup, Parallelism::Serial);
    (0..MEMBERS).map(network).collect()
}

/// Samples of all members, one batch after the other.
pub(crate) fn each<T: Scalar>(shape: usize, samples: usize) -> (Vec<T>, Vec<T>) {
    let batches = (0..MEMBERS).map(|k| case(shape, samples, 100 + k as u64).batch::<T>(0));
    batches.fold((Vec::new(), Vec::new()), |(mut x, mut y), batch| {
        x.extend(batch.x);
        y.extend(batch.y);
        (x, y)
    })
}

pub(crate) fn parameters<T: Scalar>(net: &Network<T>) -> Vec<u64> {
    let mut all = vec![T::ZERO; net.parameter_count()];
    net.parameters_into(&mut all).unwrap();
    bits(&all)
}

pub(crate) fn of_member<T: Scalar>(population: &Population<T>, member: usize) -> Vec<u64> {
    parameters(&population.get(member).unwrap())
}

pub(crate) fn fused() -> Setup {
    BACKENDS[BACKENDS.len() - 1]
}
