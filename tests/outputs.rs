//! Promise: an output and a loss that can't work together are refused before anything is learned.

use shallownet::{Activation, Error, Loss, Network, reference};

/// It is 1 whatever comes in. (The reference computes it all the same.)
#[test]
fn one_unit_of_softmax_is_refused() {
    for loss in [None, Some(Loss::CategoricalCrossEntropy), Some(Loss::SquaredError)] {
        let build = |units| {
            let net = Network::<f32>::builder(3).layer(2, Activation::Tanh);
            let net = net.layer(units, Activation::Softmax);
            match loss {
                Some(loss) => net.loss(loss),
                None => net,
            }
            .build()
        };
        assert_eq!(build(1).unwrap_err(), Error::OneUnitSoftmax);
        assert_eq!(build(2).unwrap().outputs(), 2);
    }
    let mut oracle = reference::Network::from(
        &Network::<f64>::builder(1).layer(1, Activation::Identity).build().unwrap(),
    );
    oracle.layers[0].activation = Activation::Softmax;
    assert_eq!(oracle.predict(&[5.0]), [1.0]);
    // One unit of all others learns.
    for g in [Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Identity] {
        let net = Network::<f32>::builder(1).layer(1, g).loss(Loss::SquaredError).build();
        assert!(net.is_ok(), "{g:?}");
    }
}

#[test]
fn losses_are_refused_with_outputs_that_they_are_not_defined_for() {
    use Activation::{Exp, Identity, Relu, Sigmoid, Softmax, Tanh};
    let outputs = [Identity, Sigmoid, Tanh, Relu, Activation::LEAKY_RELU, Softmax, Exp];
    let losses = [
        (Loss::BinaryCrossEntropy, Some(Sigmoid)),
        (Loss::CategoricalCrossEntropy, Some(Softmax)),
        (Loss::SquaredError, None),
        (Loss::HUBER, None),
        (Loss::Absolute, None),
        (Loss::MEDIAN, None),
        (Loss::Poisson, Some(Exp)),
        (Loss::GaussianNll, Some(Identity)),
    ];
    for (loss, only) in losses {
        assert_eq!(loss.output(), only);
        for given in outputs {
            let built = Network::<f32>::builder(2).layer(2, given).loss(loss).build();
            match only.filter(|only| *only != given) {
                None => assert_eq!(built.unwrap().loss(), loss),
                Some(expected) => {
                    let refused = Error::LossActivation { loss, expected, given };
                    assert_eq!(built.unwrap_err(), refused);
                }
            }
        }
    }
    for g in outputs {
        let built = Network::<f32>::builder(2).layer(2, g).build().unwrap();
        assert_eq!(built.loss(), Loss::default_for(g));
    }
}

#[test]
fn a_variance_without_its_mean_is_refused() {
    let build = |units| {
        let net = Network::<f64>::builder(1).layer(units, Activation::Identity);
        net.loss(Loss::GaussianNll).build()
    };
    let loss = Loss::GaussianNll;
    assert_eq!(build(3).unwrap_err(), Error::OddOutputs { loss, given: 3 });
    assert_eq!(build(4).unwrap().targets(), 2);
}

#[test]
fn an_exponential_is_for_outputs() {
    let build = |g| Network::<f32>::builder(1).layer(2, g).layer(1, Activation::Tanh).build();
    assert_eq!(build(Activation::Exp).unwrap_err(), Error::HiddenExp { layer: 0 });
    assert!(build(Activation::Identity).is_ok());
}

/// Also where T rounds it out of its range: to an infinite or a subnormal number.
#[test]
fn a_losss_number_outside_its_range_is_refused() {
    fn build<T: shallownet::Scalar>(loss: Loss) -> shallownet::Result<Network<T>> {
        Network::builder(1).layer(1, Activation::Identity).loss(loss).build()
    }
    for value in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e-320] {
        for loss in [Loss::HUBER, Loss::MEDIAN].map(|loss| loss.with_parameter(value)) {
            let argument = match loss {
                Loss::Huber { .. } => "delta of the Huber loss",
                _ => "tau of the quantile loss",
            };
            for refused in [build::<f32>(loss).unwrap_err(), build::<f64>(loss).unwrap_err()] {
                let Error::Range { argument: named, given, .. } = refused else {
                    panic!("{refused}")
                };
                assert_eq!((named, given.to_bits()), (argument, value.to_bits()));
            }
        }
    }
    for tau in [1.0, 1.5] {
        assert!(matches!(build::<f64>(Loss::Quantile { tau }), Err(Error::Range { .. })));
    }
    for loss in
        [Loss::Huber { delta: 1e39 }, Loss::Huber { delta: 1e-39 }, Loss::Quantile { tau: 1e-39 }]
    {
        assert!(matches!(build::<f32>(loss), Err(Error::Range { .. })), "{loss:?}");
        assert!(build::<f64>(loss).is_ok(), "{loss:?}");
    }
}
