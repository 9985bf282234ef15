//! The tests' own tools: bounds that admitted anything would make every other test worthless.

mod common;

use common::bounds::{Approx, Rounding};
use common::cases::{Batch, Case};
use common::compare::{gradients, reading, within};
use common::expected::Expected;
use common::{BACKENDS, Setup};
use shallownet::{
    Activation, Checks, Loss, Network, Parallelism, Scalar, TrainingWorkspace, reference,
};

/// One ordinary network for each way a network can end, with each hidden activation in turn.
fn typical() -> Vec<Case> {
    use Activation::{Identity, Relu, Sigmoid, Softmax, Tanh};
    let leaky = Activation::LEAKY_RELU;
    let shape = |hidden, units, output| Case::new(20, &[(30, hidden), (units, output)], 60);
    let mut cases = vec![
        shape(Tanh, 1, Sigmoid),
        shape(Relu, 3, Sigmoid),
        shape(Sigmoid, 10, Softmax),
        shape(leaky, 4, Softmax),
        shape(Tanh, 2, Identity),
        shape(Identity, 2, Tanh),
        shape(Sigmoid, 2, leaky),
        shape(Tanh, 5, Relu),
        shape(Relu, 2, Sigmoid),
    ];
    cases[3].loss = Loss::SquaredError;
    cases[8].loss = Loss::SquaredError;
    cases
}

fn expected<T: Scalar>(case: &Case) -> (Network<T>, Batch<T>, Expected) {
    let (net, batch) = (case.network(Setup::PORTABLE, Parallelism::Serial), case.batch(0));
    let (x, y) = batch.samples();
    let oracle = reference::Network::from(&net);
    (net, batch, Expected::of(Rounding::of::<T>(), &oracle, &x, &y))
}

/// The largest bound among some values, as a share of the largest value.
fn looseness(values: &[Approx]) -> f64 {
    let largest = |f: fn(&Approx) -> f64| values.iter().map(f).fold(0.0, f64::max);
    largest(|a| a.error) / largest(|a| a.value.abs())
}

/// f32 carries 24 bits, 6e-8. Sums of 20 to 60 terms over two layers cost a few digits of them:
/// a bound that left less than three digits of a cost or a prediction would be of little use, and
/// less than two of a gradient, whose terms partly cancel while their bounds add up.
#[test]
fn bounds_are_tight_for_ordinary_networks() {
    for case in typical() {
        let check = |e: Expected, unit: f64| {
            let a_tenth_of_a_percent = 1e-3 * unit / f64::from(f32::EPSILON / 2.0);
            for values in [vec![e.cost], e.predictions.concat()] {
                let loose = looseness(&values);
                assert!(unit < loose && loose < a_tenth_of_a_percent, "{case:?}: {loose:e}");
            }
            for values in e.dw.iter().chain(&e.db) {
                let loose = looseness(values);
                assert!(unit < loose && loose < 10.0 * a_tenth_of_a_percent, "{case:?}: {loose:e}");
            }
        };
        check(expected::<f32>(&case).2, f64::from(f32::EPSILON) / 2.0);
        check(expected::<f64>(&case).2, f64::EPSILON / 2.0);
    }
}

/// Is the network's answer accepted as that of `expected`'s?
fn accepted<T: Scalar>(net: &Network<T>, batch: &Batch<T>, expected: &Expected) -> [bool; 2] {
    let mut workspace = TrainingWorkspace::new(net, 100).unwrap();
    [
        reading(net, batch, expected, &mut workspace).is_ok(),
        gradients(net, batch, expected, &mut workspace).is_ok(),
    ]
}

/// Any one weight off by 1e-3, or any one bias missing, shows: as a rule in both, but not in the
/// predictions where all outgoing weights of its unit are 0.
#[test]
fn a_wrong_parameter_is_caught() {
    for case in typical() {
        let (net, batch, expected) = expected::<f32>(&case);
        assert_eq!(accepted(&net, &batch, &expected), [true, true]);
        for l in 0..2 {
            let (weights, bias) = (net.weights(l).unwrap(), net.bias(l).unwrap().to_vec());
            for at in [0, weights.len() / 2, weights.len() - 1] {
                let mut wrong = (net.try_clone().unwrap(), weights.clone());
                wrong.1[at] += 1e-3;
                wrong.0.set_weights(l, &wrong.1).unwrap();
                let verdict = accepted(&wrong.0, &batch, &expected);
                assert_ne!(verdict, [true, true], "{case:?}: W[{l}][{at}] + 1e-3");
            }
            if let Some(at) = bias.iter().position(|b| b.abs() > 1e-3) {
                let mut wrong = (net.try_clone().unwrap(), bias);
                wrong.1[at] = 0.0;
                wrong.0.set_bias(l, &wrong.1).unwrap();
                let verdict = accepted(&wrong.0, &batch, &expected);
                assert_ne!(verdict, [true, true], "{case:?}: b[{l}][{at}] = 0");
            }
        }
    }
}

