//! What an implementation must say about a network and a batch: the reference's answers, each with
//! its bound.

use super::pass::{Pass, through};
use super::rounding::{Approx, Rounding};
use crate::reference::{Layer, LayerGradient, Network};

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
/// of lr/m dZ, by eta is multiplied by, if a implementation scales dZ before the product with A_prev.
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

/// What an implementation must say about a network and a batch, each value with its bound.
///
/// ```
/// use shallownet::reference::{Layer, Network};
/// use shallownet::testing::bounds::{Expected, Rounding};
/// use shallownet::{Activation, Loss};
///
/// let layer = Layer { w: vec![vec![0.5, 2.0]], b: vec![0.0], activation: Activation::Tanh };
/// let net = Network { layers: vec![layer], loss: Loss::SquaredError };
/// let (x, y) = ([vec![1.0, -0.25]], [vec![0.5]]);
/// let expected = Expected::of(Rounding::of::<f32>(), &net, &x, &y);
/// // z = 0, so a = 0, dz = -0.5.
/// assert!(expected.predictions[0][0].admits(0.0) && !expected.predictions[0][0].admits(1e-6));
/// assert!(expected.dw[0][0].admits(-0.5) && !expected.dw[0][0].admits(-0.500001));
/// ```
#[derive(Debug)]
pub struct Expected {
    /// The output activations, one vector a sample.
    pub predictions: Vec<Vec<Approx>>,
    /// J.
    pub cost: Approx,
    /// dW of every layer, row-major.
    pub dw: Vec<Vec<Approx>>,
    /// db of every layer.
    pub db: Vec<Vec<Approx>>,
    reaches: Vec<Vec<f64>>,
}

impl Expected {
    /// The reference's answers, each with its bound.
    pub fn of(r: Rounding, net: &Network, x: &[Vec<f64>], y: &[Vec<f64>]) -> Self {
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
    pub fn stepped(
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
    pub fn weighted(
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
pub struct FromOutput {
    /// dW of every layer, row-major.
    pub dw: Vec<Vec<Approx>>,
    /// db of every layer.
    pub db: Vec<Vec<Approx>>,
    /// dX, one vector a sample.
    pub dx: Vec<Vec<Approx>>,
}

impl FromOutput {
    /// `is_da` says what `given` is: dA, or else dZ.
    pub fn of(r: Rounding, net: &Network, x: &[Vec<f64>], given: &[Vec<f64>], is_da: bool) -> Self {
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
