//! Promise: `forward` and the `backward` of its pass compute what the reference computes from the
//! caller's output gradient, dX included, on every backend, with the same bits on any number of threads
//! and whatever the tape's capacity; from the dA of squared error they have the bits of
//! `Network::backward`; and the reference's dX is the derivative of its loss.

mod common;

use common::bounds::{Approx, Rounding};
use common::cases::{Batch, Case, Numbers, any_case, half_panels, narrow, nested};
use common::compare::within;
use common::expected::{Expected, FromOutput};
use common::{BACKENDS, Setup, bits};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shallownet::{
    Activation, Columns, Gradients, Loss, Network, OutputGradient, Parallelism, Scalar, Tape,
    TrainingWorkspace, reference,
};

/// A batch, an output gradient, and what must come of both.
struct Expectation<T> {
    batch: Batch<T>,
    given: Vec<T>,
    a: Vec<Approx>,
    from_da: FromOutput,
    from_dz: FromOutput,
}

fn expectations<T: Scalar>(case: &Case) -> Vec<Expectation<T>> {
    // The parameters are the same on every backend.
    let oracle = reference::Network::from(&case.network::<T>(Setup::PORTABLE, Parallelism::Serial));
    let of = |index| {
        let batch = case.batch::<T>(index);
        let (x, y) = batch.samples();
        let mut numbers = Numbers(case.seed ^ index as u64);
        let n_y = case.layers[case.layers.len() - 1].0;
        let given: Vec<T> = (0..x.len() * n_y).map(|_| numbers.ordinary(2.0)).collect();
        let (r, columns) = (Rounding::of::<T>(), nested(&given, n_y));
        Expectation {
            batch,
            given,
            a: Expected::of(r, &oracle, &x, &y).predictions.concat(),
            from_da: FromOutput::of(r, &oracle, &x, &columns, true),
            from_dz: FromOutput::of(r, &oracle, &x, &columns, false),
        }
    };
    (0..case.batches.len()).map(of).collect()
}

/// Forward, then backward several times from drawn dZ and dA, every result within its bound.
fn agrees<T: Scalar>(
    net: &Network<T>,
    tape: &mut Tape<T>,
    expectation: &Expectation<T>,
) -> Result<(), TestCaseError> {
    let Expectation { batch, given, a, from_da, from_dz } = expectation;
    let x = batch.columns().0;
    let mut pass = net.forward(x, tape).unwrap();
    within("A", a, pass.output().as_slice())?;
    let given = Columns::new(given, net.outputs()).unwrap();
    let (da, dz) = (OutputGradient::Da(given), OutputGradient::Dz(given));
    // Without dX nothing else is different, nor after another backward pass.
    for (start, expected, with_dx) in
        [(da, from_da, true), (dz, from_dz, true), (da, from_da, false), (dz, from_dz, false)]
    {
        let mut dx = vec![T::from_f64(f64::NAN); batch.x.len()];
        let gradients = pass.backward(start, with_dx.then_some(&mut dx[..])).unwrap();
        if with_dx {
            within("dX", &expected.dx.concat(), &dx)?;
        }
        for l in 0..net.layers().len() {
            within(&format!("dW[{l}]"), &expected.dw[l], &gradients.weights(l).unwrap())?;
            within(&format!("db[{l}]"), &expected.db[l], gradients.bias(l).unwrap())?;
        }
    }
    Ok(())
}

