//! Levenberg-Marquardt at work.

use super::levenberg_marquardt::LevenbergMarquardt;
use super::method::Method;
use super::standing::Standing;
use super::state::{Damped, Memory};
use super::task::{Algorithm, Moved, Task, half_squares, norm};
use crate::engine::passes::Elementwise;
use crate::engine::squares::job::{Job, Penalties};
use crate::engine::squares::room::Room;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::loss::Loss;

/// The least damping that is kept: below it, it changes no digit of a diagonal that matters.
const LEAST_DAMPING: f64 = 1e-20;

/// The memory of a run.
#[derive(Debug)]
pub(super) struct Equations {
    room: Room,
    /// Whole panels.
    step: Vec<f64>,
    trial: Vec<f64>,
    /// The sum of the squared errors at the state's parameters, and what makes a cost of it.
    sum: f64,
    scale: f64,
}

impl Equations {
    pub(super) fn new<T: Scalar>(net: &Network<T>, samples: usize) -> Result<Self> {
        let room = Room::new(net.shape(), samples)?;
        let (n, parameters) = (room.plan.n, room.plan.parameters);
        let (step, trial) = (super::state::zeros(n)?, super::state::zeros(parameters)?);
        Ok(Self { room, step, trial, sum: 0.0, scale: 0.0 })
    }

    /// Refuses a network of another shape.
    pub(super) fn check<T: Scalar>(&self, net: &Network<T>) -> Result<()> {
        if self.room.shape.layers == net.shape().layers && net.loss() == Loss::SquaredError {
            return Ok(());
        }
        Err(Error::Mismatch { argument: "solver" })
    }

    /// Penalties, of Bayesian regularisation, or of L2.
    fn penalties(&self, memory: &Damped, options: &LevenbergMarquardt, l2: f64) -> Penalties {
        if options.bayesian {
            let both = memory.alpha / memory.beta * self.scale;
            return Penalties { weights: both, biases: both };
        }
        Penalties { weights: l2, biases: 0.0 }
    }

    fn errors<T: Scalar>(&mut self, functions: &dyn Elementwise<T>, parameters: &[f64]) -> f64 {
        functions.squares(&mut self.room, Job::Errors { parameters }).unwrap_or(f64::NAN)
    }
}

/// What a penalty costs.
fn penalty<T: Scalar>(net: &Network<T>, by: Penalties, parameters: &[f64]) -> f64 {
    if by.weights == 0.0 && by.biases == 0.0 {
        return 0.0;
    }
    let (of_weights, of_biases) = half_squares(net.layers(), parameters);
    by.weights * of_weights + by.biases * of_biases
}

impl<T: Scalar> Algorithm<T> for Equations {
    fn begin(&mut self, task: &mut Task<'_, T>) -> Standing {
        let Task { net, x, y, state, .. } = task;
        self.room.fill(x.as_slice(), y.y.as_slice(), y.weights);
        self.scale = 1.0 / y.total();
        state.evaluations += 1;
        self.sum = self.errors(&*net.engine, &state.parameters);
        // A run that goes on has estimated them where it stopped.
        let is_first = state.iterations == 0;
        self.stand(task, is_first)
    }

    fn advance(&mut self, task: &mut Task<'_, T>, from: &Standing) -> Moved {
        let Task { net, state, .. } = task;
        let (Memory::LevenbergMarquardt(memory), Method::LevenbergMarquardt(options)) =
            (&mut state.memory, state.solving.method)
        else {
            return Moved::Nowhere;
        };
        let penalties = self.penalties(memory, &options, state.solving.l2);
        loop {
            let job = Job::Solve { damping: memory.damping, x: &mut self.step };
            if net.engine.squares(&mut self.room, job).is_some() {
                for ((trial, w), d) in self.trial.iter_mut().zip(&state.parameters).zip(&self.step)
                {
                    *trial = w - d;
                }
                let job = Job::Errors { parameters: &self.trial };
                let sum = net.engine.squares(&mut self.room, job).unwrap_or(f64::NAN);
                state.evaluations += 1;
                let objective = sum * self.scale / 2.0 + penalty(net, penalties, &self.trial);
                if objective < from.objective {
                    memory.damping = (memory.damping / options.decrease).max(LEAST_DAMPING);
                    self.sum = sum;
                    break;
                }
            }
            memory.damping *= options.increase;
            if memory.damping > options.most_damping {
                memory.damping = options.most_damping;
                return Moved::Nowhere;
            }
        }
        state.step_norm = norm(&self.step[..self.trial.len()]);
        state.parameters.copy_from_slice(&self.trial);
        Moved::To(self.stand(task, true))
    }
}

impl Equations {
    /// The equations at the state's parameters, whose errors have been computed; with Bayesian
    /// regularisation, perhaps alpha, beta and gamma anew.
    fn stand<T: Scalar>(&mut self, task: &mut Task<'_, T>, estimates: bool) -> Standing {
        let Task { net, state, y, .. } = task;
        let (Memory::LevenbergMarquardt(memory), Method::LevenbergMarquardt(options)) =
            (&mut state.memory, state.solving.method)
        else {
            unreachable!("the state's memory is its method's")
        };
        let l2 = state.solving.l2;
        let parameters = &state.parameters;
        let mut penalties = self.penalties(memory, &options, l2);
        let scale = self.scale;
        net.engine.squares(&mut self.room, Job::Equations { parameters, scale, penalties });
        if options.bayesian && estimates {
            let errors = y.total() * net.outputs() as f64;
            if self.estimate(&*net.engine, memory, (penalties.weights, parameters), errors) {
                penalties = self.penalties(memory, &options, l2);
                net.engine.squares(&mut self.room, Job::Equations { parameters, scale, penalties });
            }
        }
        let cost = self.sum * scale / 2.0;
        Standing {
            cost,
            objective: cost + penalty(net, penalties, parameters),
            gradient_norm: norm(self.room.gradient()),
            step_norm: state.step_norm,
            damping: Some(memory.damping),
            step_length: None,
            effective_parameters: options.bayesian.then_some(memory.gamma),
            evaluations: state.evaluations,
        }
    }

    /// alpha, beta and gamma anew: see `LevenbergMarquardt::bayesian`. In units of the cost, the
    /// penalty p is alpha / (beta m), and gamma = p_count - p trace (J^T J / m + p I)^-1. False if
    /// the equations say nothing (they are singular, or there are no errors left).
    fn estimate<T: Scalar>(
        &mut self,
        functions: &dyn Elementwise<T>,
        memory: &mut Damped,
        (penalty, parameters): (f64, &[f64]),
        errors: f64,
    ) -> bool {
        let squares: f64 = parameters.iter().map(|w| w * w).sum();
        let count = parameters.len() as f64;
        let gamma = if penalty == 0.0 {
            count
        } else {
            let job = Job::Solve { damping: 0.0, x: &mut self.step };
            if functions.squares(&mut self.room, job).is_none() {
                return false;
            }
            let trace = functions.squares(&mut self.room, Job::Trace).unwrap_or(0.0);
            (count - penalty * trace).clamp(0.0, count)
        };
        if !(squares > 0.0 && self.sum > 0.0) {
            return false;
        }
        memory.gamma = gamma;
        memory.alpha = gamma / squares;
        // With fewer errors than parameters there is nothing to say at first.
        let beta = (errors - gamma) / self.sum;
        memory.beta = if beta > 0.0 && beta.is_finite() { beta } else { 1.0 };
        true
    }
}
