//! Can a classifier's probabilities be believed: how far they are from what happened.

use serde::Serialize;
use shallownet::metrics::{self, Reliability};
use shallownet::{Activation, Columns, Network, Scalar};

use crate::batch::Batch;

/// Scores of probabilities.
#[derive(Debug, Serialize)]
pub(crate) struct Probabilities {
    brier_score: f64,
    expected_calibration_error: f64,
    #[serde(skip)]
    reliability: Reliability,
    #[serde(skip)]
    outputs: usize,
}

impl Probabilities {
    /// Of a network's outputs on some samples; `None` if they are no probabilities.
    pub(crate) fn of<T: Scalar>(
        network: &Network<T>,
        batch: &Batch<T>,
        a: &[T],
    ) -> shallownet::Result<Option<Self>> {
        let output = network.layers().last().map(|layer| layer.activation);
        let are_probabilities = matches!(output, Some(Activation::Sigmoid | Activation::Softmax));
        // Several sigmoids are probabilities of several things.
        let is_one = output == Some(Activation::Softmax) || network.outputs() == 1;
        if batch.classes.is_empty() || !are_probabilities || !is_one {
            return Ok(None);
        }
        let (a, y) = (Columns::new(a, network.outputs())?, batch.y()?);
        let reliability = Reliability::of(a, y)?;
        Ok(Some(Self {
            brier_score: metrics::brier_score(a, y)?,
            expected_calibration_error: reliability.expected_calibration_error(),
            reliability,
            outputs: network.outputs(),
        }))
    }

    pub(crate) fn lines(&self) -> [String; 2] {
        [
            format!("Brier     {:.4}", self.brier_score),
            format!("ECE       {:.4}", self.expected_calibration_error),
        ]
    }

    pub(crate) fn brier_score(&self) -> f64 {
        self.brier_score
    }

    /// The bins, and how many outputs the network has.
    pub(crate) fn reliability(&self) -> (&Reliability, usize) {
        (&self.reliability, self.outputs)
    }
}
