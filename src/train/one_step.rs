//! A step of a training on a batch: the schedule's rate, dropout, the optimiser's step.

use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::error::Result;
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::scalar::Scalar;
use crate::train::options::Training;
use crate::train::training_state::TrainingState;
use crate::words::choices::Checks;
use crate::words::dropout::Dropout;

/// One of the `count` steps of an epoch, on samples that have been checked: the cost before it, and its
/// learning rate.
// Always inlined: see `epochs::epoch`.
#[inline(always)]
pub(super) fn step<T: Scalar>(
    net: &mut Network<T>,
    state: &mut TrainingState<T>,
    count: usize,
    x: Columns<'_, T>,
    y: Targets<'_, T>,
    workspace: &mut TrainingWorkspace<T>,
) -> Result<(f64, f64)> {
    let Training { learning_rate, schedule, seed, dropout, .. } = state.training;
    // Passed to `step_with` as it is: a run has the bits of as many calls of that.
    let factor = schedule.factor(state.steps(), count);
    let rate = T::from_f64(learning_rate * factor).to_f64();
    let (optimizer, checks) = (&mut state.optimizer, Checks::ShapesOnly);
    let cost = if dropout > 0.0 {
        let dropout = Dropout::new(dropout).seed(seed).step(optimizer.steps());
        net.step_dropped(&x, &y, dropout, (optimizer, rate), workspace)?
    } else {
        net.step_with_checked(&x, &y, optimizer, rate, workspace, checks)?
    };
    Ok((cost, rate))
}
