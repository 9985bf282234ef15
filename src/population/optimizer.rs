//! What an optimiser remembers of each member between steps; a step with it.

use std::sync::Arc;

use super::building::{Members, Population};
use super::checking::diverged;
use super::one_by_one;
use super::samples::{OfMembers, PopulationTargets, Samples};
use super::store::Grouping;
use super::workspace::{PopulationWorkspace, Rooms};
use crate::data::buffer::AlignedBuffer;
use crate::data::{checks, domains};
use crate::engine::groups::job::Net;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};
use crate::network::buffers::check_layout;
use crate::scalar::Scalar;
use crate::train::optimizer_state::{OptimizerState, check_rate};
use crate::words::optimizer::Optimizer;

/// An [`Optimizer`] with the moments, the number of steps and the penalty of every member of a
/// [`Population`]: what an [`OptimizerState`] is for one network.
///
/// ```
/// use shallownet::{Activation, Columns, Network, Optimizer, Population, PopulationOptimizer};
/// use shallownet::PopulationWorkspace;
///
/// let builder = Network::<f32>::builder(2).layer(4, Activation::Tanh).layer(1, Activation::Sigmoid);
/// let mut population = Population::from_seeds(&builder, 0..3)?;
/// // A sweep over L2 penalties.
/// let mut adam = PopulationOptimizer::new(&population, Optimizer::adam())?.l2(&[0.0, 1e-3, 1e-2][..])?;
/// let mut workspace = PopulationWorkspace::new(&population, 1)?;
/// let (x, y) = (Columns::new(&[0.5, -1.0], 2)?, Columns::new(&[1.0], 1)?);
/// let mut costs = [0.0; 3];
/// for _ in 0..10 {
///     population.step_with(x, y, &mut adam, 0.01, &mut costs, &mut workspace)?;
/// }
/// assert_eq!(adam.steps(2)?, 10);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct PopulationOptimizer<T> {
    shape: Arc<Shape>,
    pub(super) optimizer: Optimizer,
    grouping: Grouping,
    pub(super) states: States<T>,
}

#[derive(Debug)]
pub(super) enum States<T> {
    Lanes(LaneStates<T>),
    Networks(Vec<OptimizerState<T>>),
}

/// Of members in lanes.
#[derive(Debug)]
pub(super) struct LaneStates<T> {
    pub(super) optimizer: Optimizer,
    pub(super) clip_norm: Option<f64>,
    /// A number for each member.
    pub(super) steps: Vec<u64>,
    pub(super) l2: Vec<T>,
    /// As the parameters lie; empty where the optimiser has none.
    pub(super) moments: [AlignedBuffer<T>; 2],
}

impl<T: Scalar> PopulationOptimizer<T> {
    /// For this population, before its first step, without penalty or clipping.
    ///
    /// # Errors
    /// Those of [`OptimizerState::new`].
    pub fn new(population: &Population<T>, optimizer: Optimizer) -> Result<Self> {
        domains::constants(optimizer)?;
        domains::constants_as::<T>(optimizer)?;
        let (grouping, members) = (population.grouping(), population.members());
        let states = match &population.members {
            Members::Networks(networks) => {
                let state = |net| OptimizerState::new(net, optimizer);
                States::Networks(networks.iter().map(state).collect::<Result<_>>()?)
            }
            Members::Lanes(_) => {
                let [m, v] = optimizer.moments();
                let zeros = |wanted: bool| match wanted {
                    true => grouping.zeros(),
                    false => AlignedBuffer::zeros(0, "no moments"),
                };
                States::Lanes(LaneStates {
                    optimizer,
                    clip_norm: None,
                    steps: vec![0; members],
                    l2: vec![T::ZERO; members],
                    moments: [zeros(m)?, zeros(v)?],
                })
            }
        };
        let shape = Arc::clone(&population.model.shape);
        Ok(Self { shape, optimizer, grouping, states })
    }

