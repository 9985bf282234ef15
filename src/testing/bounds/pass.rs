//! One sample on its way through a network and back, every value with its bound.

use super::rounding::{Approx, Rounding};
use crate::Activation;
use crate::reference::{Layer, Network, Trace};

/// One sample on its way through the network, every z and a with its bound.
#[derive(Debug, Clone)]
pub struct Pass {
    /// Z: `z[l][j]` is the logit of unit j of layer l.
    pub z: Vec<Vec<Approx>>,
    /// A: `a[l][j]` = g(z\[l\]\[j\]).
    pub a: Vec<Vec<Approx>>,
}

impl Pass {
    /// Of the sample `x`, whose values in the reference are `trace`.
    pub fn forward(r: Rounding, net: &Network, trace: &Trace, x: &[f64]) -> Self {
        let mut pass = Self { z: Vec::new(), a: Vec::new() };
        let mut a_prev: Vec<Approx> = x.iter().map(|&x| Approx::exact(x)).collect();
        for (layer, (z, a)) in net.layers.iter().zip(trace.z.iter().zip(&trace.a)) {
            let rows = layer.w.iter().zip(&layer.b).zip(z);
            let z: Vec<_> = rows.map(|((w, &b), &z)| r.logit(w, b, &a_prev, z)).collect();
            a_prev = match layer.activation {
                Activation::Softmax => r.softmax(&z, a),
                g => z.iter().zip(a).map(|(&z, &a)| r.activation(g, z, a)).collect(),
            };
            // What of a sigmoid vanishes, in a hidden layer and at the output; and of an exponential.
            if matches!(layer.activation, Activation::Sigmoid | Activation::Exp) {
                let is_hidden = pass.z.len() + 1 < net.layers.len();
                let vanish = |a: Approx| if is_hidden { r.root(a) } else { r.normal(a) };
                a_prev = a_prev.into_iter().map(vanish).collect();
            }
            pass.z.push(z);
            pass.a.push(a_prev.clone());
        }
        pass
    }

    /// dZ of every layer from dZ at the output: dZ\[l\] = W\[l+1\]^T dZ\[l+1\] *
    /// g'(Z\[l\]).
    pub fn deltas(
        &self,
        r: Rounding,
        net: &Network,
        output: Vec<Approx>,
        values: &[Vec<f64>],
    ) -> Vec<Vec<Approx>> {
        let mut deltas = vec![output];
        for l in (0..net.layers.len() - 1).rev() {
            let g = net.layers[l].activation;
            let da = through(r, &net.layers[l + 1], &deltas[0]);
            let unit = |(i, &da): (usize, &Approx)| {
                r.delta(g, da, r.derivative(g, self.z[l][i], self.a[l][i]), values[l][i])
            };
            let dz = da.iter().enumerate().map(unit).collect();
            deltas.insert(0, dz);
        }
        deltas
    }
}

/// dA of a layer's inputs: W^T dZ.
pub(super) fn through(r: Rounding, layer: &Layer, dz: &[Approx]) -> Vec<Approx> {
    let input = |i: usize| {
        let pairs = || layer.w.iter().map(|row| Approx::exact(row[i])).zip(dz.iter().copied());
        let value = pairs().map(|(w, dz)| w.value * dz.value).sum();
        Approx { value, error: r.dot(0.0, pairs(), 0) }
    };
    (0..layer.w[0].len()).map(input).collect()
}
