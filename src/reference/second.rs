//! g'' of an activation, one unit at a time: the one place of the reference that lists them.

use crate::words::activation::Activation;

/// g''(z). The ReLUs' is 0 everywhere, by convention at z = 0 too. Softmax is no function of one
/// unit: its derivatives are written out where they are used.
pub(super) fn second_derivative(g: Activation, z: f64) -> f64 {
    match g {
        Activation::Identity | Activation::Softmax => 0.0,
        Activation::Relu | Activation::LeakyRelu { .. } => 0.0,
        // a (1 - a) (1 - 2 a), with 1 - 2 a = -tanh(z / 2), which does not cancel at 0.
        Activation::Sigmoid => -g.derivative(z) * (z / 2.0).tanh(),
        Activation::Tanh => -2.0 * g.value(z) * g.derivative(z),
    }
}
