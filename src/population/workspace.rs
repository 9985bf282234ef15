//! The memory of a population's passes.

use std::sync::Arc;

use super::building::{Members, Population};
use crate::engine::groups::room::Room;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};
use crate::network::buffers::check_layout;
use crate::network::workspace::{TrainingWorkspace, Workspace};
use crate::scalar::Scalar;
use crate::words::choices::Parallelism;

/// What the passes of a [`Population`] write besides their results, for batches of up to a number of
/// samples a member. Made for as many threads as `rayon` has when it is made; after that no call
/// allocates.
///
/// ```
/// use shallownet::{Activation, Network, Population, PopulationWorkspace};
///
/// let builder = Network::<f32>::builder(3).layer(4, Activation::Tanh).layer(1, Activation::Sigmoid);
/// let population = Population::from_seeds(&builder, 0..1000)?;
/// let workspace = PopulationWorkspace::new(&population, 32)?;
/// assert_eq!(workspace.capacity(), 32);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct PopulationWorkspace<T> {
    shape: Arc<Shape>,
    capacity: usize,
    pub(super) rooms: Rooms<T>,
}

/// One for each thread.
#[derive(Debug)]
pub(super) enum Rooms<T> {
    Lanes(Vec<Room<T>>),
    Networks(Vec<TrainingWorkspace<T>>),
}

impl<T: Scalar> PopulationWorkspace<T> {
    /// For batches of up to `capacity` samples a member.
    ///
    /// # Errors
    /// [`Error::Zero`], [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn new(population: &Population<T>, capacity: usize) -> Result<Self> {
        if capacity == 0 {
            return Err(Error::Zero { argument: "workspace capacity" });
        }
        let (model, threads) = (&population.model, population.threads());
        let rooms = match &population.members {
            Members::Lanes(lanes) => Rooms::Lanes(
                (0..threads)
                    .map(|_| Room::new(&model.shape, lanes.grouping.lanes))
                    .collect::<Result<_>>()?,
            ),
            Members::Networks(_) => Rooms::Networks(
                (0..threads)
                    .map(|_| TrainingWorkspace::new(model, capacity))
                    .collect::<Result<_>>()?,
            ),
        };
        Ok(Self { shape: Arc::clone(&model.shape), capacity, rooms })
    }

    /// The largest batch, in samples a member.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The memory held, in bytes.
    pub fn bytes(&self) -> usize {
        match &self.rooms {
            Rooms::Lanes(rooms) => rooms.iter().map(Room::bytes).sum(),
            Rooms::Networks(rooms) => rooms.iter().map(Workspace::bytes).sum(),
        }
    }

    /// Was it made for such a population, and is it large enough?
    pub(super) fn check(&self, population: &Population<T>, samples: usize) -> Result<()> {
        check_layout("workspace", &self.shape, &population.model.shape)?;
        let ways = (&self.rooms, &population.members);
        if !matches!(
            ways,
            (Rooms::Lanes(_), Members::Lanes(_)) | (Rooms::Networks(_), Members::Networks(_))
        ) {
            return Err(Error::Mismatch { argument: "workspace" });
        }
        if samples > self.capacity {
            return Err(Error::Capacity { capacity: self.capacity, given: samples });
        }
        Ok(())
    }
}

impl<T: Scalar> Population<T> {
    /// The bytes that a [`PopulationWorkspace`] for batches of up to `samples` samples will hold,
    /// without allocating it: in lanes the same for every batch and any number of members. O(layers).
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population, PopulationWorkspace};
    /// # let net = Network::<f32>::builder(3).layer(4, Activation::Tanh).build()?;
    /// let population = Population::from_copies(&net, 1000)?;
    /// let bytes = population.workspace_bytes(32)?;
    /// assert_eq!(PopulationWorkspace::new(&population, 32)?.bytes(), bytes);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`] for batches of 0 samples; [`Error::TooLarge`].
    pub fn workspace_bytes(&self, samples: usize) -> Result<usize> {
        if samples == 0 {
            return Err(Error::Zero { argument: "workspace capacity" });
        }
        let one = match &self.members {
            Members::Lanes(lanes) => Room::<T>::bytes_of(&self.model.shape, lanes.grouping.lanes)?,
            Members::Networks(_) => self.model.workspace_bytes(samples)?,
        };
        let too_large = Error::TooLarge { what: "the population's workspace" };
        one.checked_mul(self.threads()).ok_or(too_large)
    }

    /// Threads that a call may use.
    pub(super) fn threads(&self) -> usize {
        match self.model.parallelism {
            Parallelism::Serial => 1,
            Parallelism::Rayon => rayon::current_num_threads(),
        }
    }
}
