//! Derivatives beyond the gradient, as loops: Jacobians, directional derivatives, Hessians.
//!
//! All of them come from one idea: R{q} is the derivative of q in a direction, of the inputs or of
//! the parameters, and the usual rules of derivatives carry R{} through the forward and the
//! backward pass. B. A. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation
//! 6 (1994).
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]

use super::network::{LayerGradient, Network, Trace};
use super::second::second_derivative;
use super::shapes::must;
use crate::data::checks::length;
use crate::words::activation::Activation;
use crate::words::loss::Loss;

impl Network {
    /// R{z} and R{a} of every layer for one sample, if x moves along `dx`.
    ///
    /// ```
    /// use shallownet::{Activation, Loss, reference::{Layer, Network}};
    ///
    /// let layer = Layer { w: vec![vec![2.0]], b: vec![1.0], activation: Activation::Identity };
    /// let net = Network { layers: vec![layer], loss: Loss::SquaredError };
    /// assert_eq!(net.tangents(&[5.0], &[3.0]).a, [[6.0]]);
    /// ```
    ///
    /// # Panics
    /// If the network's layers, x or dx don't fit.
    pub fn tangents(&self, x: &[f64], dx: &[f64]) -> Trace {
        must(length("dx", x.len(), dx.len()));
        self.tangents_along(x, &self.forward(x), dx, None)
    }

    /// The Jacobian of one sample: `jacobian[k][i]` is the derivative of output k by input i.
    ///
    /// # Panics
    /// If the network's layers or x don't fit.
    pub fn jacobian(&self, x: &[f64]) -> Vec<Vec<f64>> {
        let mut jacobian = vec![vec![0.0; x.len()]; self.predict(x).len()];
        for i in 0..x.len() {
            let tangents = self.tangents(x, &unit(x.len(), i));
            let da = &tangents.a[self.layers.len() - 1];
            for k in 0..da.len() {
                jacobian[k][i] = da[k];
            }
        }
        jacobian
    }

    /// The gradient of s = sum_k u_k a_k by the inputs, for one sample.
    ///
    /// # Panics
    /// If the network's layers, x or u don't fit.
    pub fn scalar_gradient(&self, x: &[f64], u: &[f64]) -> Vec<f64> {
        let trace = self.forward(x);
        let deltas = self.deltas_from(&trace, &self.logit_delta(&trace, u));
        self.input_gradient(&deltas)
    }

    /// The Hessian of s = sum_k u_k a_k by the inputs, times a direction, for one sample: R{dX}.
    ///
    /// # Panics
    /// If the network's layers, x, u or dx don't fit.
    pub fn input_hessian_vector(&self, x: &[f64], u: &[f64], dx: &[f64]) -> Vec<f64> {
        let trace = self.forward(x);
        let tangents = self.tangents(x, dx);
        let dz = self.logit_delta(&trace, u);
        let r_dz = self.logit_delta_tangent(&trace, &tangents, u, &vec![0.0; u.len()]);
        let deltas = self.deltas_from(&trace, &dz);
        let r_deltas = self.delta_tangents(&trace, &tangents, &deltas, &r_dz, None);
        // dX = W[1]^T dZ[1] is linear in dZ[1], and W stands still.
        self.input_gradient(&r_deltas)
    }

    /// The Hessian of s = sum_k u_k a_k by the inputs, for one sample: `hessian[i][j]` is the
    /// derivative of s by inputs i and j. With u a unit vector, that of one output.
    ///
    /// ```
    /// use shallownet::{Activation, Loss, reference::{Layer, Network}};
    ///
    /// // tanh(x_1 + 2 x_2): the Hessian is g'' w w^T.
    /// let layer = Layer { w: vec![vec![1.0, 2.0]], b: vec![0.0], activation: Activation::Tanh };
    /// let net = Network { layers: vec![layer], loss: Loss::SquaredError };
    /// let hessian = net.input_hessian(&[0.5, 0.0], &[1.0]);
    /// let a = 0.5_f64.tanh();
    /// assert!((hessian[0][1] - 2.0 * (-2.0 * a * (1.0 - a * a))).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// If the network's layers, x or u don't fit.
    pub fn input_hessian(&self, x: &[f64], u: &[f64]) -> Vec<Vec<f64>> {
        // Row i is the product with the i-th unit vector, as the Hessian is symmetric.
        (0..x.len()).map(|i| self.input_hessian_vector(x, u, &unit(x.len(), i))).collect()
    }

