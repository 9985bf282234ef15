//! A case: a shape and a seed, from which all numbers follow.

use super::numbers::{Numbers, nested, widen};
use crate::testing::backends::Setup;
use crate::{Activation, Builder, Checks, Columns, Loss, Network, Parallelism, Scalar};

/// A network, its batches and a learning rate. A failure is reproduced by the case alone, and shrinks
/// to a small shape. All numbers are f32 widened to the type under test, the same for every type;
/// [`problem`](Self::problem) adds digits to those of f64.
///
/// ```
/// use shallownet::testing::{backends::Setup, cases::Case};
/// use shallownet::{Activation, Parallelism};
///
/// let case = Case { seed: 7, ..Case::new(3, &[(5, Activation::Tanh), (2, Activation::Sigmoid)], 4) };
/// let net = case.network::<f32>(Setup::PORTABLE, Parallelism::Serial);
/// let batch = case.batch::<f32>(0);
/// assert_eq!((net.inputs(), batch.columns().0.samples()), (3, 4));
/// ```
#[derive(Debug, Clone)]
pub struct Case {
    /// Inputs.
    pub n_x: usize,
    /// Units and activation of each layer.
    pub layers: Vec<(usize, Activation)>,
    /// The loss.
    pub loss: Loss,
    /// Targets between the extremes (soft labels) instead of at them.
    pub soft: bool,
    /// The size of weights: about 1 keeps z near 1, 30 saturates.
    pub gain: f32,
    /// Also draws values of +-1000 among the inputs.
    pub extremes: bool,
    /// Also draws numbers about the smallest normal f32 among inputs and parameters.
    pub ends: bool,
    /// Of all numbers.
    pub seed: u64,
    /// Samples of each batch, to be run one after the other through one workspace.
    pub batches: Vec<usize>,
    /// How much larger than the largest batch the workspace is.
    pub spare: usize,
    /// Of a step.
    pub learning_rate: f32,
}

impl Case {
    /// A case of this shape with ordinary values and one batch of `samples`.
    pub fn new(n_x: usize, layers: &[(usize, Activation)], samples: usize) -> Self {
        Self {
            n_x,
            layers: layers.to_vec(),
            loss: Loss::default_for(layers[layers.len() - 1].1),
            soft: false,
            gain: 1.0,
            extremes: false,
            ends: false,
            seed: 1,
            batches: vec![samples],
            spare: 0,
            learning_rate: 0.1,
        }
    }

    /// The same with logits of ordinary size where e^z is taken of them, which leaves the range of
    /// f32 at 88; and with an even number of outputs for means and variances.
    pub fn tame(mut self) -> Self {
        let Some(output) = self.layers.last_mut() else { return self };
        if self.loss == Loss::GaussianNll {
            output.0 = output.0.next_multiple_of(2);
        }
        if output.1 == Activation::Exp || self.loss == Loss::GaussianNll {
            (self.gain, self.extremes) = (self.gain.min(1.0), false);
        }
        self
    }

    /// Samples that a workspace for all batches has room for.
    pub fn capacity(&self) -> usize {
        self.batches.iter().max().unwrap() + self.spare
    }

    /// Weights of all layers.
    pub fn weights(&self) -> usize {
        let inputs = [self.n_x].into_iter().chain(self.layers.iter().map(|layer| layer.0));
        inputs.zip(&self.layers).map(|(inputs, layer)| inputs * layer.0).sum()
    }

    /// The network without its parameters.
    pub fn builder<T: Scalar>(&self, backend: Setup, who: Parallelism) -> Builder<T> {
        let mut builder = Network::builder(self.n_x).loss(self.loss).parallelism(who);
        for &(units, activation) in &self.layers {
            builder = builder.layer(units, activation);
        }
        backend.choose(builder)
    }

    /// The network with its parameters set.
    pub fn network<T: Scalar>(&self, backend: Setup, who: Parallelism) -> Network<T> {
        let mut net = self.builder(backend, who).checks(Checks::Full).build().unwrap();
        backend.assert_is(&net);
        for (l, (weights, bias)) in self.parameters().into_iter().enumerate() {
            net.set_weights(l, &weights).unwrap();
            net.set_bias(l, &bias).unwrap();
        }
        net
    }

