//! How far a loss and its derivative at the output may be from the reference's.

use super::pass::Pass;
use super::rounding::{Approx, Rounding};
use crate::Loss;
use crate::reference::Network;

impl Rounding {
    /// a - y, rounded once.
    fn difference(self, a: Approx, y: f64) -> Approx {
        let value = a.value - y;
        Approx { value, error: a.error + self.gamma(1) * (value.abs() + a.error) }
    }

    /// L of one sample, its own sum over the outputs not counted; and the sum of the magnitudes of
    /// its terms, which is L itself unless a target is outside of the loss's domain: then some
    /// terms are below 0.
    pub fn loss(self, net: &Network, pass: &Pass, y: &[f64], value: f64) -> (Approx, f64) {
        let (z, a) = (pass.z.last().unwrap(), pass.a.last().unwrap());
        let error = match net.loss {
            // |dL/dz| = |a - y|; max(z, 0) - z y takes three roundings, ln(1 + t) its own ULPs and
            // those of t (its condition t / ((1 + t) ln(1 + t)) is at most 1), the sum one more. t
            // vanishes where it would be subnormal.
            Loss::BinaryCrossEntropy => z
                .iter()
                .zip(a)
                .zip(y)
                .map(|((z, a), y)| {
                    let size =
                        z.value.max(0.0) + z.size() * y.abs() + (-z.value.abs()).exp().ln_1p();
                    let roundings = 4 + 2 * (self.functions.exp + self.functions.ln_1p);
                    let inherited = ((a.value - y).abs() + a.error) * z.error;
                    inherited
                        + self.gamma(roundings) * (size + 2.0 * z.error)
                        + 8.0 * self.eta
                        + 1.001 * self.normal
                })
                .sum(),
            // L = ln sum e^d_j - sum y_k d_k, d = z - max z, dL/dd_k = a_k - y_k; moving max z
            // moves L by sum y - 1 (0 but for rounding). d is rounded once; the exponentials'
            // relative error is ln's absolute one, and so is what vanishes from the sum, which is
            // at least 1.
            Loss::CategoricalCrossEntropy => {
                let max = z.iter().map(|z| z.value).fold(f64::NEG_INFINITY, f64::max);
                let widest = z.iter().map(|z| z.error).fold(0.0, f64::max);
                let roundings = z.len() + 4 + 2 * self.functions.exp;
                let (mut inherited, mut size) = (0.0, 1.0 + value.abs());
                for ((z, a), y) in z.iter().zip(a).zip(y) {
                    let depth = max - z.value + z.error + widest;
                    let slope = (a.value - y).abs() + a.error;
                    inherited += slope * (z.error + self.u * depth);
                    size += y.abs() * depth;
                }
                let unbalance = (y.iter().sum::<f64>() - 1.0).abs();
                let vanished = z.len() as f64 * 1.001 * self.normal.sqrt();
                inherited + unbalance * widest + self.gamma(roundings) * size + vanished
            }
            // |d'^2 - d^2| / 2 <= |d| e + e^2 / 2, the square rounded.
            Loss::SquaredError => a
                .iter()
                .zip(y)
                .map(|(&a, &y)| {
                    let d = self.difference(a, y);
                    d.error * (d.value.abs() + d.error / 2.0)
                        + self.gamma(2) * d.size() * d.size()
                        + self.eta
                })
                .sum(),
            // e^z' is off by what the activation's analysis says, its product with y by that of z.
            Loss::Poisson => z
                .iter()
                .zip(a)
                .zip(y)
                .map(|((z, &a), y)| {
                    let (a, product) = (self.root(a), z.size() * y.abs());
                    a.error
                        + z.error * y.abs()
                        + self.gamma(4) * (a.size() + product)
                        + 4.0 * self.eta
                })
                .sum(),
            Loss::GaussianNll => self.gaussians(z, y).map(|(error, ..)| error).sum(),
            loss => a.iter().zip(y).map(|(&a, &y)| self.of_difference(loss, a, y).0).sum(),
        };
        (Approx { value, error }, terms(net.loss, &pass.z[pass.z.len() - 1], y, value) + error)
    }

    /// dZ at the output.
    pub fn output_delta(
        self,
        net: &Network,
        pass: &Pass,
        y: &[f64],
        values: &[f64],
    ) -> Vec<Approx> {
        let a = pass.a.last().unwrap().iter().zip(y);
        match net.loss {
            Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy | Loss::Poisson => {
                a.map(|(&a, &y)| self.difference(self.root(a), y)).collect()
            }
            Loss::SquaredError => {
                let d: Vec<Approx> = a.map(|(&a, &y)| self.difference(a, y)).collect();
                self.logit_delta(net, pass, &d, values)
            }
            Loss::GaussianNll => {
                let z = pass.z.last().unwrap();
                let (dmu, ds): (Vec<_>, Vec<_>) =
                    self.gaussians(z, y).map(|(_, dmu, ds)| (dmu, ds)).unzip();
                dmu.into_iter().chain(ds).collect()
            }
            loss => {
                let da: Vec<Approx> = a.map(|(&a, &y)| self.of_difference(loss, a, y).1).collect();
                self.logit_delta(net, pass, &da, values)
            }
        }
    }

