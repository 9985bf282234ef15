//! What a backend must say about a network and a batch: the reference's answers, each with its
//! bound (see `bounds` for the inequalities).

use shallownet::Activation;
use shallownet::reference::{Layer, LayerGradient, Network, Trace};

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

    /// dZ of every layer from dZ at the output: dZ[l] = W[l+1]^T dZ[l+1] * g'(Z[l]).
    fn deltas(
        &self,
        r: Rounding,
        net: &Network,
        output: Vec<Approx>,
        values: &[Vec<f64>],
    ) -> Vec<Vec<Approx>> {
        let mut deltas = vec![output];
        for l in (0..net.layers.len() - 1).rev() {
            let g = net.layers[l].activation;
            let da = through(r, &net.layers[l + 1], &deltas[0]);
            let unit = |(i, &da): (usize, &Approx)| {
                r.product(da, r.derivative(g, self.z[l][i], self.a[l][i]), values[l][i])
            };
            let dz = da.iter().enumerate().map(unit).collect();
            deltas.insert(0, dz);
        }
        deltas
    }
}

/// dA of a layer's inputs: W^T dZ.
fn through(r: Rounding, layer: &Layer, dz: &[Approx]) -> Vec<Approx> {
    let input = |i: usize| {
        let pairs = || layer.w.iter().map(|row| Approx::exact(row[i])).zip(dz.iter().copied());
        let value = pairs().map(|(w, dz)| w.value * dz.value).sum();
        Approx { value, error: r.dot(0.0, pairs(), 0) }
    };
    (0..layer.w[0].len()).map(input).collect()
}

/// A sample's pass and its dZ of every layer.
type Sample = (Pass, Vec<Vec<Approx>>);

/// dW (row-major) and db of every layer.
type Means = (Vec<Vec<Approx>>, Vec<Vec<Approx>>);

/// The bounds of dW = (1/m) sum dZ A_prev^T and db.
fn means(r: Rounding, x: &[Vec<f64>], samples: &[Sample], values: &[LayerGradient]) -> Means {
    let m = x.len() as f64;
    let (mut dw, mut db) = (Vec::new(), Vec::new());
    for (l, gradient) in values.iter().enumerate() {
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
    (dw, db)
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
        let (mut predictions, mut samples) = (Vec::new(), Vec::new());
        let (mut loss_sum, mut loss_error) = (0.0, 0.0);
        for (x, y) in x.iter().zip(y) {
            let trace = net.forward(x);
            let pass = Pass::forward(r, net, &trace, x);
            let loss = r.loss(net, &pass, y, net.sample_loss(&trace, y));
            loss_sum += loss.size();
            loss_error += loss.error;
            let values = net.deltas(&trace, y);
            let output = r.output_delta(net, &pass, y, &values[values.len() - 1]);
            let deltas = pass.deltas(r, net, output, &values);
            predictions.push(pass.a.last().unwrap().clone());
            samples.push((pass, deltas));
        }
        // L >= 0, so a sum of n_y m terms in any order is off by gamma sum L; then 1/m.
        let terms = x.len() * y[0].len() + 2;
        let error = (loss_error + r.gamma(terms) * loss_sum) / m;
        let cost = Approx { value: net.cost(x, y), error };

        let (dw, db) = means(r, x, &samples, &net.gradients(x, y));
        Self { predictions, cost, dw, db }
    }
}

/// What `backward_from` must leave for an output gradient, one vector a sample.
#[derive(Debug)]
pub(crate) struct FromOutput {
    /// dW of every layer, row-major.
    pub(crate) dw: Vec<Vec<Approx>>,
    /// db of every layer.
    pub(crate) db: Vec<Vec<Approx>>,
    /// dX, one vector a sample.
    pub(crate) dx: Vec<Vec<Approx>>,
}

impl FromOutput {
    /// `is_da` says what `given` is: dA, or else dZ.
    pub(crate) fn of(
        r: Rounding,
        net: &Network,
        x: &[Vec<f64>],
        given: &[Vec<f64>],
        is_da: bool,
    ) -> Self {
        let (mut samples, mut dx, mut dz) = (Vec::new(), Vec::new(), Vec::new());
        for (x, given) in x.iter().zip(given) {
            let trace = net.forward(x);
            let pass = Pass::forward(r, net, &trace, x);
            let exact: Vec<Approx> = given.iter().map(|&d| Approx::exact(d)).collect();
            let (value, output) = if is_da {
                let value = net.logit_delta(&trace, given);
                let output = r.logit_delta(net, &pass, &exact, &value);
                (value, output)
            } else {
                (given.clone(), exact)
            };
            let values = net.deltas_from(&trace, &value);
            let deltas = pass.deltas(r, net, output, &values);
            let errors = through(r, &net.layers[0], &deltas[0]);
            let inputs = net.input_gradient(&values).into_iter().zip(errors);
            dx.push(inputs.map(|(value, e)| Approx { value, error: e.error }).collect());
            dz.push(value);
            samples.push((pass, deltas));
        }
        let (dw, db) = means(r, x, &samples, &net.gradients_from(x, &dz));
        Self { dw, db, dx }
    }
}
