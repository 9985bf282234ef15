//! How far an optimiser's step may be from the reference's: a running error analysis, no tolerance.

use crate::reference::optimizer::Step;
use crate::{Optimizer, Scalar};

/// A value and a bound on its error, carried through each operation: a running error analysis.
#[derive(Debug, Clone, Copy)]
pub struct Bounded {
    /// The reference's.
    pub value: f64,
    /// How far the tested one may be from it.
    pub error: f64,
}

/// One rounding an operation, of the tested type and of the reference together.
#[derive(Debug, Clone, Copy)]
pub struct Arithmetic {
    u: f64,
    eta: f64,
    /// The smallest normal number.
    smallest: f64,
    epsilon: f64,
}

/// The unit roundoff of f64.
pub const U64: f64 = f64::EPSILON / 2.0;

impl Arithmetic {
    /// Tested code in `T` against the reference in f64.
    pub fn of<T: Scalar>() -> Self {
        let smallest = T::MIN_POSITIVE.to_f64();
        // The smallest subnormal is the smallest normal number times epsilon.
        let epsilon = T::EPSILON.to_f64();
        let eta = smallest * epsilon + f64::from_bits(1);
        Self { u: epsilon / 2.0 + U64, eta, smallest, epsilon }
    }

    /// A number that both know exactly.
    pub fn exact(value: f64) -> Bounded {
        Bounded { value, error: 0.0 }
    }

    /// One rounding of a result that is off by `error` already.
    fn rounded(self, value: f64, error: f64) -> Bounded {
        Bounded { value, error: error + self.u * (value.abs() + error) + self.eta }
    }

    fn constant(self, value: f64) -> Bounded {
        self.rounded(value, 0.0)
    }

    fn add(self, a: Bounded, b: Bounded) -> Bounded {
        self.rounded(a.value + b.value, a.error + b.error)
    }

    fn sub(self, a: Bounded, b: Bounded) -> Bounded {
        self.rounded(a.value - b.value, a.error + b.error)
    }

    fn mul(self, a: Bounded, b: Bounded) -> Bounded {
        let error = a.error * (b.value.abs() + b.error) + a.value.abs() * b.error;
        self.rounded(a.value * b.value, error)
    }

    /// |a'/b' - a/b| <= (|a| e_b + |b| e_a) / (|b| (|b| - e_b)).
    fn div(self, a: Bounded, b: Bounded) -> Bounded {
        let least = b.value.abs() - b.error;
        assert!(least > 0.0, "{b:?} may be 0: the bound says nothing");
        let error = (a.value.abs() * b.error + b.value.abs() * a.error) / (b.value.abs() * least);
        self.rounded(a.value / b.value, error)
    }

    /// |sqrt(a') - sqrt(a)| <= e / sqrt(a), and <= sqrt(e).
    fn sqrt(self, a: Bounded) -> Bounded {
        let root = a.value.sqrt();
        self.rounded(root, (a.error / root).min(a.error.sqrt()))
    }

    /// What is subnormal may have become 0.
    fn flushed(self, a: Bounded) -> Bounded {
        self.vanish(a, self.smallest)
    }

    /// What is below `least` may have become 0.
    fn vanish(self, a: Bounded, least: f64) -> Bounded {
        let may = a.value.abs() - a.error < least;
        Bounded { error: a.error + if may { least } else { 0.0 }, ..a }
    }

    /// A gradient may have become 0 where `rest` times its square is subnormal.
    fn squarable(self, g: Bounded, rest: f64) -> Bounded {
        self.vanish(g, 1.001 * (self.smallest / rest).sqrt())
    }
}

/// How far the parameter may be from the reference's after a step, from exact w and dw and the
/// moments so far, which move. Each place has at least as many roundings as either has there.
pub fn bound(
    a: Arithmetic,
    with: (Step, f64),
    t: u32,
    (w, dw): (f64, f64),
    [m, v]: [&mut Bounded; 2],
) -> f64 {
    let (Step { optimizer, lr, l2, clip }, clip_error) = with;
    let c = |value| a.constant(value);
    let (w, lr) = (Arithmetic::exact(w), c(lr));
    let clip = Bounded { value: clip, error: a.u * clip + clip_error };
    let g = a.add(a.mul(clip, Arithmetic::exact(dw)), a.mul(c(l2), w));
    let mean = |m: Bounded, beta: f64, rest: f64, g| {
        a.flushed(a.add(a.mul(c(beta), m), a.mul(c(rest), g)))
    };
    let squares = |v: Bounded, beta: f64, g: Bounded| {
        let square = a.mul(a.mul(c(1.0 - beta), g), g);
        a.flushed(a.add(a.mul(c(beta), v), square))
    };
    let (base, direction) = match optimizer {
        Optimizer::Sgd => (w, g),
        Optimizer::Momentum { beta } => {
            *m = mean(*m, beta, 1.0, g);
            (w, *m)
        }
        Optimizer::Nesterov { beta } => {
            *m = mean(*m, beta, 1.0, g);
            (w, a.add(g, a.mul(c(beta), *m)))
        }
        Optimizer::RmsProp { rho, epsilon } => {
            let g = a.squarable(g, 1.0 - rho);
            *v = squares(*v, rho, g);
            (w, a.div(g, a.add(a.sqrt(*v), c(epsilon))))
        }
        Optimizer::Adam { beta1, beta2, epsilon }
        | Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
            let decay = match optimizer {
                Optimizer::AdamW { weight_decay, .. } => a.mul(lr, c(weight_decay)),
                _ => Arithmetic::exact(0.0),
            };
            let g = a.squarable(g, 1.0 - beta2);
            *m = mean(*m, beta1, 1.0 - beta1, g);
            *v = squares(*v, beta2, g);
            // beta^t by t products or by a power function, 1 - beta^t, and the quotient.
            let correction = |beta: f64| {
                let power = beta.powi(t as i32);
                let value = 1.0 - power;
                a.rounded(value, 4.0 * f64::from(t + 2) * U64 * power)
            };
            let scale = a.div(c(1.0), a.sqrt(correction(beta2)));
            let root = a.mul(a.sqrt(*v), scale);
            let direction = a.div(a.div(*m, correction(beta1)), a.add(root, c(epsilon)));
            (a.sub(w, a.mul(decay, w)), direction)
        }
    };
    a.vanish(a.sub(base, a.mul(lr, direction)), a.smallest / a.epsilon).error
}
