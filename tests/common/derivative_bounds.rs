//! How far derivatives beyond the gradient may be from the reference's: an analysis of rounding that
//! runs beside R{}.
//!
//! Every quantity has a size, a sum of absolute values of its terms, and a bound of its error. A sum
//! or a product adds one rounding of its size to the errors of its parts. Sizes have no
//! cancellation, so that the bound holds for any order of the sums and products, also for the
//! Hessian's sum over all units. `EPSILON` is twice a rounding's relative error, which leaves room
//! for what is of second order.

use shallownet::reference::{LayerGradient, Network};
use shallownet::{Activation, Loss};

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Q {
    pub(crate) size: f64,
    pub(crate) error: f64,
}

/// The rules of errors, for elements of this epsilon.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) epsilon: f64,
}

/// Rounded exactly from the reference's number.
pub(crate) fn given(value: f64) -> Q {
    Q { size: value.abs(), error: 0.0 }
}

impl Rules {
    pub(crate) fn add(self, a: Q, b: Q) -> Q {
        let size = a.size + b.size;
        Q { size, error: a.error + b.error + self.epsilon * size }
    }

    pub(crate) fn mul(self, a: Q, b: Q) -> Q {
        let error = a.size * b.error + b.size * a.error + a.error * b.error;
        Q { size: a.size * b.size, error: error + self.epsilon * a.size * b.size }
    }

    pub(crate) fn sum(self, terms: impl Iterator<Item = Q>) -> Q {
        terms.fold(Q::default(), |sum, term| self.add(sum, term))
    }

    /// A function computed to `ULPS` units of its largest value near 1, at z with an error: it and its
    /// slope, or its jump where z may lie on the other side of a kink.
    fn function(self, value: f64, slope: f64, jump: f64, z: f64, error: f64) -> Q {
        /// The most of any activation and its derivatives: g' is read off a, g'' off both.
        const ULPS: f64 = 16.0;
        let jump = if z.abs() <= error { jump } else { 0.0 };
        let size = value.abs();
        Q { size, error: slope * error + jump + ULPS * self.epsilon * size.max(1.0) }
    }

    /// g(z), g'(z) and g''(z). |g''| and |g'''| are at most 2 for all but the exponential, whose
    /// derivatives are its value.
    pub(crate) fn values(self, g: Activation, z: f64, error: f64) -> [Q; 3] {
        let (a, first, second) = (g.value(z), g.derivative(z), second_derivative(g, z));
        let steepest = if g == Activation::Exp { a * error.exp() } else { 2.0 };
        let kink = match g {
            Activation::Relu | Activation::LeakyRelu { .. } => [1.0, 0.0],
            Activation::Elu { .. } => [0.0, 1.0],
            _ => [0.0, 0.0],
        };
        [
            self.function(a, steepest, 0.0, z, error),
            self.function(first, steepest, kink[0], z, error),
            self.function(second, steepest, kink[1], z, error),
        ]
    }
}

/// g'' by a difference of g', which is near enough for a size.
fn second_derivative(g: Activation, z: f64) -> f64 {
    const H: f64 = 1e-4;
    match g {
        Activation::Identity | Activation::Relu | Activation::LeakyRelu { .. } => 0.0,
        Activation::Softmax => 0.0,
        g => (g.derivative(z + H) - g.derivative(z - H)) / (2.0 * H),
    }
}

/// What moves, and where the way back begins.
pub(crate) struct Direction<'a> {
    pub(crate) dx: &'a [f64],
    pub(crate) v: Option<&'a [LayerGradient]>,
    pub(crate) start: Start<'a>,
}

