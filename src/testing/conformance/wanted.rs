//! What an implementation must answer to a problem, each value with its bound.

use crate::Scalar;
use crate::testing::bounds::{Approx, Expected, Rounding};
use crate::testing::cases::{Parameters, Problem};

/// The reference's answers to a problem, in the order of the problem's own values.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The output activations, (samples, outputs).
    pub predictions: Vec<Approx>,
    /// J.
    pub cost: Approx,
    /// dW and db of every layer.
    pub gradients: Parameters<Approx>,
    /// W and b of every layer after a step.
    pub stepped: Parameters<Approx>,
}

impl Wanted {
    /// `None` where there is no answer: a number, or a bound, leaves the range of the type, or
    /// comes so near to its end that a partial sum may.
    ///
    /// ```
    /// use shallownet::testing::{bounds::Rounding, cases::Case, conformance::Wanted};
    /// use shallownet::Activation;
    ///
    /// let problem = Case::new(2, &[(1, Activation::Tanh)], 5).problem::<f32>(0);
    /// let wanted = Wanted::of(&problem, Rounding::of::<f32>()).unwrap();
    /// assert_eq!(wanted.predictions.len(), 5);
    /// assert!(wanted.predictions.iter().all(|a| a.value.abs() <= 1.0 && a.error < 1e-6));
    /// ```
    pub fn of<T: Scalar>(problem: &Problem<T>, rounding: Rounding) -> Option<Self> {
        let (net, (x, y)) = (problem.reference(), problem.batch());
        let expected = Expected::of(rounding, &net, &x, &y);
        let rate = problem.learning_rate.to_f64();
        let layers = net.layers.iter().enumerate();
        let stepped: Vec<_> =
            layers.map(|(l, layer)| expected.stepped(rounding, l, layer, rate)).collect();
        let wanted = Self {
            predictions: expected.predictions.concat(),
            cost: expected.cost,
            gradients: expected.dw.into_iter().zip(expected.db).collect(),
            stepped,
        };
        let parameters = wanted.gradients.iter().chain(&wanted.stepped);
        let mut all = parameters.flat_map(|(w, b)| w.iter().chain(b)).chain(&wanted.predictions);
        let largest = if T::NAME == "f32" { f64::from(f32::MAX) } else { f64::MAX };
        let fits = |value: &Approx| {
            value.error.is_finite() && value.size() < largest * T::EPSILON.to_f64()
        };
        (all.all(fits) && fits(&wanted.cost)).then_some(wanted)
    }
}
