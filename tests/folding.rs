//! Promise: a standardization folded into the first or the last layer changes predictions by no
//! more than the rounding of the folded parameters.

mod common;

use common::cases::{Case, Numbers, half_panels};
use common::{BACKENDS, Setup, parameter_bits};
use shallownet::{
    Activation, Checks, Error, Network, Parallelism, Scalar, Standardization, reference,
};

/// Means of up to three deviations, deviations from 0.01 to 100.
fn drawn(count: usize, seed: u64) -> Standardization {
    let mut numbers = Numbers(seed);
    let stds: Vec<f64> =
        (0..count).map(|_| 10_f64.powf(2.0 * f64::from(numbers.signed()))).collect();
    let means = stds.iter().map(|std| 3.0 * std * f64::from(numbers.signed())).collect();
    Standardization { means, stds }
}

/// The folded parameters, in exact arithmetic but for f64's roundings, beside the unfolded ones:
/// what is left is the rounding of the parameters to T, and f64's, which gamma counts.
fn predictions_stay<T: Scalar>(net: &Network<T>) {
    let (u, own) = (T::EPSILON.to_f64() / 2.0, 1e-13);
    let before = reference::Network::from(net);
    let inputs = drawn(net.inputs(), 5);
    let mut folded = net.try_clone().unwrap();
    folded.fold_inputs(&inputs).unwrap();
    let after = reference::Network::from(&folded);
    let mut numbers = Numbers(9);
    for _ in 0..20 {
        let raw: Vec<f64> = (inputs.means.iter().zip(&inputs.stds))
            .map(|(mean, std)| mean + 2.0 * std * f64::from(numbers.signed()))
            .collect();
        let mut x = raw.clone();
        inputs.apply(&mut x);
        let (expected, given) = (&before.forward(&x).z[0], &after.forward(&raw).z[0]);
        for (unit, layer) in after.layers[0].w.iter().enumerate() {
            let b = after.layers[0].b[unit];
            let distances: f64 = layer
                .iter()
                .zip(raw.iter().zip(&inputs.means))
                .map(|(w, (x, mean))| w.abs() * (x - mean).abs())
                .sum();
            let sizes: f64 =
                layer.iter().zip(&raw).map(|(w, x)| w.abs() * x.abs()).sum::<f64>() + b.abs();
            // The documented bound, and a parameter that was subnormal.
            let bound = (1.0 + u) * u * (distances + b.abs())
                + own * (sizes + distances)
                + T::MIN_POSITIVE.to_f64() * (1.0 + raw.iter().map(|x| x.abs()).sum::<f64>());
            let off = (expected[unit] - given[unit]).abs();
            assert!(off <= bound, "{}: {} {} {bound:e}", T::NAME, expected[unit], given[unit]);
        }
    }

    let targets = drawn(net.outputs(), 6);
    let mut folded = net.try_clone().unwrap();
    folded.fold_targets(&targets).unwrap();
    let after = reference::Network::from(&folded);
    for _ in 0..20 {
        let x: Vec<f64> = (0..net.inputs()).map(|_| f64::from(numbers.signed())).collect();
        let (trace, given) = (before.forward(&x), after.forward(&x));
        let mut expected = trace.a[trace.a.len() - 1].clone();
        targets.undo(&mut expected);
        let hidden = if trace.a.len() > 1 { &trace.a[trace.a.len() - 2] } else { &x };
        let last = &after.layers[after.layers.len() - 1];
        for (unit, w) in last.w.iter().enumerate() {
            let sizes: f64 = w.iter().zip(hidden).map(|(w, a)| w.abs() * a.abs()).sum::<f64>();
            let reach = 1.0 + hidden.iter().map(|a| a.abs()).sum::<f64>();
            let bound = (u * (1.0 + u) + own) * (sizes + last.b[unit].abs())
                + own * targets.means[unit].abs()
                + T::MIN_POSITIVE.to_f64() * reach;
            let given = given.a[given.a.len() - 1][unit];
            let off = (expected[unit] - given).abs();
            assert!(off <= bound, "{}: {} {given} {bound:e}", T::NAME, expected[unit]);
        }
    }
}

