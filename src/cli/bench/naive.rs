//! What a careful person writes first: the network as plain scalar loops in its own element type,
//! one sample at a time. What shallownet's speed is compared with.
//!
//! Like the library's `reference`, but written to be timed: flat rows of weights, no allocation per
//! sample, and loops in the order of memory. Included by benches/ too.

use shallownet::{Activation, Columns, Loss, Network, Result, Scalar};

/// The functions of the standard library that the activations need.
pub(crate) trait Real: Scalar {
    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn ln_1p(self) -> Self;
    fn tanh(self) -> Self;
    fn sqrt(self) -> Self;
}

impl Real for f32 {
    fn exp(self) -> Self {
        f32::exp(self)
    }
    fn ln(self) -> Self {
        f32::ln(self)
    }
    fn ln_1p(self) -> Self {
        f32::ln_1p(self)
    }
    fn tanh(self) -> Self {
        f32::tanh(self)
    }
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
}

impl Real for f64 {
    fn exp(self) -> Self {
        f64::exp(self)
    }
    fn ln(self) -> Self {
        f64::ln(self)
    }
    fn ln_1p(self) -> Self {
        f64::ln_1p(self)
    }
    fn tanh(self) -> Self {
        f64::tanh(self)
    }
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
}

/// One layer: its parameters, their gradients, and what the last sample left in it.
#[derive(Debug, Clone)]
pub(crate) struct Layer<T> {
    /// W, row after row: one row of `inputs` weights a unit.
    pub(crate) w: Vec<T>,
    pub(crate) b: Vec<T>,
    pub(crate) dw: Vec<T>,
    pub(crate) db: Vec<T>,
    inputs: usize,
    g: Activation,
    z: Vec<T>,
    a: Vec<T>,
    dz: Vec<T>,
}

/// The network.
#[derive(Debug, Clone)]
pub(crate) struct Naive<T> {
    pub(crate) layers: Vec<Layer<T>>,
    loss: Loss,
}

/// Adam's m and v of each parameter.
#[derive(Debug, Clone)]
pub(crate) struct Moments<T>(Vec<[T; 2]>);

impl<T: Real> Moments<T> {
    pub(crate) fn of(naive: &Naive<T>) -> Self {
        let parameters = naive.layers.iter().map(|layer| layer.w.len() + layer.b.len()).sum();
        Self(vec![[T::ZERO; 2]; parameters])
    }
}

impl<T: Real> Naive<T> {
    /// With the parameters of `net`.
    pub(crate) fn of(net: &Network<T>) -> Result<Self> {
        let layer = |(l, layer): (usize, &shallownet::Layer)| {
            let zeros = vec![T::ZERO; layer.units];
            Ok(Layer {
                w: net.weights(l)?,
                b: net.bias(l)?.to_vec(),
                dw: vec![T::ZERO; layer.units * layer.inputs],
                db: zeros.clone(),
                inputs: layer.inputs,
                g: layer.activation,
                z: zeros.clone(),
                a: zeros.clone(),
                dz: zeros,
            })
        };
        let layers = net.layers().iter().enumerate().map(layer).collect::<Result<_>>()?;
        Ok(Self { layers, loss: net.loss() })
    }

    /// The output activations of every sample.
    pub(crate) fn predict(&mut self, x: Columns<'_, T>, out: &mut [T]) {
        let n_y = self.output().a.len();
        let samples = x.as_slice().chunks_exact(x.features());
        for (x, out) in samples.zip(out.chunks_exact_mut(n_y)) {
            self.forward(x);
            out.copy_from_slice(&self.output().a);
        }
    }

    /// The cost J; leaves every dW and db.
    pub(crate) fn gradients(&mut self, x: Columns<'_, T>, y: Columns<'_, T>) -> f64 {
        for layer in &mut self.layers {
            layer.dw.fill(T::ZERO);
            layer.db.fill(T::ZERO);
        }
        let m = x.samples() as f64;
        let mut cost = 0.0;
        let targets = y.as_slice().chunks_exact(y.features());
        for (x, y) in x.as_slice().chunks_exact(x.features()).zip(targets) {
            self.forward(x);
            cost += self.loss(y).to_f64();
            self.backward(x, T::from_f64(1.0 / m));
        }
        cost / m
    }

    /// W -= lr dW, b -= lr db.
    pub(crate) fn descend(&mut self, learning_rate: T) {
        for layer in &mut self.layers {
            for (w, &dw) in layer.w.iter_mut().zip(&layer.dw) {
                *w -= learning_rate * dw;
            }
            for (b, &db) in layer.b.iter_mut().zip(&layer.db) {
                *b -= learning_rate * db;
            }
        }
    }

    /// Adam's step t, from 1, with its usual constants.
    pub(crate) fn adam(&mut self, moments: &mut Moments<T>, learning_rate: T, t: i32) {
        let of = |value: f64| T::from_f64(value);
        let (beta1, beta2, epsilon) = (of(0.9), of(0.999), of(1e-8));
        let correction = |beta: f64| of(1.0 / (1.0 - beta.powi(t)));
        let (correct_m, correct_v) = (correction(0.9), correction(0.999));
        let one = of(1.0);
        let mut moments = moments.0.iter_mut();
        let mut step = |w: &mut T, g: T| {
            let Some([m, v]) = moments.next() else { return };
            *m = beta1 * *m + (one - beta1) * g;
            *v = beta2 * *v + (one - beta2) * g * g;
            *w -= learning_rate * *m * correct_m / ((*v * correct_v).sqrt() + epsilon);
        };
        for layer in &mut self.layers {
            layer.w.iter_mut().zip(&layer.dw).for_each(|(w, &dw)| step(w, dw));
            layer.b.iter_mut().zip(&layer.db).for_each(|(b, &db)| step(b, db));
        }
    }

