//! What a network is, without its parameters.

use crate::network::builder::Builder;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::activation::Activation;
use crate::words::choices::{Backend, Checks, Parallelism};
use crate::words::init::Init;
use crate::words::level::Level;
use crate::words::loss::Loss;

/// All choices of a [`Builder`], to keep in a program's own settings, show, compare, or turn into a
/// builder again, of `f32` or `f64`. The weights are not part of it.
///
/// [`Builder::configuration`] and [`Network::configuration`] return it. With the feature `serde` it
/// is written and read as below; all but `inputs` and `layers` may be left out.
///
/// ```
/// use shallownet::{Activation, Builder, Init, Network};
///
/// let builder = Network::<f32>::builder(2)
///     .layer(4, Activation::Tanh)
///     .layer(1, Activation::Sigmoid)
///     .init(Init::XavierNormal, 3);
/// let configuration = builder.configuration();
/// assert_eq!((configuration.inputs, configuration.seed), (2, 3));
///
/// let same = Builder::<f32>::from(configuration.clone()).build()?;
/// assert_eq!(same.weights(0)?, builder.build()?.weights(0)?);
///
/// # #[cfg(feature = "serde")] {
/// let json = r#"{
///     "inputs": 2,
///     "layers": [{"units": 4, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}],
///     "loss": null,
///     "init": "xavier_normal",
///     "seed": 3,
///     "backend": "auto",
///     "level": null,
///     "parallelism": "rayon",
///     "checks": "full"
/// }"#;
/// assert_eq!(serde_json::from_str::<shallownet::Configuration>(json).unwrap(), configuration);
/// # }
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Configuration {
    /// n_x, the features of a sample.
    pub inputs: usize,
    /// The units of each layer, and their activation.
    pub layers: Vec<(usize, Activation)>,
    /// The loss; `None`: the output's own, [`Loss::default_for`].
    pub loss: Option<Loss>,
    /// How the weights begin.
    pub init: Init,
    /// The seed of the weights.
    pub seed: u64,
    /// What computes.
    pub backend: Backend,
    /// The SIMD level that is forced, if one is.
    pub level: Option<Level>,
    /// Who computes.
    pub parallelism: Parallelism,
    /// What is checked.
    pub checks: Checks,
}

impl<T: Scalar> From<Configuration> for Builder<T> {
    /// Nothing is checked before [`Builder::build`].
    fn from(configuration: Configuration) -> Self {
        let Configuration { inputs, layers, loss, init, seed, backend, level, .. } = configuration;
        let Configuration { parallelism, checks, .. } = configuration;
        let builder = Network::builder(inputs);
        let builder =
            layers.into_iter().fold(builder, |builder, (units, g)| builder.layer(units, g));
        Self { loss, init, seed, backend, level, parallelism, checks, ..builder }
    }
}

impl<T: Scalar> Builder<T> {
    /// The choices made so far.
    ///
    /// ```
    /// # use shallownet::{Activation, Network};
    /// let configuration = Network::<f64>::builder(3).layer(1, Activation::Tanh).configuration();
    /// assert_eq!(configuration.layers, [(1, Activation::Tanh)]);
    /// ```
    pub fn configuration(&self) -> Configuration {
        Configuration {
            inputs: self.n_x,
            layers: self.layers.clone(),
            loss: self.loss,
            init: self.init,
            seed: self.seed,
            backend: self.backend,
            level: self.level,
            parallelism: self.parallelism,
            checks: self.checks,
        }
    }
}

impl<T: Scalar> Network<T> {
    /// The configuration of a new network with the same layers, loss, parallelism and checks. How
    /// the weights began is no longer known; backend and level are chosen by the machine that
    /// builds the new network.
    ///
    /// ```
    /// use shallownet::{Activation, Builder, Loss, Network};
    ///
    /// let net = Network::<f32>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// let configuration = net.configuration();
    /// assert_eq!(configuration.loss, Some(Loss::BinaryCrossEntropy));
    /// assert_eq!(Builder::<f64>::from(configuration).build()?.layers(), net.layers());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn configuration(&self) -> Configuration {
        Configuration {
            inputs: self.inputs(),
            layers: self.layers().iter().map(|layer| (layer.units, layer.activation)).collect(),
            loss: Some(self.loss()),
            init: Init::Auto,
            seed: 0,
            backend: Backend::Auto,
            level: None,
            parallelism: self.parallelism,
            checks: self.checks,
        }
    }
}
