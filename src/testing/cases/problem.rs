//! A case with all its numbers written out.

use super::case::Case;
use super::numbers::{Numbers, nested};
use crate::{Activation, Loss, Scalar, reference};

/// W and b of each layer, or their gradients: a unit's weights after the other's.
pub type Parameters<T> = Vec<(Vec<T>, Vec<T>)>;

/// One dense layer: a = g(W x + b).
#[derive(Debug, Clone, PartialEq)]
pub struct Dense<T> {
    /// Inputs of a unit.
    pub inputs: usize,
    /// W, (units, inputs): a unit's weights after the other's.
    pub w: Vec<T>,
    /// b, one value a unit.
    pub b: Vec<T>,
    /// g.
    pub activation: Activation,
}

/// A network, a batch and a learning rate, all numbers written out.
///
/// ```
/// use shallownet::testing::cases::{Case, Problem};
/// use shallownet::Activation;
///
/// let problem: Problem<f32> = Case::new(2, &[(3, Activation::Tanh)], 5).problem(0);
/// assert_eq!((problem.inputs(), problem.outputs(), problem.samples), (2, 3, 5));
/// assert_eq!(problem.reference().check(), Ok(()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Problem<T> {
    /// The layers, first to last.
    pub layers: Vec<Dense<T>>,
    /// The loss.
    pub loss: Loss,
    /// How many samples there are.
    pub samples: usize,
    /// X, (samples, inputs): a sample after the other.
    pub x: Vec<T>,
    /// Y, (samples, targets): a sample after the other.
    pub y: Vec<T>,
    /// Of a step.
    pub learning_rate: T,
}

impl<T: Scalar> Problem<T> {
    /// Inputs of the network.
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.inputs)
    }

    /// Outputs of the network.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.b.len())
    }

    /// Targets of a sample: half as many as outputs for means and variances.
    pub fn targets(&self) -> usize {
        self.loss.targets(self.outputs())
    }

    /// The network as the reference takes it, widened exactly.
    pub fn reference(&self) -> reference::Network {
        let layers = self.layers.iter().map(|layer| reference::Layer {
            w: nested(&layer.w, layer.inputs),
            b: layer.b.iter().map(|b| b.to_f64()).collect(),
            activation: layer.activation,
        });
        reference::Network { layers: layers.collect(), loss: self.loss }
    }

    /// Inputs and targets as the reference takes them, one vector a sample.
    pub fn batch(&self) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        (nested(&self.x, self.inputs()), nested(&self.y, self.targets()))
    }
}

impl Case {
    /// Batch `index` with the network, all numbers written out: inputs and parameters have all digits
    /// of `T`. What is below the smallest normal number is 0 among the parameters, as networks have
    /// them.
    pub fn problem<T: Scalar>(&self, index: usize) -> Problem<T> {
        let (mut inputs, mut numbers) = (self.n_x, Numbers(!self.seed));
        let mut own = |v: T| numbers.refined(v);
        let flushed = |v: T| {
            let is_small = v.to_f64().abs() < T::MIN_POSITIVE.to_f64();
            if is_small { T::ZERO } else { v }
        };
        let layers = self.layers.iter().zip(self.parameters()).map(|(&(units, g), (w, b))| {
            let [w, b] = [w, b].map(|v| v.into_iter().map(&mut own).map(flushed).collect());
            Dense { inputs: std::mem::replace(&mut inputs, units), w, b, activation: g }
        });
        let layers = layers.collect();
        let mut batch = self.batch::<T>(index);
        batch.x.iter_mut().for_each(|x| *x = own(*x));
        if self.loss == Loss::CategoricalCrossEntropy {
            // Whole 1024ths, whose sum is 1 exactly: what a loss makes of another sum is its own.
            for y in batch.y.chunks_mut(self.layers.last().map_or(1, |layer| layer.0)) {
                let mut others = 0.0;
                for y in &mut y[1..] {
                    let share = (y.to_f64() * 1024.0).floor() / 1024.0;
                    others += share;
                    *y = T::from_f64(share);
                }
                y[0] = T::from_f64(1.0 - others);
            }
        }
        Problem {
            layers,
            loss: self.loss,
            samples: self.batches[index],
            x: batch.x,
            y: batch.y,
            learning_rate: T::from_f64(self.learning_rate.into()),
        }
    }
}
