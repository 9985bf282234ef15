//! What `train` found out, for people and for programs.

use std::path::PathBuf;

use serde::Serialize;

use crate::say::{Say, thousands};
use crate::scores::Score;

#[derive(Debug, Serialize)]
pub(crate) struct Results {
    pub(crate) data: String,
    pub(crate) classes: Vec<String>,
    pub(crate) network: NetworkFacts,
    pub(crate) iterations: usize,
    pub(crate) learning_rate: f64,
    pub(crate) train: Score,
    pub(crate) holdout: Option<Score>,
    pub(crate) speed: Speed,
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NetworkFacts {
    /// Inputs, then the units of each layer.
    pub(crate) sizes: Vec<usize>,
    pub(crate) activations: Vec<&'static str>,
    pub(crate) loss: &'static str,
    pub(crate) parameters: usize,
    pub(crate) precision: &'static str,
    pub(crate) backend: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Speed {
    pub(crate) seconds: f64,
    pub(crate) samples_per_second: f64,
    pub(crate) reference_samples_per_second: f64,
    pub(crate) ratio: f64,
}

impl NetworkFacts {
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
    pub(crate) fn say(&self, say: Say) {
        say.line("");
        let score = |name: &str, score: &Score| {
            say.line(format_args!(
                "{name:<18} {:.2} % ({} of {}), cost {:.6}",
                100.0 * score.accuracy,
                score.correct,
                score.samples,
                score.cost
            ));
        };
        score("training accuracy", &self.train);
        if let Some(held) = &self.holdout {
            score("held-out accuracy", held);
        }
        let speed = &self.speed;
        say.line(format_args!(
            "{:<18} {} samples/s ({:.3} s)",
            "speed",
            thousands(speed.samples_per_second),
            speed.seconds
        ));
        say.line(format_args!(
            "{:<18} {} samples/s, so {:.1} times as fast",
            "naive reference",
            thousands(speed.reference_samples_per_second),
            speed.ratio
        ));
        say.line("");
        for file in &self.files {
            say.line(format_args!("wrote {}", file.display()));
        }
        say.results(self).unwrap_or_else(|_| Say::note("the results could not be written"));
    }
}