    /// The Hessian of the cost by the parameters, times a direction: R{dW} and R{db}, if the
    /// parameters move along `v`.
    ///
    /// For the cross-entropies it is the derivative of dZ = a - y, as everywhere.
    ///
    /// # Panics
    /// If the network's layers, samples, targets or v don't fit.
    pub fn hessian_vector(
        &self,
        x: &[Vec<f64>],
        y: &[Vec<f64>],
        v: &[LayerGradient],
    ) -> Vec<LayerGradient> {
        must(self.check_samples(x, y));
        self.must_be_direction(v);
        let mut product = v.to_vec();
        for layer in &mut product {
            layer.dw.iter_mut().for_each(|row| row.fill(0.0));
            layer.db.fill(0.0);
        }
        let m = x.len() as f64;
        for s in 0..x.len() {
            let trace = self.forward(&x[s]);
            let still = vec![0.0; x[s].len()];
            let tangents = self.tangents_along(&x[s], &trace, &still, Some(v));
            let deltas = self.deltas(&trace, &y[s]);
            let r_dz = self.output_delta_tangent(&trace, &tangents, &y[s]);
            let r_deltas = self.delta_tangents(&trace, &tangents, &deltas, &r_dz, Some(v));
            for l in 0..self.layers.len() {
                let (a_prev, r_a_prev) = match l {
                    0 => (&x[s], &still),
                    _ => (&trace.a[l - 1], &tangents.a[l - 1]),
                };
                for j in 0..deltas[l].len() {
                    // dW = dZ A_prev^T, so R{dW} = R{dZ} A_prev^T + dZ R{A_prev}^T.
                    for i in 0..a_prev.len() {
                        let r_dw = r_deltas[l][j] * a_prev[i] + deltas[l][j] * r_a_prev[i];
                        product[l].dw[j][i] += r_dw / m;
                    }
                    product[l].db[j] += r_deltas[l][j] / m;
                }
            }
        }
        product
    }

    /// R{z} = W R{a_prev} + V a_prev + v_b and R{a}, layer after layer; V is 0 without a `v`.
    fn tangents_along(
        &self,
        x: &[f64],
        trace: &Trace,
        dx: &[f64],
        v: Option<&[LayerGradient]>,
    ) -> Trace {
        let mut tangents = Trace { z: Vec::new(), a: Vec::new() };
        let (mut a_prev, mut r_a_prev) = (x, dx.to_vec());
        for l in 0..self.layers.len() {
            let layer = &self.layers[l];
            let mut r_z = vec![0.0; layer.b.len()];
            for j in 0..r_z.len() {
                for i in 0..a_prev.len() {
                    r_z[j] += layer.w[j][i] * r_a_prev[i];
                    r_z[j] += v.map_or(0.0, |v| v[l].dw[j][i]) * a_prev[i];
                }
                r_z[j] += v.map_or(0.0, |v| v[l].db[j]);
            }
            r_a_prev = activation_tangent(layer.activation, &trace.z[l], &trace.a[l], &r_z);
            tangents.z.push(r_z);
            tangents.a.push(r_a_prev.clone());
            a_prev = &trace.a[l];
        }
        tangents
    }

    /// R{dZ} of every layer from that at the output: with dA = W\[l+1\]^T dZ\[l+1\],
    /// R{dA} = W\[l+1\]^T R{dZ\[l+1\]} + V\[l+1\]^T dZ\[l+1\] and
    /// R{dZ\[l\]} = R{dA} g'(Z\[l\]) + dA g''(Z\[l\]) R{Z\[l\]}.
    fn delta_tangents(
        &self,
        trace: &Trace,
        tangents: &Trace,
        deltas: &[Vec<f64>],
        r_dz: &[f64],
        v: Option<&[LayerGradient]>,
    ) -> Vec<Vec<f64>> {
        let mut r_deltas = vec![r_dz.to_vec()];
        for l in (0..self.layers.len() - 1).rev() {
            let (g, above) = (self.layers[l].activation, &self.layers[l + 1]);
            let mut r_dz = vec![0.0; trace.z[l].len()];
            for i in 0..r_dz.len() {
                let (mut da, mut r_da) = (0.0, 0.0);
                for j in 0..above.b.len() {
                    da += above.w[j][i] * deltas[l + 1][j];
                    r_da += above.w[j][i] * r_deltas[0][j];
                    r_da += v.map_or(0.0, |v| v[l + 1].dw[j][i]) * deltas[l + 1][j];
                }
                let z = trace.z[l][i];
                r_dz[i] = r_da * g.derivative(z) + da * second_derivative(g, z) * tangents.z[l][i];
            }
            r_deltas.insert(0, r_dz);
        }
        r_deltas
    }

