//! The error analysis of `activations` for the activations that are computed apart from a layer's product:
//! ELU, softplus, SiLU, both GELUs, sin.
//!
//! Each has bounded derivatives, so an error e of z is one of at most max |g'| e in g, max |g''| e in
//! g'; and what its formula rounds. A part below the root of src/kernels/flush.rs may be 0.

use super::rounding::{Approx, Rounding};
use crate::Activation;

/// (max |g'|, max |g''|), rounded up. Of SiLU: 1.0998 and 1/2; of GELU 1.1290 and 2 phi(0), by tanh
/// 1.1290 and 0.8004 (by looking at a fine grid).
fn slopes(g: Activation) -> (f64, f64) {
    match g {
        Activation::Elu { alpha } => (alpha.max(1.0), alpha),
        Activation::Softplus => (1.0, 0.25),
        Activation::Silu => (1.1, 0.5),
        Activation::Gelu | Activation::GeluTanh => (1.13, 0.81),
        Activation::Sin => (1.0, 1.0),
        other => unreachable!("{other:?} is not computed apart"),
    }
}

/// w = 2 sqrt(2 / pi) (z + 0.044715 z^3), whose sigmoid is that of GELU by tanh, and |w'|.
fn argument(z: f64) -> (f64, f64) {
    let scale = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
    (scale * (z + 0.044715 * z.powi(3)), scale * (1.0 + 3.0 * 0.044715 * z * z))
}

fn sigmoid(z: f64) -> f64 {
    Activation::Sigmoid.value(z)
}

/// a = g(z).
pub(super) fn activation(r: Rounding, g: Activation, z: Approx, value: f64) -> Approx {
    let inherited = slopes(g).0 * z.error;
    let size = value.abs() + inherited;
    let own = match g {
        Activation::Elu { .. } if z.value - z.error >= 0.0 => 0.0,
        // s p + (s - 1): for s = 1 it is p, else at least 0.29, and both terms are at most 1.
        Activation::Elu { .. } => r.function(|f| f.exp + 5, size),
        Activation::Softplus => r.function(|f| f.exp + f.ln_1p + 1, size),
        Activation::Silu => r.function(|f| f.sigmoids() + 1, size),
        Activation::Gelu => r.function(|f| f.normal_tail + 2, size),
        // Five roundings of w are |w| times as many of its sigmoid.
        Activation::GeluTanh => {
            let (w, _) = argument(z.size().min(1024.0));
            r.function(|f| f.sigmoids() + 1, size) + r.gamma(6) * w * size
        }
        _ => r.function(|f| f.sin, size),
    };
    let approx = Approx { value, error: inherited + own };
    match g {
        Activation::Elu { .. } | Activation::Sin => approx,
        _ => vanish(r, z, approx),
    }
}

/// The same value, which may lack terms that are the product of z and a number below the root.
fn vanish(r: Rounding, z: Approx, x: Approx) -> Approx {
    let root = 1.01 * r.normal.sqrt();
    // Above this, all of them are larger.
    if z.value - z.error > 0.0 && z.value < 1.0 {
        return x;
    }
    Approx { error: x.error + root * (1.0 + z.size()), ..x }
}

/// g'(z).
pub(super) fn derivative(r: Rounding, g: Activation, z: Approx) -> Approx {
    let value = g.derivative(z.value);
    let mut inherited = slopes(g).1 * z.error;
    let own = match g {
        Activation::Elu { alpha } => {
            // The kink, unless alpha is 1: the derivative may be that of the other side.
            if z.error > 0.0 && z.value.abs() <= z.error {
                inherited += (1.0 - alpha).abs();
            }
            if z.value - z.error >= 0.0 {
                0.0
            } else {
                r.function(|f| f.exp + 3, value + inherited)
            }
        }
        Activation::Softplus => r.function(|f| f.sigmoids(), value + inherited),
        // Two terms, each of parts that have all their digits, and the sum.
        Activation::Silu => {
            let terms = |z: f64| sigmoid(z) + z.abs() * sigmoid(z) * sigmoid(-z);
            r.function(|f| 2 * f.sigmoids() + 3, terms(z.value) + inherited)
        }
        Activation::Gelu => {
            let density = (-z.value * z.value / 2.0).exp() * 0.4;
            let phi = (value - z.value * density).abs().max(0.0) + z.error;
            r.function(|f| f.normal_tail + 3, phi + z.size() * (density + z.error) + inherited)
        }
        Activation::GeluTanh => {
            let (w, slope) = argument(z.value.clamp(-1024.0, 1024.0));
            let (s, rest) = (sigmoid(w), sigmoid(-w));
            let second = z.value.abs() * s * rest * slope;
            let by_w = r.gamma(6) * w.abs() * (s * rest + second);
            r.function(|f| 2 * f.sigmoids() + 8, s + second + inherited) + by_w
        }
        // The cosine by its absolute error: three roundings of at most 1, a polynomial, and pi's
        // parts.
        _ => r.function(|_| 4, 1.0),
    };
    vanish(r, z, Approx { value, error: inherited + own })
}
