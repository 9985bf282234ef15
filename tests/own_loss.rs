//! Promise: a gradient from the caller's own loss is the reference's from the same output gradient,
//! and the built-in losses' where the loss is one of theirs, on every backend, level and path; with the
//! same bits on any number of threads.

mod common;

use std::sync::Mutex;

use common::bounds::{Approx, Rounding};
use common::cases::{Batch, Case, Numbers, any_case, half_panels, narrow, nested};
use common::compare::within;
use common::expected::{Expected, FromOutput};
use common::{BACKENDS, Setup, bits, parameter_bits};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shallownet::{
    Activation, Checks, Columns, Error, Loss, Network, Parallelism, Scalar, TrainingWorkspace,
    reference,
};

/// A batch, an output gradient, and what must come of both, and of the network's own loss.
struct Expectation<T> {
    batch: Batch<T>,
    given: Vec<T>,
    own: Expected,
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
            own: Expected::of(r, &oracle, &x, &y),
            from_da: FromOutput::of(r, &oracle, &x, &columns, true),
            from_dz: FromOutput::of(r, &oracle, &x, &columns, false),
        }
    };
    (0..case.batches.len()).map(of).collect()
}

/// dW, then db, of every layer, within what the analysis allows.
fn gradients_within<T: Scalar>(
    workspace: &TrainingWorkspace<T>,
    dw: &[Vec<Approx>],
    db: &[Vec<Approx>],
) -> Result<(), TestCaseError> {
    let gradients = workspace.gradients();
    for l in 0..dw.len() {
        within(&format!("dW[{l}]"), &dw[l], &gradients.weights(l).unwrap())?;
        within(&format!("db[{l}]"), &db[l], gradients.bias(l).unwrap())?;
    }
    Ok(())
}

/// Drawn dA and dZ through the closure: the outputs it sees, the gradients and the mean loss that
/// come of them.
fn as_the_reference<T: Scalar>(
    net: &Network<T>,
    workspace: &mut TrainingWorkspace<T>,
    expectation: &Expectation<T>,
) -> Result<(), TestCaseError> {
    let Expectation { batch, given, own, from_da, from_dz } = expectation;
    let (x, n_y) = (batch.columns().0, net.outputs());
    let seen = Mutex::new(vec![T::from_f64(f64::NAN); given.len()]);
    let loss = |sample: usize, a: &[T], d: &mut [T]| {
        assert!(a.len() == n_y && d.iter().all(|d| *d == T::ZERO) && d.len() == n_y);
        let own = sample * n_y..(sample + 1) * n_y;
        d.copy_from_slice(&given[own.clone()]);
        seen.lock().unwrap()[own].copy_from_slice(a);
        sample as f64
    };
    let mean = (x.samples() - 1) as f64 / 2.0;
    // A ReLU's marked zeros are not for the caller.
    let g = net.layers()[net.layers().len() - 1].activation;
    let may_be_marked = !matches!(g, Activation::Relu | Activation::LeakyRelu { .. });
    for (is_da, expected) in [(true, from_da), (false, from_dz)] {
        let cost = if is_da {
            net.backward_with_da(x, workspace, loss)
        } else {
            net.backward_with_dz(x, workspace, loss)
        };
        // Whole numbers and one division.
        prop_assert!((cost.unwrap() - mean).abs() <= mean * f64::EPSILON);
        let mut seen = seen.lock().unwrap();
        within("a", &own.predictions.concat(), &seen)?;
        let is_marked = |a: &T| *a == T::ZERO && a.to_f64().is_sign_negative();
        prop_assert!(may_be_marked || !seen.iter().any(is_marked));
        seen.fill(T::from_f64(f64::NAN));
        gradients_within(workspace, &expected.dw, &expected.db)?;
    }
    Ok(())
}

/// The network's own loss, written as a closure by its outputs: what `backward` may leave.
fn as_the_own_loss<T: Scalar>(
    net: &Network<T>,
    workspace: &mut TrainingWorkspace<T>,
    Expectation { batch, own, .. }: &Expectation<T>,
) -> Result<(), TestCaseError> {
    if net.loss() == Loss::GaussianNll {
        // It has fewer targets than outputs: this closure is not it.
        return Ok(());
    }
    let ((x, _), n_y, half) = (batch.columns(), net.outputs(), T::from_f64(0.5));
    let loss = |sample: usize, a: &[T], d: &mut [T]| {
        let y = &batch.y[sample * n_y..][..n_y];
        let mut cost = 0.0;
        for (d, (&a, &y)) in d.iter_mut().zip(a.iter().zip(y)) {
            *d = a - y;
            // Computed in f64, and its derivative rounded once: no less accurate than the network's.
            match net.loss().of_difference(d.to_f64()).filter(|_| net.loss() != Loss::SquaredError)
            {
                Some((own, slope)) => (cost, *d) = (cost + own, T::from_f64(slope)),
                None => cost += (half * *d * *d).to_f64(),
            }
        }
        cost
    };
    if net.loss().output().is_none() {
        // The very formula, dA = a - y of squared error.
        let cost = net.backward_with_da(x, workspace, loss).unwrap();
        within("J", &[own.cost], &[cost])?;
    } else {
        // dZ = a - y: that of a cross-entropy, and of Poisson's loss.
        net.backward_with_dz(x, workspace, loss).unwrap();
    }
    gradients_within(workspace, &own.dw, &own.db)
}

