//! What the methods that need a gradient share: cost and gradient as flat vectors of f64.

use super::method::Method;
use super::standing::Standing;
use super::state::{Memory, zeros};
use super::task::{Task, half_squares, whole};
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::engine::flat::Job;
use crate::error::Result;
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::ranks::Communicator;
use crate::scalar::Scalar;
use crate::train::shards::FullBatch;
use crate::words::choices::Checks;

/// The memory of a run.
#[derive(Debug)]
pub(super) struct Descent<T> {
    passes: Passes<T>,
    pub(super) vectors: Vectors,
}

/// The memory of a pass over all samples.
#[derive(Debug)]
enum Passes<T> {
    Whole(Box<TrainingWorkspace<T>>),
    Sharded(Box<FullBatch<T>>),
}

/// Vectors of one number a parameter.
#[derive(Debug)]
pub(super) struct Vectors {
    /// At the state's parameters.
    pub(super) gradient: Vec<f64>,
    /// Elsewhere, and the gradient there.
    pub(super) trial: Vec<f64>,
    pub(super) trial_gradient: Vec<f64>,
    pub(super) direction: Vec<f64>,
    /// One number a pair of L-BFGS.
    pub(super) alpha: Vec<f64>,
}

/// Cost and objective.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub(super) cost: f64,
    pub(super) objective: f64,
}

impl<T: Scalar> Descent<T> {
    /// For `samples` of all ranks.
    pub(super) fn new(
        net: &Network<T>,
        (method, samples, shards): (Method, usize, usize),
        ranks: &dyn Communicator,
    ) -> Result<Self> {
        let p = net.parameter_count();
        let pairs = if let Method::Lbfgs(options) = method { options.history } else { 0 };
        let vectors = Vectors {
            gradient: zeros(p)?,
            trial: zeros(p)?,
            trial_gradient: zeros(p)?,
            direction: zeros(p)?,
            alpha: zeros(pairs)?,
        };
        let passes = match shards.max(ranks.ranks()) {
            1 => Passes::Whole(Box::new(TrainingWorkspace::new(net, samples)?)),
            _ => Passes::Sharded(Box::new(FullBatch::new(net, (samples, shards), ranks)?)),
        };
        Ok(Self { passes, vectors })
    }

    /// Refuses a network of another shape, and samples or ranks that it was not made for.
    pub(super) fn check(
        &self,
        net: &Network<T>,
        (x, y, samples): (Columns<'_, T>, Targets<'_, T>, usize),
        ranks: &mut dyn Communicator,
    ) -> Result<()> {
        match &self.passes {
            Passes::Whole(workspace) => {
                whole(net, (x, y, samples), ranks)?;
                workspace.buffers.check(net.shape(), samples)
            }
            Passes::Sharded(full) => full.check(net, x, y, ranks),
        }
    }

    /// Cost, objective and gradient, which goes to the trial's place, at the trial's parameters.
    pub(super) fn evaluate(&mut self, task: &mut Task<'_, T>) -> Value {
        let Vectors { trial, trial_gradient, .. } = &mut self.vectors;
        let Task { net, x, y, state, flat, ranks } = task;
        state.evaluations += 1;
        for (flat, w) in flat.iter_mut().zip(&*trial) {
            *flat = T::from_f64(*w);
        }
        net.assign(flat);
        let (cost, workspace) = match &mut self.passes {
            Passes::Whole(workspace) => {
                (net.backward_checked(x, y, workspace, Checks::ShapesOnly), &**workspace)
            }
            Passes::Sharded(full) => (full.gradient(net, (*x, *y), &mut **ranks), full.workspace()),
        };
        let cost = cost.unwrap_or(f64::NAN);
        net.gather_gradients(workspace.gradients(), flat);
        for (g, flat) in trial_gradient.iter_mut().zip(&**flat) {
            *g = flat.to_f64();
        }
        let l2 = state.solving.l2;
        if l2 == 0.0 {
            return Value { cost, objective: cost };
        }
        let mut at = 0;
        for layer in net.layers() {
            let weights = at..at + layer.inputs * layer.units;
            for (g, w) in trial_gradient[weights.clone()].iter_mut().zip(&trial[weights]) {
                *g += l2 * w;
            }
            at += layer.parameters();
        }
        Value { cost, objective: cost + l2 * half_squares(net.layers(), trial).0 }
    }

    /// The trial becomes where the solver stands.
    pub(super) fn take_trial(&mut self, task: &mut Task<'_, T>, value: Value) -> Standing {
        let Vectors { gradient, trial, trial_gradient, .. } = &mut self.vectors;
        core::mem::swap(gradient, trial_gradient);
        let state = &mut *task.state;
        state.parameters.copy_from_slice(trial);
        let (damping, step_length) = match &state.memory {
            Memory::LevenbergMarquardt(_) => (None, None),
            Memory::Lbfgs(memory) => (None, Some(memory.step_length)),
            Memory::Rprop(memory) => {
                let sum: f64 = memory.sizes.iter().sum();
                (None, Some(sum / memory.sizes.len() as f64))
            }
            Memory::ScaledConjugateGradients(memory) => (Some(memory.lambda), None),
        };
        Standing {
            cost: value.cost,
            objective: value.objective,
            gradient_norm: dot(task.net, gradient, gradient).sqrt(),
            step_norm: state.step_norm,
            damping,
            step_length,
            effective_parameters: None,
            evaluations: state.evaluations,
        }
    }
}

/// The sum of a_i b_i.
pub(super) fn dot<T: Scalar>(net: &Network<T>, a: &[f64], b: &[f64]) -> f64 {
    net.engine.flat(Job::Dot { a, b })
}

/// into = a + factor b
pub(super) fn sum<T: Scalar>(
    net: &Network<T>,
    a: &[f64],
    factor: f64,
    b: &[f64],
    into: &mut [f64],
) {
    net.engine.flat(Job::Sum { a, factor, b, into });
}

/// into = factor into + x
pub(super) fn scale_add<T: Scalar>(net: &Network<T>, factor: f64, x: &[f64], into: &mut [f64]) {
    net.engine.flat(Job::ScaleAdd { factor, x, into });
}
