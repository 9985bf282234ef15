//! Networks and batches for property tests, and the strategy that draws them.
//!
//! A case is a shape and a seed: its numbers follow from the seed, so a failure is reproduced by
//! the case alone and shrinks to a small shape. All numbers are f32 widened to the type under
//! test, so that the reference sees the same ones.

use super::{On, Setup};
use proptest::prelude::*;
use shallownet::{Activation, Builder, Checks, Columns, Loss, Network, Parallelism, Scalar};

/// A network, its batches and a learning rate.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) n_x: usize,
    pub(crate) layers: Vec<(usize, Activation)>,
    pub(crate) loss: Loss,
    /// Targets between the extremes (soft labels) instead of at them.
    pub(crate) soft: bool,
    /// The size of weights: about 1 keeps z near 1, 30 saturates.
    pub(crate) gain: f32,
    /// Also draws values of +-1000 among the inputs.
    pub(crate) extremes: bool,
    pub(crate) seed: u64,
    /// Samples of each batch, to be run one after the other through one workspace.
    pub(crate) batches: Vec<usize>,
    /// How much larger than the largest batch the workspace is.
    pub(crate) spare: usize,
    pub(crate) learning_rate: f32,
}

impl Case {
    /// A case of this shape with ordinary values and one batch of `samples`.
    pub(crate) fn new(n_x: usize, layers: &[(usize, Activation)], samples: usize) -> Self {
        Self {
            n_x,
            layers: layers.to_vec(),
            loss: Loss::default_for(layers[layers.len() - 1].1),
            soft: false,
            gain: 1.0,
            extremes: false,
            seed: 1,
            batches: vec![samples],
            spare: 0,
            learning_rate: 0.1,
        }
    }

    /// The same with logits of ordinary size where e^z is taken of them, which leaves the range of
    /// f32 at 88; and with an even number of outputs for means and variances.
    pub(crate) fn tame(mut self) -> Self {
        let Some(output) = self.layers.last_mut() else { return self };
        if self.loss == Loss::GaussianNll {
            output.0 = output.0.next_multiple_of(2);
        }
        if output.1 == Activation::Exp || self.loss == Loss::GaussianNll {
            (self.gain, self.extremes) = (self.gain.min(1.0), false);
        }
        self
    }

    pub(crate) fn capacity(&self) -> usize {
        self.batches.iter().max().unwrap() + self.spare
    }

    /// The network without its parameters.
    pub(crate) fn builder<T: Scalar>(&self, backend: Setup, who: Parallelism) -> Builder<T> {
        let mut builder = Network::builder(self.n_x).loss(self.loss).parallelism(who);
        for &(units, activation) in &self.layers {
            builder = builder.layer(units, activation);
        }
        builder.on(backend)
    }

    /// The network with its parameters set.
    pub(crate) fn network<T: Scalar>(&self, backend: Setup, who: Parallelism) -> Network<T> {
        let mut net = self.builder(backend, who).checks(Checks::Full).build().unwrap();
        backend.assert_is(&net);
        let mut numbers = Numbers(self.seed);
        for (l, layer) in net.layers().to_vec().into_iter().enumerate() {
            let scale = self.gain / (layer.inputs as f32).sqrt();
            let weights: Vec<T> =
                (0..layer.units * layer.inputs).map(|_| numbers.ordinary(2.0 * scale)).collect();
            // Zero biases let z = 0 happen; every other layer has them.
            let size = if numbers.below(2) == 0 { 0.0 } else { scale };
            let bias: Vec<T> = (0..layer.units).map(|_| numbers.ordinary(size)).collect();
            net.set_weights(l, &weights).unwrap();
            net.set_bias(l, &bias).unwrap();
        }
        net
    }

