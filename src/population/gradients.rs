//! The gradients of all members.

use std::sync::Arc;

use super::building::{Members, Population};
use super::store::Grouping;
use crate::data::buffer::AlignedBuffer;
use crate::data::checks;
use crate::engine::shape::Shape;
use crate::error::{Error, Result};
use crate::network::buffers::check_layout;
use crate::scalar::Scalar;

/// dJ/dW and dJ/db of every member of a [`Population`], as
/// [`backward`](Population::backward) writes them.
#[derive(Debug, Clone)]
pub struct PopulationGradients<T> {
    shape: Arc<Shape>,
    /// Members that are networks of their own lie in groups of one.
    pub(super) grouping: Grouping,
    pub(super) values: AlignedBuffer<T>,
}

impl<T: Scalar> PopulationGradients<T> {
    /// All 0, for this population.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn zeros(population: &Population<T>) -> Result<Self> {
        let grouping = population.grouping();
        let values = grouping.zeros()?;
        Ok(Self { shape: Arc::clone(&population.model.shape), grouping, values })
    }

    /// Writes a member's gradients in the textbook's order: layer by layer, dW row-major
    /// (n_l, n_{l-1}), then db.
    ///
    /// # Errors
    /// [`Error::Member`], [`Error::Length`].
    pub fn values_into(&self, member: usize, into: &mut [T]) -> Result<()> {
        let last = self.grouping.members - 1;
        if member > last {
            return Err(Error::Member { last, given: member });
        }
        checks::length("into", self.grouping.parameters, into.len())?;
        self.grouping.gather(self.values.as_slice(), member, into);
        Ok(())
    }

    pub(super) fn check(&self, population: &Population<T>) -> Result<()> {
        check_layout("gradients", &self.shape, &population.model.shape)?;
        if self.grouping == population.grouping() {
            return Ok(());
        }
        Err(Error::Mismatch { argument: "gradients" })
    }
}

impl<T: Scalar> Population<T> {
    /// How values of the members lie side by side: as their parameters in lanes, otherwise member by
    /// member.
    pub(super) fn grouping(&self) -> Grouping {
        match &self.members {
            Members::Lanes(lanes) => lanes.grouping,
            Members::Networks(networks) => {
                Grouping { members: networks.len(), lanes: 1, parameters: self.parameter_count() }
            }
        }
    }
}
