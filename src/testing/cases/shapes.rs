//! Shapes that take a path of their own through the fused backend.

use super::case::Case;
use crate::Activation;

/// Many inputs to few units, in the fused backend's panels of half the width: batches of a tile, of
/// a few columns, and of one sample.
pub fn half_panels() -> impl Iterator<Item = Case> {
    [(300, 1), (301, 4), (300, 8), (2051, 3)].into_iter().map(|(n_x, units)| {
        let layers = [(units, Activation::Tanh), (5, Activation::Softmax)];
        Case { batches: vec![40, 7, 3, 1], ..Case::new(n_x, &layers, 40) }
    })
}

/// Networks of few units, which the fused backend runs with samples in lanes, with every activation
/// hidden and at the output: batches around its registers, blocks and tiles, one after the other.
pub fn narrow() -> Vec<Case> {
    use Activation::{Gelu, GeluTanh, Identity, Relu, Sigmoid, Silu, Sin, Softmax, Softplus, Tanh};
    let leaky = Activation::LeakyRelu { slope: 0.2 };
    let layers: [(usize, &[(usize, Activation)]); 11] = [
        (2, &[(4, Tanh), (1, Sigmoid)]),
        (3, &[(1, leaky)]),
        (4, &[(32, Sigmoid), (2, Softmax)]),
        (4, &[(32, Tanh), (16, Relu), (4, Softmax)]),
        (9, &[(16, leaky), (8, Identity), (3, Relu)]),
        (8, &[(16, Relu), (5, Tanh)]),
        (1, &[(7, Identity), (17, Identity)]),
        (2, &[(8, Sin), (7, Gelu), (1, Identity)]),
        (5, &[(4, Activation::ELU), (3, Tanh), (2, Softplus)]),
        (4, &[(16, Silu), (3, GeluTanh)]),
        (3, &[(1, Gelu), (1, Sin)]),
    ];
    let case = |(n_x, layers): (usize, &[_])| {
        let batches = vec![513, 1, 17, 1100, 5, 6, 15, 16, 63, 64, 65, 511, 512];
        Case { batches, spare: 3, ..Case::new(n_x, layers, 1) }
    };
    layers.into_iter().map(case).collect()
}
