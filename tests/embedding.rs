//! Promise: what embedders rely on besides the numbers. Networks are shared by threads, tapes and
//! workspaces are sent to them; misuse of a tape is refused and changes nothing; statistics are
//! those of the activations.

mod common;

use common::bits;
use common::cases::{Case, nested};
use common::{BACKENDS, On, parameter_bits};
use proptest::prelude::*;
use shallownet::{
    Activation, Columns, Error, GradientCheck, Gradients, Init, Network, OutputGradient,
    Parallelism, Parameter, PredictionWorkspace, Scalar, Tape, Targets, TrainingWorkspace,
    gradient_check, reference,
};

/// Checked when this file is compiled.
const fn is_send_and_sync<T: Send + Sync>() {}
const _: () = {
    is_send_and_sync::<Network<f32>>();
    is_send_and_sync::<Network<f64>>();
    is_send_and_sync::<TrainingWorkspace<f32>>();
    is_send_and_sync::<TrainingWorkspace<f64>>();
    is_send_and_sync::<Tape<f32>>();
    is_send_and_sync::<Tape<f64>>();
    is_send_and_sync::<Gradients<f32>>();
    is_send_and_sync::<Error>();
};

#[test]
fn a_frozen_network_serves_threads_with_the_same_bits() {
    let case = Case::new(7, &[(20, Activation::Tanh), (3, Activation::Softmax)], 40);
    for &setup in BACKENDS.iter() {
        let net = case.network::<f32>(setup, Parallelism::Serial);
        let batch = case.batch::<f32>(0);
        let predict = || {
            let mut workspace = PredictionWorkspace::new(&net, 40).unwrap();
            let mut out = vec![0.0; 120];
            net.predict(batch.columns().0, &mut out, &mut workspace).unwrap();
            bits(&out)
        };
        let expected = predict();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(predict)).collect();
            threads.into_iter().for_each(|t| assert_eq!(t.join().unwrap(), expected));
        });
    }
}

/// A ReLU's zeros are +0.0 wherever a caller gets them: the sign with which the engine marks z < 0
/// is its own.
#[test]
fn outputs_show_no_mark_of_the_engine() {
    for &setup in BACKENDS.iter() {
        let mut zeros = 0;
        for (units, m) in [(1, 1), (3, 1), (40, 1), (3, 40), (40, 9)] {
            for seed in 0..8 {
                let case = Case { seed, ..Case::new(5, &[(units, Activation::Relu)], m) };
                let net = case.network::<f32>(setup, Parallelism::Serial);
                let batch = case.batch::<f32>(0);
                let (x, _) = batch.columns();
                let mut workspace = PredictionWorkspace::new(&net, m).unwrap();
                let mut tape = Tape::new(&net, m).unwrap();
                let mut out = vec![f32::NAN; units * m];
                net.predict(x, &mut out, &mut workspace).unwrap();
                out.extend_from_slice(net.forward(x, &mut tape).unwrap().output().as_slice());
                assert!(out.iter().all(|a| a.is_sign_positive()), "{setup:?} {units} {m}");
                zeros += out.iter().filter(|a| **a == 0.0).count();
            }
        }
        assert!(zeros > 100);
    }
}

fn columns(values: &[f64], features: usize) -> Columns<'_, f64> {
    Columns::new(values, features).unwrap()
}

