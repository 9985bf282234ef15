//! The results of `train`, for people and for programs.

use std::path::PathBuf;

use serde::Serialize;
use shallownet::Standardization;
use shallownet::{Network, Scalar, Training};

use crate::choices;
use crate::say::{Say, thousands, time};
use crate::scores::{Kind, Score};

#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) data: String,
    pub(crate) classes: Vec<String>,
    pub(crate) network: NetworkFacts,
    /// `null` of a solver, which has none.
    pub(crate) learning_rate: Option<f64>,
    #[serde(flatten)]
    pub(crate) course: Course,
    /// Costs are of the targets' logarithms.
    pub(crate) log_targets: bool,
    /// Costs are of targets standardized by these numbers.
    pub(crate) target_standardization: Option<Standardization>,
    pub(crate) train: Score,
    pub(crate) validation: Option<Score>,
    pub(crate) holdout: Option<Score>,
    pub(crate) test: Option<Score>,
    pub(crate) speed: Speed,
    pub(crate) files: Vec<PathBuf>,
}

/// How long it took.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Course {
    Iterations { iterations: usize },
    Epochs(Box<EpochFacts>),
    Solver(Box<SolverFacts>),
}

/// The course of a full-batch solver; of several starts, that of the one that was kept.
#[derive(Debug, Serialize)]
pub(crate) struct SolverFacts {
    pub(crate) solver: &'static str,
    pub(crate) l2: f64,
    /// Not written where it is 1.
    #[serde(skip_serializing_if = "is_one")]
    pub(crate) shards: usize,
    pub(crate) iterations: usize,
    /// Passes over all samples.
    pub(crate) evaluations: usize,
    /// Why it stopped.
    pub(crate) stop: &'static str,
    pub(crate) gradient_norm: f64,
    /// With Bayesian regularisation: how many parameters the samples determine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) effective_parameters: Option<f64>,
    /// Of several starts: each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) starts: Vec<StartFacts>,
}

/// One start of several.
#[derive(Debug, Serialize)]
pub(crate) struct StartFacts {
    pub(crate) seed: u64,
    /// `null` if it diverged, as is what follows.
    pub(crate) cost: Option<f64>,
    pub(crate) iterations: Option<usize>,
    pub(crate) stop: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct EpochFacts {
    pub(crate) epochs: usize,
    pub(crate) steps: u64,
    /// With early stopping: the one whose parameters were kept; `null` of several networks.
    pub(crate) best_epoch: Option<usize>,
    /// Of one network.
    pub(crate) seconds_per_epoch: f64,
    /// As in a checkpoint.
    pub(crate) options: Training,
    /// Of several networks: the means of their costs.
    pub(crate) history: Vec<Point>,
    /// Of several networks: each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<MemberFacts>,
}

/// One network of an ensemble.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MemberFacts {
    pub(crate) seed: u64,
    /// `null` if it diverged, as are its costs.
    pub(crate) epochs: Option<usize>,
    /// With early stopping: the one whose parameters were kept.
    pub(crate) best_epoch: Option<usize>,
    /// Of its last epoch.
    pub(crate) training_cost: Option<f64>,
    /// Of the parameters that were kept.
    pub(crate) validation_cost: Option<f64>,
    pub(crate) diverged_in_step: Option<u64>,
}

/// What is known after an epoch.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Point {
    /// Epochs done.
    pub(crate) epoch: usize,
    pub(crate) training_cost: f64,
    pub(crate) validation_cost: Option<f64>,
    pub(crate) training_accuracy: Option<f64>,
    pub(crate) validation_accuracy: Option<f64>,
    pub(crate) learning_rate: f64,
    /// Of the epoch itself, without its accuracies and checkpoint.
    pub(crate) seconds: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct NetworkFacts {
    /// Inputs, then the units of each layer.
    pub(crate) sizes: Vec<usize>,
    pub(crate) activations: Vec<&'static str>,
    pub(crate) loss: String,
    pub(crate) parameters: usize,
    pub(crate) precision: &'static str,
    pub(crate) backend: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Speed {
    pub(crate) seconds: f64,
    pub(crate) samples_per_second: f64,
    #[serde(flatten)]
    pub(crate) reference: Option<Reference>,
}

impl Speed {
    /// The comparison with the naive reference: the samples a second that it trains.
    pub(crate) fn compare(&mut self, reference_samples_per_second: f64) {
        let ratio = self.samples_per_second / reference_samples_per_second;
        self.reference = Some(Reference { reference_samples_per_second, ratio });
    }
}

/// The naive reference on the same samples.
#[derive(Debug, Serialize)]
pub(crate) struct Reference {
    pub(crate) reference_samples_per_second: f64,
    pub(crate) ratio: f64,
}

impl NetworkFacts {
    pub(crate) fn of<T: Scalar>(network: &Network<T>) -> Self {
        let layers = network.layers();
        let units = layers.iter().map(|layer| layer.units);
        Self {
            sizes: std::iter::once(network.inputs()).chain(units).collect(),
            activations: layers.iter().map(|layer| layer.activation.name()).collect(),
            loss: choices::name_of_loss(network.loss()),
            parameters: network.parameter_count(),
            precision: T::NAME,
            backend: network.backend().name(),
        }
    }

    /// `2-4-1 (tanh, sigmoid), 17 parameters, f64, portable`.
    pub(crate) fn line(&self) -> String {
        let sizes: Vec<String> = self.sizes.iter().map(usize::to_string).collect();
        format!(
            "{} ({}), {} parameters, {}, backend {}",
            sizes.join("-"),
            self.activations.join(", "),
            thousands(self.parameters as f64),
            self.precision,
            self.backend
        )
    }
}

impl Results {
    pub(crate) fn say(&self, say: &Say) {
        say.line("");
        let score = |name: &str, score: &Score| {
            let name = match score.kind {
                Kind::Classes { .. } => format!("{name} accuracy"),
                Kind::Values { .. } => name.to_owned(),
            };
            let of =
                self.target_standardization.as_ref().map_or("", |_| " of standardized targets");
            say.line(format_args!("{name:<19} {score}, cost{of} {:.6}", score.cost));
        };
        score("training", &self.train);
        let held = [("validation", &self.validation), ("held-out", &self.holdout)];
        for (name, held) in held.into_iter().chain([("test", &self.test)]) {
            if let Some(held) = held {
                score(name, held);
            }
        }
        let speed = &self.speed;
        say.line(format_args!(
            "{:<19} {} samples/s ({:.3} s)",
            "speed",
            thousands(speed.samples_per_second),
            speed.seconds
        ));
        if let Course::Epochs(facts) = &self.course {
            say.line(format_args!("{:<19} {}", "time per epoch", time(facts.seconds_per_epoch)));
        }
        if let Some(reference) = &speed.reference {
            say.line(format_args!(
                "{:<19} {} samples/s, so {:.1} times as fast",
                "naive reference",
                thousands(reference.reference_samples_per_second),
                reference.ratio
            ));
        }
        say.line("");
        for file in &self.files {
            say.line(format_args!("wrote {}", file.display()));
        }
        say.results(self).unwrap_or_else(|_| say.note("the results could not be written"));
    }
}

fn is_one(shards: &usize) -> bool {
    *shards == 1
}
