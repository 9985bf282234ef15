//! How far derivatives beyond the gradient may be from the reference's: Jacobians, products with
//! them, Hessians and Hessian-vector products.
//!
//! Each of them is a derivative along a direction, R{x} = d/dt x: that of the pass there and back
//! (Pearlmutter 1994). [`Rules::along`] runs beside it. Every quantity has a size, the sum of the
//! absolute values of its terms, and a bound of its error: no size has a cancellation, so that each
//! term of an expanded product is counted with all its roundings, however the products are grouped.
//! docs/bounds.md derives the rules.
//!
//! ```
//! use shallownet::reference::{Layer, Network};
//! use shallownet::testing::bounds::derivatives::{Direction, Rules, Start};
//! use shallownet::{Activation, Loss};
//!
//! let layer = Layer { w: vec![vec![0.5, -1.0]], b: vec![0.25], activation: Activation::Tanh };
//! let net = Network { layers: vec![layer], loss: Loss::SquaredError };
//! let (x, dx) = ([0.5, 0.25], [1.0, 0.0]);
//! let rules = Rules::of::<f32>();
//! // The first column of the Jacobian, and that of the Hessian of a by x.
//! let direction = Direction { dx: &dx, v: None, start: Start::Sum(&[1.0]) };
//! let bounds = rules.along(&net, &x, &direction);
//!
//! let a = 0.25_f32.tanh();
//! let (jacobian, hessian) = (net.jacobian(&x)[0][0], net.input_hessian(&x, &[1.0])[0][0]);
//! let (by_hand, bent) = (0.5 * (1.0 - a * a), 0.25 * -2.0 * a * (1.0 - a * a));
//! assert!((f64::from(by_hand) - jacobian).abs() <= bounds.r_a[0].error);
//! assert!((f64::from(bent) - hessian).abs() <= bounds.r_dx[0].error);
//! assert!(bounds.r_a[0].error < 1e-5 && bounds.r_dx[0].error < 1e-4);
//! ```

mod along;

pub use along::{Along, Direction, Start};

use crate::{Activation, Scalar};

/// A value's size, the sum of the absolute values of its terms, and the greatest
/// |tested - reference|.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quantity {
    /// Not less than |value|.
    pub size: f64,
    /// The greatest |tested - reference|.
    pub error: f64,
}

impl Quantity {
    /// A number that both know exactly: data, parameters, directions.
    pub fn exact(value: f64) -> Self {
        Self { size: value.abs(), error: 0.0 }
    }
}

/// The rules by which errors grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The distance from 1 to the next number: not less than the roundings of the tested arithmetic
    /// and of the reference together.
    pub epsilon: f64,
}

impl Rules {
    /// Tested code in `T` against the reference in f64.
    pub fn of<T: Scalar>() -> Self {
        Self { epsilon: T::EPSILON.to_f64() }
    }

    /// a + b or a - b.
    pub fn add(self, a: Quantity, b: Quantity) -> Quantity {
        let size = a.size + b.size;
        Quantity { size, error: a.error + b.error + self.epsilon * size }
    }

    /// a b.
    pub fn mul(self, a: Quantity, b: Quantity) -> Quantity {
        let error = a.size * b.error + b.size * a.error + a.error * b.error;
        Quantity { size: a.size * b.size, error: error + self.epsilon * a.size * b.size }
    }

    /// The sum of all, first to last.
    pub fn sum(self, terms: impl Iterator<Item = Quantity>) -> Quantity {
        terms.fold(Quantity::default(), |sum, term| self.add(sum, term))
    }

    /// The same with so many roundings more of every term: what another order of the sums takes.
    ///
    /// ```
    /// use shallownet::testing::bounds::derivatives::{Quantity, Rules};
    ///
    /// let (rules, ones) = (Rules::of::<f32>(), [Quantity::exact(1.0); 4]);
    /// let sum = rules.sum(ones.into_iter());
    /// // The first term is rounded 4 times, the last once; in any order, 4 times at most.
    /// assert_eq!(sum.error, (1 + 2 + 3 + 4) as f64 * rules.epsilon);
    /// assert!(rules.reordered(sum, 4).error >= (4 * 4) as f64 * rules.epsilon);
    /// ```
    pub fn reordered(self, sum: Quantity, roundings: usize) -> Quantity {
        Quantity { error: sum.error + roundings as f64 * self.epsilon * sum.size, ..sum }
    }

    /// g(z), g'(z) and g''(z) of a z with this error, for all but softmax.
    pub fn values(self, g: Activation, z: f64, error: f64) -> [Quantity; 3] {
        let (a, first, second) = (g.value(z), g.derivative(z), second_derivative(g, z));
        // |g''| and |g'''| are at most 2 for all but the exponential, whose derivatives are its value.
        let steepest = if g == Activation::Exp { a * error.exp() } else { 2.0 };
        let kink = match g {
            Activation::Relu | Activation::LeakyRelu { .. } => [1.0, 0.0],
            Activation::Elu { .. } => [0.0, 1.0],
            _ => [0.0, 0.0],
        };
        [
            self.function(a, steepest, 0.0, z, error),
            self.function(first, steepest, kink[0], z, error),
            self.function(second, steepest, kink[1], z, error),
        ]
    }

    /// A function computed to `ULPS` units of its largest value near 1, at z with an error: it and its
    /// slope, or its jump where z may lie on the other side of a kink.
    fn function(self, value: f64, slope: f64, jump: f64, z: f64, error: f64) -> Quantity {
        /// The most of any activation and its derivatives: g' is read off a, g'' off both.
        const ULPS: f64 = 16.0;
        let jump = if z.abs() <= error { jump } else { 0.0 };
        let size = value.abs();
        Quantity { size, error: slope * error + jump + ULPS * self.epsilon * size.max(1.0) }
    }
}

/// g'' by a difference of g', which is near enough for a size.
fn second_derivative(g: Activation, z: f64) -> f64 {
    const H: f64 = 1e-4;
    match g {
        Activation::Identity | Activation::Relu | Activation::LeakyRelu { .. } => 0.0,
        Activation::Softmax => 0.0,
        g => (g.derivative(z + H) - g.derivative(z - H)) / (2.0 * H),
    }
}