    /// W, a unit's weights after the other's, and b of each layer.
    pub fn parameters<T: Scalar>(&self) -> Vec<(Vec<T>, Vec<T>)> {
        let (mut numbers, mut inputs) = (Numbers(self.seed), self.n_x);
        let mut parameters = Vec::new();
        for &(units, _) in &self.layers {
            let scale = self.gain / (inputs as f32).sqrt();
            let count = units * inputs;
            let weights = (0..count).map(|_| self.number(&mut numbers, 2.0 * scale)).collect();
            // Zero biases let z = 0 happen; every other layer has them.
            let size = if numbers.below(2) == 0 { 0.0 } else { scale };
            let bias = (0..units).map(|_| self.number(&mut numbers, size)).collect();
            parameters.push((weights, bias));
            inputs = units;
        }
        parameters
    }

    fn number<T: Scalar>(&self, numbers: &mut Numbers, size: f32) -> T {
        let ordinary = numbers.ordinary(size);
        if self.ends && numbers.below(8) == 0 { numbers.smallest() } else { ordinary }
    }

    /// Batch `index`: inputs and targets.
    pub fn batch<T: Scalar>(&self, index: usize) -> Batch<T> {
        let mut numbers = Numbers(self.seed ^ (index as u64 + 1) << 32);
        let (m, n_y) = (self.batches[index], self.layers[self.layers.len() - 1].0);
        let n_y = self.loss.targets(n_y);
        let mut x: Vec<T> = Vec::new();
        for _ in 0..m {
            // Some samples are zero altogether: with a zero bias, z is exactly 0.
            let size = if numbers.below(8) == 0 { 0.0 } else { 2.0 };
            for _ in 0..self.n_x {
                let large = self.extremes && numbers.below(8) == 0;
                x.push(self.number(&mut numbers, if large { 1000.0 } else { size }));
            }
        }
        let y = (0..m).flat_map(|_| self.targets(&mut numbers, n_y)).map(widen).collect();
        Batch { x, y, n_x: self.n_x, n_y }
    }

    fn targets(&self, numbers: &mut Numbers, n_y: usize) -> Vec<f32> {
        match (self.loss, self.soft) {
            (Loss::BinaryCrossEntropy, true) => (0..n_y).map(|_| numbers.unit()).collect(),
            (Loss::BinaryCrossEntropy, false) => {
                (0..n_y).map(|_| numbers.below(2) as f32).collect()
            }
            (Loss::CategoricalCrossEntropy, true) => {
                let shares: Vec<f32> = (0..n_y).map(|_| numbers.unit() + 0.01).collect();
                let sum: f32 = shares.iter().sum();
                shares.into_iter().map(|s| s / sum).collect()
            }
            (Loss::CategoricalCrossEntropy, false) => {
                let class = numbers.below(n_y as u64) as usize;
                (0..n_y).map(|k| if k == class { 1.0 } else { 0.0 }).collect()
            }
            (Loss::Poisson, true) => (0..n_y).map(|_| 3.0 * numbers.unit()).collect(),
            (Loss::Poisson, false) => (0..n_y).map(|_| numbers.below(5) as f32).collect(),
            _ => (0..n_y).map(|_| 2.0 * numbers.signed()).collect(),
        }
    }
}

/// Inputs and targets, column after column.
#[derive(Debug, Clone)]
pub struct Batch<T> {
    /// Inputs.
    pub x: Vec<T>,
    /// Targets.
    pub y: Vec<T>,
    n_x: usize,
    n_y: usize,
}

impl<T: Scalar> Batch<T> {
    /// As the library takes them.
    pub fn columns(&self) -> (Columns<'_, T>, Columns<'_, T>) {
        (Columns::new(&self.x, self.n_x).unwrap(), Columns::new(&self.y, self.n_y).unwrap())
    }

    /// The same as the reference takes them.
    pub fn samples(&self) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        (nested(&self.x, self.n_x), nested(&self.y, self.n_y))
    }
}
