//! A peer that is not asked for what is known to be otherwise there.
//!
//! Derivatives where there are two: at the kinks of ReLUs, ELUs and losses by absolute differences. What
//! to take there is a convention, and each has its own.

use shallownet::testing::bounds::Functions;
use shallownet::testing::cases::Problem;
use shallownet::testing::conformance::{Answers, Implementation};
use shallownet::{Activation, Loss, Scalar};

pub struct Asked<'a, I> {
    pub peer: I,
    /// At kinks, too.
    pub kinks: bool,
    /// Activations and losses that it is not asked for.
    pub without: &'a [String],
}

impl<T: Scalar, I: Implementation<T>> Implementation<T> for Asked<'_, I> {
    fn supports(&self, problem: &Problem<T>) -> bool {
        let layers = problem.layers.iter().map(|layer| layer.activation.name());
        let mut words = layers.chain([problem.loss.name()]);
        !words.any(|word| self.without.iter().any(|w| w == word)) && self.peer.supports(problem)
    }

    fn functions(&self) -> Functions {
        self.peer.functions()
    }

    fn flushes(&self) -> bool {
        self.peer.flushes()
    }

    fn predict(&mut self, problem: &Problem<T>) -> Result<Vec<T>, String> {
        self.peer.predict(problem)
    }

    fn answers(&mut self, problem: &Problem<T>) -> Answers<T> {
        let answers = self.peer.answers(problem);
        match !self.kinks && is_at_kink(problem) {
            true => Answers { gradients: Ok(None), stepped: Ok(None), ..answers },
            false => answers,
        }
    }
}

/// Exactly, or so nearly that a number of the type may be: the smallest normal number.
fn is_at_kink<T: Scalar>(problem: &Problem<T>) -> bool {
    let (net, (x, y)) = (problem.reference(), problem.batch());
    let near = |v: f64| v.abs() <= 4.0 * T::MIN_POSITIVE.to_f64();
    x.iter().zip(&y).any(|(x, y)| {
        let trace = net.forward(x);
        let of_layers = net.layers.iter().zip(&trace.z).any(|(layer, z)| {
            let has_kink = match layer.activation {
                Activation::Relu | Activation::LeakyRelu { .. } => true,
                Activation::Elu { alpha } => alpha != 1.0,
                _ => false,
            };
            has_kink && z.iter().any(|&z| near(z))
        });
        let by_difference = matches!(problem.loss, Loss::Absolute | Loss::Quantile { .. });
        let outputs = &trace.a[trace.a.len() - 1];
        of_layers || by_difference && outputs.iter().zip(y).any(|(a, y)| near(a - y))
    })
}
