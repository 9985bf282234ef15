//! The metadata entry: what a model file says besides its tensors, as JSON.

use serde::{Deserialize, Serialize};

use super::Model;
use super::error::Problem;
use crate::data::pipeline::{Column, Inputs, Pipeline, TargetTransform};
use crate::data::standardization::Standardization;
use crate::io::one_line;
use crate::{Activation, Loss, Network, Scalar, Training};

/// The entry's name.
pub(in crate::io) const ENTRY: &str = "shallownet";

/// The format's versions that are read. A file has the lowest version that can describe it:
/// programs too old for it, which would misread it, refuse it.
const VERSION: u64 = ENSEMBLE;
/// Tensors hold the parameters of several networks.
const ENSEMBLE: u64 = 4;
/// Inputs are encoded or clipped, or logarithms of targets learned.
const ENCODED: u64 = 3;
/// Outputs are turned back by means and deviations alone, and inputs are not encoded.
const STANDARDIZED: u64 = 2;
/// Nothing is to be done to outputs.
const PLAIN: u64 = 1;

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::io) struct Description {
    version: u64,
    /// Of an ensemble alone: its networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    members: Option<usize>,
    activations: Vec<NamedActivation>,
    loss: String,
    /// Of Huber's loss its delta, of the quantile loss its tau.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loss_parameter: Option<f64>,
    features: Option<Vec<String>>,
    /// Left out where it is unknown, as in files of version 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inputs: Option<Inputs>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    columns: Vec<Column>,
    standardization: Option<Standardization>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clip: Option<f64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    log_targets: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target_standardization: Option<Standardization>,
    classes: Vec<String>,
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    training: Option<Training>,
}

/// `{"name": "tanh"}`, `{"name": "leaky_relu", "slope": 0.01}`, `{"name": "elu", "alpha": 1.0}`.
#[derive(Debug, Serialize, Deserialize)]
struct NamedActivation {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    slope: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alpha: Option<f64>,
}

/// The version is read first, since the rest may differ in another version.
#[derive(Deserialize)]
struct Version {
    version: u64,
}

impl Description {
    pub(super) fn of<T: Scalar>(model: &Model<T>) -> Self {
        let Pipeline { features, inputs, columns, standardization, clip, targets } =
            model.pipeline.clone();
        let version = if !columns.is_empty() || clip.is_some() || targets.log {
            ENCODED
        } else if targets.standardization.is_some() {
            STANDARDIZED
        } else {
            PLAIN
        };
        Self {
            version,
            features,
            inputs,
            columns,
            standardization,
            clip,
            log_targets: targets.log,
            target_standardization: targets.standardization,
            classes: model.classes.clone(),
            label: model.label.clone(),
            training: model.training,
            ..Self::of_network(&model.network)
        }
    }

    /// The description of a network of which nothing else is known.
    pub(in crate::io) fn of_network<T: Scalar>(network: &Network<T>) -> Self {
        let named = |g: Activation| NamedActivation {
            name: g.name().to_owned(),
            slope: if let Activation::LeakyRelu { slope } = g { Some(slope) } else { None },
            alpha: if let Activation::Elu { alpha } = g { Some(alpha) } else { None },
        };
        Self {
            version: PLAIN,
            members: None,
            activations: network.layers().iter().map(|l| named(l.activation)).collect(),
            loss: network.loss().name().to_owned(),
            loss_parameter: network.loss().parameter().map(|(_, value)| value),
            features: None,
            inputs: None,
            columns: Vec::new(),
            standardization: None,
            clip: None,
            log_targets: false,
            target_standardization: None,
            classes: Vec::new(),
            label: None,
            training: None,
        }
    }

    /// That of an ensemble, one of whose networks is the model's.
    pub(in crate::io) fn of_ensemble<T: Scalar>(model: &Model<T>, members: usize) -> Self {
        Self { version: ENSEMBLE, members: Some(members), ..Self::of(model) }
    }

    /// The networks of an ensemble.
    pub(in crate::io) fn members(&self) -> Option<usize> {
        self.members
    }

    /// A model of this network.
    pub(in crate::io) fn model<T>(self, network: Network<T>) -> Model<T> {
        let standardization = self.target_standardization;
        let pipeline = Pipeline {
            features: self.features,
            inputs: self.inputs,
            columns: self.columns,
            standardization: self.standardization,
            clip: self.clip,
            targets: TargetTransform { log: self.log_targets, standardization },
        };
        let Self { classes, label, training, .. } = self;
        Model { network, pipeline, classes, label, training }
    }

    pub(super) fn parse(entry: &str) -> Result<Self, Problem> {
        let unreadable = |error: serde_json::Error| Problem::Description(one_line(&error));
        let Version { version } = serde_json::from_str(entry).map_err(unreadable)?;
        if !(PLAIN..=VERSION).contains(&version) {
            return Err(Problem::Version { given: version, known: VERSION });
        }
        let description: Self = serde_json::from_str(entry).map_err(unreadable)?;
        let contradiction = match (version == ENSEMBLE, description.members) {
            (true, None) => "version 4 lacks the number of networks",
            (_, Some(0)) => "an ensemble of no networks",
            (false, Some(_)) => "an ensemble of a version before 4",
            _ => return Ok(description),
        };
        Err(Problem::Description(contradiction.to_owned()))
    }

    pub(in crate::io) fn activations(&self) -> Result<Vec<Activation>, Problem> {
        self.activations.iter().map(NamedActivation::activation).collect()
    }

    pub(in crate::io) fn loss(&self) -> Result<Loss, Problem> {
        let Some(loss) = Loss::from_name(&self.loss) else {
            return Err(Problem::Unknown { what: "loss", name: self.loss.clone() });
        };
        match (loss.parameter(), self.loss_parameter) {
            (None, None) => Ok(loss),
            (Some(_), Some(value)) => Ok(loss.with_parameter(value)),
            (_, given) => Err(Problem::Description(format!(
                "loss {:?} {} a parameter",
                self.loss,
                if given.is_some() { "has" } else { "lacks" }
            ))),
        }
    }
}

impl NamedActivation {
    fn activation(&self) -> Result<Activation, Problem> {
        let Some(named) = Activation::from_name(&self.name) else {
            return Err(Problem::Unknown { what: "activation", name: self.name.clone() });
        };
        let [slope, alpha] = [("a slope", self.slope), ("an alpha", self.alpha)];
        let (wanted, given, activation) = match named {
            Activation::LeakyRelu { .. } => {
                (slope, alpha, slope.1.map(|slope| Activation::LeakyRelu { slope }))
            }
            Activation::Elu { .. } => {
                (alpha, slope, alpha.1.map(|alpha| Activation::Elu { alpha }))
            }
            plain => (alpha, slope, Some(plain).filter(|_| alpha.1.is_none())),
        };
        let fault = |verb: &str, (what, _): (&str, Option<f64>)| {
            Problem::Description(format!("activation {:?} {verb} {what}", self.name))
        };
        match activation {
            Some(activation) if given.1.is_none() => Ok(activation),
            Some(_) => Err(fault("has", given)),
            None => Err(fault(if wanted.1.is_some() { "has" } else { "lacks" }, wanted)),
        }
    }
}