pub(crate) enum Start<'a> {
    /// s = sum_k u_k a_k.
    Sum(&'a [f64]),
    /// The network's loss, of these targets.
    Loss(&'a [f64]),
}

/// Bounds along a direction, of one sample.
pub(crate) struct Bounds {
    /// R{A} of the output.
    pub(crate) r_a: Vec<Q>,
    /// R{dX}.
    pub(crate) r_dx: Vec<Q>,
    /// R{dW} and R{db} of every layer, W row-major, then b.
    pub(crate) r_parameters: Vec<Q>,
}

/// One layer's quantities.
struct Layer {
    a: Vec<Q>,
    first: Vec<Q>,
    second: Vec<Q>,
    r_z: Vec<Q>,
    r_a: Vec<Q>,
}

impl Rules {
    pub(crate) fn along(self, net: &Network, x: &[f64], direction: &Direction<'_>) -> Bounds {
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
            let back = |d: &[Q], w: &[Vec<f64>]| -> Vec<Q> {
                let inputs = 0..w[0].len();
                let dot = |i: usize| self.sum((0..d.len()).map(|j| self.mul(given(w[j][i]), d[j])));
                inputs.map(dot).collect()
            };
            let (da, mut r_da) = (back(&d, w), back(&r_d, w));
            if let Some(v) = direction.v {
                let more = back(&d, &v[l].dw);
                r_da = r_da.iter().zip(more).map(|(&r, more)| self.add(r, more)).collect();
            }
            if l == 0 {
                return Bounds {
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
            let dot = |w: &[f64], a: &[Q]| {
                self.sum(w.iter().zip(a).map(|(&w, &a)| self.mul(given(w), a)))
            };
            let units = 0..layer.b.len();
            let z: Vec<Q> = units
                .clone()
                .map(|j| self.add(dot(&layer.w[j], &a_prev), given(layer.b[j])))
                .collect();
            let r_z: Vec<Q> = units
                .clone()
                .map(|j| {
                    let r = dot(&layer.w[j], &r_a_prev);
                    let Some(v) = direction.v else { return r };
                    self.add(r, self.add(dot(&v[l].dw[j], &a_prev), given(v[l].db[j])))
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
                a = trace.a[l].iter().map(|&a| Q { size: a, error }).collect();
                self.through_softmax(&a, &r_z)
            } else {
                first.iter().zip(&r_z).map(|(&first, &r)| self.mul(first, r)).collect()
            };
            layers.push(Layer { a, first, second, r_z, r_a });
        }
        layers
    }

    fn through_softmax(self, a: &[Q], t: &[Q]) -> Vec<Q> {
        let mean = self.sum(a.iter().zip(t).map(|(&a, &t)| self.mul(a, t)));
        a.iter().zip(t).map(|(&a, &t)| self.mul(a, self.add(t, mean))).collect()
    }

    /// dZ and R{dZ} at the output.
    fn start(self, net: &Network, layers: &[Layer], start: &Start<'_>) -> (Vec<Q>, Vec<Q>) {
        let (output, g) = (layers.last().unwrap(), net.layers.last().unwrap().activation);
        let (da, r_da): (Vec<Q>, Vec<Q>) = match start {
            Start::Sum(u) => (all(u), vec![Q::default(); u.len()]),
            Start::Loss(y) => {
                // L'(d) of d = a - y, for these losses at most |d|, with a slope of at most 1.
                let d: Vec<Q> = match net.loss {
                    Loss::GaussianNll => return self.gaussian(output, y),
                    _ => output.a.iter().zip(*y).map(|(&a, &y)| self.add(a, given(y))).collect(),
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
    fn gaussian(self, output: &Layer, y: &[f64]) -> (Vec<Q>, Vec<Q>) {
        let n = y.len();
        let (mut d, mut r_d) = (vec![Q::default(); 2 * n], vec![Q::default(); 2 * n]);
        for k in 0..n {
            let s = output.a[n + k];
            // The size of s is its absolute value: e^(-s / 2) is at most this.
            let root = (s.size / 2.0).exp();
            let root = Q { size: root, error: root * (s.error + 16.0 * self.epsilon) };
            let q = self.mul(self.add(output.a[k], given(y[k])), root);
            let (r_mu, r_s) = (self.mul(output.r_a[k], root), output.r_a[n + k]);
            d[k] = self.mul(q, root);
            d[n + k] = self.add(self.mul(q, q), given(1.0));
            r_d[k] = self.mul(self.add(r_mu, self.mul(q, r_s)), root);
            r_d[n + k] = self.mul(q, self.add(self.mul(q, r_s), r_mu));
        }
        (d, r_d)
    }
}

fn all(values: &[f64]) -> Vec<Q> {
    values.iter().map(|&v| given(v)).collect()
}
