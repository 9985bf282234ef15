//! How weights are initialised: seeded, with a stream that is the same on every machine.

/// How a network's weights are drawn. Biases begin at 0, but for [`Init::NguyenWidrow`].
///
/// **Why not zeros.** With all weights equal, every unit of a hidden layer computes the same
/// value, receives the same gradient and stays the same for ever: the layer acts as one unit.
/// Biases may be zero, since different weights already tell the units apart.
///
/// **Why small.** Sigmoid and tanh are flat for large |z|, so large weights start training where g'
/// is almost 0 and it hardly moves. [`Init::LECTURE`] (0.01) is the textbook's choice for one
/// hidden layer; deeper or wider nets do better with a scale that follows the layer's width, so
/// that neither activations nor gradients shrink or grow from layer to layer: [`Init::Auto`], the
/// default.
///
/// Sources: Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural
/// networks*, AISTATS 2010; He, Zhang, Ren and Sun, *Delving deep into rectifiers*, ICCV 2015.
///
/// The stream: ChaCha8 (`rand_chacha`), seeded by `seed_from_u64`; weights are drawn layer by
/// layer, row by row (`W[j][0]`, `W[j][1]`, ...) in f64 and rounded to the element type, so one
/// seed gives the same f64 network on every machine and the f32 network is its rounding.
///
/// ```
/// use shallownet::{Activation, Init, Network};
///
/// let net = Network::<f64>::builder(2)
///     .layer(4, Activation::Tanh)
///     .layer(1, Activation::Sigmoid)
///     .init(Init::LECTURE, 1)
///     .build()?;
/// assert!(net.weights(0)?.iter().all(|w| w.abs() < 0.06));
///
/// // Without `init`: for tanh, Glorot's.
/// let builder = Network::<f64>::builder(2).layer(4, Activation::Tanh);
/// let glorot = builder.clone().init(Init::XavierNormal, 0).build()?;
/// assert_eq!(builder.build()?.weights(0)?, glorot.weights(0)?);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Init {
    /// Each layer by its own activation, from a normal distribution: variance 2 / (n_in + n_out)
    /// (Glorot) for sigmoid, tanh, identity and softmax, 2 / n_in (He) for ReLU, ELU,
    /// softplus, SiLU, GELU and sin (Sitzmann et al. 2020, whose factor of 30 is left out), and
    /// 2 / ((1 + slope^2) n_in) for a leaky ReLU (He et al. 2015, equation 15).
    #[default]
    Auto,
    /// All weights 0: to show why this fails, or before weights are loaded.
    Zeros,
    /// Uniform in [-scale, scale).
    Uniform {
        /// Half the width of the interval.
        scale: f64,
    },
    /// Normal with mean 0 and standard deviation `scale`.
    Normal {
        /// The standard deviation.
        scale: f64,
    },
    /// Uniform with variance 2 / (n_in + n_out) (Glorot and Bengio 2010, equation 16).
    XavierUniform,
    /// Normal with variance 2 / (n_in + n_out) (Glorot and Bengio 2010).
    XavierNormal,
    /// Uniform with variance 2 / n_in (He et al. 2015).
    HeUniform,
    /// Normal with variance 2 / n_in (He et al. 2015, equation 10).
    HeNormal,
    /// Nguyen and Widrow's, for layers of tanh and sigmoid whose inputs lie in [-1, 1] (standardize or
    /// scale them so): each unit's weights are uniform in direction (from the cube) with the norm 0.7
    /// n_out^(1/n_in), and its bias is uniform within that norm, so that the units' active regions are
    /// spread over the inputs' range. For sigmoid all is doubled; where the layer before is one, its
    /// (0, 1) is taken for the range. Other layers: uniform in [-1/2, 1/2), biases 0. (D. Nguyen and B.
    /// Widrow, *Improving the learning speed of 2-layer neural networks*, IJCNN 1990.)
    NguyenWidrow,
}

impl Init {
    /// Normal with standard deviation 0.01, whatever the layer: the lecture's.
    ///
    /// ```
    /// # use shallownet::Init;
    /// assert_eq!(Init::LECTURE, Init::Normal { scale: 0.01 });
    /// ```
    pub const LECTURE: Self = Self::Normal { scale: 0.01 };
}
