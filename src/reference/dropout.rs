//! Dropout, as loops.
#![allow(clippy::needless_range_loop, reason = "indices as in the formulas")]

use super::network::{LayerGradient, Network, Trace};
use super::passes::{activate, through};
use super::shapes::must;
use crate::words::dropout::Dropout;

/// What A of one unit is multiplied by: 0 or 1 / (1 - rate).
///
/// ```
/// use shallownet::{Dropout, reference};
///
/// let dropout = Dropout::new(0.25).seed(3).step(10);
/// let kept = (0..4000).filter(|&unit| reference::dropout_factor(dropout, 0, 0, unit) > 0.0);
/// assert!((2850..3150).contains(&kept.count()));
/// ```
pub fn dropout_factor(dropout: Dropout, layer: usize, sample: usize, unit: usize) -> f64 {
    // Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    let [low, high] = dropout.counter(layer);
    let mut c = [(unit / 4) as u32, sample as u32, low, high];
    let mut key = [dropout.seed as u32, (dropout.seed >> 32) as u32];
    for _ in 0..10 {
        let product_0 = 0xD251_1F53_u64 * u64::from(c[0]);
        let product_1 = 0xCD9E_8D57_u64 * u64::from(c[2]);
        c = [
            (product_1 >> 32) as u32 ^ c[1] ^ key[0],
            product_1 as u32,
            (product_0 >> 32) as u32 ^ c[3] ^ key[1],
            product_0 as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    if f64::from(c[unit % 4]) < (dropout.rate * 2.0_f64.powi(32)).floor() {
        0.0
    } else {
        1.0 / (1.0 - dropout.rate)
    }
}

impl Network {
    /// The cost and the gradients with hidden units dropped: A = factor g(Z) and dZ = dA factor
    /// g'(Z), with the factor of [`dropout_factor`].
    ///
    /// # Panics
    /// If the network's layers, samples or targets don't fit.
    pub fn dropped_gradients(
        &self,
        x: &[Vec<f64>],
        y: &[Vec<f64>],
        dropout: Dropout,
    ) -> (f64, Vec<LayerGradient>) {
        must(self.check_samples(x, y));
        let (m, last) = (x.len() as f64, self.layers.len() - 1);
        let mut gradients = self.no_gradients();
        let mut cost = 0.0;
        for s in 0..x.len() {
            let mut trace = Trace { z: Vec::new(), a: Vec::new() };
            for l in 0..=last {
                let layer = &self.layers[l];
                let a_prev = if l == 0 { &x[s] } else { &trace.a[l - 1] };
                let mut z = layer.b.clone();
                for j in 0..z.len() {
                    for i in 0..a_prev.len() {
                        z[j] += layer.w[j][i] * a_prev[i];
                    }
                }
                let mut a = activate(layer.activation, &z);
                if l < last {
                    for j in 0..a.len() {
                        a[j] *= dropout_factor(dropout, l, s, j);
                    }
                }
                trace.z.push(z);
                trace.a.push(a);
            }
            cost += self.sample_loss(&trace, &y[s]) / m;
            let mut dz = self.output_delta(&trace, &y[s]);
            for l in (0..=last).rev() {
                let a_prev = if l == 0 { &x[s] } else { &trace.a[l - 1] };
                for j in 0..dz.len() {
                    for i in 0..a_prev.len() {
                        gradients[l].dw[j][i] += dz[j] * a_prev[i] / m;
                    }
                    gradients[l].db[j] += dz[j] / m;
                }
                if l == 0 {
                    break;
                }
                dz = through(&self.layers[l], &dz);
                for i in 0..dz.len() {
                    let slope = self.layers[l - 1].activation.derivative(trace.z[l - 1][i]);
                    dz[i] *= dropout_factor(dropout, l - 1, s, i) * slope;
                }
            }
        }
        (cost, gradients)
    }
}