#[test]
fn folded_networks_predict_the_same() {
    use Activation::{Identity, Relu, Tanh};
    let mut cases = vec![
        Case::new(3, &[(1, Identity)], 1),
        Case::new(17, &[(40, Relu), (5, Identity)], 1),
        Case::new(4, &[(16, Tanh), (9, Tanh), (2, Identity)], 1),
    ];
    cases.extend(half_panels().map(|mut case| {
        case.layers[1].1 = Identity;
        case.loss = shallownet::Loss::SquaredError;
        case
    }));
    for case in cases {
        for &setup in BACKENDS.iter() {
            predictions_stay(&case.network::<f32>(setup, Parallelism::Serial));
            predictions_stay(&case.network::<f64>(setup, Parallelism::Serial));
        }
    }
}

#[test]
fn what_is_refused_changes_nothing() {
    let case = Case::new(2, &[(3, Activation::Tanh), (2, Activation::Sigmoid)], 1);
    let mut net = case.network::<f32>(Setup::PORTABLE, Parallelism::Serial);
    let before = parameter_bits(&net);
    let of = |means: &[f64], stds: &[f64]| Standardization {
        means: means.to_vec(),
        stds: stds.to_vec(),
    };
    let message = |refused: shallownet::Result<()>| refused.unwrap_err().to_string();
    let inputs = |net: &mut Network<f32>, means: &[f64], stds: &[f64]| {
        message(net.fold_inputs(&of(means, stds)))
    };
    assert_eq!(inputs(&mut net, &[0.0], &[1.0, 1.0]), "means has 1 values: expected 2");
    assert_eq!(
        inputs(&mut net, &[0.0; 2], &[1.0; 3]),
        "standard deviations has 3 values: expected 2"
    );
    assert!(
        inputs(&mut net, &[0.0, f64::NAN], &[1.0; 2]).starts_with("means holds NaN at index 1")
    );
    for std in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let message = inputs(&mut net, &[0.0; 2], &[1.0, std]);
        assert!(message.starts_with("a standard deviation is "), "{message}");
    }
    // Weights that would be infinite, and a bias.
    assert!(inputs(&mut net, &[0.0; 2], &[1.0, 1e-45]).starts_with("a folded weight holds "));
    assert!(inputs(&mut net, &[0.0, 1e300], &[1.0; 2]).starts_with("a folded bias holds "));

    let refused = net.fold_targets(&of(&[0.0; 2], &[1.0; 2]));
    let given = Activation::Sigmoid;
    let expected = Activation::Identity;
    assert_eq!(refused, Err(Error::OutputActivation { expected, given }));
    assert_eq!(
        message(refused),
        "the last layer has sigmoid: expected identity, which can be scaled by its weights"
    );
    assert_eq!(parameter_bits(&net), before);

    let case = Case::new(2, &[(2, Activation::Identity)], 1);
    let builder = case.builder::<f32>(Setup::PORTABLE, Parallelism::Serial);
    let mut net = builder.checks(Checks::ShapesOnly).build().unwrap();
    net.set_parameters(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    let before = parameter_bits(&net);
    let targets = |net: &mut Network<f32>, means: &[f64], stds: &[f64]| {
        message(net.fold_targets(&of(means, stds)))
    };
    assert!(targets(&mut net, &[0.0; 2], &[1.0, 1e39]).starts_with("a folded weight holds inf"));
    assert!(targets(&mut net, &[0.0, 1e39], &[1.0; 2]).starts_with("a folded bias holds inf"));
    assert!(targets(&mut net, &[0.0], &[1.0]).starts_with("means has 1 values: expected 2"));
    assert_eq!(parameter_bits(&net), before);
}
