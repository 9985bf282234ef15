//! How far a correct backend may be from the reference: a running error analysis, no tolerance.
//!
//! Beside each value of the reference stands a bound on |tested - reference|. The bound assumes of
//! the tested code what its documentation promises, and nothing about the order of its sums:
//!
//! * each + - * / is rounded once: fl(x op y) = (x op y)(1 + d) + h, |d| <= u, |h| <= eta, with u
//!   half the distance from 1 to the next number and eta the smallest subnormal (h = 0 for + and
//!   -);
//! * a sum of n products, in any order and with or without FMA, is off by at most
//!   gamma_n sum |x_i y_i|, gamma_n = n u / (1 - n u) (Higham, *Accuracy and Stability of Numerical
//!   Algorithms*, equation 3.5);
//! * exp, sigmoid and tanh are within the ULPs that src/kernels documents;
//! * what may be below the limits of src/kernels/flush.rs may be 0: see [`Rounding::vanish`].
//!
//! The reference errs as well, by the same inequalities with f64's u. Since gamma_n(u) +
//! gamma_n(u') <= gamma_n(u + u'), one analysis with the sum of both covers the difference of the
//! two; so all inequalities hold with the reference's computed values in them, to all orders.

use shallownet::accuracy;
use shallownet::reference::Network;
use shallownet::{Activation, Scalar};

use super::curves;
use super::expected::Pass;

/// A value of the reference and how far the tested one may be from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Approx {
    pub(crate) value: f64,
    pub(crate) error: f64,
}

impl Approx {
    pub(crate) fn exact(value: f64) -> Self {
        Self { value, error: 0.0 }
    }

    /// The greatest magnitude the tested value may have.
    pub(crate) fn size(self) -> f64 {
        self.value.abs() + self.error
    }

    /// Is `given` within the bound? NaN never is.
    pub(crate) fn admits(self, given: f64) -> bool {
        (given - self.value).abs() <= self.error
    }
}

/// The documented bounds, in ULP. The unfused ones, which are the larger: `wide` and the lowest
/// levels have no FMA in a plain build. The reference's own functions are no worse: the platform's
/// libm has at most 2 ULP for tanh, 1 for exp and ln_1p; sigmoid by one exp, one sum and one
/// quotient has 3, which is the larger there.
pub(super) const EXP_ULP: usize = whole(accuracy::EXP_MAX_ULP_UNFUSED);
const SIGMOID_ULP: usize = 3;
const _: () = assert!(accuracy::SIGMOID_MAX_ULP_UNFUSED <= SIGMOID_ULP as f64);
const TANH_ULP: usize = whole(accuracy::TANH_MAX_ULP_UNFUSED);
/// The whole number not below `ulp`.
const fn whole(ulp: f64) -> usize {
    let floor = ulp as usize;
    if (floor as f64) < ulp { floor + 1 } else { floor }
}

/// ln(1 + t) in ULP: `ln_1p_unit` is tested to be within 2 epsilon, and epsilon x <= 2 ULP.
pub(super) const LN_1P_ULP: usize = 4;

/// The rounding of the tested arithmetic and the reference's together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounding {
    pub(super) u: f64,
    pub(super) eta: f64,
    /// The tested type's smallest normal number, and its epsilon.
    pub(super) normal: f64,
    epsilon: f64,
}

impl Rounding {
    /// Tested code in `T` against the reference in f64.
    pub(crate) fn of<T: Scalar>() -> Self {
        let alone = Self::of_reference();
        let tested_eta = if T::NAME == "f32" { f64::from(f32::from_bits(1)) } else { alone.eta };
        let (normal, epsilon) = (T::MIN_POSITIVE.to_f64(), T::EPSILON.to_f64());
        Self { u: epsilon / 2.0 + alone.u, eta: tested_eta + alone.eta, normal, epsilon }
    }

    /// The reference against exact arithmetic.
    pub(crate) fn of_reference() -> Self {
        let (normal, epsilon) = (0.0, f64::EPSILON);
        Self { u: epsilon / 2.0, eta: f64::from_bits(1), normal, epsilon }
    }

    /// The same value, which may be 0 if it is below `least`.
    pub(super) fn vanish(self, x: Approx, least: f64) -> Approx {
        let may = x.value.abs() - x.error < least;
        Approx { error: x.error + if may { least } else { 0.0 }, ..x }
    }

    /// The same where it is subnormal. (The limits of sigmoid and exp are a little above: 1.0001.)
    pub(super) fn normal(self, x: Approx) -> Approx {
        self.vanish(x, 1.0001 * self.normal)
    }

    /// The same where its square is subnormal.
    pub(super) fn root(self, x: Approx) -> Approx {
        self.vanish(x, 1.001 * self.normal.sqrt())
    }

    pub(super) fn gamma(self, n: usize) -> f64 {
        let nu = n as f64 * self.u;
        assert!(nu < 0.5, "gamma_{n} says nothing at u = {}", self.u);
        nu / (1.0 - nu)
    }