    /// z = W a_prev + b, a = g(z), layer after layer.
    fn forward(&mut self, x: &[T]) {
        for l in 0..self.layers.len() {
            let (before, rest) = self.layers.split_at_mut(l);
            let a_prev = before.last().map_or(x, |layer| &layer.a);
            let layer = &mut rest[0];
            for (j, row) in layer.w.chunks_exact(layer.inputs).enumerate() {
                let mut z = layer.b[j];
                for (&w, &a) in row.iter().zip(a_prev) {
                    z += w * a;
                }
                layer.z[j] = z;
            }
            activate(layer.g, &layer.z, &mut layer.a);
        }
    }

    /// L, from the logits; leaves dZ of the last layer.
    fn loss(&mut self, y: &[T]) -> T {
        let last = self.layers.len() - 1;
        let Layer { z, a, dz, g, .. } = &mut self.layers[last];
        let mut loss = T::ZERO;
        for k in 0..z.len() {
            dz[k] = a[k] - y[k];
        }
        match self.loss {
            Loss::BinaryCrossEntropy => {
                for k in 0..z.len() {
                    let (above, size) =
                        if z[k] > T::ZERO { (z[k], z[k]) } else { (T::ZERO, -z[k]) };
                    loss += above - z[k] * y[k] + (-size).exp().ln_1p();
                }
            }
            Loss::CategoricalCrossEntropy => {
                let max = z.iter().fold(z[0], |max, &z| if z > max { z } else { max });
                loss = z.iter().map(|&z| (z - max).exp()).sum::<T>().ln();
                for k in 0..z.len() {
                    loss -= y[k] * (z[k] - max);
                }
            }
            Loss::Poisson => {
                for k in 0..z.len() {
                    loss += a[k] - y[k] * z[k];
                }
            }
            Loss::SquaredError => {
                for k in 0..z.len() {
                    loss += dz[k] * dz[k] / T::from_f64(2.0);
                    dz[k] *= derivative(*g, z[k], a[k]);
                }
            }
            // The others by a - y, by the library's formulas: they are not measured.
            other => {
                for k in 0..z.len() {
                    let (own, slope) = other.of_difference(dz[k].to_f64()).unwrap_or_default();
                    loss += T::from_f64(own);
                    dz[k] = T::from_f64(slope) * derivative(*g, z[k], a[k]);
                }
            }
        }
        loss
    }

    /// dZ of the layers before the last, and this sample's share of every dW and db.
    fn backward(&mut self, x: &[T], share: T) {
        for l in (0..self.layers.len()).rev() {
            let (before, rest) = self.layers.split_at_mut(l);
            let layer = &mut rest[0];
            let a_prev = before.last().map_or(x, |layer| &layer.a);
            for (j, row) in layer.dw.chunks_exact_mut(layer.inputs).enumerate() {
                let d = share * layer.dz[j];
                for (dw, &a) in row.iter_mut().zip(a_prev) {
                    *dw += d * a;
                }
                layer.db[j] += d;
            }
            let Some(prev) = before.last_mut() else { return };
            // dz_prev = W^T dz * g'(z_prev), by rows of W.
            prev.dz.fill(T::ZERO);
            for (row, &d) in layer.w.chunks_exact(layer.inputs).zip(&layer.dz) {
                for (dz, &w) in prev.dz.iter_mut().zip(row) {
                    *dz += w * d;
                }
            }
            for i in 0..prev.dz.len() {
                prev.dz[i] *= derivative(prev.g, prev.z[i], prev.a[i]);
            }
        }
    }

    fn output(&self) -> &Layer<T> {
        &self.layers[self.layers.len() - 1]
    }
}

/// a = g(z).
fn activate<T: Real>(g: Activation, z: &[T], a: &mut [T]) {
    let one = T::from_f64(1.0);
    match g {
        Activation::Softmax => {
            let max = z.iter().fold(z[0], |max, &z| if z > max { z } else { max });
            let mut sum = T::ZERO;
            for (a, &z) in a.iter_mut().zip(z) {
                *a = (z - max).exp();
                sum += *a;
            }
            for a in a {
                *a = *a / sum;
            }
        }
        Activation::Tanh => a.iter_mut().zip(z).for_each(|(a, &z)| *a = z.tanh()),
        Activation::Sigmoid => {
            a.iter_mut().zip(z).for_each(|(a, &z)| *a = one / (one + (-z).exp()));
        }
        Activation::Relu => {
            a.iter_mut().zip(z).for_each(|(a, &z)| *a = if z > T::ZERO { z } else { T::ZERO });
        }
        Activation::Exp => a.iter_mut().zip(z).for_each(|(a, &z)| *a = z.exp()),
        // Nothing else is measured.
        _ => a.copy_from_slice(z),
    }
}

/// g'(z), where a = g(z).
fn derivative<T: Real>(g: Activation, z: T, a: T) -> T {
    let one = T::from_f64(1.0);
    match g {
        Activation::Tanh => one - a * a,
        Activation::Sigmoid => a * (one - a),
        Activation::Relu if z < T::ZERO => T::ZERO,
        Activation::Exp => a,
        _ => one,
    }
}
