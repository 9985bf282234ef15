//! What a backend must say about a network and a batch: the reference's answers, each with its
//! bound (see `bounds` for the inequalities).

use shallownet::Activation;
use shallownet::reference::{Network, Trace};

use super::bounds::{Approx, Rounding};

/// One sample on its way through the network, every z and a with its bound.
pub(super) struct Pass {
    pub(super) z: Vec<Vec<Approx>>,
    pub(super) a: Vec<Vec<Approx>>,
}

impl Pass {
    fn forward(r: Rounding, net: &Network, trace: &Trace, x: &[f64]) -> Self {
        let mut pass = Self { z: Vec::new(), a: Vec::new() };
        let mut a_prev: Vec<Approx> = x.iter().map(|&x| Approx::exact(x)).collect();
        for (layer, (z, a)) in net.layers.iter().zip(trace.z.iter().zip(&trace.a)) {
            let rows = layer.w.iter().zip(&layer.b).zip(z);
            let z: Vec<_> = rows.map(|((w, &b), &z)| r.logit(w, b, &a_prev, z)).collect();
            a_prev = match layer.activation {
                Activation::Softmax => r.softmax(&z, a),
                g => z.iter().zip(a).map(|(&z, &a)| r.activation(g, z, a)).collect(),
            };
            pass.z.push(z);
            pass.a.push(a_prev.clone());
        }
        pass
    }

    /// dZ of every layer: dZ[l] = W[l+1]^T dZ[l+1] * g'(Z[l]).
    fn deltas(
        &self,
        r: Rounding,
        net: &Network,
        y: &[f64],
        values: &[Vec<f64>],
    ) -> Vec<Vec<Approx>> {
        let last = net.layers.len() - 1;
        let mut deltas = vec![r.output_delta(net, self, y, &values[last])];
        for l in (0..last).rev() {
            let (next, g) = (&net.layers[l + 1], net.layers[l].activation);
            let unit = |i: usize| {
                let pairs = || {
                    next.w.iter().map(|row| Approx::exact(row[i])).zip(deltas[0].iter().copied())
                };
                let value = pairs().map(|(w, dz)| w.value * dz.value).sum();
                let da = Approx { value, error: r.dot(0.0, pairs(), 0) };
                r.product(da, r.derivative(g, self.z[l][i], self.a[l][i]), values[l][i])
            };
            let dz = (0..net.layers[l].b.len()).map(unit).collect();
            deltas.insert(0, dz);
        }
        deltas
    }
}

/// What a backend must say about a network and a batch.
#[derive(Debug)]
pub(crate) struct Expected {
    /// The output activations, one vector a sample.
    pub(crate) predictions: Vec<Vec<Approx>>,
    /// J.
    pub(crate) cost: Approx,
    /// dW of every layer, row-major.
    pub(crate) dw: Vec<Vec<Approx>>,
    /// db of every layer.
    pub(crate) db: Vec<Vec<Approx>>,
}

impl Expected {
    /// The reference's answers, each with its bound.
    pub(crate) fn of(r: Rounding, net: &Network, x: &[Vec<f64>], y: &[Vec<f64>]) -> Self {
        let m = x.len() as f64;
        let gradients = net.gradients(x, y);
        let (mut predictions, mut samples) = (Vec::new(), Vec::new());
        let (mut loss_sum, mut loss_error) = (0.0, 0.0);
        for (x, y) in x.iter().zip(y) {
            let trace = net.forward(x);
            let pass = Pass::forward(r, net, &trace, x);
            let loss = r.loss(net, &pass, y, net.sample_loss(&trace, y));
            loss_sum += loss.size();
            loss_error += loss.error;
            let deltas = pass.deltas(r, net, y, &net.deltas(&trace, y));
            predictions.push(pass.a.last().unwrap().clone());
            samples.push((pass, deltas));
        }
        // L >= 0, so a sum of n_y m terms in any order is off by gamma sum L; then 1/m.
        let terms = x.len() * y[0].len() + 2;
        let error = (loss_error + r.gamma(terms) * loss_sum) / m;
        let cost = Approx { value: net.cost(x, y), error };

        let (mut dw, mut db) = (Vec::new(), Vec::new());
        for (l, gradient) in gradients.iter().enumerate() {
            let a_prev = |s: usize, i: usize| match l {
                0 => Approx::exact(x[s][i]),
                _ => samples[s].0.a[l - 1][i],
            };
            // (1/m) sum dz a: 1/m is rounded, and so is its product with each term.
            let mean = |pairs: &dyn Fn(usize) -> (Approx, Approx), value: f64| {
                let sum = r.dot(0.0, (0..x.len()).map(pairs), 2);
                Approx { value, error: sum / m + (x.len() + 1) as f64 * r.eta }
            };
            let mut rows = Vec::new();
            for (j, row) in gradient.dw.iter().enumerate() {
                for (i, &value) in row.iter().enumerate() {
                    rows.push(mean(&|s| (samples[s].1[l][j], a_prev(s, i)), value));
                }
            }
            let one = Approx::exact(1.0);
            let biases = gradient.db.iter().enumerate();
            let biases = biases.map(|(j, &value)| mean(&|s| (samples[s].1[l][j], one), value));
            db.push(biases.collect());
            dw.push(rows);
        }
        Self { predictions, cost, dw, db }
    }
}