    /// The error of a function within `ulps`, whose result is at most `size`: an ULP of x is at
    /// most 2 u |x|, or eta.
    pub(super) fn function(self, ulps: usize, size: f64) -> f64 {
        ulps as f64 * (2.0 * self.u * size * (1.0 + self.gamma(8)) + self.eta)
    }

    /// The error of start + sum x_i y_i, with `extra` roundings of each term besides the sum's:
    /// |dx y + x dy + dx dy| from the operands, gamma_{n+1+extra} from n products and n sums (one
    /// less than terms, start included), eta for each product that is not exactly zero.
    pub(super) fn dot(
        self,
        start: f64,
        pairs: impl Iterator<Item = (Approx, Approx)>,
        extra: usize,
    ) -> f64 {
        let (mut n, mut inherited, mut size, mut underflow) = (0, 0.0, start.abs(), 0.0);
        for (x, y) in pairs {
            n += 1;
            inherited += x.error * y.size() + x.value.abs() * y.error;
            let product = x.size() * y.size();
            size += product;
            if x.size() > 0.0 && y.size() > 0.0 {
                underflow += (1 + extra) as f64 * self.eta;
            }
        }
        inherited + self.gamma(n + 1 + extra) * size + underflow
    }

    /// z = W a_prev + b.
    pub(super) fn logit(self, w: &[f64], b: f64, a_prev: &[Approx], value: f64) -> Approx {
        let pairs = w.iter().map(|&w| Approx::exact(w)).zip(a_prev.iter().copied());
        Approx { value, error: self.dot(b, pairs, 0) }
    }

    /// a = g(z) for all but softmax: |g(z') - g(z)| <= max |g'| |z' - z|, plus the function's own.
    pub(super) fn activation(self, g: Activation, z: Approx, value: f64) -> Approx {
        // Where g' is largest on [z - e, z + e]: as near to 0 as that comes.
        let nearest = (z.value.abs() - z.error).max(0.0);
        let error = match g {
            Activation::Identity | Activation::Relu => z.error,
            Activation::Sigmoid => {
                let inherited = g.derivative(nearest) * z.error;
                inherited + self.function(SIGMOID_ULP, value + inherited)
            }
            Activation::Tanh => {
                // 1 - a^2 = 1 / cosh^2 z, which does not cancel.
                let inherited = z.error / nearest.cosh().powi(2);
                inherited + self.function(TANH_ULP, value.abs() + inherited)
            }
            // |e^(z + t) - e^z| <= e^z (e^|t| - 1).
            Activation::Exp => {
                let inherited = value * z.error.exp_m1();
                inherited + self.function(EXP_ULP, value + inherited)
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
    pub(super) fn softmax(self, z: &[Approx], a: &[f64]) -> Vec<Approx> {
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
        let rounding = self.gamma(4 * EXP_ULP + z.len() + 3);
        a.iter()
            .zip(&e)
            .map(|(&value, &e)| {
                let quotient = (e.exp() / least - 1.0).max(1.0 - (-e).exp() / most);
                let relative = (1.0 + quotient) * (1.0 + rounding) - 1.0;
                let underflow = ((z.len() + 2) * EXP_ULP) as f64 * self.eta;
                // Neither a nor a' leaves [0, 1 + rounding].
                let error = (value * relative + underflow).min(1.0 + rounding);
                self.normal(Approx { value, error })
            })
            .collect()
    }

    /// g'(z), from z (the reference's sigmoid) or from a (all others).
    pub(super) fn derivative(self, g: Activation, z: Approx, a: Approx) -> Approx {
        let value = g.derivative(z.value);
        let e = a.error;
        let error = match g {
            Activation::Identity => 0.0,
            // |a'(1 - a') - a(1 - a)| <= |1 - 2a| e + e^2, two roundings; or by z: |g''| <= g', so
            // at most e again, and an exponential and four operations.
            Activation::Sigmoid => {
                let inherited = e * (1.0 + e);
                let operations = 4 + 4 * EXP_ULP;
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
    pub(super) fn delta(self, g: Activation, da: Approx, derivative: Approx, value: f64) -> Approx {
        let delta = self.product(da, derivative, value);
        if matches!(g, Activation::Sigmoid | Activation::Exp) { self.root(delta) } else { delta }
    }

    /// x y, rounded twice at most, or 0 if it would be subnormal.
    pub(super) fn product(self, x: Approx, y: Approx, value: f64) -> Approx {
        let inherited = x.error * y.size() + x.value.abs() * y.error;
        let error = inherited + self.gamma(2) * x.size() * y.size() + 2.0 * self.eta;
        self.normal(Approx { value, error })
    }

    /// dZ at the output from dA.
    pub(super) fn logit_delta(
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
    pub(crate) fn update(self, w: f64, dw: Approx, learning_rate: f64, reach: f64) -> Approx {
        let step = learning_rate * dw.size();
        let underflow = self.eta * (1.0 + reach);
        let error = learning_rate * dw.error + self.gamma(2) * (w.abs() + step) + underflow;
        let updated = Approx { value: w - learning_rate * dw.value, error };
        self.vanish(updated, self.normal / self.epsilon)
    }
}
