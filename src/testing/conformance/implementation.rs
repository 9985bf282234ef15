//! What somebody else's implementation fills in.

use crate::Scalar;
use crate::testing::bounds::Functions;
use crate::testing::cases::{Parameters, Problem};

/// An implementation of dense networks in the type `T`, of which [`predict`](Self::predict) is all
/// that must be there.
///
/// An `Err` is a refusal, and counts as a disagreement; what the implementation has never promised
/// should be said by [`supports`](Self::supports).
pub trait Implementation<T: Scalar> {
    /// Has it the activations and the loss of this problem? Where it hasn't, no question is asked.
    fn supports(&self, problem: &Problem<T>) -> bool {
        let _ = problem;
        true
    }

    /// How accurate its functions are.
    fn functions(&self) -> Functions {
        Functions::DOCUMENTED
    }

    /// Do its sums and products become 0 where they would be subnormal?
    fn flushes(&self) -> bool {
        false
    }

    /// The output activations, (samples, outputs): a sample after the other.
    ///
    /// # Errors
    /// What went wrong.
    fn predict(&mut self, problem: &Problem<T>) -> Result<Vec<T>, String>;

    /// J, the mean over the samples; `None` if it has none.
    ///
    /// # Errors
    /// What went wrong.
    fn cost(&mut self, problem: &Problem<T>) -> Result<Option<f64>, String> {
        let _ = problem;
        Ok(None)
    }

    /// dW and db of every layer, of the cost; `None` if it has none.
    ///
    /// # Errors
    /// What went wrong.
    fn gradients(&mut self, problem: &Problem<T>) -> Result<Option<Parameters<T>>, String> {
        let _ = problem;
        Ok(None)
    }

    /// W and b of every layer after a step of plain gradient descent; `None` if it has none.
    ///
    /// # Errors
    /// What went wrong.
    fn step(&mut self, problem: &Problem<T>) -> Result<Option<Parameters<T>>, String> {
        let _ = problem;
        Ok(None)
    }

    /// All of these. To be written anew where one pass gives several of them.
    fn answers(&mut self, problem: &Problem<T>) -> Answers<T> {
        Answers {
            predictions: self.predict(problem),
            cost: self.cost(problem),
            gradients: self.gradients(problem),
            stepped: self.step(problem),
        }
    }
}

/// What an implementation says of a problem: see [`Implementation`].
#[derive(Debug, Clone, PartialEq)]
pub struct Answers<T> {
    /// The output activations.
    pub predictions: Result<Vec<T>, String>,
    /// J.
    pub cost: Result<Option<f64>, String>,
    /// dW and db of every layer.
    pub gradients: Result<Option<Parameters<T>>, String>,
    /// W and b of every layer after a step.
    pub stepped: Result<Option<Parameters<T>>, String>,
}
