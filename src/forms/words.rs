//! The words of a network: those without numbers by their names, the others with their numbers.

use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use super::written_as;
use crate::words::activation::Activation;
use crate::words::choices::{Backend, Checks, Parallelism};
use crate::words::fingerprint::Fingerprint;
use crate::words::init::Init;
use crate::words::layer::Layer;
use crate::words::level::Level;
use crate::words::loss::Loss;
use crate::words::optimizer::Optimizer;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Activation", rename_all = "snake_case", deny_unknown_fields)]
enum ActivationForm {
    Identity,
    Sigmoid,
    Tanh,
    Relu,
    LeakyRelu { slope: f64 },
    Elu { alpha: f64 },
    Softplus,
    Silu,
    Gelu,
    GeluTanh,
    Sin,
    Softmax,
    Exp,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Loss", rename_all = "snake_case", deny_unknown_fields)]
enum LossForm {
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    SquaredError,
    Huber { delta: f64 },
    Absolute,
    Quantile { tau: f64 },
    Poisson,
    GaussianNll,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Init", rename_all = "snake_case", deny_unknown_fields)]
enum InitForm {
    Auto,
    Zeros,
    Uniform { scale: f64 },
    Normal { scale: f64 },
    XavierUniform,
    XavierNormal,
    HeUniform,
    HeNormal,
    NguyenWidrow,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Layer", deny_unknown_fields)]
struct LayerForm {
    inputs: usize,
    units: usize,
    activation: Activation,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "Optimizer", rename_all = "snake_case", deny_unknown_fields)]
enum OptimizerForm {
    Sgd,
    Momentum { beta: f64 },
    Nesterov { beta: f64 },
    RmsProp { rho: f64, epsilon: f64 },
    Adam { beta1: f64, beta2: f64, epsilon: f64 },
    AdamW { beta1: f64, beta2: f64, epsilon: f64, weight_decay: f64 },
}

written_as!(
    Activation = ActivationForm,
    Loss = LossForm,
    Init = InitForm,
    Layer = LayerForm,
    Optimizer = OptimizerForm,
);

/// The form of types that are written as one text and parsed from it: a name, or digits.
struct Parsed<T> {
    what: &'static str,
    parsed: core::marker::PhantomData<T>,
}

impl<T: core::str::FromStr<Err: fmt::Display>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! written_as_text {
    ($($written:ty: $what:literal),+ $(,)?) => {$(
        impl Serialize for $written {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $written {
            fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                let parsed = core::marker::PhantomData;
                reader.deserialize_str(Parsed { what: $what, parsed })
            }
        }
    )+};
}
written_as_text!(
    Backend: "the name of a backend",
    Level: "the name of a SIMD level",
    Parallelism: "\"serial\" or \"rayon\"",
    Checks: "\"full\" or \"shapes_only\"",
    Fingerprint: "16 hexadecimal digits",
);
