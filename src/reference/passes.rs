//! Forward, cost, backward and a step, as loops.
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]

use super::network::{Layer, LayerGradient, Network, Trace};
use super::shapes::must;
use crate::words::activation::Activation;
use crate::words::loss::Loss;

impl Network {
    /// z = W a_prev + b, a = g(z), layer after layer, for one sample.
    pub fn forward(&self, x: &[f64]) -> Trace {
        must(self.check_x(x));
        let mut trace = Trace { z: Vec::new(), a: Vec::new() };
        let mut a_prev = x.to_vec();
        for layer in &self.layers {
            let mut z = vec![0.0; layer.b.len()];
            for j in 0..z.len() {
                z[j] = layer.b[j];
                for i in 0..a_prev.len() {
                    z[j] += layer.w[j][i] * a_prev[i];
                }
            }
            let a = activate(layer.activation, &z);
            trace.z.push(z);
            trace.a.push(a.clone());
            a_prev = a;
        }
        trace
    }

    /// The output activations of one sample.
    pub fn predict(&self, x: &[f64]) -> Vec<f64> {
        self.forward(x).a.pop().unwrap_or_default()
    }

    /// J = (1/m) sum over samples of L.
    pub fn cost(&self, x: &[Vec<f64>], y: &[Vec<f64>]) -> f64 {
        must(self.check_samples(x, y));
        let mut sum = 0.0;
        for i in 0..x.len() {
            sum += self.sample_loss(&self.forward(&x[i]), &y[i]);
        }
        sum / x.len() as f64
    }

    /// L of one sample, from the logits.
    pub fn sample_loss(&self, trace: &Trace, y: &[f64]) -> f64 {
        must(self.check_trace(trace, ("y", y), self.targets()));
        let (z, a) = (last(&trace.z), last(&trace.a));
        let mut loss = 0.0;
        match self.loss {
            Loss::BinaryCrossEntropy => {
                // -(y ln a + (1 - y) ln(1 - a)) with a = 1 / (1 + e^-z)
                for k in 0..z.len() {
                    loss += z[k].max(0.0) - z[k] * y[k] + (-z[k].abs()).exp().ln_1p();
                }
            }
            Loss::CategoricalCrossEntropy => {
                // -sum_k y_k ln a_k with a = softmax(z)
                let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let mut sum = 0.0;
                for k in 0..z.len() {
                    sum += (z[k] - max).exp();
                }
                loss = sum.ln();
                for k in 0..z.len() {
                    loss -= y[k] * (z[k] - max);
                }
            }
            Loss::Poisson => {
                // a - y ln a with a = e^z
                for k in 0..z.len() {
                    loss += z[k].exp() - y[k] * z[k];
                }
            }
            Loss::GaussianNll => {
                // -ln of the density of y at mean mu and variance e^s
                for k in 0..y.len() {
                    let (mu, s) = (z[k], z[y.len() + k]);
                    let q = (mu - y[k]) * (-s / 2.0).exp();
                    loss += (s + q * q) / 2.0;
                }
            }
            by_difference => {
                for k in 0..a.len() {
                    loss += by_difference.of_difference(a[k] - y[k]).map_or(f64::NAN, |of| of.0);
                }
            }
        }
        loss
    }

    /// dZ at the output, for one sample: dL/dz.
    pub fn output_delta(&self, trace: &Trace, y: &[f64]) -> Vec<f64> {
        must(self.check_trace(trace, ("y", y), self.targets()));
        let a = last(&trace.a);
        let mut d = vec![0.0; a.len()];
        if self.loss == Loss::GaussianNll {
            for k in 0..y.len() {
                let (mu, s) = (a[k], a[y.len() + k]);
                let q = (mu - y[k]) * (-s / 2.0).exp();
                d[k] = q * (-s / 2.0).exp();
                d[y.len() + k] = (1.0 - q * q) / 2.0;
            }
            return d;
        }
        for k in 0..a.len() {
            d[k] = a[k] - y[k];
        }
        match self.loss {
            Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy | Loss::Poisson => d,
            by_difference => {
                for k in 0..d.len() {
                    d[k] = by_difference.of_difference(d[k]).map_or(f64::NAN, |of| of.1);
                }
                self.logit_delta(trace, &d)
            }
        }
    }

    /// dZ at the output from dA, for one sample: dz_k = sum_j da_j (da_j/dz_k), which is
    /// dA * g'(Z) unit by unit for all activations but softmax.
    pub fn logit_delta(&self, trace: &Trace, da: &[f64]) -> Vec<f64> {
        must(self.check_trace(trace, ("da", da), self.outputs()));
        let (z, a) = (last(&trace.z), last(&trace.a));
        let activation = self.layers[self.layers.len() - 1].activation;
        let mut dz = vec![0.0; a.len()];
        for k in 0..a.len() {
            if activation != Activation::Softmax {
                dz[k] = da[k] * activation.derivative(z[k]);
                continue;
            }
            // da_j/dz_k = a_j (1[j = k] - a_k)
            for j in 0..a.len() {
                let same = if j == k { 1.0 } else { 0.0 };
                dz[k] += da[j] * a[j] * (same - a[k]);
            }
        }
        dz
    }

