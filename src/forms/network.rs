//! A network's configuration.

use serde::{Deserialize, Serialize};

use super::written_as;
use crate::network::configuration::Configuration;
use crate::words::activation::Activation;
use crate::words::choices::{Backend, Checks, Parallelism};
use crate::words::init::Init;
use crate::words::level::Level;
use crate::words::loss::Loss;

#[derive(Serialize, Deserialize)]
#[serde(remote = "Configuration", deny_unknown_fields)]
struct ConfigurationForm {
    inputs: usize,
    #[serde(with = "Layers")]
    layers: Vec<(usize, Activation)>,
    #[serde(default)]
    loss: Option<Loss>,
    #[serde(default)]
    init: Init,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    backend: Backend,
    #[serde(default)]
    level: Option<Level>,
    #[serde(default)]
    parallelism: Parallelism,
    #[serde(default)]
    checks: Checks,
}

/// One of the layers; its inputs are the units of the layer before.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    units: usize,
    activation: Activation,
}

struct Layers;

impl Layers {
    fn serialize<S: serde::Serializer>(
        layers: &[(usize, Activation)],
        writer: S,
    ) -> Result<S::Ok, S::Error> {
        writer.collect_seq(layers.iter().map(|&(units, activation)| Units { units, activation }))
    }

    fn deserialize<'de, D: serde::Deserializer<'de>>(
        reader: D,
    ) -> Result<Vec<(usize, Activation)>, D::Error> {
        let layers = Vec::<Units>::deserialize(reader)?;
        Ok(layers.into_iter().map(|layer| (layer.units, layer.activation)).collect())
    }
}

written_as!(Configuration = ConfigurationForm);
