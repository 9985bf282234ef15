//! All that a run needs to go on later.

use super::method::Method;
use super::options::Solving;
use super::standing::Standing;
use crate::data::checks::{finite, length};
use crate::error::{Error, Result};

const WHAT: &str = "the solver's state";

/// Zeros, or an error where there is no memory.
pub(super) fn zeros(len: usize) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    let bytes = len.saturating_mul(size_of::<f64>());
    values.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { what: WHAT, bytes })?;
    values.resize(len, 0.0);
    Ok(values)
}

/// How far a solver has come. With the data it determines every later iteration, bit for bit.
///
/// It is plain data (feature `serde`: written and read, see [`forms`](crate::forms)), for networks of
/// both types.
#[derive(Debug, Clone, PartialEq)]
pub struct SolverState {
    pub(crate) solving: Solving,
    pub(crate) samples: usize,
    pub(crate) iterations: usize,
    pub(crate) evaluations: usize,
    /// The last step's norm; the greatest number before the first.
    pub(crate) step_norm: f64,
    /// All parameters, layer by layer, W row-major, then b.
    pub(crate) parameters: Vec<f64>,
    pub(crate) memory: Memory,
}

/// What a method remembers from one iteration to the next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Memory {
    LevenbergMarquardt(Damped),
    Lbfgs(History),
    Rprop(Sizes),
    ScaledConjugateGradients(Conjugate),
}

/// Levenberg-Marquardt's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Damped {
    pub(crate) damping: f64,
    /// With Bayesian regularisation: alpha, beta, gamma.
    pub(crate) alpha: f64,
    pub(crate) beta: f64,
    pub(crate) gamma: f64,
}

/// L-BFGS's pairs, in a ring.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History {
    /// `[pair][parameter]`
    pub(crate) s: Vec<f64>,
    pub(crate) y: Vec<f64>,
    /// 1 / s^T y of each pair.
    pub(crate) rho: Vec<f64>,
    /// Pairs there are, and where the next one goes.
    pub(crate) pairs: usize,
    pub(crate) next: usize,
    pub(crate) step_length: f64,
}

/// RPROP's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) sizes: Vec<f64>,
    /// The gradient before, 0 where its sign had changed.
    pub(crate) gradient: Vec<f64>,
    pub(crate) change: Vec<f64>,
    /// The objective before.
    pub(crate) before: f64,
    pub(crate) best: Vec<f64>,
    pub(crate) best_cost: f64,
    pub(crate) best_objective: f64,
}

/// Scaled conjugate gradients'.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conjugate {
    pub(crate) direction: Vec<f64>,
    pub(crate) lambda: f64,
    /// Iterations since the direction was the gradient's; at 0 there is none yet.
    pub(crate) since: usize,
}

impl SolverState {
    pub(super) fn new(solving: Solving, samples: usize, parameters: usize) -> Result<Self> {
        let p = parameters;
        let memory = match solving.method {
            Method::LevenbergMarquardt(_) => Memory::LevenbergMarquardt(Damped {
                damping: 0.0,
                alpha: 0.0,
                beta: 1.0,
                gamma: 0.0,
            }),
            Method::Lbfgs(options) => {
                let len = options.history.checked_mul(p).ok_or(Error::TooLarge { what: WHAT })?;
                let (s, y) = (zeros(len)?, zeros(len)?);
                let rho = zeros(options.history)?;
                Memory::Lbfgs(History { s, y, rho, pairs: 0, next: 0, step_length: 0.0 })
            }
            Method::Rprop(_) => Memory::Rprop(Sizes {
                sizes: zeros(p)?,
                gradient: zeros(p)?,
                change: zeros(p)?,
                before: 0.0,
                best: zeros(p)?,
                best_cost: 0.0,
                best_objective: 0.0,
            }),
            Method::ScaledConjugateGradients(_) => Memory::ScaledConjugateGradients(Conjugate {
                direction: zeros(p)?,
                lambda: 0.0,
                since: 0,
            }),
        };
        let (iterations, evaluations) = (0, 0);
        let mut state = Self {
            solving,
            samples,
            iterations,
            evaluations,
            step_norm: f64::MAX,
            parameters: zeros(p)?,
            memory,
        };
        state.restart();
        Ok(state)
    }

