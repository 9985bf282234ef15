//! The checks of a call, made before anything changes.

use super::parameters::Network;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::domains;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::buffers::Buffers;
use crate::scalar::Scalar;
use crate::words::choices::Checks;

impl<T: Scalar> Network<T> {
    /// Everything about a training batch that can be wrong.
    pub(crate) fn check_batch(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        buffers: &Buffers<T>,
    ) -> Result<()> {
        self.check_samples(x, y)?;
        buffers.check(&self.shape, x.samples())
    }

    /// The same, but for the values of x: the pass itself finds those that are not finite.
    pub(crate) fn check_all_but_x(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        buffers: &Buffers<T>,
    ) -> Result<()> {
        self.check_x_shape(x)?;
        self.check_targets(x, y)?;
        buffers.check(&self.shape, x.samples())
    }

    /// Everything about samples with targets that can be wrong, whatever workspace they go through.
    pub(crate) fn check_samples(&self, x: Columns<'_, T>, y: Targets<'_, T>) -> Result<()> {
        self.check_x(x)?;
        self.check_targets(x, y)
    }

    fn check_targets(&self, x: Columns<'_, T>, y: Targets<'_, T>) -> Result<()> {
        features("y", self.targets(), y.y.features())?;
        if y.y.samples() != x.samples() {
            return Err(Error::Samples {
                argument: "y",
                expected: x.samples(),
                given: y.y.samples(),
            });
        }
        if self.checks == Checks::Full {
            domains::targets(self.loss, y.y)?;
        }
        y.check_weights()
    }

    /// Is this one sample of the right length, for a network so small that checks would take longer
    /// than the arithmetic? Its values are not checked here.
    #[inline]
    pub(crate) fn is_tiny_sample(&self, x: &Columns<'_, T>, buffers: &Buffers<T>) -> bool {
        self.shape.is_tiny
            && x.samples() == 1
            && x.features() == self.inputs()
            && buffers.tiny == self.shape.tiny
    }

    /// Are these one sample's targets, without any fault?
    #[inline]
    pub(crate) fn is_sample_of_targets(&self, y: &Targets<'_, T>) -> bool {
        y.weights.is_none()
            && y.y.samples() == 1
            && y.y.features() == self.targets()
            && (self.checks == Checks::ShapesOnly || domains::targets(self.loss, y.y).is_ok())
    }

    pub(crate) fn check_x(&self, x: Columns<'_, T>) -> Result<()> {
        self.check_x_shape(x)?;
        self.check_finite_x(x)
    }

    pub(crate) fn check_x_shape(&self, x: Columns<'_, T>) -> Result<()> {
        features("x", self.inputs(), x.features())?;
        if x.samples() == 0 { Err(Error::EmptyBatch { argument: "x" }) } else { Ok(()) }
    }

    pub(super) fn check_finite_x(&self, x: Columns<'_, T>) -> Result<()> {
        self.check_finite("x", x.as_slice())
    }

    pub(crate) fn check_finite(&self, argument: &'static str, values: &[T]) -> Result<()> {
        match self.checks {
            Checks::Full if self.engine.all_finite(values) => Ok(()),
            Checks::Full => checks::finite(argument, values),
            Checks::ShapesOnly => Ok(()),
        }
    }
}

pub(crate) fn features(argument: &'static str, expected: usize, given: usize) -> Result<()> {
    if given == expected { Ok(()) } else { Err(Error::Features { argument, expected, given }) }
}