fn everywhere<T: Scalar>(case: &Case) -> Result<(), TestCaseError> {
    let expectations = expectations::<T>(case);
    for &setup in BACKENDS.iter() {
        for who in [Parallelism::Serial, Parallelism::Rayon] {
            let net = case.network::<T>(setup, who);
            let mut workspace = TrainingWorkspace::new(&net, case.capacity()).unwrap();
            for expectation in &expectations {
                as_the_reference(&net, &mut workspace, expectation)
                    .and_then(|()| as_the_own_loss(&net, &mut workspace, expectation))
                    .map_err(|e| TestCaseError::fail(format!("{setup:?}, {who:?}: {e}")))?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn f32_agrees_with_the_reference(case in any_case()) {
        everywhere::<f32>(&case)?;
    }

    #[test]
    fn f64_agrees_with_the_reference(case in any_case()) {
        everywhere::<f64>(&case)?;
    }
}

/// Several tiles, threads, shapes that training runs with samples in lanes or one by one, halves of
/// panels, ReLUs at the output.
fn large() -> Vec<Case> {
    use Activation::{Relu, Sigmoid, Softmax, Tanh};
    let mut cases = vec![
        Case::new(100, &[(120, Tanh), (10, Softmax)], 700),
        Case::new(256, &[(40, Relu), (100, Activation::LEAKY_RELU)], 301),
        Case::new(8, &[(30, Sigmoid), (20, Relu)], 517),
        Case::new(2, &[(4, Tanh), (1, Sigmoid)], 2000),
        Case::new(4, &[(16, Tanh), (2, Softmax)], 1),
        Case::new(4, &[(32, Tanh), (16, Relu), (4, Softmax)], 5000),
    ];
    cases[0].batches = vec![700, 33, 1];
    cases.extend(half_panels());
    cases
}

#[test]
fn large_shapes_agree_with_the_reference() {
    for case in large() {
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

fn results<T: Scalar>(net: &Network<T>, batch: &Batch<T>) -> Vec<u64> {
    let (x, y) = batch.columns();
    let mut workspace = TrainingWorkspace::new(net, x.samples()).unwrap();
    let loss = |sample: usize, a: &[T], d: &mut [T]| {
        let y = y.column(sample).unwrap();
        d.iter_mut().zip(a.iter().zip(y)).for_each(|(d, (&a, &y))| *d = a - y * a);
        a.iter().map(|a| a.to_f64()).sum()
    };
    let mut all = Vec::new();
    for is_da in [true, false] {
        let cost = if is_da {
            net.backward_with_da(x, &mut workspace, loss)
        } else {
            net.backward_with_dz(x, &mut workspace, loss)
        };
        let mut flat = vec![T::ZERO; net.parameter_count()];
        workspace.gradients().values_into(&mut flat).unwrap();
        all.extend(bits(&[cost.unwrap()]).into_iter().chain(bits(&flat)));
    }
    all
}

#[test]
fn threads_do_not_change_bits() {
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let (one, three) = (pool(1), pool(3));
    for case in large() {
        for &setup in BACKENDS.iter() {
            let batch = case.batch::<f32>(0);
            let serial = results(&case.network(setup, Parallelism::Serial), &batch);
            let net = case.network::<f32>(setup, Parallelism::Rayon);
            assert_eq!(one.install(|| results(&net, &batch)), serial, "{setup:?}");
            assert_eq!(three.install(|| results(&net, &batch)), serial, "{setup:?}");
        }
    }
}

/// What a loss says of itself: the gradient is the derivative of its mean. In f64, by central
/// differences of two widths: |D(2h) - D(h)| is three times the truncation error of D(h), and a
/// cost is off by some hundred roundings of its own size.
#[test]
fn the_gradient_is_the_derivative_of_the_mean_loss() {
    use Activation::{LeakyRelu, Sigmoid, Softmax, Tanh};
    for output in [Softmax, Tanh, Sigmoid, LeakyRelu { slope: 0.3 }] {
        let case = Case::new(3, &[(5, Tanh), (4, output)], 7);
        for &setup in BACKENDS.iter() {
            let mut net = case.network::<f64>(setup, Parallelism::Serial);
            // Away from the kink, where the leaky ReLU has no derivative.
            net.set_bias(1, &[0.3, -0.2, 0.25, -0.4]).unwrap();
            let batch = case.batch::<f64>(0);
            let (x, y) = batch.columns();
            // L = sum_k y_k a_k^3 + a_0 a_1, which is no loss of ours.
            let loss = |sample: usize, a: &[f64], da: &mut [f64]| {
                let y = y.column(sample).unwrap();
                da.iter_mut().zip(a.iter().zip(y)).for_each(|(d, (a, y))| *d = 3.0 * y * a * a);
                da[0] += a[1];
                da[1] += a[0];
                a.iter().zip(y).map(|(a, y)| y * a * a * a).sum::<f64>() + a[0] * a[1]
            };
            let mut workspace = TrainingWorkspace::new(&net, 7).unwrap();
            net.backward_with_da(x, &mut workspace, loss).unwrap();
            let mut gradient = vec![0.0; net.parameter_count()];
            workspace.gradients().values_into(&mut gradient).unwrap();
            let mut flat = gradient.clone();
            net.parameters_into(&mut flat).unwrap();
            let mut cost = |at: usize, h: f64| {
                let mut moved = flat.clone();
                moved[at] += h;
                net.set_parameters(&moved).unwrap();
                net.backward_with_da(x, &mut workspace, loss).unwrap()
            };
            for (at, gradient) in gradient.iter().enumerate() {
                let h = f64::EPSILON.cbrt();
                let mut difference = |h| (cost(at, h) - cost(at, -h)) / (2.0 * h);
                let (near, far) = (difference(h), difference(2.0 * h));
                let rounding = 100.0 * f64::EPSILON * (1.0 + flat[at].abs()) / h;
                let bound = (far - near).abs() + rounding;
                let off = (near - gradient).abs();
                assert!(off <= bound, "{setup:?} {output:?} {at}: {near:e}, {gradient:e}");
                assert!(bound < 1e-7 * (1.0 + gradient.abs()), "says nothing: {bound:e}");
            }
        }
    }
}

#[test]
fn what_is_refused_changes_nothing() {
    let case = Case::new(3, &[(20, Activation::Tanh), (2, Activation::Sigmoid)], 900);
    for &setup in BACKENDS.iter() {
        let net = case.network::<f32>(setup, Parallelism::Rayon);
        let batch = case.batch::<f32>(0);
        let x = batch.columns().0;
        let mut workspace = TrainingWorkspace::new(&net, 900).unwrap();
        let ones = |_: usize, _: &[f32], d: &mut [f32]| {
            d.fill(1.0);
            0.0
        };
        net.backward_with_da(x, &mut workspace, ones).unwrap();
        let gradients = |workspace: &TrainingWorkspace<f32>| {
            let mut flat = vec![0.0; net.parameter_count()];
            workspace.gradients().values_into(&mut flat).unwrap();
            bits(&flat)
        };
        let before = (gradients(&workspace), parameter_bits(&net));

        // The first of all that are not finite, whatever the threads.
        let broken = |sample: usize, _: &[f32], d: &mut [f32]| {
            if sample >= 700 {
                d[1] = f32::INFINITY;
            }
            0.0
        };
        let refused = net.backward_with_dz(x, &mut workspace, broken).unwrap_err();
        let expected = Error::NotFinite { argument: "dz", index: 1401, value: f64::INFINITY };
        assert_eq!(refused, expected);

        // Before the loss is asked.
        let never = |_: usize, _: &[f32], _: &mut [f32]| -> f64 { panic!("asked") };
        let mut broken = batch.x.clone();
        broken[5] = f32::NAN;
        let with = |x: &[f32], n_x, workspace: &mut TrainingWorkspace<f32>| {
            net.backward_with_da(Columns::new(x, n_x).unwrap(), workspace, never).unwrap_err()
        };
        assert!(matches!(
            with(&broken, 3, &mut workspace),
            Error::NotFinite { argument: "x", index: 5, .. }
        ));
        assert!(matches!(with(&batch.x, 2, &mut workspace), Error::Features { .. }));
        assert!(matches!(with(&[], 3, &mut workspace), Error::EmptyBatch { .. }));
        let mut small = TrainingWorkspace::new(&net, 899).unwrap();
        assert!(matches!(with(&batch.x, 3, &mut small), Error::Capacity { .. }));
        assert_eq!((gradients(&workspace), parameter_bits(&net)), before);
    }

    // Without checks, what is not finite goes its way.
    let builder = case.builder::<f32>(Setup::PORTABLE, Parallelism::Serial);
    let net = builder.checks(Checks::ShapesOnly).build().unwrap();
    let mut workspace = TrainingWorkspace::new(&net, 1).unwrap();
    let broken = |_: usize, _: &[f32], d: &mut [f32]| {
        d[0] = f32::NAN;
        f64::NAN
    };
    let x = Columns::new(&[1.0, 2.0, 3.0], 3).unwrap();
    assert!(net.backward_with_da(x, &mut workspace, broken).unwrap().is_nan());
    assert!(workspace.gradients().bias(1).unwrap()[0].is_nan());
}
