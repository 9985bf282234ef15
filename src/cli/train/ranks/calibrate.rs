//! Calibration by samples of which each rank has some.

use shallownet::{Network, Scalar};

use super::share::Share;
use crate::failure::Failure;
use crate::job::Job;
use crate::say::Say;
use crate::scores;
use crate::train::calibrate::{by, unseen};

/// As in one process: the logits of all ranks' samples come together, in the order of the samples.
pub(super) fn calibrate<T: Scalar>(
    network: &mut Network<T>,
    share: &Share<T>,
    (job, say): (&Job<'_>, &Say),
) -> Result<(), Failure> {
    let Some((batch, name)) = unseen(&share.sets) else { return Ok(()) };
    let own = || {
        let logits = scores::outputs(&network.try_clone_to_logits()?, batch.x()?.as_slice())?;
        let wide = |values: &[T]| values.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
        Ok::<_, Failure>([wide(&logits), wide(batch.y()?.as_slice())])
    };
    let [logits, y] = job.agreed(own())?;
    let all = |own: &[f64]| {
        let all = job.values(own)?;
        Ok::<Vec<T>, Failure>(all.into_iter().map(T::from_f64).collect())
    };
    let (logits, y) = (all(&logits)?, all(&y)?);
    by(network, (&logits, &y), name, say)
}
