//! `pytorch`: safetensors that PyTorch saved.
//!
//! Besides what holds of every file: a network of f32 is one of f64 with the same values; it
//! predicts.

use shallownet::io::pytorch;
use shallownet::{Activation, Network};

use super::safetensors::{MULTIPLE, bytes, predicts};
use super::{BASE, choice, load};

/// The target. The first byte: 1 frame it, 2 name a prefix, the rest how many layers there are.
pub fn run(input: &[u8]) {
    let (flags, rest) = choice(input);
    let bytes = bytes(flags, rest);
    let mut activations = vec![Activation::Tanh; usize::from(flags / 4 % 4)];
    activations.push(if flags & 64 == 0 { Activation::Softmax } else { Activation::LEAKY_RELU });
    let most = BASE + MULTIPLE * bytes.len();
    let narrow = load(&bytes, most, |path| load_one::<f32>(path, flags, &activations));
    let wide = load(&bytes, most, |path| load_one::<f64>(path, flags, &activations));
    if let Some(net) = &wide {
        predicts(net);
    }
    if let Some(net) = narrow {
        let wide = wide.expect("f32 widened");
        predicts(&net);
        for l in 0..net.layers().len() {
            let weights = net.weights(l).expect("a layer");
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            assert_eq!(weights, wide.weights(l).expect("a layer"));
        }
    }
}

fn load_one<T: shallownet::Scalar>(
    path: &std::path::Path,
    flags: u8,
    activations: &[Activation],
) -> Result<Network<T>, shallownet::io::model::Error> {
    if flags & 2 == 0 {
        pytorch::load(path, activations)
    } else {
        pytorch::load_under(path, "actor.", activations)
    }
}
