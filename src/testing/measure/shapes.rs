//! The networks and batches that are measured: one table, for `shallownet bench` and for benches/.

use crate::{Activation, Builder, Columns, Init, Network, Result, Scalar};

/// One network shape and the size of its batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// S1 to S13.
    pub name: &'static str,
    /// Inputs, then the units of each layer.
    pub sizes: &'static [usize],
    /// Samples of a batch.
    pub m: usize,
    /// Of all layers but the last.
    pub hidden: Activation,
    /// Of the last layer.
    pub output: Activation,
    /// Of all numbers.
    pub element: Element,
    /// What its steps are: alone, or inside a `Fit`.
    pub steps: Steps,
}

/// The type of a shape's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// `f32`.
    F32,
    /// `f64`.
    F64,
}

/// How a shape's steps are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// Each a call of `Network::step`.
    Single,
    /// A thousand in one `Fit::run`.
    InFit,
    /// Single, and the gradient without the update besides.
    WithGradient,
}

/// What is measured of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Forward, backward, update.
    Step,
    /// Forward, backward, and Adam's update.
    Adam,
    /// Forward and backward: cost and gradient.
    Gradient,
    /// The prediction of the whole batch.
    Forward,
    /// The prediction of one sample.
    Predict,
}

impl Kind {
    /// As the table has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Adam => "adam",
            Self::Gradient => "gradient",
            Self::Forward => "forward",
            Self::Predict => "predict",
        }
    }
}

use Activation::{Identity, Relu, Sigmoid, Softmax, Tanh};

/// The thirteen shapes, from a toy's to one of four million weights.
#[rustfmt::skip]
pub const SHAPES: [Shape; 13] = [
    f32("S1", &[2, 4, 1], 400, Tanh, Sigmoid).steps(Steps::InFit),
    f32("S2", &[3, 4, 1], 1, Tanh, Sigmoid).steps(Steps::InFit),
    f32("S3", &[8, 16, 1], 32, Tanh, Sigmoid).steps(Steps::InFit),
    f32("S4", &[64, 32, 10], 64, Tanh, Softmax),
    f32("S5", &[784, 128, 10], 64, Relu, Softmax),
    f32("S6", &[784, 128, 10], 1024, Relu, Softmax),
    f32("S7", &[784, 300, 10], 256, Tanh, Softmax),
    f32("S8", &[1024, 1024, 1024], 1024, Relu, Sigmoid),
    f32("S9", &[12288, 7, 1], 209, Relu, Sigmoid),
    f32("S10", &[4, 32, 16, 4], 10_000, Tanh, Identity),
    Shape { element: Element::F64, ..f32("S11", &[24, 8, 2], 200, Tanh, Identity) }
        .steps(Steps::WithGradient),
    f32("S12", &[6, 64, 8, 4], 1, Tanh, Identity),
    f32("S13", &[17, 256, 256, 1], 256, Relu, Identity),
];

const fn f32(
    name: &'static str,
    sizes: &'static [usize],
    m: usize,
    hidden: Activation,
    output: Activation,
) -> Shape {
    Shape { name, sizes, m, hidden, output, element: Element::F32, steps: Steps::Single }
}

impl Shape {
    const fn steps(self, steps: Steps) -> Self {
        Self { steps, ..self }
    }

    /// That of a name, in capitals or not.
    pub fn named(name: &str) -> Option<&'static Self> {
        SHAPES.iter().find(|shape| shape.name.eq_ignore_ascii_case(name))
    }

    /// What is measured of it, in the order of the rows.
    pub fn kinds(&self) -> &'static [Kind] {
        use Kind::{Adam, Forward, Gradient, Predict, Step};
        match self.steps {
            Steps::WithGradient => &[Step, Adam, Gradient, Forward, Predict],
            Steps::Single | Steps::InFit => &[Step, Adam, Forward, Predict],
        }
    }

    /// Samples of one call.
    pub fn samples(&self, kind: Kind) -> usize {
        if kind == Kind::Predict { 1 } else { self.m }
    }

    /// Multiplications and additions of the matrix products: 2 m W forward, and backward twice
    /// that, less the first layer's input gradient, which nobody needs.
    pub fn flops(&self, kind: Kind) -> f64 {
        let all = self.weights() as f64;
        let first = (self.sizes[0] * self.sizes[1]) as f64;
        let a_sample = match kind {
            Kind::Step | Kind::Adam | Kind::Gradient => 3.0 * all - first,
            Kind::Forward | Kind::Predict => all,
        };
        2.0 * self.samples(kind) as f64 * a_sample
    }

    /// W: weights of all layers.
    pub fn weights(&self) -> usize {
        self.sizes.windows(2).map(|pair| pair[0] * pair[1]).sum()
    }

    /// The network, its weights drawn from a fixed seed.
    pub fn builder<T: Scalar>(&self) -> Builder<T> {
        let init = if self.hidden == Relu { Init::HeNormal } else { Init::XavierNormal };
        let mut builder = Network::builder(self.sizes[0]).init(init, 1);
        for (l, &units) in self.sizes[1..].iter().enumerate() {
            let is_output = l + 2 == self.sizes.len();
            builder = builder.layer(units, if is_output { self.output } else { self.hidden });
        }
        builder
    }

    /// A batch of uniform inputs in [-1, 1) and targets that fit the output: classes, or uniform.
    pub fn batch<T: Scalar>(&self) -> Batch<T> {
        let mut numbers = Numbers(7);
        let (n_x, n_y) = (self.sizes[0], self.sizes[self.sizes.len() - 1]);
        let x = (0..n_x * self.m).map(|_| T::from_f64(numbers.signed())).collect();
        let mut y = vec![T::ZERO; n_y * self.m];
        for column in y.chunks_mut(n_y) {
            match self.output {
                Softmax => {
                    let class = (numbers.next() % n_y as u64) as usize;
                    column[class] = T::from_f64(1.0);
                }
                Identity => column.fill_with(|| T::from_f64(numbers.signed())),
                _ => column.fill_with(|| T::from_f64((numbers.next() % 2) as f64)),
            }
        }
        Batch { x, y, n_x, n_y }
    }
}

/// Inputs and targets, column after column.
#[derive(Debug)]
pub struct Batch<T> {
    x: Vec<T>,
    y: Vec<T>,
    n_x: usize,
    n_y: usize,
}

impl<T: Scalar> Batch<T> {
    /// The first `samples` samples.
    ///
    /// # Errors
    /// None, as long as the batch has so many.
    ///
    /// # Panics
    /// If it has fewer.
    pub fn first(&self, samples: usize) -> Result<(Columns<'_, T>, Columns<'_, T>)> {
        let x = Columns::new(&self.x[..samples * self.n_x], self.n_x)?;
        Ok((x, Columns::new(&self.y[..samples * self.n_y], self.n_y)?))
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in [-1, 1), in steps that f32 holds exactly.
    fn signed(&mut self) -> f64 {
        (self.next() >> 40) as f64 / f64::from(1 << 23) - 1.0
    }
}