    /// The error of L, dmu and ds of each pair. h = e^(-s / 2) has the error of an exponential whose
    /// argument was rounded once; where it would be subnormal it may be 0. q = d h and q h are
    /// products, so relative errors add.
    fn gaussians(self, z: &[Approx], y: &[f64]) -> impl Iterator<Item = (f64, Approx, Approx)> {
        let (mu, s) = z.split_at(y.len());
        mu.iter().zip(s).zip(y).map(move |((&mu, &s), &y)| {
            let exact = (-s.value / 2.0).exp();
            let of_s = s.error / 2.0 + self.gamma(1) * s.size();
            let relative = of_s.exp_m1() + self.gamma(2 * self.functions.exp) * of_s.exp();
            let h = self.normal(Approx { value: exact, error: exact * relative + 4.0 * self.eta });
            let d = self.difference(mu, y);
            let q = self.product(d, h, d.value * exact);
            let square = q.error * (2.0 * q.size()) + self.gamma(2) * q.size().powi(2) + self.eta;
            let size = s.size() + q.size().powi(2) + square;
            let loss = (s.error + square + self.gamma(3) * size) / 2.0 + self.eta;
            let of_variance = square + self.gamma(3) * (1.0 + q.size().powi(2) + square) + self.eta;
            let ds = Approx { value: (1.0 - q.value * q.value) / 2.0, error: of_variance };
            (loss, self.product(q, h, q.value * exact), ds)
        })
    }

    /// The error of L, and dL/da, of a loss by d = a - y that is linear far from 0.
    ///
    /// |L(d') - L(d)| <= e max |dL/da|; L itself is at most |d| times that, by at most five roundings,
    /// those of its number to T among them. Huber's dL/da moves by e at most, and with delta's
    /// rounding. That of the others jumps where the error reaches across the kink; a difference of
    /// exactly 0 leaves no doubt, as in `step`.
    fn of_difference(self, loss: Loss, a: Approx, y: f64) -> (f64, Approx) {
        let d = self.difference(a, y);
        let value = loss.of_difference(d.value).unwrap().1;
        let in_doubt = d.error > 0.0 && d.value.abs() <= d.error;
        let (steepest, error) = match loss {
            Loss::Huber { delta } => {
                let rounded = if d.size() >= delta { self.u * delta } else { 0.0 };
                (d.size().min(delta), d.error.min(2.0 * delta) + rounded)
            }
            Loss::Absolute => (1.0, if in_doubt { 2.0 } else { 0.0 }),
            Loss::Quantile { tau } => {
                let steepest = tau.max(1.0 - tau);
                (steepest, self.gamma(2) * steepest + if in_doubt { 1.0 } else { 0.0 })
            }
            other => unreachable!("{other:?} has no analysis yet"),
        };
        let own = steepest * d.error + self.gamma(5) * steepest * d.size() + 5.0 * self.eta;
        (own, Approx { value, error })
    }
}

/// The sum of the magnitudes of a loss's terms, from the reference's logits.
fn terms(loss: Loss, z: &[Approx], y: &[f64], value: f64) -> f64 {
    let of_logits: f64 = match loss {
        // max(z, 0) - z y, and ln(1 + t).
        Loss::BinaryCrossEntropy => z
            .iter()
            .zip(y)
            .map(|(z, y)| (z.value.max(0.0) - z.value * y).abs() + (-z.value.abs()).exp().ln_1p())
            .sum(),
        // ln sum e^d_j, and each -y_k d_k.
        Loss::CategoricalCrossEntropy => {
            let max = z.iter().map(|z| z.value).fold(f64::NEG_INFINITY, f64::max);
            let shares = z.iter().zip(y).map(|(z, y)| y * (max - z.value));
            let (sum, size) = shares.fold((0.0, 0.0), |(sum, size), s| (sum + s, size + s.abs()));
            (value - sum).abs() + size
        }
        // e^z, and y z.
        Loss::Poisson => {
            let of = |(z, y): (&Approx, &f64)| z.value.exp() + (y * z.value).abs();
            z.iter().zip(y).map(of).sum()
        }
        // s / 2, and the rest, which is a square.
        Loss::GaussianNll => {
            let of_s = z[y.len()..].iter().map(|s| s.value / 2.0);
            of_s.clone().map(f64::abs).sum::<f64>() + (value - of_s.sum::<f64>()).abs()
        }
        // Losses by differences are never below 0.
        _ => value,
    };
    of_logits.max(value.abs())
}
