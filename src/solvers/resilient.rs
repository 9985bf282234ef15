//! RPROP at work.

use super::descent::{Descent, dot};
use super::rprop::Rprop;
use super::standing::Standing;
use super::state::Memory;
use super::task::{Moved, Task};
use crate::engine::flat::Job;
use crate::kernels::flat::{Resilient, ResilientRule};
use crate::scalar::Scalar;

pub(super) fn advance<T: Scalar>(
    descent: &mut Descent<T>,
    task: &mut Task<'_, T>,
    options: &Rprop,
    from: &Standing,
) -> Moved {
    let state = &mut *task.state;
    let Memory::Rprop(memory) = &mut state.memory else { return Moved::Nowhere };
    if state.iterations == 0 {
        memory.best.copy_from_slice(&state.parameters);
        (memory.best_cost, memory.best_objective) = (from.cost, from.objective);
    }
    let rule = ResilientRule {
        takes_back: options.goes_back && from.objective > memory.before,
        least: options.least,
        greatest: options.greatest,
        grow: options.grow,
        shrink: options.shrink,
    };
    memory.before = from.objective;
    descent.vectors.trial.copy_from_slice(&state.parameters);
    let at = Resilient {
        parameters: &mut descent.vectors.trial,
        gradient: &descent.vectors.gradient,
        before: &mut memory.gradient,
        sizes: &mut memory.sizes,
        change: &mut memory.change,
    };
    task.net.engine.flat(Job::Resilient(rule, at));
    state.step_norm = dot(task.net, &memory.change, &memory.change).sqrt();
    let value = descent.evaluate(task);
    if !value.objective.is_finite() {
        return Moved::Diverged(value.cost);
    }
    let standing = descent.take_trial(task, value);
    let state = &mut *task.state;
    if let Memory::Rprop(memory) = &mut state.memory
        && value.objective < memory.best_objective
    {
        memory.best.copy_from_slice(&state.parameters);
        (memory.best_cost, memory.best_objective) = (value.cost, value.objective);
    }
    Moved::To(standing)
}