#[test]
fn misuse_of_a_tape_is_named_and_changes_nothing() {
    let builder = Network::<f64>::builder(3).layer(4, Activation::Tanh);
    let net = builder.layer(2, Activation::Softmax).build().unwrap();
    let other = Network::<f64>::builder(3).layer(2, Activation::Softmax).build().unwrap();
    assert!(matches!(Tape::new(&net, 0), Err(Error::Zero { .. })));
    assert!(matches!(Tape::new(&net, usize::MAX), Err(Error::TooLarge { .. })));
    assert!(matches!(Tape::new(&net, usize::MAX / 1024), Err(Error::OutOfMemory { .. })));

    let (x, dz) = ([0.1, -0.2, 0.3, 0.4, 0.5, -0.6], [0.1, 0.2, -0.3, 0.4]);
    let (x, dz) = (columns(&x, 3), OutputGradient::Dz(columns(&dz, 2)));
    let mut tape = Tape::new(&net, 2).unwrap();
    net.forward(x, &mut tape).unwrap().backward(dz, None).unwrap();
    let state = |tape: &Tape<f64>| {
        let gradients = tape.gradients();
        let layers = (0..2).flat_map(|l| {
            [gradients.weights(l).unwrap(), gradients.bias(l).unwrap().to_vec()].concat()
        });
        bits(&layers.collect::<Vec<f64>>())
    };
    let before = (state(&tape), parameter_bits(&net));
    let long = [0.0; 9];
    let nan = [f64::NAN; 6];
    let forward = |x, tape: &mut _| net.forward(x, tape).map(|_| ());
    assert!(matches!(
        forward(columns(&long, 3), &mut tape),
        Err(Error::Capacity { capacity: 2, given: 3 })
    ));
    assert!(matches!(forward(columns(&long[..4], 2), &mut tape), Err(Error::Features { .. })));
    assert!(matches!(forward(columns(&[], 3), &mut tape), Err(Error::EmptyBatch { .. })));
    assert!(matches!(forward(columns(&nan, 3), &mut tape), Err(Error::NotFinite { .. })));
    assert!(matches!(other.forward(x, &mut tape), Err(Error::Mismatch { argument: "tape" })));

    let mut pass = net.forward(x, &mut tape).unwrap();
    let out = bits(pass.output().as_slice());
    let mut dx = [7.0; 5];
    let mut backward = |given, with_dx| {
        let dx = if with_dx { Some(&mut dx[..]) } else { None };
        pass.backward(given, dx).unwrap_err()
    };
    assert!(matches!(backward(dz, true), Error::Length { argument: "dx", expected: 6, given: 5 }));
    let da = |values| OutputGradient::Da(values);
    assert!(matches!(
        backward(da(columns(&long[..6], 3)), false),
        Error::Features { argument: "da", expected: 2, given: 3 }
    ));
    assert!(matches!(
        backward(da(columns(&long[..6], 2)), false),
        Error::Samples { argument: "da", expected: 2, given: 3 }
    ));
    assert!(matches!(
        backward(OutputGradient::Dz(columns(&nan[..4], 2)), false),
        Error::NotFinite { argument: "dz", index: 0, .. }
    ));
    assert_eq!(pass.activations(2).err(), Some(Error::Layer { last: 1, given: 2 }));
    let mut into = [7.0; 8];
    assert_eq!(pass.activations_into(2, &mut into), Err(Error::Layer { last: 1, given: 2 }));
    let short = Error::Length { argument: "into", expected: 8, given: 7 };
    assert_eq!(pass.activations_into(0, &mut into[1..]), Err(short));
    assert_eq!(into, [7.0; 8]);
    assert_eq!(bits(pass.output().as_slice()), out);
    assert_eq!((state(&tape), parameter_bits(&net)), before);
    assert_eq!(dx, [7.0; 5]);
}

proptest! {
    #[test]
    fn a_tape_never_panics(
        (inputs, outputs, capacity) in (1_usize..4, 1_usize..4, 0_usize..5),
        (x, x_features) in (prop::collection::vec(any::<f64>(), 0..12), 1_usize..4),
        (d, d_features) in (prop::collection::vec(any::<f64>(), 0..12), 1_usize..4),
        dx in 0_usize..12,
        is_da in any::<bool>(),
    ) {
        let net = Network::<f64>::builder(inputs).layer(3, Activation::Relu);
        let net = net.layer(outputs, Activation::Sigmoid).build().unwrap();
        let (Ok(mut tape), Ok(x), Ok(d)) =
            (Tape::new(&net, capacity), Columns::new(&x, x_features), Columns::new(&d, d_features))
        else { return Ok(()) };
        let d = if is_da { OutputGradient::Da(d) } else { OutputGradient::Dz(d) };
        if let Ok(mut pass) = net.forward(x, &mut tape) {
            let _ = pass.backward(d, Some(&mut vec![0.0; dx])).map(|_| ());
            let _ = pass.layer_statistics();
        }
        let _ = gradient_check(&net, x, x);
    }
}

