//! Promise: all parameters, or all gradients, go out of a network and into one as a slice in the
//! documented order, on every backend, and a refused call changes nothing.

mod common;

use common::cases::Case;
use common::{BACKENDS, Setup, bits, parameter_bits};
use shallownet::{
    Activation, Checks, Error, Gradients, Network, Optimizer, OptimizerState, Parallelism, Scalar,
    TrainingWorkspace,
};

/// Whole and broken panels, halves of panels, one unit, one input.
fn cases() -> Vec<Case> {
    use Activation::{Identity, Relu, Tanh};
    [
        (4, &[(16, Tanh), (2, Identity)][..]),
        (1, &[(1, Relu)]),
        (17, &[(33, Tanh), (15, Relu), (3, Identity)]),
        (300, &[(7, Tanh), (40, Identity)]),
    ]
    .map(|(n_x, layers)| Case::new(n_x, layers, 9))
    .to_vec()
}

fn each<T: Scalar>(test: fn(Network<T>, &Case)) {
    for case in cases() {
        for &setup in BACKENDS.iter() {
            test(case.network(setup, Parallelism::Serial), &case);
        }
    }
}

/// W of each layer, then its b.
fn layer_by_layer<T: Scalar>(
    layers: usize,
    weights: impl Fn(usize) -> Vec<T>,
    bias: impl Fn(usize) -> Vec<T>,
) -> Vec<T> {
    (0..layers).flat_map(|l| [weights(l), bias(l)].concat()).collect()
}

fn parameters_go_out_and_in<T: Scalar>(mut net: Network<T>, _: &Case) {
    let layers = net.layers().len();
    let expected =
        layer_by_layer(layers, |l| net.weights(l).unwrap(), |l| net.bias(l).unwrap().to_vec());
    let mut flat = vec![T::ONE; net.parameter_count()];
    net.parameters_into(&mut flat).unwrap();
    assert_eq!(bits(&flat), bits(&expected));

    for (layer, size) in net.layers().iter().enumerate() {
        let mut w = vec![T::ONE; size.inputs * size.units];
        net.weights_into(layer, &mut w).unwrap();
        assert_eq!(bits(&w), bits(&net.weights(layer).unwrap()));
    }

    let others: Vec<T> = (0..flat.len()).map(|i| T::from_f64(i as f64 - 7.5)).collect();
    net.set_parameters(&others).unwrap();
    let given =
        layer_by_layer(layers, |l| net.weights(l).unwrap(), |l| net.bias(l).unwrap().to_vec());
    assert_eq!(bits(&given), bits(&others));

    // What is subnormal becomes 0.
    let mut small = others.clone();
    let last = small.len() - 1;
    (small[0], small[last]) = (T::MIN_POSITIVE * T::from_f64(0.5), -T::MIN_POSITIVE);
    net.set_parameters(&small).unwrap();
    net.parameters_into(&mut flat).unwrap();
    assert_eq!((flat[0], flat[last]), (T::ZERO, -T::MIN_POSITIVE));
}

#[test]
fn parameters_are_one_slice() {
    each::<f32>(parameters_go_out_and_in);
    each::<f64>(parameters_go_out_and_in);
}

fn gradients_go_out_and_in<T: Scalar>(net: Network<T>, case: &Case) {
    let batch = case.batch::<T>(0);
    let (x, y) = batch.columns();
    let mut workspace = TrainingWorkspace::new(&net, x.samples()).unwrap();
    net.backward(x, y, &mut workspace).unwrap();
    let gradients = workspace.gradients();
    let (weights, bias) =
        (|l| gradients.weights(l).unwrap(), |l| gradients.bias(l).unwrap().to_vec());
    let expected = layer_by_layer(net.layers().len(), weights, bias);
    let mut flat = vec![T::ONE; net.parameter_count()];
    gradients.values_into(&mut flat).unwrap();
    assert_eq!(bits(&flat), bits(&expected));
    for (layer, size) in net.layers().iter().enumerate() {
        let mut dw = vec![T::ONE; size.inputs * size.units];
        gradients.weights_into(layer, &mut dw).unwrap();
        assert_eq!(bits(&dw), bits(&weights(layer)));
    }

    // Set from a slice, they do to a network what they do in the workspace.
    let mut own = Gradients::zeros(&net).unwrap();
    own.set_values(&flat).unwrap();
    let updated = |gradients: &Gradients<T>| {
        let mut net = net.try_clone().unwrap();
        let mut state = OptimizerState::new(&net, Optimizer::adam()).unwrap();
        net.update(&mut state, gradients, T::from_f64(0.125)).unwrap();
        net.descend(gradients, T::from_f64(0.5)).unwrap();
        parameter_bits(&net)
    };
    assert_eq!(updated(&own), updated(gradients));
    assert_ne!(updated(&own), parameter_bits(&net));

    flat[0] = T::MIN_POSITIVE * T::from_f64(0.5);
    own.set_values(&flat).unwrap();
    assert_eq!(own.weights(0).unwrap()[0], T::ZERO);
}

#[test]
fn gradients_are_one_slice() {
    each::<f32>(gradients_go_out_and_in);
    each::<f64>(gradients_go_out_and_in);
}

#[test]
fn what_is_refused_changes_nothing() {
    let case = &cases()[0];
    let mut net = case.network::<f32>(Setup::PORTABLE, Parallelism::Serial);
    let (before, count) = (parameter_bits(&net), net.parameter_count());
    for len in [0, count - 1, count + 1] {
        let expected = |argument| Error::Length { argument, expected: count, given: len };
        let mut flat = vec![3.0; len];
        assert_eq!(net.set_parameters(&flat), Err(expected("parameters")));
        assert_eq!(net.parameters_into(&mut flat), Err(expected("into")));
        let mut gradients = Gradients::zeros(&net).unwrap();
        assert_eq!(gradients.set_values(&flat), Err(expected("gradients")));
        assert_eq!(gradients.values_into(&mut flat), Err(expected("into")));
        assert!(flat.iter().all(|v| *v == 3.0));
    }
    assert_eq!(net.weights_into(2, &mut []), Err(Error::Layer { last: 1, given: 2 }));
    let wrong = Error::Length { argument: "into", expected: 64, given: 63 };
    assert_eq!(net.weights_into(0, &mut [0.0; 63]), Err(wrong));

    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut flat = vec![1.0; count];
        flat[count - 1] = value;
        let refused = net.set_parameters(&flat).unwrap_err();
        assert!(matches!(refused, Error::NotFinite { index, .. } if index == count - 1));
        let mut gradients = Gradients::zeros(&net).unwrap();
        let refused = gradients.set_values(&flat).unwrap_err();
        assert!(matches!(refused, Error::NotFinite { index, .. } if index == count - 1));
        gradients.values_into(&mut flat).unwrap();
        assert_eq!(flat, vec![0.0; count]);
    }
    assert_eq!(parameter_bits(&net), before);

    // Whoever asks for it may do so.
    let builder = Network::<f32>::builder(1).layer(1, Activation::Tanh);
    let mut net = builder.checks(Checks::ShapesOnly).build().unwrap();
    net.set_parameters(&[f32::INFINITY, 1.0]).unwrap();
    assert_eq!(net.weights(0).unwrap(), [f32::INFINITY]);
}
