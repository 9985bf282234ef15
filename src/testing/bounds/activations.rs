//! How far a layer's values may be from the reference's: z, a, g', dZ, and a parameter after a step.

use super::curves;
use super::pass::Pass;
use super::rounding::{Approx, Rounding};
use crate::Activation;
use crate::reference::Network;

impl Rounding {
    /// z = W a_prev + b.
    pub fn logit(self, w: &[f64], b: f64, a_prev: &[Approx], value: f64) -> Approx {
        let pairs = w.iter().map(|&w| Approx::exact(w)).zip(a_prev.iter().copied());
        Approx { value, error: self.dot(b, pairs, 0) }
    }

    /// a = g(z) for all but softmax: |g(z') - g(z)| <= max |g'| |z' - z|, plus the function's own.
    ///
    /// # Panics
    /// Of softmax, which is not computed unit by unit.
    pub fn activation(self, g: Activation, z: Approx, value: f64) -> Approx {
        // Where g' is largest on [z - e, z + e]: as near to 0 as that comes.
        let nearest = (z.value.abs() - z.error).max(0.0);
        let error = match g {
            Activation::Identity | Activation::Relu => z.error,
            Activation::Sigmoid => {
                let inherited = g.derivative(nearest) * z.error;
                inherited + self.function(|f| f.sigmoid, value + inherited)
            }
            Activation::Tanh => {
                // 1 - a^2 = 1 / cosh^2 z, which does not cancel.
                let inherited = z.error / nearest.cosh().powi(2);
                inherited + self.function(|f| f.tanh, value.abs() + inherited)
            }
            // |e^(z + t) - e^z| <= e^z (e^|t| - 1).
            Activation::Exp => {
                let inherited = value * z.error.exp_m1();
                inherited + self.function(|f| f.exp, value + inherited)
            }
            // Below 0 the slope is rounded to T and the product is rounded.
            Activation::LeakyRelu { slope } if z.value - z.error < 0.0 => {
                z.error + self.gamma(2) * slope * z.size() + self.eta * (1.0 + z.size())
            }
            Activation::LeakyRelu { .. } => z.error,
            curve => return curves::activation(self, curve, z, value),
        };
        Approx { value, error }
    }

    /// a = softmax(z). With z_j' - z_j = t_j, |t_j| <= e_j, and d_j = z_j - max z rounded,
    /// a_k'/a_k = e^t_k / sum_j a_j e^t_j: the largest quotient has t_k = e_k and all others -e_j,
    /// where the sum is at least 1 - sum a_j e_j and at least e^-max e; the smallest has -e_k
    /// over sum_j a_j e^e_j. An error of max z is common to all d_j and cancels.
    pub fn softmax(self, z: &[Approx], a: &[f64]) -> Vec<Approx> {
        let max = z.iter().map(|z| z.value).fold(f64::NEG_INFINITY, f64::max);
        let widest = z.iter().map(|z| z.error).fold(0.0, f64::max);
        let e: Vec<f64> =
            z.iter().map(|z| z.error + self.u * (max - z.value + z.error + widest)).collect();
        let weighted = |f: &dyn Fn(f64) -> f64| -> f64 {
            // A share of 0 counts nothing, however large e^e is.
            a.iter().zip(&e).filter(|(a, _)| **a > 0.0).map(|(a, e)| a * f(*e)).sum()
        };
        let least = (1.0 - weighted(&|e| e)).max((-e.iter().copied().fold(0.0, f64::max)).exp());
        let most = weighted(&f64::exp);
        // Two exponentials (the unit's and, in the mean, the sum's), the sum, 1/sum, the product.
        let rounding = self.gamma(4 * self.functions.exp + z.len() + 3);
        a.iter()
            .zip(&e)
            .map(|(&value, &e)| {
                let quotient = (e.exp() / least - 1.0).max(1.0 - (-e).exp() / most);
                let relative = (1.0 + quotient) * (1.0 + rounding) - 1.0;
                let underflow = ((z.len() + 2) * self.functions.exp) as f64 * self.eta;
                // Neither a nor a' leaves [0, 1 + rounding].
                let error = (value * relative + underflow).min(1.0 + rounding);
                self.normal(Approx { value, error })
            })
            .collect()
    }

