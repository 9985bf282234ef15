//! The full-batch solvers' steps as plain f64 loops, on flat vectors: all parameters layer by layer, W
//! row-major, then b.
//!
//! ```
//! use shallownet::{Activation, Init, Network, reference, reference::solvers};
//!
//! let net = Network::<f64>::builder(1)
//!     .layer(1, Activation::Identity)
//!     .init(Init::Zeros, 0)
//!     .build()?;
//! // y = 2 x - 1, which one step without damping finds.
//! let (x, y) = (vec![vec![0.0], vec![1.0], vec![2.0]], vec![vec![-1.0], vec![1.0], vec![3.0]]);
//! let net = reference::Network::from(&net);
//! let d = solvers::levenberg_marquardt_step(&net, &x, &y, 0.0, 0.0).unwrap();
//! let w: Vec<f64> = solvers::parameters(&net).iter().zip(&d).map(|(w, d)| w - d).collect();
//! assert!((w[0] - 2.0).abs() < 1e-14 && (w[1] + 1.0).abs() < 1e-14);
//! # Ok::<(), shallownet::Error>(())
//! ```
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]

use super::network::Network;

/// All parameters.
pub fn parameters(net: &Network) -> Vec<f64> {
    let mut flat = Vec::new();
    for layer in &net.layers {
        for row in &layer.w {
            flat.extend(row);
        }
        flat.extend(&layer.b);
    }
    flat
}

/// The same network with other parameters.
///
/// # Panics
/// If there are fewer than it has.
pub fn with_parameters(net: &Network, flat: &[f64]) -> Network {
    let (mut net, mut at) = (net.clone(), 0);
    for layer in &mut net.layers {
        for value in layer.w.iter_mut().flatten().chain(&mut layer.b) {
            *value = flat[at];
            at += 1;
        }
    }
    net
}

/// 1 for a weight, 0 for a bias: what an L2 penalty is for.
pub fn is_weight(net: &Network) -> Vec<f64> {
    let mut flat = Vec::new();
    for layer in &net.layers {
        for row in &layer.w {
            flat.extend(row.iter().map(|_| 1.0));
        }
        flat.extend(layer.b.iter().map(|_| 0.0));
    }
    flat
}

/// The gradient of J + l2/2 sum of the squared weights.
///
/// # Panics
/// As [`Network::gradients`].
pub fn gradient(net: &Network, x: &[Vec<f64>], y: &[Vec<f64>], l2: f64) -> Vec<f64> {
    let mut flat = Vec::new();
    for layer in net.gradients(x, y) {
        for row in &layer.dw {
            flat.extend(row);
        }
        flat.extend(&layer.db);
    }
    let (w, is_weight) = (parameters(net), is_weight(net));
    for i in 0..flat.len() {
        flat[i] += l2 * is_weight[i] * w[i];
    }
    flat
}

/// J and r of squared errors: for each output k of each sample, a row of da_k/dw, and a_k - y_k.
///
/// # Panics
/// As [`Network::gradients`].
pub fn jacobian(net: &Network, x: &[Vec<f64>], y: &[Vec<f64>]) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for s in 0..x.len() {
        let trace = net.forward(&x[s]);
        let a = &trace.a[trace.a.len() - 1];
        for k in 0..a.len() {
            // da is 1 at output k alone.
            let mut da = vec![0.0; a.len()];
            da[k] = 1.0;
            let deltas = net.deltas_from(&trace, &net.logit_delta(&trace, &da));
            let mut row = Vec::new();
            for l in 0..net.layers.len() {
                let a_prev = if l == 0 { &x[s] } else { &trace.a[l - 1] };
                for j in 0..deltas[l].len() {
                    for i in 0..a_prev.len() {
                        row.push(deltas[l][j] * a_prev[i]);
                    }
                }
                row.extend(&deltas[l]);
            }
            rows.push(row);
            errors.push(a[k] - y[s][k]);
        }
    }
    (rows, errors)
}

/// H = J^T J / m + l2 (weights) and g = J^T r / m + l2 w.
///
/// # Panics
/// As [`jacobian`].
pub fn normal_equations(
    net: &Network,
    x: &[Vec<f64>],
    y: &[Vec<f64>],
    l2: f64,
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (rows, errors) = jacobian(net, x, y);
    let (w, is_weight) = (parameters(net), is_weight(net));
    let (p, m) = (w.len(), x.len() as f64);
    let (mut h, mut g) = (vec![vec![0.0; p]; p], vec![0.0; p]);
    for i in 0..p {
        for s in 0..rows.len() {
            for j in 0..p {
                h[i][j] += rows[s][i] * rows[s][j] / m;
            }
            g[i] += rows[s][i] * errors[s] / m;
        }
        h[i][i] += l2 * is_weight[i];
        g[i] += l2 * is_weight[i] * w[i];
    }
    (h, g)
}

