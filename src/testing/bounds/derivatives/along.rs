//! The pass along a direction, there and back, with the bounds of one sample.

use super::{Quantity, Rules};
use crate::reference::{LayerGradient, Network};
use crate::{Activation, Loss};

/// What moves, and where the way back begins.
#[derive(Debug, Clone, Copy)]
pub struct Direction<'a> {
    /// Of the inputs.
    pub dx: &'a [f64],
    /// Of W and b of every layer, unless they stand still.
    pub v: Option<&'a [LayerGradient]>,
    /// Where the way back begins.
    pub start: Start<'a>,
}

/// What is derived twice.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// s = sum_k u_k a_k.
    Sum(&'a [f64]),
    /// The network's loss, of these targets.
    Loss(&'a [f64]),
}

/// Along along a direction, of one sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Along {
    /// R{A} of the output.
    pub r_a: Vec<Quantity>,
    /// R{dX}.
    pub r_dx: Vec<Quantity>,
    /// R{dW} and R{db} of every layer, W row-major, then b.
    pub r_parameters: Vec<Quantity>,
}

/// One layer's quantities.
struct Layer {
    a: Vec<Quantity>,
    first: Vec<Quantity>,
    second: Vec<Quantity>,
    r_z: Vec<Quantity>,
    r_a: Vec<Quantity>,
}

impl Rules {
    /// The bounds of one sample. R{dW} of a batch is a mean of theirs.
    ///
    /// # Panics
    /// If the network's layers, x or the direction don't fit.
    pub fn along(self, net: &Network, x: &[f64], direction: &Direction<'_>) -> Along {
        let layers = self.forward(net, x, direction);
        let (mut d, mut r_d) = self.start(net, &layers, &direction.start);
        let mut parameters = Vec::new();
        for l in (0..net.layers.len()).rev() {
            let (a_prev, r_a_prev) = match l {
                0 => (all(x), all(direction.dx)),
                _ => (layers[l - 1].a.clone(), layers[l - 1].r_a.clone()),
            };
            let mut of_layer = Vec::new();
            for j in 0..d.len() {
                for i in 0..a_prev.len() {
                    let (one, two) = (self.mul(r_d[j], a_prev[i]), self.mul(d[j], r_a_prev[i]));
                    of_layer.push(self.add(one, two));
                }
            }
            of_layer.extend(&r_d);
            parameters.splice(0..0, of_layer);
            let w = &net.layers[l].w;
            let back = |d: &[Quantity], w: &[Vec<f64>]| -> Vec<Quantity> {
                let inputs = 0..w[0].len();
                let dot = |i: usize| {
                    self.sum((0..d.len()).map(|j| self.mul(Quantity::exact(w[j][i]), d[j])))
                };
                inputs.map(dot).collect()
            };
            let (da, mut r_da) = (back(&d, w), back(&r_d, w));
            if let Some(v) = direction.v {
                let more = back(&d, &v[l].dw);
                r_da = r_da.iter().zip(more).map(|(&r, more)| self.add(r, more)).collect();
            }
            if l == 0 {
                return Along {
                    r_a: layers.last().unwrap().r_a.clone(),
                    r_dx: r_da,
                    r_parameters: parameters,
                };
            }
            let before = &layers[l - 1];
            r_d = (0..da.len())
                .map(|i| {
                    let bent = self.mul(self.mul(da[i], before.second[i]), before.r_z[i]);
                    self.add(self.mul(r_da[i], before.first[i]), bent)
                })
                .collect();
            d = (0..da.len()).map(|i| self.mul(da[i], before.first[i])).collect();
        }
        unreachable!("a network has a layer")
    }

