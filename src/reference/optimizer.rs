//! The optimisers as plain f64 loops, one parameter at a time.
//!
//! ```
//! use shallownet::{Optimizer, reference::optimizer::{Moments, Step, step}};
//!
//! let (mut w, mut moments) = ([1.0], Moments::zeros(1));
//! let lr = 0.1;
//! step(Step { optimizer: Optimizer::adam(), lr, l2: 0.0, clip: 1.0 }, &mut w, &[3.0], &mut moments);
//! // Adam's first step goes lr far, whatever the gradient's size.
//! assert!((w[0] - 0.9).abs() < 1e-9);
//! ```
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]

use super::shapes::must;
use crate::data::checks::length;
use crate::words::optimizer::Optimizer;

/// m and v of some parameters, and t, the number of steps so far. Optimisers that have no m or no v
/// leave it as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// The running mean of the gradients, or momentum's direction.
    pub m: Vec<f64>,
    /// The running mean of their squares.
    pub v: Vec<f64>,
    /// Steps so far.
    pub t: u32,
}

impl Moments {
    /// At the beginning: all 0.
    pub fn zeros(parameters: usize) -> Self {
        Self { m: vec![0.0; parameters], v: vec![0.0; parameters], t: 0 }
    }
}

/// What a step is made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The optimiser.
    pub optimizer: Optimizer,
    /// The learning rate.
    pub lr: f64,
    /// The L2 penalty: 0 for biases.
    pub l2: f64,
    /// The factor of the gradient: what [`clip_factor`] says.
    pub clip: f64,
}

/// One step over parameters that are treated alike (AdamW's decay included: for biases, take Adam).
///
/// # Panics
/// If `dw` or a moment has another length than `w`.
pub fn step(with: Step, w: &mut [f64], dw: &[f64], moments: &mut Moments) {
    for (argument, values) in [("dw", dw), ("m", &moments.m), ("v", &moments.v)] {
        must(length(argument, w.len(), values.len()));
    }
    let Step { optimizer, lr, l2, clip } = with;
    moments.t += 1;
    let t = f64::from(moments.t);
    for i in 0..w.len() {
        let g = clip * dw[i] + l2 * w[i];
        let (m, v) = (&mut moments.m[i], &mut moments.v[i]);
        match optimizer {
            Optimizer::Sgd => w[i] -= lr * g,
            Optimizer::Momentum { beta } => {
                *m = beta * *m + g;
                w[i] -= lr * *m;
            }
            Optimizer::Nesterov { beta } => {
                *m = beta * *m + g;
                w[i] -= lr * (g + beta * *m);
            }
            Optimizer::RmsProp { rho, epsilon } => {
                *v = rho * *v + (1.0 - rho) * g * g;
                w[i] -= lr * g / (v.sqrt() + epsilon);
            }
            Optimizer::Adam { beta1, beta2, epsilon }
            | Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
                if let Optimizer::AdamW { weight_decay, .. } = optimizer {
                    w[i] -= lr * weight_decay * w[i];
                }
                *m = beta1 * *m + (1.0 - beta1) * g;
                *v = beta2 * *v + (1.0 - beta2) * g * g;
                let m_corrected = *m / (1.0 - beta1.powf(t));
                let v_corrected = *v / (1.0 - beta2.powf(t));
                w[i] -= lr * m_corrected / (v_corrected.sqrt() + epsilon);
            }
        }
    }
}

/// The factor that brings the norm of the gradient of all parameters together down to `limit`.
pub fn clip_factor(limit: f64, dw: &[f64]) -> f64 {
    let norm = dw.iter().map(|g| g * g).sum::<f64>().sqrt();
    if norm <= limit { 1.0 } else { limit / norm }
}
