//! Can anything overflow? The largest magnitude that any sum of a problem can come to, whatever
//! the order of its terms, by the formulas of the reference with absolute values in them.

use shallownet::reference::{Layer, Network};
use shallownet::testing::cases::bytes::largest;
use shallownet::{Activation, Loss, Scalar};

use super::problem::Batch;

/// Roundings make sums larger than exact ones by far less than this factor.
const MARGIN: f64 = 16.0;

/// Neither overflow nor a mean that is lost: what `testing::bounds` assumes.
pub(super) fn is_ordinary<T: Scalar>(net: &Network, batch: &Batch<T>, rate: f64) -> bool {
    let total = match &batch.weights {
        None => 1.0,
        Some(weights) => weights.iter().map(|w| w.to_f64()).sum(),
    };
    let factors = [1.0 / total, rate / total, total];
    // All weights 0: divided by 1.
    let lost = |f: &f64| *f > 1.0 / T::MIN_POSITIVE.to_f64() || *f < T::MIN_POSITIVE.to_f64();
    if total != 0.0 && factors.iter().any(lost) {
        return false;
    }
    let scale = if total == 0.0 { 1.0 } else { (1.0 / total).max(1.0) };
    peak(net, batch, rate, scale) * MARGIN < largest::<T>()
}

/// NaN and infinities count as 0: they are what they are, whatever is added to them.
fn peak<T: Scalar>(net: &Network, batch: &Batch<T>, rate: f64, scale: f64) -> f64 {
    let finite = |v: &f64| if v.is_finite() { v.abs() } else { 0.0 };
    let (x, y) = batch.samples();
    let weights = batch.wide_weights().unwrap_or(vec![1.0; x.len()]);
    let given = batch.given.iter().map(|d| d.to_f64().abs()).fold(0.0, f64::max);
    let mut most = Most(0.0);
    // Of every sample's sums: an upper bound for dW and db of each layer, all its entries alike.
    let mut sums = vec![0.0; net.layers.len()];
    for ((x, y), w) in x.iter().zip(&y).zip(&weights) {
        let mut a: Vec<f64> = x.iter().map(finite).collect();
        let mut widest = vec![a.iter().copied().fold(1.0, f64::max)];
        for layer in &net.layers {
            a = forward(layer, &a, &mut most);
            widest.push(a.iter().copied().fold(1.0, f64::max));
        }
        let y: Vec<f64> = y.iter().map(finite).collect();
        let mut dz: Vec<f64> = a.iter().zip(&y).map(|(a, y)| a + y + given).collect();
        let all: f64 = dz.iter().sum();
        let size = a.iter().copied().fold(1.0, f64::max);
        match net.loss {
            Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy | Loss::Poisson => {
                most.see(most.logit() * (1.0 + all) * w.max(1.0));
            }
            Loss::GaussianNll => {
                // (mu - y)^2 e^-s, of the largest |s| among the outputs.
                let largest = all * all * size.exp();
                most.see(largest * w.max(1.0));
                dz = vec![largest; a.len()];
            }
            _ => most.see(all * all * w.max(1.0)),
        }
        // Softmax's derivative adds over the outputs, once a unit.
        dz.iter_mut().for_each(|dz| *dz = (*dz + all * size) * size * w.max(1.0));
        for (l, layer) in net.layers.iter().enumerate().rev() {
            let largest = dz.iter().copied().fold(0.0, f64::max);
            most.see(largest);
            sums[l] += largest * widest[l];
            dz = through(layer, &dz);
        }
        most.see(dz.iter().copied().fold(0.0, f64::max));
    }
    for sum in sums {
        most.see(sum * scale);
        most.see(sum * scale * rate.max(1.0));
    }
    most.0
}

/// The largest so far; NaN (of 0 times infinity) is the largest of all.
struct Most(f64);

impl Most {
    fn see(&mut self, value: f64) {
        if value.is_nan() || value > self.0 {
            self.0 = if value.is_nan() { f64::INFINITY } else { value };
        }
    }

    fn logit(&self) -> f64 {
        self.0.max(1.0)
    }
}

fn forward(layer: &Layer, a: &[f64], most: &mut Most) -> Vec<f64> {
    let magnitude = |v: f64| if v.is_finite() { v.abs() } else { 0.0 };
    let unit = |(row, b): (&Vec<f64>, &f64)| {
        let products = row.iter().zip(a).map(|(w, a)| magnitude(*w) * a);
        magnitude(*b) + products.sum::<f64>()
    };
    let z: Vec<f64> = layer.w.iter().zip(&layer.b).map(unit).collect();
    z.iter().for_each(|z| most.see(*z));
    match layer.activation {
        Activation::Sigmoid | Activation::Tanh | Activation::Softmax => vec![1.0; z.len()],
        Activation::Exp => {
            let a: Vec<f64> = z.iter().map(|z| z.exp()).collect();
            a.iter().for_each(|a| most.see(*a));
            a
        }
        _ => z,
    }
}

fn through(layer: &Layer, dz: &[f64]) -> Vec<f64> {
    let magnitude = |v: f64| if v.is_finite() { v.abs() } else { 0.0 };
    let input = |i: usize| layer.w.iter().zip(dz).map(|(row, dz)| magnitude(row[i]) * dz).sum();
    (0..layer.w[0].len()).map(input).collect()
}
