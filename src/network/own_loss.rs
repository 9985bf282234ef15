//! A gradient from the caller's own loss, in one call.

use super::parameters::Network;
use super::workspace::TrainingWorkspace;
use crate::data::columns::Columns;
use crate::engine::own_loss::{Loss, NotFinite, OwnLoss};
use crate::engine::sums::Destination;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::words::choices::Checks;

impl<T: Scalar> Network<T> {
    /// Forward and backward propagation with your own loss, from its derivative by the output
    /// activations: leaves every dW and db in [`TrainingWorkspace::gradients`], and returns the mean of the
    /// losses. The parameters stay as they are, and the network's own loss is not used.
    ///
    /// `loss` is called once for every sample, with the sample's index, its output activations a
    /// (n_y values, those of [`predict`](Self::predict) up to rounding), and n_y zeros, which it
    /// replaces by da = dL/da. It returns L. As everywhere in this crate the cost is the mean over
    /// the samples, so dW = (1/m) sum_i dZ_i A_i^T: to weigh samples, weigh L and da. For losses by
    /// the logits see [`backward_with_dz`](Self::backward_with_dz).
    ///
    /// Large batches are split over threads, so `loss` may be called on several at a time, in any
    /// order; the result has the same bits on any number of them. The passes are those of a
    /// [`Tape`](crate::Tape); nothing is kept, and there is no dX. O(m * weights); allocates nothing on the fused backend.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    ///
    /// // Huber's loss: squared error near 0, absolute error from 1 on. One target lies far off.
    /// let x = [0.0_f32, 1.0, 2.0, 3.0, 4.0];
    /// let y = [1.0_f32, 3.0, 5.0, 70.0, 9.0];
    /// let huber = |sample: usize, a: &[f32], da: &mut [f32]| {
    ///     let d = a[0] - y[sample];
    ///     da[0] = d.clamp(-1.0, 1.0);
    ///     f64::from(if d.abs() < 1.0 { d * d / 2.0 } else { d.abs() - 0.5 })
    /// };
    /// let mut net = Network::builder(1)
    ///     .layer(1, Activation::Identity)
    ///     .init(Init::Zeros, 0)
    ///     .build()?;
    /// let mut workspace = TrainingWorkspace::new(&net, 5)?;
    /// for step in 0..5000 {
    ///     net.backward_with_da(Columns::new(&x, 1)?, &mut workspace, huber)?;
    ///     net.descend(workspace.gradients(), 10.0 / (100.0 + step as f32))?;
    /// }
    /// // y = 2 x + 1, as the other four say; squared error would end with a slope of 8.3.
    /// assert!((net.weights(0)?[0] - 2.0).abs() < 0.5);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`], [`Error::EmptyBatch`], [`Error::Capacity`], [`Error::Mismatch`]; under
    /// [`Checks::Full`], [`Error::NotFinite`] in `x`, before `loss` is called, and in the `da` of
    /// all samples, with the gradients as they were before.
    pub fn backward_with_da(
        &self,
        x: Columns<'_, T>,
        workspace: &mut TrainingWorkspace<T>,
        loss: impl Fn(usize, &[T], &mut [T]) -> f64 + Sync,
    ) -> Result<f64> {
        self.backward_with(x, workspace, "da", Loss { of: &loss, is_da: true })
    }

    /// As [`backward_with_da`](Self::backward_with_da), from the loss's derivative by the logits:
    /// `loss` replaces the zeros by dz = dL/dz, which is taken as it is. Where an activation and a
    /// loss belong together, as softmax and a logarithm, dz is simpler than da, and has no quotient
    /// that overflows.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Network, TrainingWorkspace};
    ///
    /// // REINFORCE with two actions: the loss of a sample is -advantage ln a_action.
    /// let mut policy = Network::<f32>::builder(3)
    ///     .layer(8, Activation::Tanh)
    ///     .layer(2, Activation::Softmax)
    ///     .build()?;
    /// let mut workspace = TrainingWorkspace::new(&policy, 2)?;
    /// let states = Columns::new(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 3)?;
    /// let (actions, advantages) = ([0, 1], [1.0, -0.5]);
    ///
    /// let reinforce = |i: usize, a: &[f32], dz: &mut [f32]| {
    ///     // dL/dz_k = advantage (a_k - 1[k = action])
    ///     for (k, dz) in dz.iter_mut().enumerate() {
    ///         *dz = advantages[i] * (a[k] - f32::from(u8::from(k == actions[i])));
    ///     }
    ///     f64::from(-advantages[i] * a[actions[i]].ln())
    /// };
    /// let before = policy.backward_with_dz(states, &mut workspace, reinforce)?;
    /// policy.descend(workspace.gradients(), 0.1)?;
    /// assert!(policy.backward_with_dz(states, &mut workspace, reinforce)? < before);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`backward_with_da`](Self::backward_with_da).
    pub fn backward_with_dz(
        &self,
        x: Columns<'_, T>,
        workspace: &mut TrainingWorkspace<T>,
        loss: impl Fn(usize, &[T], &mut [T]) -> f64 + Sync,
    ) -> Result<f64> {
        self.backward_with(x, workspace, "dz", Loss { of: &loss, is_da: false })
    }

    fn backward_with(
        &self,
        x: Columns<'_, T>,
        workspace: &mut TrainingWorkspace<T>,
        argument: &'static str,
        loss: Loss<'_, T>,
    ) -> Result<f64> {
        self.check_x(x)?;
        workspace.buffers.check(&self.shape, x.samples())?;
        let TrainingWorkspace { buffers, backward, gradients } = workspace;
        let task = OwnLoss {
            model: self.model(),
            regions: &buffers.regions,
            x: x.as_slice(),
            tiles: buffers.tiles.as_mut_slice(),
            costs: &mut buffers.costs,
            transposed: backward.transposed.as_mut_slice(),
            loss,
            check: self.checks == Checks::Full,
            into: Destination {
                sums: gradients.buffer.as_mut_slice(),
                stretch: backward.stretch.as_mut_slice(),
                parameters: None,
            },
        };
        let cost = self.engine.backward_with(task);
        cost.map_err(|NotFinite { index, value }| Error::NotFinite { argument, index, value })
    }
}
