//! What the loaders of safetensors have in common.

use shallownet::{Columns, Network, PredictionWorkspace, Scalar};

use super::cut;

/// A tensor of one value is a network of panels of units, a table's row, and its copy.
pub(super) const MULTIPLE: usize = 160;

/// With the flag 1: the text up to the first 0 is the header, the rest the data.
pub(super) fn bytes(flags: u8, rest: &[u8]) -> Vec<u8> {
    if flags & 1 == 0 {
        return rest.to_vec();
    }
    let (header, data) = cut(rest, 0);
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header, data].concat()
}

/// What is loaded can be used.
pub(super) fn predicts<T: Scalar>(net: &Network<T>) {
    let mut workspace = PredictionWorkspace::new(net, 2).expect("a small workspace");
    let x = vec![T::from_f64(0.5); 2 * net.inputs()];
    let mut out = vec![T::ZERO; 2 * net.outputs()];
    let x = Columns::new(&x, net.inputs()).expect("two samples");
    net.predict(x, &mut out, &mut workspace).expect("finite samples");
}
