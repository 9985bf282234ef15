//! The cost of the validation set, and the memory for it.

use crate::data::columns::Columns;
use crate::data::data_set::DataSet;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::PredictionWorkspace;
use crate::scalar::Scalar;

/// Samples that go through the network at once. A constant, so that the sum of their costs is cut
/// the same way whatever the memory.
pub(super) const SAMPLES: usize = 1024;

/// Memory for a validation set; empty if there was no set at the beginning.
#[derive(Debug)]
pub(super) struct Validation<T> {
    workspace: Option<PredictionWorkspace<T>>,
}

impl<T: Scalar> Validation<T> {
    pub(super) fn new(net: &Network<T>, data: DataSet<'_, T>) -> Result<Self> {
        Self::for_samples(net, data.validation.map_or(0, |(x, _)| x.samples()))
    }

    /// For so many samples, perhaps none.
    pub(super) fn for_samples(net: &Network<T>, samples: usize) -> Result<Self> {
        let memory = || PredictionWorkspace::new(net, samples.min(SAMPLES));
        Ok(Self { workspace: (samples > 0).then(memory).transpose()? })
    }

    /// Refuses validation samples that no memory was made for.
    pub(super) fn check(&self, data: DataSet<'_, T>) -> Result<()> {
        self.check_samples(data.validation.map_or(0, |(x, _)| x.samples()))
    }

    pub(super) fn check_samples(&self, samples: usize) -> Result<()> {
        let capacity = self.workspace.as_ref().map_or(0, PredictionWorkspace::capacity);
        let given = samples.min(SAMPLES);
        if given <= capacity { Ok(()) } else { Err(Error::Capacity { capacity, given }) }
    }

    /// The set's cost, if there is one.
    pub(super) fn cost(&mut self, net: &Network<T>, data: DataSet<'_, T>) -> Result<Option<f64>> {
        let Some((x, targets)) = data.validation else { return Ok(None) };
        Ok(Some(self.sum(net, x, targets)? / targets.total()))
    }

    /// The sum of the weighted losses of some of the samples, at least one.
    pub(super) fn sum(
        &mut self,
        net: &Network<T>,
        x: Columns<'_, T>,
        targets: Targets<'_, T>,
    ) -> Result<f64> {
        self.add(net, x, targets, 0.0)
    }

    /// The same added to the `sum` of others before them, of which there were a whole number of times
    /// [`SAMPLES`]: then it is the sum of all of them, to the bit.
    pub(super) fn add(
        &mut self,
        net: &Network<T>,
        x: Columns<'_, T>,
        targets: Targets<'_, T>,
        mut sum: f64,
    ) -> Result<f64> {
        let Some(workspace) = &mut self.workspace else { return Ok(0.0) };
        let (n_x, n_y) = (x.features(), targets.y.features());
        let parts = x.as_slice().chunks(SAMPLES * n_x);
        let parts = parts.zip(targets.y.as_slice().chunks(SAMPLES * n_y)).enumerate();
        for (index, (x, y)) in parts {
            let (x, y) = (Columns::checked(x, n_x), Columns::checked(y, n_y));
            let start = index * SAMPLES;
            let weights = targets.weights.map(|all| &all[start..start + x.samples()]);
            let y = Targets { y, weights };
            sum += net.cost_checked(x, y, &mut workspace.buffers)? * y.total();
        }
        Ok(sum)
    }
}
