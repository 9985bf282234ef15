//! Promise: the reference's derivatives beyond the gradient are the derivatives of what it computes
//! already: tangents and Jacobians of its outputs, Hessian products of its gradients.

use shallownet::reference::{Layer, LayerGradient, Network};
use shallownet::{Activation, Loss};

/// The larger step of the differences. A power of two, so that it is no source of rounding.
const H: f64 = 1.0 / 1024.0;

/// Numbers in [-1, 1), the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn list(&mut self, length: usize) -> Vec<f64> {
        (0..length).map(|_| self.next()).collect()
    }
}

/// 3-4-4-n_y for every hidden activation, with every output and loss that goes with it.
fn networks() -> Vec<Network> {
    let hidden = [
        Activation::Identity,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Relu,
        Activation::LEAKY_RELU,
        Activation::ELU,
        Activation::Softplus,
        Activation::Silu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Sin,
    ];
    let mut outputs: Vec<_> = hidden.map(|g| (g, Loss::SquaredError)).to_vec();
    outputs.push((Activation::Softmax, Loss::SquaredError));
    outputs.push((Activation::Softmax, Loss::CategoricalCrossEntropy));
    outputs.push((Activation::Sigmoid, Loss::BinaryCrossEntropy));
    let mut numbers = Numbers(7);
    let mut networks = Vec::new();
    for g in hidden {
        for &(output, loss) in &outputs {
            let sizes = [(3, 4, g), (4, 4, g), (4, 3, output)];
            let layers = sizes.map(|(inputs, units, activation)| Layer {
                w: (0..units).map(|_| numbers.list(inputs)).collect(),
                b: numbers.list(units),
                activation,
            });
            networks.push(Network { layers: layers.to_vec(), loss });
        }
    }
    networks
}

/// Is `exact` the derivative at 0 of a function of t?
///
/// With D(h) = (f(h) - f(-h)) / 2h = f' + c h^2 + O(h^4), D(h/2) is off by a third of D(h) -
/// D(h/2); the whole of it leaves room for the next terms. Rounding: each f is one of sums and
/// products of numbers below `SIZE`, with fewer than `ROUNDINGS` roundings one after another. D(h/2)
/// divides the sum of two such errors, of half an epsilon each, by h; D(h) has half of that, and
/// both are in the bound: less than 3 of D(h/2)'s.
fn assert_derivative(what: &str, exact: &[f64], f: impl Fn(f64) -> Vec<f64>) {
    /// Layers of up to 4 inputs with |W|, |b| <= 1 and, for |x| <= 1, |z| at most 4, 17 and 69;
    /// backward as much again, with dA at most 70.
    const SIZE: f64 = 70.0 * 17.0;
    /// Three layers there and back, each of a sum of 5 terms and a g of a few roundings.
    const ROUNDINGS: f64 = 6.0 * 10.0;
    let difference = |h: f64| -> Vec<f64> {
        f(h).iter().zip(f(-h)).map(|(up, down)| (up - down) / (2.0 * h)).collect()
    };
    let (coarse, fine) = (difference(H), difference(H / 2.0));
    assert_eq!(exact.len(), fine.len(), "{what}");
    let rounding = 3.0 * SIZE * ROUNDINGS * f64::EPSILON / H;
    for i in 0..exact.len() {
        let bound = (coarse[i] - fine[i]).abs() + rounding;
        let off = (exact[i] - fine[i]).abs();
        assert!(off <= bound, "{what}, value {i}: {} and {}, off by {off}", exact[i], fine[i]);
    }
}

fn moved(x: &[f64], t: f64, dx: &[f64]) -> Vec<f64> {
    x.iter().zip(dx).map(|(x, dx)| x + t * dx).collect()
}

fn flat(gradients: &[LayerGradient]) -> Vec<f64> {
    gradients.iter().flat_map(|g| g.dw.concat().into_iter().chain(g.db.clone())).collect()
}