/// x = 0 and b = 0 give z = 0 exactly: the derivative is 1 there, and no doubt about it.
#[test]
fn a_wrong_derivative_at_zero_is_caught() {
    for g in [Activation::Relu, Activation::LEAKY_RELU] {
        let layer =
            |w: f64, activation| reference::Layer { w: vec![vec![w]], b: vec![0.0], activation };
        let layers = vec![layer(0.7, g), layer(0.3, Activation::Identity)];
        let net = reference::Network { layers, loss: Loss::SquaredError };
        for zero in [0.0, -0.0] {
            let rounding = Rounding::of::<f32>();
            let e = Expected::of(rounding, &net, &[vec![zero]], &[vec![2.0]]);
            // dz = a - y = -2, da = 0.3 dz, db = da g'(0).
            assert!(e.db[0][0].admits(-0.6) && !e.db[0][0].admits(-0.6 * 0.01));
            assert!(!e.db[0][0].admits(0.0));
        }
        // A logit that rounding may carry across the kink is in doubt: either derivative is right.
        let mut close = net.clone();
        (close.layers[0].w[0][0], close.layers[0].b[0]) = (1.0, -1.0 - 1e-9);
        let e = Expected::of(Rounding::of::<f32>(), &close, &[vec![1.0]], &[vec![2.0]]);
        assert!(e.db[0][0].admits(-0.6) && e.db[0][0].admits(e.db[0][0].value));
        assert!(e.db[0][0].value > -0.01);
    }
}

#[test]
fn the_comparison_refuses_what_is_not_a_number_or_not_there() {
    let one = Approx { value: 1.0, error: 0.5 };
    assert!(one.admits(1.5) && one.admits(0.5) && !one.admits(1.6));
    assert!(!one.admits(f64::NAN) && !one.admits(f64::INFINITY));
    assert!(Approx::exact(0.0).admits(-0.0) && !Approx::exact(0.0).admits(1e-300));
    assert!(within("two", &[one, one], &[1.0_f32]).is_err());
    // A bound that says nothing is a failure of the test, not a pass.
    assert!(within("all", &[Approx { value: 1.0, error: f64::INFINITY }], &[1.0_f32]).is_err());
    assert!(within("all", &[Approx { value: 1.0, error: f64::NAN }], &[1.0_f32]).is_err());
}

/// Unchecked calls take such targets: terms of the loss are then below 0, and cancel.
#[test]
fn bounds_hold_for_targets_outside_of_the_losses_domain() {
    fn check<T: Scalar>(case: &Case, setup: Setup) {
        let builder = case.builder::<T>(setup, Parallelism::Serial);
        let mut net = builder.checks(Checks::ShapesOnly).build().unwrap();
        let drawn = case.network::<T>(setup, Parallelism::Serial);
        for l in 0..2 {
            net.set_weights(l, &drawn.weights(l).unwrap()).unwrap();
            net.set_bias(l, drawn.bias(l).unwrap()).unwrap();
        }
        let mut workspace = TrainingWorkspace::new(&net, 60).unwrap();
        for scale in [-1.0, -1000.0, 3.0, 1000.0] {
            let mut batch = case.batch::<T>(0);
            // One sign in all samples, then both in each.
            for stride in [1, 2] {
                for y in batch.y.iter_mut().step_by(stride) {
                    *y = T::from_f64(scale * y.to_f64());
                }
                let (x, y) = batch.samples();
                let oracle = reference::Network::from(&net);
                let expected = Expected::of(Rounding::of::<T>(), &oracle, &x, &y);
                assert!(expected.cost.error > 0.0, "{case:?}: {:?}", expected.cost);
                reading(&net, &batch, &expected, &mut workspace).unwrap();
                gradients(&net, &batch, &expected, &mut workspace).unwrap();
            }
        }
    }
    // L = -z y + ln(1 + e^z) = -4 + 0.018: no bound is below 0, though the loss is.
    let layer =
        reference::Layer { w: vec![vec![0.5]], b: vec![-4.0], activation: Activation::Sigmoid };
    let net = reference::Network { layers: vec![layer], loss: Loss::BinaryCrossEntropy };
    let e = Expected::of(Rounding::of::<f32>(), &net, &[vec![0.0]], &[vec![-1.0]]);
    assert!(e.cost.value < -3.9 && e.cost.error > 4.0 * f64::from(f32::EPSILON), "{:?}", e.cost);
    for case in typical() {
        for &setup in BACKENDS.iter() {
            check::<f32>(&case, setup);
            check::<f64>(&case, setup);
        }
    }
}
