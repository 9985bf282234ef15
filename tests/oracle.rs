//! Promise: every backend computes what the reference computes, up to rounding.
//!
//! The bounds come from an error analysis of each case (docs/bounds.md); no tolerance is
//! chosen by hand.

mod common;

use common::cases::{Case, Numbers, any_case, half_panels, nested};
use common::compare::with_reference;
use common::{BACKENDS, On};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shallownet::{
    Activation, Columns, Loss, Network, Parallelism, Scalar, TrainingWorkspace, reference,
};

fn everywhere<T: Scalar>(case: &Case) -> Result<(), TestCaseError> {
    for &backend in BACKENDS.iter() {
        for who in [Parallelism::Serial, Parallelism::Rayon] {
            with_reference::<T>(case, backend, who)
                .map_err(|e| TestCaseError::fail(format!("{backend:?}, {who:?}: {e}")))?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn f32_agrees_with_the_reference(case in any_case()) {
        everywhere::<f32>(&case)?;
    }

    #[test]
    fn f64_agrees_with_the_reference(case in any_case()) {
        everywhere::<f64>(&case)?;
    }
}

/// Large enough for several tiles of columns, several groups of units, and threads: the work of a
/// step, 4 FLOPs a weight and sample, is above the 4e6 of src/engine/plan.rs in each.
fn large() -> Vec<Case> {
    use Activation::{Relu, Sigmoid, Softmax, Tanh};
    let mut cases = vec![
        Case::new(100, &[(120, Tanh), (10, Softmax)], 1000),
        Case::new(30, &[(200, Relu), (150, Activation::LEAKY_RELU), (3, Sigmoid)], 333),
        Case::new(2, &[(1000, Sigmoid), (1, Sigmoid)], 517),
        Case::new(300, &[(40, Relu), (100, Activation::Identity)], 129),
        // Thousands of inputs to a single panel, and to one left over (src/kernels/weights.rs).
        Case::new(2600, &[(7, Relu), (1, Sigmoid)], 70),
        Case::new(2050, &[(40, Tanh), (1, Sigmoid)], 41),
        // The same with a panel of half as many units (src/shape.rs), in f64 too.
        Case::new(2600, &[(3, Relu), (1, Sigmoid)], 150),
        // Thousands of inputs to less than half of a whole panel, which only a later layer has.
        Case::new(2, &[(2100, Sigmoid), (3, Sigmoid)], 101),
    ];
    // A workspace for 1000 samples serves other batches too, with other tiles.
    cases[0].batches = vec![1000, 33, 700];
    cases[3].loss = Loss::SquaredError;
    for case in &cases {
        let inputs = [case.n_x].into_iter().chain(case.layers.iter().map(|l| l.0));
        let weights: usize = inputs.zip(&case.layers).map(|(i, l)| i * l.0).sum();
        assert!(4 * weights * case.batches[0] >= 4_000_000);
    }
    cases
}

#[test]
fn large_shapes_agree_with_the_reference() {
    for case in large() {
        everywhere::<f32>(&case).unwrap_or_else(|e| panic!("f32, {case:?}: {e}"));
        everywhere::<f64>(&case).unwrap_or_else(|e| panic!("f64, {case:?}: {e}"));
    }
}

/// Many inputs to few units, in panels of half the width: tiles, columns and one sample.
#[test]
fn half_panels_agree_with_the_reference() {
    for case in half_panels() {
        everywhere::<f32>(&case).unwrap_or_else(|e| panic!("f32, {case:?}: {e}"));
        everywhere::<f64>(&case).unwrap_or_else(|e| panic!("f64, {case:?}: {e}"));
    }
}

/// Every loss by differences, Poisson's and the Gaussian one, with outputs of every kind, on every path of the fused
/// backend: one sample in registers and in panels, samples in lanes, tiles, half panels.
#[test]
fn losses_agree_with_the_reference_on_every_path() {
    use Activation::{Exp, Identity, Relu, Sigmoid, Softmax, Tanh};
    let losses = [Loss::HUBER, Loss::Huber { delta: 0.2 }, Loss::Absolute];
    let losses = losses.into_iter().chain([0.5, 0.9].map(|tau| Loss::Quantile { tau }));
    let outputs = [Identity, Sigmoid, Tanh, Relu, Activation::LEAKY_RELU, Softmax, Exp];
    let pairs = losses.flat_map(|loss| outputs.map(|g| (g, loss)));
    type Shape<'a> = (usize, &'a [(usize, Activation)], usize, &'a [usize]);
    let shapes: [Shape<'_>; 6] = [
        (3, &[(4, Tanh)], 2, &[1, 5, 70, 600]),
        (3, &[(11, Tanh)], 13, &[1, 40]),
        (20, &[(33, Sigmoid)], 17, &[1, 65, 300]),
        (40, &[(50, Relu)], 40, &[1, 9]),
        (300, &[(3, Tanh)], 5, &[1, 40]),
        (2, &[], 3, &[1, 17]),
    ];
    for (g, loss) in pairs.chain([(Exp, Loss::Poisson), (Identity, Loss::GaussianNll)]) {
        for (n_x, hidden, n_y, batches) in shapes {
            let layers = [hidden, &[(n_y, g)]].concat();
            // Targets by differences are the same either way.
            for &soft in if loss == Loss::Poisson { &[false, true][..] } else { &[false] } {
                let case = Case { loss, soft, ..Case::new(n_x, &layers, 1) }.tame();
                let case = Case { batches: batches.to_vec(), ..case };
                everywhere::<f32>(&case).unwrap_or_else(|e| panic!("f32, {case:?}: {e}"));
                everywhere::<f64>(&case).unwrap_or_else(|e| panic!("f64, {case:?}: {e}"));
            }
        }
    }
}

/// Small whole numbers, a slope of 1/2 and a batch of 16 make every product and sum exact in any
/// order: then a backend must *equal* the reference, and z is exactly 0 often, by cancellation too.
fn exact<T: Scalar>(n_x: usize, layers: &[(usize, Activation)], loss: Loss, seed: u64) {
    let mut numbers = Numbers(seed);
    let mut whole = |n: usize, size: i64| -> Vec<T> {
        let mut one = || numbers.below(2 * size as u64 + 1) as i64 - size;
        (0..n).map(|_| T::from_f64(one() as f64)).collect()
    };
    for &backend in BACKENDS.iter() {
        let mut builder = Network::<T>::builder(n_x).loss(loss).on(backend);
        for &(units, g) in layers {
            builder = builder.layer(units, g);
        }
        let mut net = builder.build().unwrap();
        for (l, layer) in net.layers().to_vec().iter().enumerate() {
            net.set_weights(l, &whole(layer.inputs * layer.units, 1)).unwrap();
            net.set_bias(l, &whole(layer.units, 1)).unwrap();
        }
        let n_y = net.outputs();
        let (x, y) = (whole(16 * n_x, 2), whole(16 * n_y, 2));
        let oracle = reference::Network::from(&net);
        let (xs, ys) = (nested(&x, n_x), nested(&y, n_y));
        let gradients = oracle.gradients(&xs, &ys);

        let mut workspace = TrainingWorkspace::new(&net, 16).unwrap();
        let (x, y) = (Columns::new(&x, n_x).unwrap(), Columns::new(&y, n_y).unwrap());
        let cost = net.backward(x, y, &mut workspace).unwrap();
        assert_eq!(cost, oracle.cost(&xs, &ys), "{backend:?} {layers:?} {loss:?} seed {seed}");
        for (l, expected) in gradients.iter().enumerate() {
            let given = workspace.gradients();
            let at = format!("{backend:?} {layers:?} {loss:?} seed {seed} layer {l}");
            assert_eq!(
                nested(&given.weights(l).unwrap(), expected.dw[0].len()),
                expected.dw,
                "{at}"
            );
            assert_eq!(nested(given.bias(l).unwrap(), expected.db.len())[0], expected.db, "{at}");
        }
    }
}

#[test]
fn whole_numbers_agree_exactly_kinks_included() {
    let half = Activation::LeakyRelu { slope: 0.5 };
    // Those after the first have kinks of their own, where targets are met or missed by delta.
    let losses = [
        Loss::SquaredError,
        Loss::Absolute,
        Loss::Huber { delta: 2.0 },
        Loss::Quantile { tau: 0.75 },
    ];
    for seed in 0..400 {
        let loss = losses[seed as usize % losses.len()];
        for g in [Activation::Relu, half, Activation::Identity] {
            for output in [Activation::Identity, Activation::Relu, half] {
                let (hidden, n_y) = (1 + seed as usize % 5, 1 + seed as usize % 3);
                exact::<f32>(4, &[(hidden, g), (n_y, output)], loss, seed);
                exact::<f64>(4, &[(hidden, g), (n_y, output)], loss, seed);
            }
        }
    }
}
