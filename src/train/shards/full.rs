//! Cost and gradient of all ranks' samples together, for the solvers.

use super::agreement::agreed;
use super::pass::{Memory, Pass, Step};
use crate::data::columns::Columns;
use crate::data::data_set::DataSet;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::ranks::{Communicator, Shards};
use crate::scalar::Scalar;

/// The memory for them, on one rank.
#[derive(Debug)]
pub(crate) struct FullBatch<T>(Memory<T>);

impl<T: Scalar> FullBatch<T> {
    /// For so many samples of all ranks, in so many shards.
    pub(crate) fn new(
        net: &Network<T>,
        (samples, shards): (usize, usize),
        ranks: &dyn Communicator,
    ) -> Result<Self> {
        let place = (ranks.rank(), ranks.ranks());
        if shards < place.1 {
            let (argument, expected) = ("shards", "at least as many as ranks");
            return Err(Error::Range { argument, expected, given: shards as f64 });
        }
        let shards = Shards::new(samples, shards)?;
        Memory::full(net, shards, place).map(Self)
    }

    /// Refuses samples that are not this rank's share, other ranks, and a network of another shape: on
    /// every rank, if on one.
    pub(crate) fn check(
        &self,
        net: &Network<T>,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        ranks: &mut dyn Communicator,
    ) -> Result<()> {
        let ((shards, _), (rank, of)) = (self.0.shards(), self.0.place());
        if (ranks.rank(), ranks.ranks()) != (rank, of) {
            let (argument, expected) = ("ranks", "those that the solver was made for");
            return Err(Error::Range { argument, expected, given: ranks.ranks() as f64 });
        }
        let check = || {
            net.check_samples(x, y)?;
            let (expected, given) = (shards.samples_of_rank(rank, of).len(), x.samples());
            if expected != given {
                return Err(Error::Samples { argument: "x", expected, given });
            }
            self.0.workspace().buffers.check(net.shape(), 1)
        };
        agreed(check(), ranks)
    }

    /// The mean cost of all samples; their gradient is in the [`workspace`](Self::workspace). Everything
    /// has been checked.
    pub(crate) fn gradient(
        &mut self,
        net: &Network<T>,
        (x, y): (Columns<'_, T>, Targets<'_, T>),
        ranks: &mut dyn Communicator,
    ) -> Result<f64> {
        let data = DataSet { x, y: y.y, weights: y.weights, validation: None };
        let mut pass = Pass { memory: &mut self.0, data, ranks };
        let [cost, total] = pass.gradient(net, Step { index: 0, count: 1, dropout: None })?;
        Ok(cost / if total == 0.0 { 1.0 } else { total })
    }

    pub(crate) fn workspace(&self) -> &TrainingWorkspace<T> {
        self.0.workspace()
    }
}