    /// Batch `index`: inputs and targets.
    pub(crate) fn batch<T: Scalar>(&self, index: usize) -> Batch<T> {
        let mut numbers = Numbers(self.seed ^ (index as u64 + 1) << 32);
        let (m, n_y) = (self.batches[index], self.layers[self.layers.len() - 1].0);
        let n_y = self.loss.targets(n_y);
        let mut x: Vec<T> = Vec::new();
        for _ in 0..m {
            // Some samples are zero altogether: with a zero bias, z is exactly 0.
            let size = if numbers.below(8) == 0 { 0.0 } else { 2.0 };
            for _ in 0..self.n_x {
                let large = self.extremes && numbers.below(8) == 0;
                x.push(numbers.ordinary(if large { 1000.0 } else { size }));
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
pub(crate) struct Batch<T> {
    pub(crate) x: Vec<T>,
    pub(crate) y: Vec<T>,
    n_x: usize,
    n_y: usize,
}

impl<T: Scalar> Batch<T> {
    pub(crate) fn columns(&self) -> (Columns<'_, T>, Columns<'_, T>) {
        (Columns::new(&self.x, self.n_x).unwrap(), Columns::new(&self.y, self.n_y).unwrap())
    }

    /// The same as the reference takes them.
    pub(crate) fn samples(&self) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        (nested(&self.x, self.n_x), nested(&self.y, self.n_y))
    }
}

/// Columns as one vector a sample.
pub(crate) fn nested<T: Scalar>(values: &[T], features: usize) -> Vec<Vec<f64>> {
    values.chunks(features).map(|c| c.iter().map(|v| v.to_f64()).collect()).collect()
}

pub(crate) fn widen<T: Scalar>(x: f32) -> T {
    T::from_f64(f64::from(x))
}

/// SplitMix64 (Steele, Lea and Flood 2014): a few lines, and the same numbers everywhere.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Uniform in [-1, 1).
    pub(crate) fn signed(&mut self) -> f32 {
        2.0 * self.unit() - 1.0
    }

    /// So many, uniform in [-1, 1).
    pub(crate) fn list<T: Scalar>(&mut self, length: usize) -> Vec<T> {
        (0..length).map(|_| widen(self.signed())).collect()
    }

    /// Mostly uniform in [-size, size); one in sixteen is 0, one -0.
    pub(crate) fn ordinary<T: Scalar>(&mut self, size: f32) -> T {
        let value = size * self.signed();
        widen(match self.below(16) {
            0 => 0.0,
            1 => -0.0,
            _ => value,
        })
    }
}

/// Many inputs to few units, in the fused backend's panels of half the width: batches of a tile, of
/// a few columns, and of one sample.
pub(crate) fn half_panels() -> impl Iterator<Item = Case> {
    [(300, 1), (301, 4), (300, 8), (2051, 3)].into_iter().map(|(n_x, units)| {
        let layers = [(units, Activation::Tanh), (5, Activation::Softmax)];
        Case { batches: vec![40, 7, 3, 1], ..Case::new(n_x, &layers, 40) }
    })
}

/// Networks of few units, which the fused backend runs with samples in lanes, with every activation
/// hidden and at the output: batches around its registers, blocks and tiles, one after the other.
pub(crate) fn narrow() -> Vec<Case> {
    use Activation::{Gelu, GeluTanh, Identity, Relu, Sigmoid, Silu, Sin, Softmax, Softplus, Tanh};
    let leaky = Activation::LeakyRelu { slope: 0.2 };
    let layers: [(usize, &[(usize, Activation)]); 11] = [
        (2, &[(4, Tanh), (1, Sigmoid)]),
        (3, &[(1, leaky)]),
        (4, &[(32, Sigmoid), (2, Softmax)]),
        (4, &[(32, Tanh), (16, Relu), (4, Softmax)]),
        (9, &[(16, leaky), (8, Identity), (3, Relu)]),
        (8, &[(16, Relu), (5, Tanh)]),
        (1, &[(7, Identity), (17, Identity)]),
        (2, &[(8, Sin), (7, Gelu), (1, Identity)]),
        (5, &[(4, Activation::ELU), (3, Tanh), (2, Softplus)]),
        (4, &[(16, Silu), (3, GeluTanh)]),
        (3, &[(1, Gelu), (1, Sin)]),
    ];
    let case = |(n_x, layers): (usize, &[_])| {
        let batches = vec![513, 1, 17, 1100, 5, 6, 15, 16, 63, 64, 65, 511, 512];
        Case { batches, spare: 3, ..Case::new(n_x, layers, 1) }
    };
    layers.into_iter().map(case).collect()
}

/// Any case: 1 to 4 layers of 1 to 40 units, every activation, every output activation with every
/// loss it may have, one to three batches of 1 to 70 samples.
pub(crate) fn any_case() -> impl Strategy<Value = Case> {
    let layer = || (1_usize..=40, elementwise());
    let shape = (1_usize..=40, prop::collection::vec(layer(), 0..=3), 1_usize..=40, output());
    let values = (any::<bool>(), prop::sample::select(&[0.1_f32, 1.0, 1.0, 30.0]), any::<bool>());
    let batches = (prop::collection::vec(1_usize..=70, 1..=3), 0_usize..=40);
    (shape, values, batches, any::<u64>(), 0.001_f32..2.0).prop_map(
        |((n_x, mut layers, n_y, (g, loss)), values, (batches, spare), seed, learning_rate)| {
            // One unit of softmax is refused.
            layers.push((if g == Activation::Softmax { n_y.max(2) } else { n_y }, g));
            let (soft, gain, extremes) = values;
            Case { n_x, layers, loss, soft, gain, extremes, seed, batches, spare, learning_rate }
                .tame()
        },
    )
}

/// Any activation of a hidden layer.
pub(crate) fn elementwise() -> impl Strategy<Value = Activation> {
    prop_oneof![
        Just(Activation::Identity),
        Just(Activation::Sigmoid),
        Just(Activation::Tanh),
        Just(Activation::Relu),
        Just(Activation::LEAKY_RELU),
        (0.001_f64..0.999).prop_map(|slope| Activation::LeakyRelu { slope }),
        (0.1_f64..2.0).prop_map(|alpha| Activation::Elu { alpha }),
        Just(Activation::ELU),
        Just(Activation::Softplus),
        Just(Activation::Silu),
        Just(Activation::Gelu),
        Just(Activation::GeluTanh),
        Just(Activation::Sin),
    ]
}

/// Any output activation with any loss it may have.
fn output() -> impl Strategy<Value = (Activation, Loss)> {
    prop_oneof![
        2 => Just((Activation::Sigmoid, Loss::BinaryCrossEntropy)),
        2 => Just((Activation::Softmax, Loss::CategoricalCrossEntropy)),
        1 => Just((Activation::Softmax, Loss::SquaredError)),
        3 => elementwise().prop_map(|g| (g, Loss::SquaredError)),
        2 => (elementwise(), by_difference()),
        1 => (prop_oneof![Just(Activation::Softmax), Just(Activation::Exp)], by_difference()),
        2 => Just((Activation::Exp, Loss::Poisson)),
        1 => Just((Activation::Exp, Loss::SquaredError)),
        2 => Just((Activation::Identity, Loss::GaussianNll)),
    ]
}

/// An output of any kind, with any loss it may have but the cross-entropies.
pub(crate) fn output_and_loss() -> impl Strategy<Value = (Activation, Loss)> {
    let losses = || prop_oneof![Just(Loss::SquaredError), by_difference()];
    prop_oneof![
        3 => (elementwise(), losses()),
        1 => (Just(Activation::Softmax), losses()),
        1 => Just((Activation::Exp, Loss::Poisson)),
        1 => (Just(Activation::Exp), losses()),
        1 => Just((Activation::Identity, Loss::GaussianNll)),
    ]
}

/// Any loss by differences but squared error.
pub(crate) fn by_difference() -> impl Strategy<Value = Loss> {
    prop_oneof![
        Just(Loss::HUBER),
        (0.001_f64..3.0).prop_map(|delta| Loss::Huber { delta }),
        Just(Loss::Absolute),
        Just(Loss::MEDIAN),
        (0.001_f64..0.999).prop_map(|tau| Loss::Quantile { tau }),
    ]
}
