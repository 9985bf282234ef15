//! L and its derivative of one register, for the losses that each output has by itself: by its logit
//! (Poisson's; binary cross-entropy stands in `head`), or by the difference d = a - y.
//!
//! ```text
//! Poisson   L = e^z - y z                             dz = e^z - y
//! Huber     L = m (|d| - m / 2), m = min(|d|, delta)  dL/da = m with d's sign
//! slopes    L = s d                                   dL/da = s = -below, 0 or above, by d's sign
//! Gauss     L = (s + q^2) / 2, q = (mu - y) h         dmu = q h, ds = (1 - q^2) / 2
//! ```
//!
//! (with h = e^(-s / 2))
//!
//! Huber's is squared error where |d| <= delta; the absolute loss has slopes of 1, the quantile loss
//! of tau below 0 and 1 - tau above. NaN stays NaN in all of them, and L of the last two is never -0.0.

use super::constants::ExpElement;
use super::exp::exp;
use super::flush;
use super::lanes::Lanes;
use crate::element::Element;
use crate::words::loss::Loss;

/// e^z, but 0 for z < low: at `NORMAL_LOW`, where it would be subnormal.
#[inline(always)]
pub(crate) fn exp_from<V: Lanes>(z: V, low: V::Elem) -> V {
    let t = z.token();
    V::select(z.lt(V::splat(t, low)), V::splat(t, V::Elem::VANISHED), exp(z))
}

/// (L, dz) of logits and counts. A rate below the root counts as 0: see `flush`.
#[inline(always)]
pub(crate) fn poisson<V: Lanes>(z: V, y: V) -> (V, V) {
    let a = exp_from(z, V::Elem::DELTA_LOW);
    (y.neg_mul_add(z, a), a - y)
}

/// (L, dmu, ds) of means, logarithms of variances and targets. dmu is 0 where it is subnormal.
#[inline(always)]
pub(crate) fn gaussian<V: Lanes>(mu: V, s: V, y: V) -> (V, V, V) {
    let t = s.token();
    let (half, one) = (V::splat(t, V::Elem::from_f64(0.5)), V::splat(t, V::Elem::ONE));
    let h = exp_from(-(s * half), V::Elem::NORMAL_LOW);
    let q = (mu - y) * h;
    let ds = q.neg_mul_add(q, one) * half;
    (q.mul_add(q, s) * half, flush::subnormal(t, q * h), ds)
}

/// A loss by differences, its numbers in registers.
#[derive(Clone, Copy)]
pub(crate) enum ByDifference<V> {
    Huber { delta: V },
    Slopes { below: V, above: V },
}

impl<V: Lanes> ByDifference<V> {
    /// Squared error has its own loops and is none of these.
    #[inline(always)]
    pub(crate) fn new(t: V::Token, loss: Loss) -> Self {
        let number = V::Elem::from_f64;
        let (below, above) = match loss {
            Loss::Huber { delta } => return Self::Huber { delta: V::splat(t, number(delta)) },
            Loss::Quantile { tau } => (number(tau), number(1.0 - tau)),
            _ => (V::Elem::ONE, V::Elem::ONE),
        };
        Self::Slopes { below: V::splat(t, below), above: V::splat(t, above) }
    }

    /// (L, dL/da) of differences d = a - y.
    #[inline(always)]
    pub(crate) fn of(self, d: V) -> (V, V) {
        let t = d.token();
        match self {
            Self::Huber { delta } => {
                let size = d.abs();
                let m = size.at_most(delta);
                let half = V::splat(t, V::Elem::from_f64(0.5));
                (m * m.neg_mul_add(half, size), m.copysign(d))
            }
            Self::Slopes { below, above } => {
                let zero = V::splat(t, V::Elem::ZERO);
                // d itself where it is neither: 0, or NaN.
                let slope = V::select(zero.lt(d), above, d);
                let slope = V::select(d.lt(zero), -below, slope);
                (slope * d, slope)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::wide_lanes::{WideF32, WideF64};

    fn lane<V: Lanes<Token = ()>>(v: V) -> f64 {
        let mut lanes = [V::Elem::ZERO; 16];
        v.store(&mut lanes);
        lanes[0].to_f64()
    }

    /// The numbers are halves and quarters, so every result is exact.
    fn check<V: Lanes<Token = ()>>() {
        let losses = [
            Loss::HUBER,
            Loss::Huber { delta: 0.25 },
            Loss::Absolute,
            Loss::Quantile { tau: 0.75 },
        ];
        for loss in losses {
            for d in [0.0, -0.0, 0.25, -0.25, 0.5, 1.0, -1.0, 3.0, -8.0] {
                let of = ByDifference::new((), loss).of(V::splat((), V::Elem::from_f64(d)));
                let (value, slope) = (lane(of.0), lane(of.1));
                assert_eq!(Some((value, slope)), loss.of_difference(d), "{loss} of {d}");
                assert!(value.is_sign_positive(), "{loss} of {d}");
            }
            let of = ByDifference::new((), loss).of(V::splat((), V::Elem::from_f64(f64::NAN)));
            assert!(lane(of.0).is_nan() && lane(of.1).is_nan(), "{loss}");
        }
        let of = |z: f64, y: f64| {
            let of =
                poisson(V::splat((), V::Elem::from_f64(z)), V::splat((), V::Elem::from_f64(y)));
            (lane(of.0), lane(of.1))
        };
        assert_eq!(of(0.0, 3.0), (1.0, -2.0));
        // The rate vanishes, the rest of the loss does not.
        assert_eq!(of(-800.0, 2.0), (1600.0, -2.0));
        assert_eq!(of(-800.0, 0.0), (0.0, 0.0));
        assert_eq!(of(800.0, 2.0), (f64::INFINITY, f64::INFINITY));
        assert!(of(f64::NAN, 0.0).0.is_nan() && of(f64::NAN, 0.0).1.is_nan());
        let of = |mu: f64, s: f64, y: f64| {
            let [mu, s, y] = [mu, s, y].map(|v| V::splat((), V::Elem::from_f64(v)));
            let of = gaussian(mu, s, y);
            [of.0, of.1, of.2].map(lane)
        };
        assert_eq!(of(3.0, 0.0, 1.0), [2.0, 2.0, -1.5]);
        assert_eq!(of(1.0, 0.0, 1.0), [0.0, 0.0, 0.5]);
        // A variance without bound: the mean no longer matters.
        assert_eq!(of(3.0, 2000.0, 1.0), [1000.0, 0.0, 0.5]);
        assert!(of(f64::NAN, 0.0, 0.0).iter().all(|v| v.is_nan()));
        assert!(of(0.0, f64::NAN, 0.0).iter().all(|v| v.is_nan()));
    }

    #[test]
    fn registers_have_the_values_of_the_formulas() {
        check::<WideF32>();
        check::<WideF64>();
    }
}
