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
