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
/// | ELU | z for z >= 0, else alpha (e^z - 1) | 1 for z >= 0, else alpha e^z |
/// | softplus | ln(1 + e^z) | 1 / (1 + e^-z) |
/// | SiLU | z / (1 + e^-z) | s + z s (1 - s), s = 1 / (1 + e^-z) |
/// | GELU | z Phi(z) | Phi(z) + z phi(z) |
/// | GELU by tanh | z (1 + tanh u) / 2, u = sqrt(2 / pi) (z + 0.044715 z^3) | by the same formula |
/// | sin | sin z | cos z |
/// | softmax | e^z_k / sum_j e^z_j | (output layer only; part of the loss) |
/// | exp | e^z | a (output layer only) |
///
/// with a = g(z), and Phi and phi the normal distribution and its density: Phi(z) = (1 + erf(z /
/// sqrt 2)) / 2. At exactly z = 0, signed zeros included, both ReLUs have the derivative 1: the
/// function is not differentiable there, and this is the subgradient that every backend and the
/// reference agree on. It is the same for an ELU whose alpha is not 1.
///
/// ELU: Clevert, Unterthiner and Hochreiter, 2016. GELU and SiLU: Hendrycks and Gimpel, 2016. Sin:
/// Sitzmann et al., 2020 (their factor of 30 is here in the weights).
///
/// The ELU and those below it are computed in a pass of their own after a layer's product, in which
/// the derivative is found as well; a layer of them costs more than one of tanh.
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
    /// g(z) = z for z >= 0, else `alpha` (e^z - 1). See [`Activation::ELU`].
    Elu {
        /// -g(-infinity); greater than 0.
        alpha: f64,
    },
    /// g(z) = ln(1 + e^z).
    Softplus,
    /// g(z) = z / (1 + e^-z), also known as swish.
    Silu,
    /// g(z) = z Phi(z), by the error function.
    Gelu,
    /// GELU by its approximation with tanh, which differs from it by less than 5e-4.
    GeluTanh,
    /// g(z) = sin z.
    Sin,
    /// Column-wise e^z_k / sum_j e^z_j; for an output layer of two units or more.
    Softmax,
    /// g(z) = e^z, for the outputs of rates: see [`Loss::Poisson`](crate::Loss::Poisson). For an output
    /// layer; in a hidden one it would leave the range of numbers at the first large z.
    Exp,
}

impl Activation {
    /// Leaky ReLU with the usual slope, 0.01.
    pub const LEAKY_RELU: Self = Self::LeakyRelu { slope: 0.01 };

    /// ELU with the usual alpha, 1.
    pub const ELU: Self = Self::Elu { alpha: 1.0 };

    /// Each once; the leaky ReLU with its usual slope, the ELU with its usual alpha.
    const ALL: [Self; 13] = [
        Self::Identity,
        Self::Sigmoid,
        Self::Tanh,
        Self::Relu,
        Self::LEAKY_RELU,
        Self::ELU,
        Self::Softplus,
        Self::Silu,
        Self::Gelu,
        Self::GeluTanh,
        Self::Sin,
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

    /// Is its derivative not continuous at 0?
    pub(crate) fn has_kink(self) -> bool {
        self.is_relu() || matches!(self, Self::Elu { alpha } if alpha != 1.0)
    }

    /// Has it a second derivative that is not 0 everywhere (but for a kink)?
    pub(crate) fn is_bent(self) -> bool {
        !(self == Self::Identity || self.is_relu())
    }

    /// Is it computed apart from the layer's product, with its derivative? (The others are part of
    /// the product's kernel, and g' is read off a.)
    pub(crate) fn is_apart(self) -> bool {
        matches!(
            self,
            Self::Elu { .. }
                | Self::Softplus
                | Self::Silu
                | Self::Gelu
                | Self::GeluTanh
                | Self::Sin
        )
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
            Self::Elu { .. } => "elu",
            Self::Softplus => "softplus",
            Self::Silu => "silu",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_tanh",
            Self::Sin => "sin",
            Self::Softmax => "softmax",
            Self::Exp => "exp",
        }
    }

    /// The activation of that name (leaky ReLU and ELU with the usual slope and alpha), or `None`.
    ///
    /// ```
    /// # use shallownet::Activation;
    /// assert_eq!(Activation::from_name("tanh"), Some(Activation::Tanh));
    /// assert_eq!(Activation::from_name("gelu"), Some(Activation::Gelu));
    /// assert_eq!(Activation::from_name("maxout"), None);
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
            Self::Sigmoid => sigmoid(z),
            Self::Tanh => z.tanh(),
            Self::Relu => relu(0.0, z),
            Self::LeakyRelu { slope } => relu(slope, z),
            Self::Elu { alpha } if z < 0.0 => alpha * z.exp_m1(),
            Self::Elu { .. } => z,
            Self::Softplus => z.max(0.0) + (-z.abs()).exp().ln_1p(),
            // -infinity times 0 would be NaN.
            Self::Silu | Self::Gelu | Self::GeluTanh if z == f64::NEG_INFINITY => 0.0,
            Self::Silu => z * sigmoid(z),
            Self::Gelu => z * normal_distribution(z),
            Self::GeluTanh => z * sigmoid(2.0 * gelu_tanh_argument(z)),
            Self::Sin => libm::sin(z),
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
            Self::Elu { alpha } if z < 0.0 => alpha * z.exp(),
            Self::Elu { .. } => step(1.0, z),
            Self::Softplus => sigmoid(z),
            Self::Silu | Self::Gelu | Self::GeluTanh if z.is_infinite() => step(0.0, z),
            Self::Silu => {
                let s = sigmoid(z);
                s + z * s * sigmoid(-z)
            }
            Self::Gelu => {
                let density = (-z * z / 2.0).exp() / (2.0 * core::f64::consts::PI).sqrt();
                normal_distribution(z) + z * density
            }
            Self::GeluTanh => {
                // (1 + tanh u) / 2 is a sigmoid of 2 u.
                let u = gelu_tanh_argument(z);
                let du = GELU_SCALE * (1.0 + 3.0 * GELU_CUBE * z * z);
                let s = sigmoid(2.0 * u);
                let slope = 2.0 * s * sigmoid(-2.0 * u);
                // Where the slope is 0, du may be infinite.
                if slope == 0.0 { s } else { s + z * slope * du }
            }
            Self::Sin => libm::cos(z),
            Self::Softmax => 0.0,
            Self::Exp => z.exp(),
        }
    }
}

names!(Activation, "activation", Self::ALL);

fn sigmoid(z: f64) -> f64 {
    // e^-|z| never overflows, and both tails keep their relative accuracy.
    let t = (-z.abs()).exp();
    if z >= 0.0 { 1.0 / (1.0 + t) } else { t / (1.0 + t) }
}

/// Phi(z) = erfc(-z / sqrt 2) / 2, which does not cancel.
fn normal_distribution(z: f64) -> f64 {
    libm::erfc(-z * core::f64::consts::FRAC_1_SQRT_2) / 2.0
}

/// sqrt(2 / pi).
const GELU_SCALE: f64 = core::f64::consts::FRAC_2_SQRT_PI * core::f64::consts::FRAC_1_SQRT_2;
const GELU_CUBE: f64 = 0.044715;

fn gelu_tanh_argument(z: f64) -> f64 {
    GELU_SCALE * (z + GELU_CUBE * z * z * z)
}

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
