//! Promise: the reference's gradients are the derivatives of the reference's cost.
//!
//! Central differences D(h) = (J(w + h) - J(w - h)) / 2h. Taylor: D(h) = J' + h^2 J'''/6 + O(h^4),
//! so D(2h) - D(h) = h^2 J'''/2 + O(h^4): three times the truncation error of D(h), which leaves
//! room for the higher orders. Rounding adds at most e/h to D(h), with e the bound of J's own error
//! from the analysis that the backends are held to (docs/bounds.md), and e/2h to D(2h).
//! The sum of both is least where h^3 is about e: h is the cube root of f64's epsilon.

mod common;

use common::BACKENDS;
use common::bounds::Rounding;
use common::cases::Case;
use common::expected::Expected;
use shallownet::reference::Network;
use shallownet::{Activation, Loss, Parallelism};

type Samples = Vec<Vec<f64>>;

/// J at a changed parameter, the bound of its error, and the signs of all logits.
struct Point {
    cost: f64,
    error: f64,
    signs: Vec<bool>,
}

fn point(net: &Network, x: &Samples, y: &Samples) -> Point {
    let traces = x.iter().map(|x| net.forward(x));
    let signs = traces.flat_map(|t| t.z.concat()).map(|z| z >= 0.0).collect();
    let cost = Expected::of(Rounding::of_reference(), net, x, y).cost;
    Point { cost: cost.value, error: cost.error, signs }
}

/// Checks dJ/dp for the parameter that `at` finds; `false` if a ReLU's kink lies within reach.
fn check(
    (net, x, y): (&Network, &Samples, &Samples),
    at: impl Fn(&mut Network) -> &mut f64,
    gradient: f64,
) -> bool {
    let p = *at(&mut net.clone());
    let h = f64::EPSILON.cbrt() * p.abs().max(1.0);
    let moved = |h: f64| {
        let mut net = net.clone();
        *at(&mut net) = p + h;
        (point(&net, x, y), p + h)
    };
    let difference = |h: f64| {
        let ((above, p_above), (below, p_below)) = (moved(h), moved(-h));
        // The step that was taken, which is not quite 2h: p + h is rounded.
        let step = p_above - p_below;
        let smooth = above.signs == below.signs;
        ((above.cost - below.cost) / step, (above.error + below.error) / step, smooth)
    };
    let ((near, near_error, _), (far, far_error, smooth)) = (difference(h), difference(2.0 * h));
    let has_kink = |g: Activation| match g {
        Activation::Relu | Activation::LeakyRelu { .. } => true,
        Activation::Elu { alpha } => alpha != 1.0,
        _ => false,
    };
    let has_kinks = net.layers.iter().any(|l| has_kink(l.activation));
    if has_kinks && !smooth {
        return false;
    }
    let bound = (far - near).abs() + 2.0 * (near_error + far_error);
    assert!(
        (near - gradient).abs() <= bound,
        "{gradient:e}, by differences {near:e}, bound {bound:e}: {net:?}"
    );
    // The check must be able to tell a gradient from its neighbours.
    assert!(bound < 1e-4 * (1.0 + gradient.abs()), "bound {bound:e} for {gradient:e}");
    true
}

fn check_all(case: &Case) {
    let net = Network::from(&case.network::<f64>(BACKENDS[0], Parallelism::Serial));
    let (x, mut y) = case.batch::<f64>(0).samples();
    if case.loss == Loss::CategoricalCrossEntropy {
        // a - y is the derivative for targets that sum to 1, which shares rounded to f32 do not.
        for y in &mut y {
            let sum: f64 = y.iter().sum();
            y.iter_mut().for_each(|y| *y /= sum);
        }
    }
    let gradients = net.gradients(&x, &y);
    let (mut checked, mut skipped) = (0, 0);
    let mut count = |smooth: bool| if smooth { checked += 1 } else { skipped += 1 };
    let place = (&net, &x, &y);
    for (l, gradient) in gradients.iter().enumerate() {
        for j in 0..gradient.db.len() {
            for i in 0..gradient.dw[j].len() {
                count(check(place, |net| &mut net.layers[l].w[j][i], gradient.dw[j][i]));
            }
            count(check(place, |net| &mut net.layers[l].b[j], gradient.db[j]));
        }
    }
    assert!(skipped * 3 <= checked, "{skipped} parameters at kinks, {checked} checked: {case:?}");
}

#[test]
fn gradients_are_derivatives_of_the_cost() {
    use Activation::{Exp, Gelu, GeluTanh, Silu, Sin, Softplus};
    use Activation::{Identity, Relu, Sigmoid, Softmax, Tanh};
    let hidden = [Identity, Sigmoid, Tanh, Relu, Activation::LeakyRelu { slope: 0.3 }];
    let curves =
        [Activation::ELU, Activation::Elu { alpha: 0.4 }, Softplus, Silu, Gelu, GeluTanh, Sin];
    let outputs = [
        (Sigmoid, Loss::BinaryCrossEntropy),
        (Softmax, Loss::CategoricalCrossEntropy),
        (Softmax, Loss::SquaredError),
        (Identity, Loss::SquaredError),
        (Sigmoid, Loss::SquaredError),
        (Tanh, Loss::SquaredError),
        (Relu, Loss::SquaredError),
        (Activation::LEAKY_RELU, Loss::SquaredError),
        (Identity, Loss::HUBER),
        (Sigmoid, Loss::Huber { delta: 0.3 }),
        (Softmax, Loss::Huber { delta: 0.1 }),
        (Identity, Loss::Absolute),
        (Softmax, Loss::Absolute),
        (Tanh, Loss::Quantile { tau: 0.8 }),
        (Exp, Loss::Poisson),
        (Exp, Loss::SquaredError),
        (Identity, Loss::GaussianNll),
    ];
    let outputs = outputs.into_iter().chain(curves.map(|g| (g, Loss::SquaredError)));
    for g in hidden.into_iter().chain(curves) {
        for (output, loss) in outputs.clone() {
            for soft in [false, true] {
                let mut case = Case::new(3, &[(4, g), (3, g), (3, output)], 5);
                (case.loss, case.soft, case.seed) = (loss, soft, 11);
                check_all(&case.tame());
            }
        }
    }
}

#[test]
fn derivatives_at_zero_are_those_of_the_definition() {
    for zero in [0.0, -0.0] {
        assert_eq!(Activation::Relu.derivative(zero), 1.0);
        assert_eq!(Activation::LEAKY_RELU.derivative(zero), 1.0);
        assert_eq!(Activation::LeakyRelu { slope: 0.3 }.derivative(zero), 1.0);
        assert_eq!(Activation::Identity.derivative(zero), 1.0);
        assert_eq!(Activation::Tanh.derivative(zero), 1.0);
        assert_eq!(Activation::Sigmoid.derivative(zero), 0.25);
        for g in [Activation::ELU, Activation::Elu { alpha: 0.4 }, Activation::Sin] {
            assert_eq!(g.derivative(zero), 1.0);
        }
        for g in [Activation::Softplus, Activation::Silu, Activation::Gelu, Activation::GeluTanh] {
            assert_eq!(g.derivative(zero), 0.5);
        }
    }
    assert_eq!(Activation::Elu { alpha: 0.4 }.derivative(-f64::from_bits(1)), 0.4);
    assert_eq!(Activation::Relu.derivative(-f64::from_bits(1)), 0.0);
    assert_eq!(Activation::LEAKY_RELU.derivative(-f64::from_bits(1)), 0.01);
    assert_eq!(Activation::Relu.derivative(f64::from_bits(1)), 1.0);
}