    /// g'(z), from z (the reference's sigmoid) or from a (all others).
    pub fn derivative(self, g: Activation, z: Approx, a: Approx) -> Approx {
        let value = g.derivative(z.value);
        let e = a.error;
        let error = match g {
            Activation::Identity => 0.0,
            // |a'(1 - a') - a(1 - a)| <= |1 - 2a| e + e^2, two roundings; or by z: |g''| <= g', so
            // at most e again, and an exponential and four operations.
            Activation::Sigmoid => {
                let inherited = e * (1.0 + e);
                let operations = 4 + 4 * self.functions.exp;
                inherited + self.gamma(operations) * (value + inherited) + 2.0 * self.eta
            }
            // |a'^2 - a^2| <= (2|a| + e) e; a^2 and the difference are rounded, both at most 1.
            Activation::Tanh => {
                (2.0 * a.value.abs() + e) * e + self.gamma(2) * (1.0 + e).powi(2) + self.eta
            }
            // a itself.
            Activation::Exp => e,
            Activation::Relu => self.step(0.0, z),
            Activation::LeakyRelu { slope } => self.step(slope, z),
            curve => return curves::derivative(self, curve, z),
        };
        Approx { value, error }
    }

    /// The ReLUs' g': 1 or the slope. Where the error reaches across the kink it may be either,
    /// but a logit without error (0 among them) leaves no doubt.
    fn step(self, slope: f64, z: Approx) -> f64 {
        let in_doubt = z.error > 0.0 && z.value.abs() <= z.error;
        let jump = if in_doubt { 1.0 - slope } else { 0.0 };
        let rounded_slope = in_doubt || z.value < 0.0;
        let slope_error =
            if rounded_slope && slope > 0.0 { self.u * slope + self.eta } else { 0.0 };
        jump + slope_error
    }

    /// dZ = dA g'(Z), which of a sigmoid and an exponential vanishes below the root.
    pub fn delta(self, g: Activation, da: Approx, derivative: Approx, value: f64) -> Approx {
        let delta = self.product(da, derivative, value);
        if matches!(g, Activation::Sigmoid | Activation::Exp) { self.root(delta) } else { delta }
    }

    /// x y, rounded twice at most, or 0 if it would be subnormal.
    pub fn product(self, x: Approx, y: Approx, value: f64) -> Approx {
        let inherited = x.error * y.size() + x.value.abs() * y.error;
        let error = inherited + self.gamma(2) * x.size() * y.size() + 2.0 * self.eta;
        self.normal(Approx { value, error })
    }

    /// dZ at the output from dA.
    pub fn logit_delta(
        self,
        net: &Network,
        pass: &Pass,
        da: &[Approx],
        values: &[f64],
    ) -> Vec<Approx> {
        let (z, a) = (pass.z.last().unwrap(), pass.a.last().unwrap());
        match net.layers.last().unwrap().activation {
            // dz_k = a_k (d_k - s), s = sum a_j d_j; the reference sums d_j a_j (1[j = k] - a_k).
            Activation::Softmax => {
                let s = self.dot(0.0, a.iter().copied().zip(da.iter().copied()), 3);
                let sizes: f64 = a.iter().zip(da).map(|(a, d)| a.size() * d.size()).sum();
                let error = |a: Approx, d: Approx| {
                    let inner = d.size() + sizes;
                    a.error * inner
                        + a.size() * (d.error + s)
                        + self.gamma(z.len() + 5) * a.size() * inner
                        + (z.len() + 4) as f64 * self.eta
                };
                let all = a.iter().zip(da).zip(values);
                all.map(|((&a, &d), &value)| self.normal(Approx { value, error: error(a, d) }))
                    .collect()
            }
            g => z
                .iter()
                .zip(a)
                .zip(da)
                .zip(values)
                .map(|(((&z, &a), &d), &value)| self.delta(g, d, self.derivative(g, z, a), value))
                .collect(),
        }
    }

    /// W - lr dW: the product and the difference are rounded. Or (lr/m) dZ is, before its products
    /// with A_prev: `reach` is the sum of these |a|. Below the smallest normal number divided by
    /// epsilon it is 0.
    pub fn update(self, w: f64, dw: Approx, learning_rate: f64, reach: f64) -> Approx {
        let step = learning_rate * dw.size();
        let underflow = self.eta * (1.0 + reach);
        let error = learning_rate * dw.error + self.gamma(2) * (w.abs() + step) + underflow;
        let updated = Approx { value: w - learning_rate * dw.value, error };
        self.vanish(updated, self.normal / self.epsilon)
    }
}
