//! The activation functions g and their derivatives g', one unit at a time.

use super::names::names;

/// A layer's activation function g.
///
/// | activation | g(z) | g'(z) |
/// | --- | --- | --- |
/// | identity | z | 1 |
/// | sigmoid | 1 / (1 + e^-z) | a (1 - a) |
/// | tanh | tanh z | 1 - a^2 |
/// | ReLU | max(0, z) | 1 for z >= 0, else 0 |
/// | leaky ReLU | max(0.01 z, z) | 1 for z >= 0, else 0.01 |
/// | softmax | e^z_k / sum_j e^z_j | (output layer only; part of the loss) |
/// | exp | e^z | a (output layer only) |
///
/// with a = g(z). At exactly z = 0, signed zeros included, both ReLUs have the derivative 1: the
/// function is not differentiable there, and this is the subgradient that every backend and the
/// reference agree on.
///
/// ```
/// use shallownet::Activation;
///
/// assert_eq!(Activation::Relu.value(-3.0), 0.0);
/// assert_eq!(Activation::Relu.derivative(-0.0), 1.0);
/// assert_eq!(Activation::LEAKY_RELU.value(-3.0), -0.03);
/// assert_eq!(Activation::Sigmoid.derivative(0.0), 0.25);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// g(z) = z.
    Identity,
    /// g(z) = 1 / (1 + e^-z).
    Sigmoid,
    /// g(z) = tanh z.
    Tanh,
    /// g(z) = max(0, z).
    Relu,
    /// g(z) = z for z >= 0, else `slope` z. See [`Activation::LEAKY_RELU`].
    LeakyRelu {
        /// The derivative for z < 0; strictly between 0 and 1.
        slope: f64,
    },
    /// Column-wise e^z_k / sum_j e^z_j; for an output layer of two units or more.
    Softmax,
    /// g(z) = e^z, for the outputs of rates: see [`Loss::Poisson`](crate::Loss::Poisson). For an output
    /// layer; in a hidden one it would leave the range of numbers at the first large z.
    Exp,
}

impl Activation {
    /// Leaky ReLU with the usual slope, 0.01.
    pub const LEAKY_RELU: Self = Self::LeakyRelu { slope: 0.01 };

    /// Each once; the leaky ReLU with its usual slope.
    const ALL: [Self; 7] = [
        Self::Identity,
        Self::Sigmoid,
        Self::Tanh,
        Self::Relu,
        Self::LEAKY_RELU,
        Self::Softmax,
        Self::Exp,
    ];

    /// May a hidden layer have it?
    ///
    /// ```
    /// # use shallownet::Activation;
    /// assert!(Activation::Relu.is_for_hidden_layers());
    /// assert!(!Activation::Softmax.is_for_hidden_layers() && !Activation::Exp.is_for_hidden_layers());
    /// ```
    pub fn is_for_hidden_layers(self) -> bool {
        !matches!(self, Self::Softmax | Self::Exp)
    }

    /// Of an output, is it computed by `kernels::head` rather than as hidden layers' are? A sigmoid has
    /// another limit there, and the exponential is for outputs only. (Softmax needs whole columns.)
    pub(crate) fn is_of_outputs(self) -> bool {
        matches!(self, Self::Sigmoid | Self::Exp)
    }

    /// A ReLU, leaky or not: it has a kink, and marks z < 0 by the sign of a.
    pub(crate) fn is_relu(self) -> bool {
        matches!(self, Self::Relu | Self::LeakyRelu { .. })
    }

    /// The name in lower case, as the command line and model files write it.
    ///
    /// ```
    /// # use shallownet::Activation;
    /// assert_eq!(Activation::LEAKY_RELU.name(), "leaky_relu");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::LeakyRelu { .. } => "leaky_relu",
            Self::Softmax => "softmax",
            Self::Exp => "exp",
        }
    }

    /// The activation of that name (leaky ReLU with its default slope), or `None`.
    ///
    /// ```
    /// # use shallownet::Activation;
    /// assert_eq!(Activation::from_name("tanh"), Some(Activation::Tanh));
    /// assert_eq!(Activation::from_name("gelu"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.name() == name)
    }

    /// g(z), in f64. Softmax of a single unit is 1, as the formula says.
    ///
    /// ```
    /// # use shallownet::Activation;
    /// assert_eq!(Activation::Sigmoid.value(0.0), 0.5);
    /// assert_eq!(Activation::LEAKY_RELU.value(-2.0), -0.02);
    /// ```
    pub fn value(self, z: f64) -> f64 {
        match self {
            Self::Identity => z,
            Self::Sigmoid => {
                // e^-|z| never overflows, and both tails keep their relative accuracy.
                let t = (-z.abs()).exp();
                if z >= 0.0 { 1.0 / (1.0 + t) } else { t / (1.0 + t) }
            }
            Self::Tanh => z.tanh(),
            Self::Relu => relu(0.0, z),
            Self::LeakyRelu { slope } => relu(slope, z),
            Self::Softmax => 1.0,
            Self::Exp => z.exp(),
        }
    }

    /// g'(z), in f64. Softmax of a single unit is constant, so 0.
    ///
    /// ```
    /// # use shallownet::Activation;
    /// assert_eq!(Activation::Tanh.derivative(0.0), 1.0);
    /// assert_eq!(Activation::Relu.derivative(0.0), 1.0);
    /// ```
    pub fn derivative(self, z: f64) -> f64 {
        match self {
            Self::Identity => 1.0,
            Self::Sigmoid => {
                let t = (-z.abs()).exp();
                t / ((1.0 + t) * (1.0 + t))
            }
            Self::Tanh => {
                let a = z.tanh();
                1.0 - a * a
            }
            Self::Relu => step(0.0, z),
            Self::LeakyRelu { slope } => step(slope, z),
            Self::Softmax => 0.0,
            Self::Exp => z.exp(),
        }
    }
}

names!(Activation, "activation", Self::ALL);

fn relu(slope: f64, z: f64) -> f64 {
    if z.is_nan() || z >= 0.0 {
        z
    } else if slope == 0.0 {
        0.0
    } else {
        slope * z
    }
}

fn step(slope: f64, z: f64) -> f64 {
    if z.is_nan() {
        z
    } else if z >= 0.0 {
        1.0
    } else {
        slope
    }
}