    /// Adds l2 / 2 times the sum of the squared weights (not biases) to each member's cost, as
    /// [`OptimizerState::l2`] does: one penalty for all, or one for each.
    ///
    /// # Errors
    /// [`Error::Range`], [`Error::Length`].
    pub fn l2<'a>(mut self, l2: impl Into<OfMembers<'a, f64>>) -> Result<Self> {
        let l2 = l2.into();
        l2.check("l2", self.grouping.members, |l2| {
            domains::l2(l2)?;
            checks::finite_as::<T>("l2", l2)
        })?;
        match &mut self.states {
            States::Lanes(states) => {
                let members = states.l2.iter_mut().enumerate();
                members.for_each(|(member, own)| *own = T::from_f64(l2.of(member)));
            }
            States::Networks(states) => {
                let given = core::mem::take(states).into_iter().enumerate();
                *states = given.map(|(k, state)| state.l2(l2.of(k))).collect::<Result<_>>()?;
            }
        }
        Ok(self)
    }

    /// Limits the norm of each member's gradient, as [`OptimizerState::clip_norm`] does. (In lanes the
    /// squares are added in the textbook's order, so that the factor may differ from a network's in
    /// its last bits.)
    ///
    /// # Errors
    /// [`Error::Range`].
    pub fn clip_norm(mut self, norm: f64) -> Result<Self> {
        domains::clip_norm(norm)?;
        checks::least_as::<T>("clip norm", norm)?;
        match &mut self.states {
            States::Lanes(states) => states.clip_norm = Some(norm),
            States::Networks(states) => {
                let given = core::mem::take(states).into_iter();
                *states = given.map(|state| state.clip_norm(norm)).collect::<Result<_>>()?;
            }
        }
        Ok(self)
    }

    /// The optimiser.
    pub fn optimizer(&self) -> Optimizer {
        self.optimizer
    }

    /// The steps that a member has made.
    ///
    /// # Errors
    /// [`Error::Member`].
    pub fn steps(&self, member: usize) -> Result<u64> {
        let last = self.grouping.members - 1;
        if member > last {
            return Err(Error::Member { last, given: member });
        }
        Ok(match &self.states {
            States::Lanes(states) => states.steps[member],
            States::Networks(states) => states[member].steps(),
        })
    }

    fn check(&self, population: &Population<T>) -> Result<()> {
        check_layout("optimizer state", &self.shape, &population.model.shape)?;
        if self.grouping == population.grouping() {
            return Ok(());
        }
        Err(Error::Mismatch { argument: "optimizer state" })
    }
}

impl<T: Scalar> Population<T> {
    /// One step of an optimiser for each member on its batch, at its learning rate. Its cost before
    /// the update, without penalty, goes to `costs`.
    ///
    /// # Errors
    /// Those of [`Network::step_with`](crate::Network::step_with), for the samples and rates of all
    /// members: then nothing has changed. [`Error::MembersDiverged`] if costs are not finite: those
    /// members, and what the optimiser remembers of them, have not changed, the others have.
    pub fn step_with<'a>(
        &mut self,
        x: impl Into<Samples<'a, T>>,
        y: impl Into<PopulationTargets<'a, T>>,
        optimizer: &mut PopulationOptimizer<T>,
        learning_rate: impl Into<OfMembers<'a, T>>,
        costs: &mut [f64],
        workspace: &mut PopulationWorkspace<T>,
    ) -> Result<()> {
        let given = self.check_batch(x.into(), y.into(), costs, workspace)?;
        let rates = learning_rate.into();
        self.check_rates(rates, &given)?;
        optimizer.check(self)?;
        let by = optimizer.optimizer;
        rates.check("learning rates", self.members(), |rate| check_rate::<T>(by, rate.to_f64()))?;
        let most = self.parts(given.samples, workspace);
        let net = Net { shape: &self.model.shape, head: self.model.head() };
        match (&mut self.members, &mut workspace.rooms, &mut optimizer.states) {
            (Members::Lanes(lanes), Rooms::Lanes(rooms), States::Lanes(states)) => {
                let rooms = &mut rooms[..most];
                lanes.optimize(net, &given, states, rates, costs, rooms);
                for (steps, cost) in states.steps.iter_mut().zip(&*costs) {
                    if cost.is_finite() {
                        *steps = steps.saturating_add(1);
                    }
                }
            }
            (Members::Networks(networks), Rooms::Networks(rooms), States::Networks(states)) => {
                let rooms = &mut rooms[..most];
                one_by_one::optimize(networks, &given, states, rates, costs, rooms);
            }
            _ => unreachable!("the arguments are checked"),
        }
        diverged(costs)
    }
}
