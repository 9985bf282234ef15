//! Probabilities made as sure as they are right, by samples that were not trained on.

use shallownet::metrics::Temperature;
use shallownet::{Activation, Columns, Network, Scalar};

use super::sets::Sets;
use crate::batch::Batch;
use crate::failure::Failure;
use crate::say::Say;
use crate::scores;

/// Divides the network's logits by the temperature that suits the validation samples best, or else
/// those held out.
pub(super) fn calibrate<T: Scalar>(
    network: &mut Network<T>,
    sets: &Sets<T>,
    say: &Say,
) -> Result<(), Failure> {
    let Some((batch, name)) = unseen(sets) else { return Ok(()) };
    let logits = scores::outputs(&network.try_clone_to_logits()?, batch.x()?.as_slice())?;
    by(network, (&logits, batch.y()?.as_slice()), name, say)
}

/// The samples that it goes by, and what they are called.
pub(super) fn unseen<T>(sets: &Sets<T>) -> Option<(&Batch<T>, &'static str)> {
    let validation = sets.validation.as_ref().map(|batch| (batch, "validation"));
    validation.or(sets.holdout.as_ref().map(|batch| (batch, "held-out")))
}

/// By these logits and what is right.
pub(super) fn by<T: Scalar>(
    network: &mut Network<T>,
    (logits, y): (&[T], &[T]),
    name: &str,
    say: &Say,
) -> Result<(), Failure> {
    let output = network.layers().last().map(|layer| layer.activation);
    let (logits, y) =
        (Columns::new(logits, network.outputs())?, Columns::new(y, network.outputs())?);
    let found = match output {
        Some(Activation::Softmax) => Temperature::of_softmax(logits, y)?,
        _ => Temperature::of_sigmoid(logits, y)?,
    };
    let samples = y.samples();
    if found.is_at_bound {
        say.note(format_args!(
            "--calibrate: no temperature suits the {samples} {name} samples: are they too few, or all \
             predicted rightly? Probabilities stay as they are"
        ));
        return Ok(());
    }
    network.scale_logits(1.0 / found.temperature)?;
    say.line(format_args!(
        "calibrated by {samples} {name} samples: logits divided by {:.4}, cost {:.6} before and {:.6} \
         after",
        found.temperature, found.cost_before, found.cost
    ));
    Ok(())
}