/// x of A x = b by Cholesky, A = L L^T; `None` if A is not positive definite.
pub fn cholesky_solve(a: &[Vec<f64>], b: &[f64]) -> Option<Vec<f64>> {
    let n = b.len();
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let mut sum = a[i][j];
            for k in 0..j {
                sum -= l[i][k] * l[j][k];
            }
            if i > j {
                l[i][j] = sum / l[j][j];
            } else if sum > 0.0 {
                l[i][i] = sum.sqrt();
            } else {
                return None;
            }
        }
    }
    let mut x = b.to_vec();
    for i in 0..n {
        for k in 0..i {
            x[i] -= l[i][k] * x[k];
        }
        x[i] /= l[i][i];
    }
    for i in (0..n).rev() {
        for k in i + 1..n {
            x[i] -= l[k][i] * x[k];
        }
        x[i] /= l[i][i];
    }
    Some(x)
}

/// d of (H + damping I) d = g: a step is w - d.
///
/// # Panics
/// As [`jacobian`].
pub fn levenberg_marquardt_step(
    net: &Network,
    x: &[Vec<f64>],
    y: &[Vec<f64>],
    l2: f64,
    damping: f64,
) -> Option<Vec<f64>> {
    let (mut h, g) = normal_equations(net, x, y, l2);
    for i in 0..g.len() {
        h[i][i] += damping;
    }
    cholesky_solve(&h, &g)
}

/// L-BFGS's direction -H g, by the two-loop recursion: `pairs` are s and y, oldest first. (Nocedal and
/// Wright 2006, algorithm 7.4.)
pub fn lbfgs_direction(pairs: &[(Vec<f64>, Vec<f64>)], g: &[f64]) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut q = g.to_vec();
    let mut alpha = vec![0.0; pairs.len()];
    for k in (0..pairs.len()).rev() {
        let (s, y) = &pairs[k];
        alpha[k] = dot(s, &q) / dot(s, y);
        for i in 0..q.len() {
            q[i] -= alpha[k] * y[i];
        }
    }
    if let Some((s, y)) = pairs.last() {
        let gamma = dot(s, y) / dot(y, y);
        for i in 0..q.len() {
            q[i] *= gamma;
        }
    }
    for k in 0..pairs.len() {
        let (s, y) = &pairs[k];
        let beta = dot(y, &q) / dot(s, y);
        for i in 0..q.len() {
            q[i] += (alpha[k] - beta) * s[i];
        }
    }
    q.iter().map(|q| -q).collect()
}

/// What RPROP remembers.
#[derive(Debug, Clone, PartialEq)]
pub struct Rprop {
    /// iRPROP+: does a weight go back where the sign has changed and the cost has risen?
    pub goes_back: bool,
    /// The step sizes.
    pub sizes: Vec<f64>,
    /// The gradient before.
    pub gradient: Vec<f64>,
    /// The last changes of the weights.
    pub change: Vec<f64>,
    /// The least and the greatest step size.
    pub limits: (f64, f64),
}

impl Rprop {
    /// One step of iRPROP, with factors 1.2 and 0.5. (Igel and Huesken 2000.) `has_risen`: is the cost
    /// greater than before the last step?
    pub fn step(&mut self, w: &mut [f64], g: &[f64], has_risen: bool) {
        let (least, greatest) = self.limits;
        for i in 0..w.len() {
            let product = self.gradient[i] * g[i];
            if product < 0.0 {
                self.sizes[i] = (self.sizes[i] * 0.5).max(least);
                // dw is what is taken back, or nothing; then the derivative counts as 0.
                self.change[i] = if self.goes_back && has_risen { -self.change[i] } else { 0.0 };
                self.gradient[i] = 0.0;
            } else {
                if product > 0.0 {
                    self.sizes[i] = (self.sizes[i] * 1.2).min(greatest);
                }
                self.change[i] = if g[i] == 0.0 { 0.0 } else { -g[i].signum() * self.sizes[i] };
                self.gradient[i] = g[i];
            }
            w[i] += self.change[i];
        }
    }
}

/// The step length and the next lambda of scaled conjugate gradients after a first try that succeeds
/// (Moller 1993, steps 2 to 8): `slope` = -g p, `curvature` = p^T s, `fall(alpha)` = E(w) - E(w +
/// alpha p). `None` if the curvature is not positive, or the try fails.
pub fn scaled_conjugate_step(
    (slope, curvature, p2): (f64, f64, f64),
    lambda: f64,
    fall: impl Fn(f64) -> f64,
) -> Option<(f64, f64)> {
    let delta = curvature + lambda * p2;
    if delta <= 0.0 {
        return None;
    }
    let alpha = slope / delta;
    let quality = 2.0 * delta * fall(alpha) / (slope * slope);
    if fall(alpha) <= 0.0 {
        return None;
    }
    let mut next = lambda;
    if quality >= 0.75 {
        next /= 4.0;
    }
    if quality < 0.25 {
        next += delta * (1.0 - quality) / p2;
    }
    Some((alpha, next))
}