    /// dZ of every layer, for one sample.
    pub fn deltas(&self, trace: &Trace, y: &[f64]) -> Vec<Vec<f64>> {
        self.deltas_from(trace, &self.output_delta(trace, y))
    }

    /// dZ of every layer from dZ at the output, for one sample: dZ\[l\] = W\[l+1\]^T dZ\[l+1\] *
    /// g'(Z\[l\]).
    pub fn deltas_from(&self, trace: &Trace, dz: &[f64]) -> Vec<Vec<f64>> {
        must(self.check_trace(trace, ("dz", dz), self.outputs()));
        let mut deltas = vec![dz.to_vec()];
        for l in (0..self.layers.len() - 1).rev() {
            let da = through(&self.layers[l + 1], &deltas[0]);
            let mut dz = vec![0.0; da.len()];
            for i in 0..dz.len() {
                dz[i] = da[i] * self.layers[l].activation.derivative(trace.z[l][i]);
            }
            deltas.insert(0, dz);
        }
        deltas
    }

    /// dX = W\[1\]^T dZ\[1\] of one sample, from what [`deltas`](Self::deltas) gives.
    pub fn input_gradient(&self, deltas: &[Vec<f64>]) -> Vec<f64> {
        must(self.check_layers("deltas", deltas));
        through(&self.layers[0], &deltas[0])
    }

    /// dW\[l\] = (1/m) sum_i dZ\[l\]_i A\[l-1\]_i^T and db\[l\] = (1/m) sum_i dZ\[l\]_i.
    pub fn gradients(&self, x: &[Vec<f64>], y: &[Vec<f64>]) -> Vec<LayerGradient> {
        must(self.check_samples(x, y));
        self.sum_gradients(x, |s, trace| self.deltas(trace, &y[s]))
    }

    /// The same, from each sample's dZ at the output.
    pub fn gradients_from(&self, x: &[Vec<f64>], dz: &[Vec<f64>]) -> Vec<LayerGradient> {
        must(self.check_batch(x, ("dz", dz), self.outputs()));
        self.sum_gradients(x, |s, trace| self.deltas_from(trace, &dz[s]))
    }

    fn sum_gradients(
        &self,
        x: &[Vec<f64>],
        deltas: impl Fn(usize, &Trace) -> Vec<Vec<f64>>,
    ) -> Vec<LayerGradient> {
        let mut gradients = self.no_gradients();
        let m = x.len() as f64;
        for s in 0..x.len() {
            let trace = self.forward(&x[s]);
            let deltas = deltas(s, &trace);
            for l in 0..self.layers.len() {
                let a_prev = if l == 0 { &x[s] } else { &trace.a[l - 1] };
                for j in 0..deltas[l].len() {
                    for i in 0..a_prev.len() {
                        gradients[l].dw[j][i] += deltas[l][j] * a_prev[i] / m;
                    }
                    gradients[l].db[j] += deltas[l][j] / m;
                }
            }
        }
        gradients
    }

    /// Gradients of 0.
    pub(super) fn no_gradients(&self) -> Vec<LayerGradient> {
        let zeros = |layer: &Layer| LayerGradient {
            dw: layer.w.iter().map(|row| vec![0.0; row.len()]).collect(),
            db: vec![0.0; layer.b.len()],
        };
        self.layers.iter().map(zeros).collect()
    }

    /// W -= lr dW, b -= lr db. Returns the cost before the update.
    pub fn step(&mut self, x: &[Vec<f64>], y: &[Vec<f64>], learning_rate: f64) -> f64 {
        let cost = self.cost(x, y);
        let gradients = self.gradients(x, y);
        for (layer, gradient) in self.layers.iter_mut().zip(&gradients) {
            for j in 0..layer.b.len() {
                for i in 0..layer.w[j].len() {
                    layer.w[j][i] -= learning_rate * gradient.dw[j][i];
                }
                layer.b[j] -= learning_rate * gradient.db[j];
            }
        }
        cost
    }
}

/// a = g(z); softmax over all units, everything else unit by unit.
pub(super) fn activate(g: Activation, z: &[f64]) -> Vec<f64> {
    if g != Activation::Softmax {
        return z.iter().map(|&z| g.value(z)).collect();
    }
    let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e: Vec<f64> = z.iter().map(|&z| (z - max).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|e| e / sum).collect()
}

/// dA of a layer's inputs: W^T dZ.
pub(super) fn through(layer: &Layer, dz: &[f64]) -> Vec<f64> {
    let mut da = vec![0.0; layer.w.first().map_or(0, Vec::len)];
    for i in 0..da.len() {
        for j in 0..dz.len() {
            da[i] += layer.w[j][i] * dz[j];
        }
    }
    da
}

fn last(layers: &[Vec<f64>]) -> &[f64] {
    layers.last().map_or(&[], Vec::as_slice)
}