/// The activations of a layer are the outputs of the network that ends there, without marks.
#[test]
fn activations_are_those_of_every_layer() {
    use Activation::{Relu, Sigmoid, Softmax, Tanh};
    let shapes: [(usize, &[(usize, Activation)]); 3] = [
        (3, &[(4, Relu), (5, Tanh), (2, Softmax)]),
        (4, &[(32, Tanh), (16, Activation::LEAKY_RELU), (3, Sigmoid)]),
        (20, &[(70, Relu), (130, Tanh), (10, Softmax)]),
    ];
    for (n_x, layers) in shapes {
        for m in [1, 5, 17, 600, 1100] {
            let case = Case::new(n_x, layers, m);
            for &setup in BACKENDS.iter() {
                let net = case.network::<f32>(setup, Parallelism::Serial);
                let batch = case.batch::<f32>(0);
                let (x, mut tape) = (batch.columns().0, Tape::new(&net, m + 5).unwrap());
                let pass = net.forward(x, &mut tape).unwrap();
                for (layer, &(units, _)) in layers.iter().enumerate() {
                    let given = pass.activations(layer).unwrap();
                    assert_eq!((given.features(), given.samples()), (units, m));
                    let mut into = vec![f32::NAN; units * m];
                    pass.activations_into(layer, &mut into).unwrap();
                    assert_eq!(bits(&into), bits(given.columns().as_slice()));
                    let mut ends = Network::<f32>::builder(n_x).on(setup);
                    for &(units, g) in &layers[..=layer] {
                        ends = ends.layer(units, g);
                    }
                    let mut ends = ends.build().unwrap();
                    for l in 0..=layer {
                        ends.set_weights(l, &net.weights(l).unwrap()).unwrap();
                        ends.set_bias(l, net.bias(l).unwrap()).unwrap();
                    }
                    let mut tape = Tape::new(&ends, m).unwrap();
                    let expected = bits(ends.forward(x, &mut tape).unwrap().output().as_slice());
                    assert_eq!(bits(&into), expected, "{setup:?} {layers:?} {m}, layer {layer}");
                }
            }
        }
    }
}

/// Several tiles, padded columns. The reference's activations, at most about 4 in size, are met
/// within 1e-13 (100 roundings of u = 1.1e-16 of sums of size 10); sums of n = 42,000 of them are
/// off by at most n u times their size besides, in the worst case: 5e-12 of 4.
#[test]
fn statistics_are_those_of_the_activations() {
    for &setup in BACKENDS.iter() {
        for g in [Activation::Tanh, Activation::Sigmoid, Activation::Relu, Activation::LEAKY_RELU] {
            let mut case = Case::new(9, &[(70, g), (3, Activation::Softmax)], 600);
            case.gain = 3.0;
            let mut net = case.network::<f64>(setup, Parallelism::Rayon);
            // Three units that no sample of this batch wakes.
            let mut bias = net.bias(0).unwrap().to_vec();
            bias[..3].fill(-1e3);
            net.set_bias(0, &bias).unwrap();
            let batch = case.batch::<f64>(0);
            let mut tape = Tape::new(&net, 601).unwrap();
            let given = net.forward(batch.columns().0, &mut tape).unwrap().layer_statistics();
            assert_eq!(given.len(), 2);

            let oracle = reference::Network::from(&net);
            let traces: Vec<_> = nested(&batch.x, 9).iter().map(|x| oracle.forward(x)).collect();
            for (l, given) in given.iter().enumerate() {
                let a: Vec<f64> = traces.iter().flat_map(|t| t.a[l].clone()).collect();
                let n = a.len() as f64;
                let mean = a.iter().sum::<f64>() / n;
                let variance = a.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / n;
                assert!((given.mean - mean).abs() < 2e-11, "{setup:?} {g:?}");
                assert!((given.standard_deviation - variance.sqrt()).abs() < 1e-10);
                let count =
                    |f: &dyn Fn(f64) -> bool| a.iter().filter(|a| f(**a)).count() as f64 / n;
                let units = traces[0].a[l].len();
                let is_dead = |j: &usize| traces.iter().all(|t| t.a[l][*j] == 0.0);
                let dead = (0..units).filter(is_dead).count() as f64 / units as f64;
                let (saturated, dead) = match given.activation {
                    Activation::Tanh => (Some(count(&|a| a.abs() > 0.99)), None),
                    Activation::Sigmoid => (Some(count(&|a| !(0.005..=0.995).contains(&a))), None),
                    Activation::Relu => (None, Some(dead)),
                    _ => (None, None),
                };
                assert_eq!((given.saturated, given.dead), (saturated, dead), "{setup:?} {g:?}");
                assert!(given.saturated.is_none_or(|s| s > 0.0));
                assert!(given.dead.is_none_or(|s| s >= 3.0 / 70.0));
            }
        }
    }
}

