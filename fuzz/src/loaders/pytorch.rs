//! `pytorch`: safetensors that PyTorch saved.
//!
//! Besides what holds of every file: a network of f32 is one of f64 with the same normal values; it
//! predicts; where weights without a bias are refused, nothing else is that was taken with them.

use shallownet::io::pytorch::Loader;
use shallownet::{Activation, Network};

use super::safetensors::{MULTIPLE, bytes, predicts};
use super::{BASE, choice, load};
use crate::bits;

/// The target. The first byte: 1 frame it, 2 name a prefix, the rest how many layers there are.
pub fn run(input: &[u8]) {
    let (flags, rest) = choice(input);
    let bytes = bytes(flags, rest);
    let mut activations = vec![Activation::Tanh; usize::from(flags / 4 % 4)];
    activations.push(if flags & 64 == 0 { Activation::Softmax } else { Activation::LEAKY_RELU });
    let most = BASE + MULTIPLE * bytes.len();
    let strict = Loader::new(&activations);
    let strict = if flags & 2 == 0 { strict } else { strict.under("actor.") };
    let loader = strict.without_biases();
    let narrow = load(&bytes, most, |path| loader.load::<f32>(path));
    let wide = load(&bytes, most, |path| loader.load::<f64>(path));
    let biased = load(&bytes, most, |path| strict.load::<f64>(path));
    match (&wide, &biased) {
        (Some(wide), Some(biased)) => {
            assert_eq!(bits::parameters(wide), bits::parameters(biased));
        }
        (Some(wide), None) => assert!((0..wide.layers().len()).any(|l| has_no_bias(wide, l))),
        (None, biased) => assert!(biased.is_none()),
    }
    if let Some(net) = &wide {
        predicts(net);
    }
    if let Some(net) = narrow {
        let wide = wide.expect("f32 widened");
        predicts(&net);
        for l in 0..net.layers().len() {
            let weights = net.weights(l).expect("a layer");
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            // What is subnormal in f32 is 0 there.
            let normal = |w: f64| if w.abs() < f64::from(f32::MIN_POSITIVE) { 0.0 } else { w };
            let wide = wide.weights(l).expect("a layer").into_iter().map(normal);
            assert_eq!(weights, wide.collect::<Vec<f64>>());
        }
    }
}

fn has_no_bias(net: &Network<f64>, layer: usize) -> bool {
    net.bias(layer).expect("a layer").iter().all(|&b| b == 0.0)
}
