//! Gradients with hidden units dropped.

use super::parameters::Network;
use super::workspace::TrainingWorkspace;
use crate::data::columns::Columns;
use crate::data::domains;
use crate::data::targets::Targets;
use crate::engine::sums::Destination;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::scalar::Scalar;
use crate::words::choices::Checks;
use crate::words::dropout::Dropout;

impl<T: Scalar> Network<T> {
    /// [`backward`](Self::backward) with units of the hidden layers left out, as [`Dropout`] says:
    /// returns the cost J of that thinned network and leaves its dW and db in
    /// [`TrainingWorkspace::gradients`]. ([`Training::dropout`](crate::Training::dropout) does this
    /// in every step.) O(m * weights); small networks take the way of large ones, which costs them
    /// some time. Allocates nothing on the fused backend; the same bits on any number of threads.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Dropout, Network, TrainingWorkspace};
    ///
    /// let net = Network::<f64>::builder(1)
    ///     .layer(4, Activation::Tanh)
    ///     .layer(1, Activation::Identity)
    ///     .build()?;
    /// let mut workspace = TrainingWorkspace::new(&net, 2)?;
    /// let (x, y) = (Columns::new(&[0.5, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// // At a rate of 0 it is the whole network's.
    /// let cost = net.backward_with_dropout(x, y, Dropout::new(0.0), &mut workspace)?;
    /// assert!((cost - net.backward(x, y, &mut workspace)?).abs() < 1e-15);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`backward`](Self::backward), and [`Error::Range`] for a rate that is not from 0 to less
    /// than 1.
    pub fn backward_with_dropout<'a>(
        &self,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        dropout: Dropout,
        workspace: &mut TrainingWorkspace<T>,
    ) -> Result<f64> {
        let y = y.into();
        domains::dropout(dropout.rate)?;
        self.check_all_but_x(x, y, &workspace.buffers)?;
        self.backward_dropped(&x, &y, dropout, workspace, self.checks)
    }

    /// The same on arguments that have been checked, but perhaps for x's values.
    pub(crate) fn backward_dropped(
        &self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        dropout: Dropout,
        workspace: &mut TrainingWorkspace<T>,
        check_x: Checks,
    ) -> Result<f64> {
        let TrainingWorkspace { buffers, backward, gradients } = workspace;
        let transposed = Some(backward.transposed.as_mut_slice());
        let mut task = self.propagation(x, y, buffers, transposed, check_x);
        let cost = self.cost_of(self.engine.propagate_dropped(&mut task, dropout), x)?;
        let task = self.gradient_sums(x, y, buffers);
        let (sums, stretch) = (gradients.buffer.as_mut_slice(), backward.stretch.as_mut_slice());
        self.engine.sum_tiles(&task, Destination { sums, stretch, parameters: None });
        Ok(cost)
    }
}