#[test]
fn tangents_and_jacobians_are_derivatives_of_the_outputs() {
    let mut numbers = Numbers(1);
    for net in networks() {
        let (x, dx) = (numbers.list(3), numbers.list(3));
        let tangents = net.tangents(&x, &dx);
        assert_derivative("R{a}", &tangents.a[2], |t| net.predict(&moved(&x, t, &dx)));
        let z = |t| net.forward(&moved(&x, t, &dx)).z[2].clone();
        assert_derivative("R{z}", &tangents.z[2], z);
        let jacobian = net.jacobian(&x);
        for i in 0..3 {
            let column: Vec<f64> = jacobian.iter().map(|row| row[i]).collect();
            let mut e = [0.0; 3];
            e[i] = 1.0;
            assert_derivative("the Jacobian", &column, |t| net.predict(&moved(&x, t, &e)));
        }
    }
}

#[test]
fn input_hessians_are_derivatives_of_the_gradient_by_the_inputs() {
    let mut numbers = Numbers(2);
    for net in networks() {
        let (x, u, dx) = (numbers.list(3), numbers.list(3), numbers.list(3));
        let gradient = net.scalar_gradient(&x, &u);
        let value = |x: &[f64]| net.predict(x).iter().zip(&u).map(|(a, u)| a * u).sum::<f64>();
        for i in 0..3 {
            let mut e = [0.0; 3];
            e[i] = 1.0;
            assert_derivative("dX", &gradient[i..=i], |t| vec![value(&moved(&x, t, &e))]);
        }
        let product = net.input_hessian_vector(&x, &u, &dx);
        assert_derivative("H v", &product, |t| net.scalar_gradient(&moved(&x, t, &dx), &u));
        let hessian = net.input_hessian(&x, &u);
        for i in 0..3 {
            let mut e = [0.0; 3];
            e[i] = 1.0;
            let row = &hessian[i];
            assert_derivative("H", row, |t| net.scalar_gradient(&moved(&x, t, &e), &u));
        }
    }
}

#[test]
fn hessian_products_are_derivatives_of_the_gradient_by_the_parameters() {
    let mut numbers = Numbers(3);
    for net in networks() {
        let x = [numbers.list(3), numbers.list(3)];
        // A distribution, for the cross-entropies.
        let y = [vec![0.25, 0.25, 0.5], vec![0.0, 1.0, 0.0]];
        let layers = net.layers.iter();
        let v: Vec<LayerGradient> = layers
            .map(|layer| LayerGradient {
                dw: layer.w.iter().map(|row| numbers.list(row.len())).collect(),
                db: numbers.list(layer.b.len()),
            })
            .collect();
        let gradient = |t: f64| {
            let mut net = net.clone();
            for (layer, v) in net.layers.iter_mut().zip(&v) {
                for (row, v) in layer.w.iter_mut().zip(&v.dw) {
                    *row = moved(row, t, v);
                }
                layer.b = moved(&layer.b, t, &v.db);
            }
            flat(&net.gradients(&x, &y))
        };
        assert_derivative("R{dW}", &flat(&net.hessian_vector(&x, &y, &v)), gradient);
    }
}

/// The losses whose outputs or targets are not those of [`networks`]. Weights are small, so that no
/// exponential of an output is large.
#[test]
fn hessian_products_of_other_losses_are_derivatives_of_their_gradients() {
    let mut numbers = Numbers(5);
    let cases = [
        (Activation::Exp, Loss::Poisson, vec![2.0, 0.5]),
        (Activation::Identity, Loss::GaussianNll, vec![0.75]),
        (Activation::Tanh, Loss::Huber { delta: 8.0 }, vec![0.5, -0.5]),
        (Activation::Sin, Loss::Huber { delta: 0.1 }, vec![5.0, -5.0]),
        (Activation::Silu, Loss::Absolute, vec![5.0, -5.0]),
        (Activation::Softmax, Loss::Quantile { tau: 0.25 }, vec![2.0, -1.0]),
    ];
    for (output, loss, y) in cases {
        let sizes = [(3, 4, Activation::Tanh), (4, 2, output)];
        let layers = sizes.map(|(inputs, units, activation)| Layer {
            w: (0..units).map(|_| moved(&[0.0; 4], 0.4, &numbers.list(inputs))).collect(),
            b: numbers.list(units),
            activation,
        });
        let net = Network { layers: layers.to_vec(), loss };
        let (x, y) = ([numbers.list(3)], [y]);
        let mut v = net.gradients(&x, &y);
        for layer in &mut v {
            layer.dw.iter_mut().for_each(|row| *row = numbers.list(row.len()));
            layer.db = numbers.list(layer.db.len());
        }
        let gradient = |t: f64| {
            let mut net = net.clone();
            for (layer, v) in net.layers.iter_mut().zip(&v) {
                for (w, dw) in layer.w.iter_mut().zip(&v.dw) {
                    *w = moved(w, t, dw);
                }
                layer.b = moved(&layer.b, t, &v.db);
            }
            flat(&net.gradients(&x, &y))
        };
        assert_derivative(loss.name(), &flat(&net.hessian_vector(&x, &y, &v)), gradient);
    }
}