    /// R{dZ} at the output, of the loss.
    fn output_delta_tangent(&self, trace: &Trace, tangents: &Trace, y: &[f64]) -> Vec<f64> {
        let last = self.layers.len() - 1;
        let (a, r_a) = (&trace.a[last], &tangents.a[last]);
        match self.loss {
            // dZ = a - y
            Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy | Loss::Poisson => r_a.clone(),
            // dmu = (mu - y) e^-s and ds = (1 - (mu - y)^2 e^-s) / 2
            Loss::GaussianNll => {
                let n = y.len();
                let mut r_dz = vec![0.0; 2 * n];
                for k in 0..n {
                    let (d, variance) = (a[k] - y[k], a[n + k].exp());
                    let (r_mu, r_s) = (r_a[k], r_a[n + k]);
                    r_dz[k] = (r_mu - d * r_s) / variance;
                    r_dz[n + k] = (d * d * r_s / 2.0 - d * r_mu) / variance;
                }
                r_dz
            }
            // dA = L'(d) of d = a - y, and R{dA} = L''(d) R{a}
            loss => {
                let (mut da, mut r_da) = (vec![0.0; a.len()], vec![0.0; a.len()]);
                for k in 0..a.len() {
                    let d = a[k] - y[k];
                    da[k] = loss.of_difference(d).map_or(0.0, |(_, slope)| slope);
                    r_da[k] = match loss {
                        Loss::SquaredError => r_a[k],
                        Loss::Huber { delta } if d.abs() <= delta => r_a[k],
                        // Lines.
                        _ => 0.0,
                    };
                }
                self.logit_delta_tangent(trace, tangents, &da, &r_da)
            }
        }
    }

    /// R{dZ} at the output from dA and R{dA}.
    fn logit_delta_tangent(
        &self,
        trace: &Trace,
        tangents: &Trace,
        da: &[f64],
        r_da: &[f64],
    ) -> Vec<f64> {
        let last = self.layers.len() - 1;
        let g = self.layers[last].activation;
        let (z, a) = (&trace.z[last], &trace.a[last]);
        let (r_z, r_a) = (&tangents.z[last], &tangents.a[last]);
        let mut r_dz = vec![0.0; a.len()];
        if g != Activation::Softmax {
            for k in 0..a.len() {
                let curved = second_derivative(g, z[k]) * r_z[k];
                r_dz[k] = r_da[k] * g.derivative(z[k]) + da[k] * curved;
            }
            return r_dz;
        }
        // dz_k = a_k (da_k - s) with s = sum_j a_j da_j
        let (mut s, mut r_s) = (0.0, 0.0);
        for j in 0..a.len() {
            s += a[j] * da[j];
            r_s += r_a[j] * da[j] + a[j] * r_da[j];
        }
        for k in 0..a.len() {
            r_dz[k] = r_a[k] * (da[k] - s) + a[k] * (r_da[k] - r_s);
        }
        r_dz
    }

    /// Panics unless v has the network's sizes.
    #[track_caller]
    fn must_be_direction(&self, v: &[LayerGradient]) {
        must(length("v", self.layers.len(), v.len()));
        for (layer, v) in self.layers.iter().zip(v) {
            must(length("db of v", layer.b.len(), v.db.len()));
            must(length("dW of v", layer.w.len(), v.dw.len()));
            for (row, v) in layer.w.iter().zip(&v.dw) {
                must(length("a row of dW of v", row.len(), v.len()));
            }
        }
    }
}

/// R{a} from R{z}: g'(z) R{z} unit by unit; for softmax a_k (R{z_k} - sum_j a_j R{z_j}).
fn activation_tangent(g: Activation, z: &[f64], a: &[f64], r_z: &[f64]) -> Vec<f64> {
    if g != Activation::Softmax {
        return (0..z.len()).map(|k| g.derivative(z[k]) * r_z[k]).collect();
    }
    let mean: f64 = (0..a.len()).map(|j| a[j] * r_z[j]).sum();
    (0..a.len()).map(|k| a[k] * (r_z[k] - mean)).collect()
}

fn unit(length: usize, i: usize) -> Vec<f64> {
    let mut unit = vec![0.0; length];
    unit[i] = 1.0;
    unit
}