fn everywhere<T: Scalar>(case: &Case) -> Result<(), TestCaseError> {
    let expectations = expectations::<T>(case);
    for &setup in BACKENDS.iter() {
        for who in [Parallelism::Serial, Parallelism::Rayon] {
            let net = case.network::<T>(setup, who);
            let mut tape = Tape::new(&net, case.capacity()).unwrap();
            for expectation in &expectations {
                agrees(&net, &mut tape, expectation)
                    .map_err(|e| TestCaseError::fail(format!("{setup:?}, {who:?}: {e}")))?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn f32_agrees_with_the_reference(case in any_case()) {
        everywhere::<f32>(&case)?;
    }

    #[test]
    fn f64_agrees_with_the_reference(case in any_case()) {
        everywhere::<f64>(&case)?;
    }
}

/// Several tiles, several groups, threads, columns that lie badly, whole panels and broken ones.
fn large() -> [Case; 5] {
    use Activation::{Relu, Sigmoid, Softmax, Tanh};
    let mut cases = [
        Case::new(100, &[(120, Tanh), (10, Softmax)], 700),
        Case::new(256, &[(40, Relu), (100, Activation::LEAKY_RELU)], 301),
        Case::new(2, &[(1000, Sigmoid), (1, Sigmoid)], 517),
        Case::new(2, &[(4, Tanh), (1, Sigmoid)], 2000),
        Case::new(4, &[(32, Tanh), (16, Relu), (4, Softmax)], 5000),
    ];
    cases[0].batches = vec![700, 33, 1];
    cases
}

#[test]
fn large_shapes_agree_with_the_reference() {
    for case in large() {
        everywhere::<f32>(&case).unwrap_or_else(|e| panic!("f32, {case:?}: {e}"));
        everywhere::<f64>(&case).unwrap_or_else(|e| panic!("f64, {case:?}: {e}"));
    }
}

/// Many inputs to few units, in panels of half the width: W^T comes of these.
#[test]
fn half_panels_agree_with_the_reference() {
    for case in half_panels() {
        everywhere::<f32>(&case).unwrap_or_else(|e| panic!("f32, {case:?}: {e}"));
        everywhere::<f64>(&case).unwrap_or_else(|e| panic!("f64, {case:?}: {e}"));
    }
}

#[test]
fn narrow_shapes_agree_with_the_reference() {
    for case in narrow() {
        everywhere::<f32>(&case).unwrap_or_else(|e| panic!("f32, {case:?}: {e}"));
        everywhere::<f64>(&case).unwrap_or_else(|e| panic!("f64, {case:?}: {e}"));
    }
}

/// dZ = A - Y is what the cross-entropies begin with: the gradients must then be those that
/// `backward` may leave.
fn starts_as_backward<T: Scalar>(case: &Case) {
    let batch: Batch<T> = case.batch(0);
    let (x, y) = batch.columns();
    let (xs, ys) = batch.samples();
    let net = case.network::<T>(Setup::PORTABLE, Parallelism::Serial);
    let expected = Expected::of(Rounding::of::<T>(), &reference::Network::from(&net), &xs, &ys);
    for &setup in BACKENDS.iter() {
        let net = case.network::<T>(setup, Parallelism::Rayon);
        let mut tape = Tape::new(&net, x.samples()).unwrap();
        let mut pass = net.forward(x, &mut tape).unwrap();
        let a = pass.output().as_slice().to_vec();
        let dz: Vec<T> = a.iter().zip(y.as_slice()).map(|(&a, &y)| a - y).collect();
        let dz = OutputGradient::Dz(Columns::new(&dz, net.outputs()).unwrap());
        pass.backward(dz, None).unwrap();
        for l in 0..net.layers().len() {
            let given = tape.gradients();
            within("dW", &expected.dw[l], &given.weights(l).unwrap()).unwrap();
            within("db", &expected.db[l], given.bias(l).unwrap()).unwrap();
        }
    }
}

#[test]
fn with_dz_of_the_loss_it_is_backward() {
    for case in large() {
        if case.loss != Loss::SquaredError {
            starts_as_backward::<f32>(&case);
            starts_as_backward::<f64>(&case);
        }
    }
}

/// The gradients, as bits.
fn gradient_bits<T: Scalar>(gradients: &Gradients<T>, net: &Network<T>) -> Vec<u64> {
    let mut flat = vec![T::ZERO; net.parameter_count()];
    gradients.values_into(&mut flat).unwrap();
    bits(&flat)
}

/// From the dA of squared error, which is A - Y, the very gradients of `backward`: a tape's blocks,
/// tiles and sums are those of training, whatever way the batch takes. (Where several values come
/// together in one dZ, or a product and a sum in g', they may be rounded another way.)
fn has_the_bits_of_backward<T: Scalar>(case: &Case) {
    for &setup in BACKENDS.iter() {
        let net = case.network::<T>(setup, Parallelism::Serial);
        let mut tape = Tape::new(&net, case.capacity()).unwrap();
        let mut workspace = TrainingWorkspace::new(&net, case.capacity()).unwrap();
        for (index, m) in case.batches.iter().enumerate() {
            let batch = case.batch::<T>(index);
            let (x, y) = batch.columns();
            net.backward(x, y, &mut workspace).unwrap();
            let mut pass = net.forward(x, &mut tape).unwrap();
            let of_output = pass.output().as_slice().iter().zip(y.as_slice());
            let da: Vec<T> = of_output.map(|(&a, &y)| a - y).collect();
            let da = OutputGradient::Da(Columns::new(&da, net.outputs()).unwrap());
            let given = gradient_bits(pass.backward(da, None).unwrap(), &net);
            let expected = gradient_bits(workspace.gradients(), &net);
            assert_eq!(given, expected, "{setup:?}, {} of {m}: {case:?}", T::NAME);
        }
    }
}

#[test]
fn from_the_da_of_the_loss_it_has_the_bits_of_backward() {
    let shapes = large().into_iter().chain(half_panels()).chain(narrow());
    for mut case in shapes {
        let last = case.layers.last_mut().unwrap();
        if matches!(last.1, Activation::Softmax | Activation::Tanh) {
            last.1 = Activation::Identity;
        }
        case.loss = Loss::SquaredError;
        has_the_bits_of_backward::<f32>(&case);
        has_the_bits_of_backward::<f64>(&case);
    }
}

/// The results of one pass, as bits.
fn pass_bits<T: Scalar>(net: &Network<T>, batch: &Batch<T>, capacity: usize) -> Vec<u64> {
    let (x, y) = batch.columns();
    let mut tape = Tape::new(net, capacity).unwrap();
    let mut pass = net.forward(x, &mut tape).unwrap();
    let a = bits(pass.output().as_slice());
    let mut dx = vec![T::ZERO; batch.x.len()];
    let gradients = pass.backward(OutputGradient::Da(y), Some(&mut dx)).unwrap();
    [a, bits(&dx), gradient_bits(gradients, net)].concat()
}

#[test]
fn threads_do_not_change_bits() {
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let (one, three) = (pool(1), pool(3));
    for case in large() {
        for &setup in BACKENDS.iter() {
            let net = case.network::<f32>(setup, Parallelism::Rayon);
            let batch = case.batch::<f32>(0);
            let run = || pass_bits(&net, &batch, case.capacity());
            assert_eq!(three.install(run), one.install(run), "{setup:?}");
        }
    }
}

#[test]
fn a_tapes_capacity_does_not_change_bits() {
    for case in narrow() {
        for &setup in BACKENDS.iter() {
            for (index, &m) in case.batches.iter().enumerate() {
                let net = case.network::<f64>(setup, Parallelism::Serial);
                let batch = case.batch::<f64>(index);
                let expected = pass_bits(&net, &batch, m);
                for capacity in [m + 1, m + 40, 600 + m, 3000] {
                    assert_eq!(pass_bits(&net, &batch, capacity), expected, "{setup:?} {case:?}");
                }
            }
        }
    }
}

/// As in tests/gradient_check.rs, by x: |D(2h) - D(h)| is three times the truncation error of D(h),
/// and rounding adds the bound of J's error over h.
#[test]
fn the_references_dx_is_the_derivative_of_its_loss() {
    use Activation::{Exp, Identity, Sigmoid, Softmax, Tanh};
    let outputs = [
        (Sigmoid, Loss::BinaryCrossEntropy),
        (Softmax, Loss::CategoricalCrossEntropy),
        (Softmax, Loss::SquaredError),
        (Identity, Loss::SquaredError),
        (Tanh, Loss::SquaredError),
        (Identity, Loss::HUBER),
        (Softmax, Loss::Quantile { tau: 0.8 }),
        (Exp, Loss::Poisson),
    ];
    for (output, loss) in outputs {
        let mut case = Case::new(3, &[(5, Tanh), (4, Sigmoid), (3, output)], 4);
        case.loss = loss;
        let net = reference::Network::from(&case.network::<f64>(BACKENDS[0], Parallelism::Serial));
        let (x, y) = case.batch::<f64>(0).samples();
        for (x, y) in x.iter().zip(&y) {
            let dx = net.input_gradient(&net.deltas(&net.forward(x), y));
            for i in 0..x.len() {
                let h = f64::EPSILON.cbrt() * x[i].abs().max(1.0);
                let cost = |d: f64| {
                    let mut x = x.clone();
                    x[i] += d;
                    let (xs, ys) = ([x], [y.clone()]);
                    Expected::of(Rounding::of_reference(), &net, &xs, &ys).cost
                };
                let difference = |h: f64| {
                    let (above, below) = (cost(h), cost(-h));
                    let step = (x[i] + h) - (x[i] - h);
                    ((above.value - below.value) / step, (above.error + below.error) / step)
                };
                let ((near, e1), (far, e2)) = (difference(h), difference(2.0 * h));
                let bound = (far - near).abs() + 2.0 * (e1 + e2);
                assert!((near - dx[i]).abs() <= bound, "{near:e} and {:e}: {bound:e}", dx[i]);
                assert!(bound < 1e-4 * (1.0 + dx[i].abs()), "says nothing: {bound:e}");
            }
        }
    }
}
