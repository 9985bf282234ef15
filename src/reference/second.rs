//! g'' of an activation, one unit at a time: the one place of the reference that lists them.

use crate::words::activation::Activation;

/// g''(z). The ReLUs' is 0 everywhere, by convention at z = 0 too, and an ELU's is 0 there. Softmax is
/// no function of one unit: its derivatives are written out where they are used.
pub(super) fn second_derivative(g: Activation, z: f64) -> f64 {
    match g {
        Activation::Identity | Activation::Softmax => 0.0,
        Activation::Relu | Activation::LeakyRelu { .. } => 0.0,
        // a (1 - a) (1 - 2 a), with 1 - 2 a = -tanh(z / 2), which does not cancel at 0.
        Activation::Sigmoid => -g.derivative(z) * (z / 2.0).tanh(),
        Activation::Tanh => -2.0 * g.value(z) * g.derivative(z),
        Activation::Elu { alpha } if z < 0.0 => alpha * z.exp(),
        Activation::Elu { .. } => 0.0,
        // The sigmoid's derivative: s (1 - s).
        Activation::Softplus => Activation::Sigmoid.derivative(z),
        // (z s)'' = 2 s' + z s''
        Activation::Silu => {
            let s = Activation::Sigmoid;
            2.0 * s.derivative(z) + z * second_derivative(s, z)
        }
        // (z Phi)'' = 2 phi + z phi', and phi' = -z phi
        Activation::Gelu => {
            let density = (-z * z / 2.0).exp() / (2.0 * core::f64::consts::PI).sqrt();
            (2.0 - z * z) * density
        }
        // (z s(w))'' = 2 s' w' + z (s'' w'^2 + s' w''), w = c (z + k z^3), c = 2 sqrt(2 / pi)
        Activation::GeluTanh => {
            let (c, k) = (2.0 * (2.0 / core::f64::consts::PI).sqrt(), 0.044715);
            let (w, w1, w2) =
                (c * (z + k * z * z * z), c * (1.0 + 3.0 * k * z * z), 6.0 * c * k * z);
            let (s1, s2) =
                (Activation::Sigmoid.derivative(w), second_derivative(Activation::Sigmoid, w));
            2.0 * s1 * w1 + z * (s2 * w1 * w1 + s1 * w2)
        }
        Activation::Sin => -z.sin(),
        Activation::Exp => z.exp(),
    }
}
