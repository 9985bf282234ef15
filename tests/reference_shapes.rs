//! Promise: the reference computes nothing from shapes that don't fit. Each wrong shape, too short
//! and too long, is an error of the checks, and the panic of every function that would read it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use shallownet::reference::optimizer::{Moments, Step, step};
use shallownet::reference::{Layer, Network, Trace};
use shallownet::{Activation, Error, Loss, Optimizer};

/// 3-4-2, with numbers of no importance.
fn network() -> Network {
    let layer = |inputs: usize, units: usize, activation| Layer {
        w: vec![vec![0.25; inputs]; units],
        b: vec![0.5; units],
        activation,
    };
    let layers = vec![layer(3, 4, Activation::Tanh), layer(4, 2, Activation::Sigmoid)];
    Network { layers, loss: Loss::BinaryCrossEntropy }
}

/// Two samples.
fn samples() -> [Vec<Vec<f64>>; 2] {
    [vec![vec![0.1, 0.2, 0.3]; 2], vec![vec![1.0, 0.0]; 2]]
}

/// The message that a call panics with.
fn panic_of<R>(call: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(call()))) else {
        panic!("it computed something");
    };
    *payload.downcast::<String>().unwrap()
}

/// Every function of the network and the samples panics with what the check says.
fn refused(net: &Network, [x, y]: &[Vec<Vec<f64>>; 2], expected: &Error) {
    assert_eq!(net.check_samples(x, y).as_ref(), Err(expected));
    let text = expected.to_string();
    assert_eq!(panic_of(|| net.cost(x, y)), text);
    assert_eq!(panic_of(|| net.gradients(x, y)), text);
    assert_eq!(panic_of(|| net.clone().step(x, y, 0.1)), text);
}

/// A vector with one value less, and with one more.
fn resized(values: &[f64]) -> [Vec<f64>; 2] {
    [values[1..].to_vec(), [values, &[7.0]].concat()]
}

#[test]
fn what_fits_is_computed() {
    let (net, [x, y]) = (network(), samples());
    assert_eq!(net.check_samples(&x, &y), Ok(()));
    assert!(net.cost(&x, &y).is_finite());
    let trace = net.forward(&x[0]);
    assert_eq!(net.input_gradient(&net.deltas(&trace, &y[0])).len(), 3);
}

#[test]
fn samples_of_another_shape_are_refused() {
    let net = network();
    for (which, argument, expected) in [(0, "x", 3), (1, "y", 2)] {
        for wrong in resized(&samples()[which][1]) {
            let (given, mut samples) = (wrong.len(), samples());
            samples[which][1] = wrong;
            refused(&net, &samples, &Error::Length { argument, expected, given });
        }
    }
    for given in [1, 3] {
        let [x, y] = samples();
        let y = vec![y[0].clone(); given];
        refused(&net, &[x, y], &Error::Samples { argument: "y", expected: 2, given });
    }
    refused(&net, &[vec![], vec![]], &Error::EmptyBatch { argument: "x" });
}

#[test]
fn a_single_sample_of_another_shape_is_refused() {
    let (net, [x, y]) = (network(), samples());
    let trace = net.forward(&x[0]);
    let message =
        |argument, expected, given| Error::Length { argument, expected, given }.to_string();
    for x in resized(&x[0]) {
        let text = message("x", 3, x.len());
        assert_eq!(panic_of(|| net.forward(&x)), text);
        assert_eq!(panic_of(|| net.predict(&x)), text);
        assert_eq!(panic_of(|| net.gradients_from(std::slice::from_ref(&x), &y[..1])), text);
    }
    for d in resized(&y[0]) {
        let text = |argument| message(argument, 2, d.len());
        assert_eq!(panic_of(|| net.sample_loss(&trace, &d)), text("y"));
        assert_eq!(panic_of(|| net.output_delta(&trace, &d)), text("y"));
        assert_eq!(panic_of(|| net.deltas(&trace, &d)), text("y"));
        assert_eq!(panic_of(|| net.logit_delta(&trace, &d)), text("da"));
        assert_eq!(panic_of(|| net.deltas_from(&trace, &d)), text("dz"));
        assert_eq!(panic_of(|| net.gradients_from(&x[..1], std::slice::from_ref(&d))), text("dz"));
    }
}