/// g''(z), as the Hessian of one unit of one input.
fn second_derivative(activation: Activation, z: f64) -> f64 {
    let layer = Layer { w: vec![vec![1.0]], b: vec![0.0], activation };
    let net = Network { layers: vec![layer], loss: Loss::SquaredError };
    net.input_hessian(&[z], &[1.0])[0][0]
}

/// Unit by unit: H = sum over layers and units of (ds/da) g''(z) (dz/dx) (dz/dx)^T. It needs
/// tangents and one backward pass, but no tangents of the backward pass.
fn hessian_by_units(net: &Network, x: &[f64], u: &[f64]) -> [[f64; 3]; 3] {
    let trace = net.forward(x);
    let deltas = net.deltas_from(&trace, &net.logit_delta(&trace, u));
    let dz_dx: [_; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
        .map(|e: [f64; 3]| net.tangents(x, &e).z);
    let mut hessian = [[0.0; 3]; 3];
    for (l, layer) in net.layers.iter().enumerate() {
        for k in 0..layer.b.len() {
            let da = match net.layers.get(l + 1) {
                None => u[k],
                Some(above) => above.w.iter().zip(&deltas[l + 1]).map(|(w, d)| w[k] * d).sum(),
            };
            let curved = da * second_derivative(layer.activation, trace.z[l][k]);
            for i in 0..3 {
                for j in 0..3 {
                    hessian[i][j] += curved * dz_dx[i][l][k] * dz_dx[j][l][k];
                }
            }
        }
    }
    hessian
}

#[test]
fn input_hessians_are_sums_over_units() {
    /// |dz/dx| is at most 1, 4 and 16, |ds/da| at most 3 * 4, |g''| below 1; 11 units.
    const SIZE: f64 = 11.0 * 12.0 * 16.0 * 16.0;
    /// On both sides: layers there and back, and the sum over the units.
    const ROUNDINGS: f64 = 2.0 * (6.0 * 10.0 + 11.0);
    let mut numbers = Numbers(4);
    let unitwise = |net: &Network| net.layers[2].activation != Activation::Softmax;
    for net in networks().into_iter().filter(unitwise) {
        let (x, u) = (numbers.list(3), numbers.list(3));
        let (by_units, hessian) = (hessian_by_units(&net, &x, &u), net.input_hessian(&x, &u));
        for i in 0..3 {
            for j in 0..3 {
                let off = (by_units[i][j] - hessian[i][j]).abs();
                assert!(off <= SIZE * ROUNDINGS * f64::EPSILON, "({i}, {j}) is off by {off}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "dx has 2 values: expected 3")]
fn a_direction_of_another_length_is_refused() {
    networks()[0].tangents(&[0.0; 3], &[1.0; 2]);
}

#[test]
#[should_panic(expected = "v has 0 values: expected 3")]
fn a_direction_of_other_layers_is_refused() {
    networks()[0].hessian_vector(&[vec![0.0; 3]], &[vec![0.0; 3]], &[]);
}

#[test]
#[should_panic(expected = "a row of dW of v has 2 values: expected 3")]
fn a_direction_of_other_rows_is_refused() {
    let net = &networks()[0];
    let mut v = net.gradients(&[vec![0.0; 3]], &[vec![0.0; 3]]);
    v[0].dw[3].pop();
    net.hessian_vector(&[vec![0.0; 3]], &[vec![0.0; 3]], &v);
}

#[test]
#[should_panic(expected = "da has 2 values: expected 3")]
fn weights_of_other_outputs_are_refused() {
    networks()[0].input_hessian(&[0.0; 3], &[1.0; 2]);
}