    /// As new: the next run begins with the network's parameters. Allocates nothing.
    pub(super) fn restart(&mut self) {
        (self.iterations, self.evaluations, self.step_norm) = (0, 0, f64::MAX);
        match (&mut self.memory, self.solving.method) {
            (Memory::LevenbergMarquardt(memory), Method::LevenbergMarquardt(options)) => {
                *memory =
                    Damped { damping: options.damping, alpha: 0.0, beta: 1.0, gamma: f64::MAX };
            }
            (Memory::Lbfgs(memory), _) => {
                (memory.pairs, memory.next, memory.step_length) = (0, 0, 0.0);
            }
            (Memory::Rprop(memory), Method::Rprop(options)) => {
                memory.sizes.fill(options.first.clamp(options.least, options.greatest));
                memory.gradient.fill(0.0);
                memory.change.fill(0.0);
                memory.before = f64::MAX;
            }
            (
                Memory::ScaledConjugateGradients(memory),
                Method::ScaledConjugateGradients(options),
            ) => {
                (memory.lambda, memory.since) = (options.lambda, 0);
            }
            _ => {}
        }
    }

    /// The parameters of the lowest objective: RPROP's are kept apart.
    pub(super) fn best(&self) -> &[f64] {
        match &self.memory {
            Memory::Rprop(memory) if self.iterations > 0 => &memory.best,
            _ => &self.parameters,
        }
    }

    /// The standing at the best parameters.
    pub(super) fn standing_of_best(&self, mut standing: Standing) -> Standing {
        if let Memory::Rprop(memory) = &self.memory
            && self.iterations > 0
        {
            (standing.cost, standing.objective) = (memory.best_cost, memory.best_objective);
        }
        standing
    }

    /// Refuses what does not fit together, or a network of another number of parameters.
    pub(super) fn check(&self, parameters: usize) -> Result<()> {
        let wanted = Self::new(self.solving, self.samples, parameters)?;
        let lengths = |state: &Self| -> Vec<usize> {
            let mut all = vec![state.parameters.len()];
            all.extend(match &state.memory {
                Memory::LevenbergMarquardt(_) => [0; 4],
                Memory::Lbfgs(h) => [1, h.s.len(), h.y.len(), h.rho.len()],
                Memory::Rprop(r) => [r.best.len(), r.sizes.len(), r.gradient.len(), r.change.len()],
                Memory::ScaledConjugateGradients(c) => [3, c.direction.len(), 0, 0],
            });
            all
        };
        for (expected, given) in lengths(&wanted).into_iter().zip(lengths(self)) {
            length("the solver's state", expected, given)?;
        }
        if let (Memory::Lbfgs(h), Memory::Lbfgs(new)) = (&self.memory, &wanted.memory) {
            let (pairs, most) = (h.pairs.max(h.next), new.rho.len());
            if h.pairs > most || h.next >= most {
                let (argument, expected) = ("pairs of the solver's state", "at most the history");
                return Err(Error::Range { argument, expected, given: pairs as f64 });
            }
        }
        finite("the solver's state", &self.parameters)
    }

    /// What was wanted.
    pub fn solving(&self) -> Solving {
        self.solving
    }

    /// The number of samples that it belongs to.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Iterations done.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Passes over all samples.
    pub fn evaluations(&self) -> usize {
        self.evaluations
    }

    /// The parameters it has come to, in the order of
    /// [`Network::parameters_into`](crate::Network::parameters_into).
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// The same state for another limit of iterations, cost, time.
    #[must_use]
    pub fn until(mut self, stop: super::stop::StopAt) -> Self {
        self.solving.stop = stop;
        self
    }
}
