//! Which optimiser, with its constants.

use super::names::names;

/// How a gradient becomes a step. g is the gradient (clipped, with the L2 penalty's share), lr the
/// learning rate, t the step from 1; the moments m and v begin at 0.
///
/// | optimiser | moments | step |
/// | --- | --- | --- |
/// | SGD | | w -= lr g |
/// | momentum | m = beta m + g | w -= lr m |
/// | Nesterov | m = beta m + g | w -= lr (g + beta m) |
/// | RMSProp | v = rho v + (1 - rho) g^2 | w -= lr g / (sqrt(v) + epsilon) |
/// | Adam | m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2 | w -= lr m' / (sqrt(v') + epsilon), m' = m / (1 - beta1^t), v' = v / (1 - beta2^t) |
/// | AdamW | as Adam | w -= lr weight_decay w (weights, not biases), then as Adam |
///
/// Sources: Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964
/// (momentum); Nesterov 1983 in the form of Sutskever, Martens, Dahl and Hinton, *On the importance
/// of initialization and momentum in deep learning*, ICML 2013, with w standing for their
/// look-ahead point; Tieleman and Hinton, *Lecture 6.5: rmsprop*, 2012; Kingma and Ba, *Adam*, ICLR
/// 2015; Loshchilov and Hutter, *Decoupled weight decay regularization*, ICLR 2019. The formulas
/// are those of PyTorch's `torch.optim`, too (momentum without dampening, RMSProp not centred).
///
/// ```
/// use shallownet::Optimizer;
///
/// assert_eq!(Optimizer::adam(), Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
/// assert_eq!(Optimizer::default(), Optimizer::Sgd);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Optimizer {
    /// Gradient descent.
    #[default]
    Sgd,
    /// Gradient descent with momentum.
    Momentum {
        /// The kept share of the last direction, in [0, 1).
        beta: f64,
    },
    /// Momentum that looks ahead.
    Nesterov {
        /// The kept share of the last direction, in [0, 1).
        beta: f64,
    },
    /// Steps divided by the gradient's recent size.
    RmsProp {
        /// The kept share of the mean square, in [0, 1).
        rho: f64,
        /// Added to the root, at least 1e-18.
        epsilon: f64,
    },
    /// Momentum, divided by the gradient's recent size.
    Adam {
        /// The kept share of the mean, in [0, 1).
        beta1: f64,
        /// The kept share of the mean square, in [0, 1).
        beta2: f64,
        /// Added to the root, at least 1e-18.
        epsilon: f64,
    },
    /// Adam with decoupled weight decay.
    AdamW {
        /// The kept share of the mean, in [0, 1).
        beta1: f64,
        /// The kept share of the mean square, in [0, 1).
        beta2: f64,
        /// Added to the root, at least 1e-18.
        epsilon: f64,
        /// The share of a weight that a step at learning rate 1 takes off; biases keep theirs.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// Momentum with beta 0.9.
    ///
    /// ```
    /// # use shallownet::Optimizer;
    /// assert_eq!(Optimizer::momentum(), Optimizer::Momentum { beta: 0.9 });
    /// ```
    pub fn momentum() -> Self {
        Self::Momentum { beta: 0.9 }
    }

    /// Nesterov's momentum with beta 0.9.
    ///
    /// ```
    /// # use shallownet::Optimizer;
    /// assert_eq!(Optimizer::nesterov(), Optimizer::Nesterov { beta: 0.9 });
    /// ```
    pub fn nesterov() -> Self {
        Self::Nesterov { beta: 0.9 }
    }

    /// RMSProp with the lecture's rho, 0.9, and epsilon 1e-8.
    ///
    /// ```
    /// # use shallownet::Optimizer;
    /// assert_eq!(Optimizer::rms_prop(), Optimizer::RmsProp { rho: 0.9, epsilon: 1e-8 });
    /// ```
    pub fn rms_prop() -> Self {
        Self::RmsProp { rho: 0.9, epsilon: 1e-8 }
    }

    /// Adam with the paper's constants: 0.9, 0.999, 1e-8. (Its learning rate there is 0.001.)
    ///
    /// ```
    /// # use shallownet::Optimizer;
    /// assert_eq!(Optimizer::adam().name(), "adam");
    /// ```
    pub fn adam() -> Self {
        Self::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }

    /// AdamW with Adam's constants and a weight decay of 0.01, PyTorch's.
    ///
    /// ```
    /// # use shallownet::Optimizer;
    /// assert_eq!(Optimizer::adam_w().name(), "adam_w");
    /// ```
    pub fn adam_w() -> Self {
        Self::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 }
    }

    /// The name, as command lines and files write it.
    ///
    /// ```
    /// # use shallownet::Optimizer;
    /// assert_eq!(Optimizer::rms_prop().name(), "rms_prop");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Momentum { .. } => "momentum",
            Self::Nesterov { .. } => "nesterov",
            Self::RmsProp { .. } => "rms_prop",
            Self::Adam { .. } => "adam",
            Self::AdamW { .. } => "adam_w",
        }
    }

    /// The optimiser of that name with its usual constants, or `None`.
    ///
    /// ```
    /// # use shallownet::Optimizer;
    /// assert_eq!(Optimizer::from_name("adam"), Some(Optimizer::adam()));
    /// assert_eq!(Optimizer::from_name("lion"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|optimizer| optimizer.name() == name)
    }

    /// Every optimiser with its usual constants.
    ///
    /// ```
    /// # use shallownet::Optimizer;
    /// assert!(Optimizer::all().contains(&Optimizer::nesterov()));
    /// ```
    pub fn all() -> [Self; 6] {
        let (momentum, nesterov) = (Self::momentum(), Self::nesterov());
        [Self::Sgd, momentum, nesterov, Self::rms_prop(), Self::adam(), Self::adam_w()]
    }

    /// The constants, by name.
    pub(crate) fn constants(self) -> impl Iterator<Item = (&'static str, f64)> {
        let none = ("", f64::NAN);
        let constants = match self {
            Self::Sgd => [none; 4],
            Self::Momentum { beta } | Self::Nesterov { beta } => [("beta", beta), none, none, none],
            Self::RmsProp { rho, epsilon } => [("rho", rho), ("epsilon", epsilon), none, none],
            Self::Adam { beta1, beta2, epsilon } => {
                [("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), none]
            }
            Self::AdamW { beta1, beta2, epsilon, weight_decay } => {
                let decay = ("weight_decay", weight_decay);
                [("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), decay]
            }
        };
        constants.into_iter().filter(|(name, _)| !name.is_empty())
    }

    /// Does it keep m? And v?
    pub(crate) fn moments(self) -> [bool; 2] {
        match self {
            Self::Sgd => [false, false],
            Self::Momentum { .. } | Self::Nesterov { .. } => [true, false],
            Self::RmsProp { .. } => [false, true],
            Self::Adam { .. } | Self::AdamW { .. } => [true, true],
        }
    }
}

names!(Optimizer, "optimiser", Self::all());