#[test]
fn a_trace_or_deltas_of_another_network_are_refused() {
    let (net, [x, y]) = (network(), samples());
    let (trace, y) = (net.forward(&x[0]), &y[0]);
    let deltas = net.deltas(&trace, y);
    for layer in 0..2 {
        let expected = deltas[layer].len();
        for wrong in resized(&deltas[layer]) {
            let message =
                |argument| Error::Length { argument, expected, given: wrong.len() }.to_string();
            let mut z = trace.clone();
            z.z[layer].clone_from(&wrong);
            let mut a = trace.clone();
            a.a[layer].clone_from(&wrong);
            for (trace, argument) in [(&z, "z of the trace"), (&a, "a of the trace")] {
                assert_eq!(panic_of(|| net.sample_loss(trace, y)), message(argument));
                assert_eq!(panic_of(|| net.deltas(trace, y)), message(argument));
                assert_eq!(panic_of(|| net.logit_delta(trace, y)), message(argument));
            }
            let mut deltas = deltas.clone();
            deltas[layer].clone_from(&wrong);
            assert_eq!(panic_of(|| net.input_gradient(&deltas)), message("deltas"));
        }
    }
    let none = Trace { z: vec![], a: vec![] };
    let text = Error::Length { argument: "z of the trace", expected: 2, given: 0 }.to_string();
    assert_eq!(panic_of(|| net.output_delta(&none, y)), text);
    let text = Error::Length { argument: "deltas", expected: 2, given: 1 }.to_string();
    assert_eq!(panic_of(|| net.input_gradient(&deltas[..1])), text);
}

#[test]
fn layers_that_do_not_fit_are_refused() {
    let length = |argument, expected, given| Error::Length { argument, expected, given };
    let change = |change: &dyn Fn(&mut Network)| {
        let mut net = network();
        change(&mut net);
        net
    };
    let wrong = [
        (change(&|net| _ = net.layers[0].b.pop()), length("b", 4, 3)),
        (change(&|net| net.layers[0].b.push(1.0)), length("b", 4, 5)),
        (change(&|net| _ = net.layers[1].b.pop()), length("b", 2, 1)),
        (change(&|net| net.layers[1].b.push(1.0)), length("b", 2, 3)),
        (change(&|net| _ = net.layers[0].w[2].pop()), length("a row of W", 3, 2)),
        (change(&|net| net.layers[0].w[2].push(1.0)), length("a row of W", 3, 4)),
        (change(&|net| _ = net.layers[1].w[0].pop()), length("a row of W", 4, 3)),
        (change(&|net| net.layers[1].w[1].push(1.0)), length("a row of W", 4, 5)),
        (change(&|net| _ = net.layers[0].w.pop()), length("b", 3, 4)),
        (change(&|net| net.layers[0].w.push(vec![1.0; 3])), length("b", 5, 4)),
        (change(&|net| net.layers.clear()), Error::NoLayers),
        (change(&|net| net.layers[1].w.clear()), Error::Zero { argument: "units" }),
        (change(&|net| net.layers[0].w[0].clear()), Error::Zero { argument: "inputs" }),
        (
            change(&|net| net.layers[0].activation = Activation::Softmax),
            Error::HiddenSoftmax { layer: 0 },
        ),
        (
            change(&|net| net.layers[1].activation = Activation::Tanh),
            Error::LossActivation {
                loss: Loss::BinaryCrossEntropy,
                expected: Activation::Sigmoid,
                given: Activation::Tanh,
            },
        ),
    ];
    let fits = network().forward(&[0.0; 3]);
    for (net, error) in &wrong {
        assert_eq!(net.check().as_ref(), Err(error));
        refused(net, &samples(), error);
        assert_eq!(panic_of(|| net.forward(&[0.0; 3])), error.to_string());
        assert_eq!(panic_of(|| net.deltas(&fits, &[0.0; 2])), error.to_string());
    }
}

#[test]
fn an_optimizer_wants_as_many_of_all() {
    let with = Step { optimizer: Optimizer::adam(), lr: 0.1, l2: 0.0, clip: 1.0 };
    for given in [1, 3] {
        let of = |n: usize| vec![0.5; n];
        let message = |argument| Error::Length { argument, expected: 2, given }.to_string();
        let moments = |m, v| Moments { m: of(m), v: of(v), t: 0 };
        let run = |dw: usize, mut moments: Moments| {
            panic_of(|| step(with, &mut [1.0, 2.0], &of(dw), &mut moments))
        };
        assert_eq!(run(given, moments(2, 2)), message("dw"));
        assert_eq!(run(2, moments(given, 2)), message("m"));
        assert_eq!(run(2, moments(2, given)), message("v"));
    }
}
