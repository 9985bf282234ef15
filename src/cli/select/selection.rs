//! What a selection is before anything is trained: its candidates, and what judges them.

use serde::{Deserialize, Serialize};
use shallownet::select::{Candidate, Folds};
use shallownet::{Activation, Backend, Fingerprint, Init, Level, Network, Scalar, Training};

use super::args::{Args, ScoreName};
use super::baseline;
use crate::choices::{InitName, Precision};
use crate::data::Data;
use crate::failure::Failure;
use crate::network::Defaults;
use crate::prepare::{MissingChoice, TargetChoice};
use crate::say::Say;

/// What the scores are of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    pub(super) samples: usize,
    pub(super) folds: usize,
    pub(super) score: ScoreName,
    pub(super) candidates: Vec<Choice>,
}

/// What the table says of the samples and the options.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    /// The file of the samples, as it was named.
    pub(super) data: String,
    /// What was noted of the samples.
    pub(super) notes: Vec<String>,
    /// The score of a constant answer; `None` if there is none to compare with.
    pub(super) constant: Option<f64>,
    /// What to try if every candidate diverges.
    pub(super) against_divergence: String,
}

/// A candidate, as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    pub(super) activation: Activation,
    pub(super) hidden: Vec<usize>,
    pub(super) learning_rate: f64,
    pub(super) init: Init,
}

/// Whatever else the bits of a score follow from. Of two parts with the same of these, and the same
/// [`Selection`], each has the scores that the other would have had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grounds {
    /// Of the samples as they were read, whatever their file is called.
    data: Fingerprint,
    seed: u64,
    output: Activation,
    /// One for each number of samples that a fold leaves to train on; their rate is a candidate's.
    trainings: Vec<Training>,
    standardize: bool,
    target_transform: TargetChoice,
    missing: MissingChoice,
    rare: usize,
    plain: bool,
    precision: Precision,
    /// The one that computed, never `auto`.
    backend: Backend,
    /// With a fused multiply-add bits differ from those without, on any backend.
    fma: bool,
}

impl Selection {
    pub(super) fn new(score: ScoreName, folds: &Folds, candidates: &[Candidate]) -> Self {
        let (samples, candidates) = (folds.samples(), candidates.iter().map(Choice::of).collect());
        Self { samples, folds: folds.count(), score, candidates }
    }

    /// How many there are: every candidate on every fold.
    pub(super) fn trainings(&self) -> usize {
        self.candidates.len().saturating_mul(self.folds)
    }

    pub(super) fn say_size(&self, data: &str, say: &Say) {
        let (samples, candidates, folds) = (self.samples, self.candidates.len(), self.folds);
        say.line(format_args!(
            "{samples} samples of {data}, {candidates} candidates, {folds} folds\n"
        ));
    }
}

impl About {
    pub(super) fn new(
        args: &Args,
        data: &Data,
        (score, folds): (ScoreName, &Folds),
        notes: Vec<String>,
    ) -> Self {
        Self {
            data: data.file(),
            notes,
            constant: baseline::constant(score, folds, data).filter(|score| score.is_finite()),
            against_divergence: against_divergence(args),
        }
    }

    /// Its texts, as they are printed.
    pub(super) fn texts(&self) -> impl Iterator<Item = &String> {
        [&self.data, &self.against_divergence].into_iter().chain(&self.notes)
    }
}

/// The options that were not given.
fn against_divergence(args: &Args) -> String {
    let smallest = args.learning_rate.iter().copied().fold(f64::INFINITY, f64::min);
    let mut hints = vec![format!("a --learning-rate below {smallest}")];
    hints.extend(args.preparation.against_scales(args.source.is_given()));
    hints.join(", or ")
}

impl Choice {
    fn of(candidate: &Candidate) -> Self {
        Self {
            activation: candidate.activation,
            hidden: candidate.hidden.clone(),
            learning_rate: candidate.learning_rate,
            init: candidate.init,
        }
    }

    /// `tanh 16-8, rate 0.01, auto`.
    pub(super) fn name(&self) -> String {
        let layers: Vec<String> = self.hidden.iter().map(usize::to_string).collect();
        let hidden = if layers.is_empty() { "none".to_owned() } else { layers.join("-") };
        let (activation, init) = (self.activation.name(), InitName::name_of(self.init));
        format!("{activation} {hidden}, rate {}, {init}", self.learning_rate)
    }
}

impl Grounds {
    pub(super) fn new<T: Scalar>(
        args: &Args,
        data: &Data,
        folds: &Folds,
        (output, target_transform): (Activation, TargetChoice),
    ) -> Result<Self, Failure> {
        let defaults = Defaults::of(data, args.preparation.plain);
        let mut sizes: Vec<usize> =
            (0..folds.count()).map(|fold| folds.train(fold).count()).collect();
        sizes.sort_unstable();
        sizes.dedup();
        // Which backend computes follows from the machine and the option, not from the network.
        let any = Network::<T>::builder(1).layer(1, Activation::Identity);
        let any = any.backend(args.machine.backend);
        Ok(Self {
            data: data.fingerprint()?,
            seed: args.seed,
            output,
            trainings: sizes.iter().map(|&samples| args.training(defaults, samples)).collect(),
            standardize: args.preparation.is_standardized(data),
            target_transform,
            missing: args.preparation.missing,
            rare: args.preparation.rare,
            plain: args.preparation.plain,
            precision: args.precision,
            backend: any.build()?.backend(),
            fma: Level::detect().has_fma(),
        })
    }
}