    fn forward(self, net: &Network, x: &[f64], direction: &Direction<'_>) -> Vec<Layer> {
        let trace = net.forward(x);
        let mut layers: Vec<Layer> = Vec::new();
        for (l, layer) in net.layers.iter().enumerate() {
            let (a_prev, r_a_prev) = match l {
                0 => (all(x), all(direction.dx)),
                _ => (layers[l - 1].a.clone(), layers[l - 1].r_a.clone()),
            };
            let dot = |w: &[f64], a: &[Quantity]| {
                self.sum(w.iter().zip(a).map(|(&w, &a)| self.mul(Quantity::exact(w), a)))
            };
            let units = 0..layer.b.len();
            let z: Vec<Quantity> = units
                .clone()
                .map(|j| self.add(dot(&layer.w[j], &a_prev), Quantity::exact(layer.b[j])))
                .collect();
            let r_z: Vec<Quantity> = units
                .clone()
                .map(|j| {
                    let r = dot(&layer.w[j], &r_a_prev);
                    let Some(v) = direction.v else { return r };
                    self.add(r, self.add(dot(&v[l].dw[j], &a_prev), Quantity::exact(v[l].db[j])))
                })
                .collect();
            let (mut a, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
            for j in units {
                let [value, slope, bend] = self.values(layer.activation, trace.z[l][j], z[j].error);
                a.push(value);
                first.push(slope);
                second.push(bend);
            }
            let r_a = if layer.activation == Activation::Softmax {
                // |da_k| <= 1/2 max |dz|, of any two logits that move against each other.
                let error = z.iter().map(|z| z.error).fold(0.0, f64::max) + 16.0 * self.epsilon;
                a = trace.a[l].iter().map(|&a| Quantity { size: a, error }).collect();
                self.through_softmax(&a, &r_z)
            } else {
                first.iter().zip(&r_z).map(|(&first, &r)| self.mul(first, r)).collect()
            };
            layers.push(Layer { a, first, second, r_z, r_a });
        }
        layers
    }

    fn through_softmax(self, a: &[Quantity], t: &[Quantity]) -> Vec<Quantity> {
        let mean = self.sum(a.iter().zip(t).map(|(&a, &t)| self.mul(a, t)));
        a.iter().zip(t).map(|(&a, &t)| self.mul(a, self.add(t, mean))).collect()
    }

    /// dZ and R{dZ} at the output.
    fn start(
        self,
        net: &Network,
        layers: &[Layer],
        start: &Start<'_>,
    ) -> (Vec<Quantity>, Vec<Quantity>) {
        let (output, g) = (layers.last().unwrap(), net.layers.last().unwrap().activation);
        let (da, r_da): (Vec<Quantity>, Vec<Quantity>) = match start {
            Start::Sum(u) => (all(u), vec![Quantity::default(); u.len()]),
            Start::Loss(y) => {
                // L'(d) of d = a - y, for these losses at most |d|, with a slope of at most 1.
                let d: Vec<Quantity> = match net.loss {
                    Loss::GaussianNll => return self.gaussian(output, y),
                    _ => output
                        .a
                        .iter()
                        .zip(*y)
                        .map(|(&a, &y)| self.add(a, Quantity::exact(y)))
                        .collect(),
                };
                match net.loss {
                    Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy | Loss::Poisson => {
                        return (d, output.r_a.clone());
                    }
                    _ => (d, output.r_a.clone()),
                }
            }
        };
        if g != Activation::Softmax {
            let dz = (0..da.len()).map(|k| self.mul(da[k], output.first[k])).collect();
            let bent = |k: usize| self.mul(self.mul(da[k], output.second[k]), output.r_z[k]);
            let r = |k| self.add(self.mul(r_da[k], output.first[k]), bent(k));
            return (dz, (0..da.len()).map(r).collect());
        }
        let s = self.sum(output.a.iter().zip(&da).map(|(&a, &d)| self.mul(a, d)));
        let r_s = self.sum(
            (0..da.len())
                .map(|j| self.add(self.mul(output.r_a[j], da[j]), self.mul(output.a[j], r_da[j]))),
        );
        let dz = (0..da.len()).map(|k| self.mul(output.a[k], self.add(da[k], s))).collect();
        let r = |k: usize| {
            let one = self.mul(output.r_a[k], self.add(da[k], s));
            self.add(one, self.mul(output.a[k], self.add(r_da[k], r_s)))
        };
        (dz, (0..da.len()).map(r).collect())
    }

    /// dmu = q e^(-s / 2), ds = (1 - q^2) / 2 with q = (mu - y) e^(-s / 2).
    fn gaussian(self, output: &Layer, y: &[f64]) -> (Vec<Quantity>, Vec<Quantity>) {
        let n = y.len();
        let (mut d, mut r_d) = (vec![Quantity::default(); 2 * n], vec![Quantity::default(); 2 * n]);
        for k in 0..n {
            let s = output.a[n + k];
            // The size of s is its absolute value: e^(-s / 2) is at most this.
            let root = (s.size / 2.0).exp();
            let root = Quantity { size: root, error: root * (s.error + 16.0 * self.epsilon) };
            let q = self.mul(self.add(output.a[k], Quantity::exact(y[k])), root);
            let (r_mu, r_s) = (self.mul(output.r_a[k], root), output.r_a[n + k]);
            d[k] = self.mul(q, root);
            d[n + k] = self.add(self.mul(q, q), Quantity::exact(1.0));
            r_d[k] = self.mul(self.add(r_mu, self.mul(q, r_s)), root);
            r_d[n + k] = self.mul(q, self.add(self.mul(q, r_s), r_mu));
        }
        (d, r_d)
    }
}

fn all(values: &[f64]) -> Vec<Quantity> {
    values.iter().map(|&v| Quantity::exact(v)).collect()
}