/// The sizes that the documentation of `GradientReport` calls typical.
fn gradients_check<T: Scalar>(most: f64) {
    use Activation::{Relu, Sigmoid, Softmax, Tanh};
    let shapes: [&[(usize, Activation)]; 4] = [
        &[(5, Tanh), (1, Sigmoid)],
        &[(6, Relu), (4, Activation::LEAKY_RELU), (3, Softmax)],
        &[(8, Sigmoid), (2, Activation::Identity)],
        &[(3, Tanh), (2, Relu)],
    ];
    for layers in shapes {
        for &setup in BACKENDS.iter() {
            let case = Case::new(4, layers, 6);
            let net = case.network::<T>(setup, Parallelism::Serial);
            let batch = case.batch::<T>(0);
            let (x, y) = batch.columns();
            let report = gradient_check(&net, x, y).unwrap();
            assert_eq!(report.checked + report.skipped, net.parameter_count());
            assert!(report.checked > 2 * report.skipped, "{report}");
            assert!(report.distance < most, "{setup:?} {layers:?}: {report}");
            let worst = report.worst.unwrap();
            let again = match worst.parameter {
                Parameter::Weight { layer, unit, input } => {
                    let mut workspace = TrainingWorkspace::new(&net, 6).unwrap();
                    net.backward(x, y, &mut workspace).unwrap();
                    let row = unit * net.layers()[layer].inputs;
                    workspace.gradients().weights(layer).unwrap()[row + input].to_f64()
                }
                _ => worst.gradient,
            };
            assert_eq!(worst.gradient, again);

            // Weights weigh both: a sample of weight 0 is not there, and one of 2 is there twice.
            let weights = [0.0, 2.0, 1.0, 1.0, 0.5, 1.0].map(T::from_f64);
            let weighted = gradient_check(&net, x, Targets::weighted(y, &weights)).unwrap();
            assert!(weighted.distance < most, "{setup:?} {layers:?}: {weighted}");
            assert_ne!(weighted.worst.unwrap().gradient, worst.gradient);
        }
    }
}

#[test]
fn right_gradients_pass_the_check() {
    gradients_check::<f64>(1e-7);
    gradients_check::<f32>(1e-4);
}

#[test]
fn parameters_at_a_kink_are_skipped() {
    let net = Network::<f64>::builder(1).layer(2, Activation::Relu).layer(1, Activation::Identity);
    let mut net = net.init(Init::HeNormal, 1).build().unwrap();
    net.set_bias(0, &[0.0, 0.5]).unwrap();
    net.set_weights(0, &[1.0, 0.25]).unwrap();
    // x = 0: the first unit stands at its kink, and only its bias moves it.
    let report = gradient_check(&net, columns(&[0.0], 1), columns(&[1.0], 1)).unwrap();
    assert_eq!((report.checked, report.skipped), (6, 1));
    let few =
        GradientCheck::default().per_layer(2).run(&net, columns(&[1.0], 1), columns(&[1.0], 1));
    assert_eq!(few.unwrap().checked, 4);
}
