//! How a step's number and its learning rate become an optimiser's factors.

use super::power::power;
use crate::element::Element;
use crate::kernels::optimizer::{Rule, least_gradient};
use crate::words::optimizer::Optimizer;

/// The kernel's rule, rate and decay.
#[derive(Debug)]
pub(crate) struct Factors<T> {
    pub(crate) rule: Rule<T>,
    pub(crate) rate: f64,
    pub(crate) decay: f64,
}

/// A gradient closer to 0 counts as 0 in v, which would be subnormal. 0 where there is no v.
pub(crate) fn least<T: Element>(optimizer: Optimizer) -> T {
    match optimizer {
        Optimizer::RmsProp { rho: beta, .. }
        | Optimizer::Adam { beta2: beta, .. }
        | Optimizer::AdamW { beta2: beta, .. } => least_gradient(T::from_f64(1.0 - beta)),
        _ => T::ZERO,
    }
}

impl<T: Element> Factors<T> {
    /// Those of step `step`, from 1. `least` is [`least`], which is the same for all steps.
    // Inlined, as `adam`, so that the rule is written once, to where it is read.
    #[inline(always)]
    pub(crate) fn of(optimizer: Optimizer, step: u64, learning_rate: f64, least: T) -> Self {
        let t = T::from_f64;
        let with = |rule| Self { rule, rate: learning_rate, decay: 0.0 };
        match optimizer {
            Optimizer::Sgd => with(Rule::Sgd),
            Optimizer::Momentum { beta } => with(Rule::Momentum { beta: t(beta) }),
            Optimizer::Nesterov { beta } => with(Rule::Nesterov { beta: t(beta) }),
            Optimizer::RmsProp { rho, epsilon } => {
                let rest = t(1.0 - rho);
                with(Rule::RmsProp { rho: t(rho), rest, epsilon: t(epsilon), least })
            }
            Optimizer::Adam { beta1, beta2, epsilon } => {
                let (rule, correction) = adam((beta1, beta2, epsilon), step, least);
                Self { rule, rate: learning_rate / correction, decay: 0.0 }
            }
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                let (rule, correction) = adam((beta1, beta2, epsilon), step, least);
                let rate = learning_rate / correction;
                Self { rule, rate, decay: learning_rate * weight_decay }
            }
        }
    }
}

/// Those of a step at any learning rate: what a population's members have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfStep<T> {
    pub(crate) rule: Rule<T>,
    correction: f64,
    weight_decay: f64,
}

impl<T: Element> OfStep<T> {
    /// As [`Factors::of`].
    pub(crate) fn new(optimizer: Optimizer, step: u64, least: T) -> Self {
        let (betas, weight_decay) = match optimizer {
            Optimizer::Adam { beta1, beta2, epsilon } => ((beta1, beta2, epsilon), 0.0),
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                ((beta1, beta2, epsilon), weight_decay)
            }
            others => {
                let rule = Factors::of(others, step, 1.0, least).rule;
                return Self { rule, correction: 1.0, weight_decay: 0.0 };
            }
        };
        let (rule, correction) = adam(betas, step, least);
        Self { rule, correction, weight_decay }
    }

    /// The rule's own number that follows from the step: Adam's scale.
    pub(crate) fn scale(&self) -> T {
        match self.rule {
            Rule::Adam { scale, .. } => scale,
            _ => T::ONE,
        }
    }

    /// Rate and decay.
    pub(crate) fn at(&self, learning_rate: f64) -> (f64, f64) {
        (learning_rate / self.correction, learning_rate * self.weight_decay)
    }
}

/// The rule, and 1 - beta1^t.
#[inline(always)]
fn adam<T: Element>(
    (beta1, beta2, epsilon): (f64, f64, f64),
    step: u64,
    least: T,
) -> (Rule<T>, f64) {
    let t = T::from_f64;
    // beta^t <= e^(-t (1 - beta)): beyond 40 it is less than half of f64's epsilon, and 1 minus it
    // is 1, which is known without the multiplications.
    let correction = |beta: f64| match step {
        t if t as f64 * (1.0 - beta) > 40.0 => 1.0,
        t => 1.0 - power(beta, t),
    };
    let rule = Rule::Adam {
        beta1: t(beta1),
        rest1: t(1.0 - beta1),
        beta2: t(beta2),
        rest2: t(1.0 - beta2),
        scale: t(1.0 / correction(beta2).sqrt()),
        epsilon: t(epsilon),
        least,
    };
    (rule, correction(beta1))
}
