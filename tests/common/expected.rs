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
    pub(super) fn forward(r: Rounding, net: &Network, trace: &Trace, x: &[f64]) -> Self {
        let mut pass = Self { z: Vec::new(), a: Vec::new() };
        let mut a_prev: Vec<Approx> = x.iter().map(|&x| Approx::exact(x)).collect();
        for (layer, (z, a)) in net.layers.iter().zip(trace.z.iter().zip(&trace.a)) {
            let rows = layer.w.iter().zip(&layer.b).zip(z);
            let z: Vec<_> = rows.map(|((w, &b), &z)| r.logit(w, b, &a_prev, z)).collect();
            a_prev = match layer.activation {
                Activation::Softmax => r.softmax(&z, a),
                g => z.iter().zip(a).map(|(&z, &a)| r.activation(g, z, a)).collect(),
            };
            // What of a sigmoid vanishes, in a hidden layer and at the output; and of an exponential.
            if matches!(layer.activation, Activation::Sigmoid | Activation::Exp) {
                let is_hidden = pass.z.len() + 1 < net.layers.len();
                let vanish = |a: Approx| if is_hidden { r.root(a) } else { r.normal(a) };
                a_prev = a_prev.into_iter().map(vanish).collect();
            }
            pass.z.push(z);
            pass.a.push(a_prev.clone());
        }
        pass
    }

    /// dZ of every layer from dZ at the output: dZ[l] = W[l+1]^T dZ[l+1] * g'(Z[l]).
    pub(super) fn deltas(
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
                r.delta(g, da, r.derivative(g, self.z[l][i], self.a[l][i]), values[l][i])
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

/// What the sums over the samples are divided by: m, or the sum of the weights.
#[derive(Clone, Copy)]
struct Mean {
    total: f64,
    /// Roundings of each term besides its product and the sum's.
    extra: usize,
    /// How far the total may be off, relative to it.
    total_error: f64,
}

impl Mean {
    /// 1/m is rounded, and so is its product with each term.
    fn of_all(samples: usize) -> Self {
        Self { total: samples as f64, extra: 2, total_error: 0.0 }
    }

    /// The total is a sum in f64; here the reference's mean is multiplied by m / total as well.
    fn weighted(weights: &[f64]) -> Self {
        let total = match weights.iter().sum() {
            0.0 => 1.0,
            total => total,
        };
        Self { total, extra: 4, total_error: Rounding::of_reference().gamma(weights.len()) }
    }
}

/// Sum |a_prev| over the samples, for every input of every layer: what an underflow of 1/m dZ, or
/// of lr/m dZ, by eta is multiplied by, if a backend scales dZ before the product with A_prev.
fn reaches(x: &[Vec<f64>], samples: &[Sample], layers: usize) -> Vec<Vec<f64>> {
    let mut reaches: Vec<Vec<f64>> = Vec::new();
    for l in 0..layers {
        let size = |s: usize, i: usize| match l {
            0 => x[s][i].abs(),
            _ => samples[s].0.a[l - 1][i].size(),
        };
        let inputs = if l == 0 { x[0].len() } else { samples[0].0.a[l - 1].len() };
        reaches.push((0..inputs).map(|i| (0..x.len()).map(|s| size(s, i)).sum()).collect());
    }
    reaches
}

/// The bounds of dW = (1/m) sum dZ A_prev^T and db.
fn means(
    r: Rounding,
    x: &[Vec<f64>],
    samples: &[Sample],
    values: &[LayerGradient],
    over: Mean,
) -> Means {
    let (mut dw, mut db) = (Vec::new(), Vec::new());
    let scale = x.len() as f64 / over.total;
    let reaches = reaches(x, samples, values.len());
    for (l, gradient) in values.iter().enumerate() {
        let a_prev = |s: usize, i: usize| match l {
            0 => Approx::exact(x[s][i]),
            _ => samples[s].0.a[l - 1][i],
        };
        let mean = |pairs: &dyn Fn(usize) -> (Approx, Approx), value: f64, reach: f64| {
            let sum = r.dot(0.0, (0..x.len()).map(pairs), over.extra);
            let (value, error) = (value * scale, sum / over.total);
            let inherited = over.total_error * (value.abs() + error);
            let underflow = r.eta * ((x.len() + 1) as f64 + reach);
            Approx { value, error: error + inherited + underflow }
        };
        let mut rows = Vec::new();
        for (j, row) in gradient.dw.iter().enumerate() {
            for (i, &value) in row.iter().enumerate() {
                rows.push(mean(&|s| (samples[s].1[l][j], a_prev(s, i)), value, reaches[l][i]));
            }
        }
        let one = Approx::exact(1.0);
        let biases = gradient.db.iter().enumerate();
        let biases = biases.map(|(j, &value)| mean(&|s| (samples[s].1[l][j], one), value, 0.0));
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
    reaches: Vec<Vec<f64>>,
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
            let (loss, terms) = r.loss(net, &pass, y, net.sample_loss(&trace, y));
            loss_sum += terms;
            loss_error += loss.error;
            let values = net.deltas(&trace, y);
            let output = r.output_delta(net, &pass, y, &values[values.len() - 1]);
            let deltas = pass.deltas(r, net, output, &values);
            predictions.push(pass.a.last().unwrap().clone());
            samples.push((pass, deltas));
        }
        // A sum of n_y m terms in any order is off by gamma times the sum of their magnitudes; 1/m.
        let terms = x.len() * y[0].len() + 2;
        let error = (loss_error + r.gamma(terms) * loss_sum) / m;
        let cost = Approx { value: net.cost(x, y), error };

        let (dw, db) = means(r, x, &samples, &net.gradients(x, y), Mean::of_all(x.len()));
        let reaches = reaches(x, &samples, dw.len());
        Self { predictions, cost, dw, db, reaches }
    }

    /// W and b of layer `l` after a step from `layer`, row-major.
    pub(crate) fn stepped(
        &self,
        r: Rounding,
        l: usize,
        layer: &Layer,
        learning_rate: f64,
    ) -> (Vec<Approx>, Vec<Approx>) {
        let updated = |(w, dw): (&f64, &Approx), reach| r.update(*w, *dw, learning_rate, reach);
        let weights = layer.w.iter().flatten().zip(&self.dw[l]).zip(self.reaches[l].iter().cycle());
        let biases = layer.b.iter().zip(&self.db[l]);
        // A bias is a weight of the input 1.
        let samples = self.predictions.len() as f64;
        let w = weights.map(|(pair, &reach)| updated(pair, reach)).collect();
        (w, biases.map(|pair| updated(pair, samples)).collect())
    }

    /// With a weight a sample: J = sum w_i L_i / sum w_i, and dZ_i of the output is w_i times what
    /// it is without. All weights 0 are a sum of 0, divided by 1.
    pub(crate) fn weighted(
        r: Rounding,
        net: &Network,
        (x, y): (&[Vec<f64>], &[Vec<f64>]),
        weights: &[f64],
    ) -> Self {
        let (mut predictions, mut samples, mut dz) = (Vec::new(), Vec::new(), Vec::new());
        let (mut loss, mut loss_sum, mut loss_error) = (0.0, 0.0, 0.0);
        for ((x, y), &w) in x.iter().zip(y).zip(weights) {
            let trace = net.forward(x);
            let pass = Pass::forward(r, net, &trace, x);
            let (own, terms) = r.loss(net, &pass, y, net.sample_loss(&trace, y));
            loss += w * own.value;
            loss_sum += w * terms;
            loss_error += w * own.error;
            let value = net.output_delta(&trace, y);
            let output = r.output_delta(net, &pass, y, &value);
            let value: Vec<f64> = value.iter().map(|dz| w * dz).collect();
            let pairs = output.into_iter().zip(&value);
            let output = pairs.map(|(dz, &value)| r.product(Approx::exact(w), dz, value)).collect();
            let deltas = pass.deltas(r, net, output, &net.deltas_from(&trace, &value));
            predictions.push(pass.a.last().unwrap().clone());
            samples.push((pass, deltas));
            dz.push(value);
        }
        let over = Mean::weighted(weights);
        let terms = x.len() * y[0].len() + 4;
        let (value, error) =
            (loss / over.total, (loss_error + r.gamma(terms) * loss_sum) / over.total);
        let cost = Approx { value, error: error + over.total_error * (value.abs() + error) };
        let (dw, db) = means(r, x, &samples, &net.gradients_from(x, &dz), over);
        let reaches = reaches(x, &samples, dw.len());
        Self { predictions, cost, dw, db, reaches }
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
        let (dw, db) = means(r, x, &samples, &net.gradients_from(x, &dz), Mean::of_all(x.len()));
        Self { dw, db, dx }
    }
}
