//! The calls of a network that change its parameters by gradient descent: descend and step. (With
//! an optimiser: `train::update`.)

use super::parameters::Network;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::engine::sums::{Destination, WeightSums};
use crate::engine::tiny_back;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::kernels::update;
use crate::network::buffers::check_layout;
use crate::network::gradients::Gradients;
use crate::network::workspace::TrainingWorkspace;
use crate::scalar::Scalar;
use crate::words::choices::Checks;

impl<T: Scalar> Network<T> {
    /// W -= lr dW, b -= lr db. A learning rate of 0 changes nothing, whatever the gradient holds.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let mut net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// net.backward(x, y, &mut workspace)?;
    /// net.descend(workspace.gradients(), 2.0)?;
    /// assert_eq!(net.weights(0)?, [3.0, -1.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] for a learning rate that is negative or not finite, [`Error::Mismatch`].
    pub fn descend(&mut self, gradients: &Gradients<T>, learning_rate: T) -> Result<()> {
        checks::learning_rate(learning_rate)?;
        check_layout("gradients", &gradients.shape, &self.shape)?;
        if learning_rate == T::ZERO {
            return Ok(());
        }
        let parameters = self.parameters.as_mut_slice();
        update::descend::<T::Wide>((), learning_rate, gradients.buffer.as_slice(), parameters);
        Ok(())
    }

    /// One step of gradient descent on the batch. Returns the cost J before the update. Uses the
    /// workspace's gradients as scratch: what they hold afterwards is unspecified.
    ///
    /// The learning rate is a `T` because the gradient is multiplied by a `T`: exactly the number
    /// given is used. At 0 no parameter changes, not even one so small that another step would make
    /// it 0.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let mut net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// let before = net.step(x, y, 2.0, &mut workspace)?;
    /// assert_eq!(net.weights(0)?, [3.0, -1.0]);
    /// assert!(net.cost(x, y, &mut workspace)? < before);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// A batch may be one sample: then this is an online step.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Init, Network, Parallelism, TrainingWorkspace};
    ///
    /// let mut net = Network::<f32>::builder(2)
    ///     .layer(8, Activation::Tanh)
    ///     .layer(1, Activation::Identity)
    ///     .init(Init::XavierNormal, 1)
    ///     .parallelism(Parallelism::Serial)
    ///     .build()?;
    /// let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// let mut mean_cost = 0.0;
    /// // Samples as they come in: learn to add two numbers.
    /// for i in 0..2000 {
    ///     let sample = [(i % 7) as f32 / 7.0, (i % 5) as f32 / 5.0];
    ///     let target = [sample[0] + sample[1]];
    ///     let (x, y) = (Columns::new(&sample, 2)?, Columns::new(&target, 1)?);
    ///     mean_cost = 0.99 * mean_cost + 0.01 * net.step(x, y, 0.1, &mut workspace)?;
    /// }
    /// assert!(mean_cost < 1e-3);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`backward`](Self::backward) and [`descend`](Self::descend), and [`Error::Range`] for a
    /// learning rate that is infinite once it is divided by the sum of the weights;
    /// [`Error::Diverged`] if the cost is not finite, with the parameters unchanged.
    #[inline]
    pub fn step<'a>(
        &mut self,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        learning_rate: T,
        workspace: &mut TrainingWorkspace<T>,
    ) -> Result<f64> {
        let y = y.into();
        if !(learning_rate.is_finite() && learning_rate > T::ZERO) {
            return self.step_at_zero(x, y, learning_rate, workspace);
        }
        if self.is_tiny_sample(&x, &workspace.buffers)
            && self.is_sample_of_targets(&y)
            && let Some(cost) = self.step_tiny(&x, &y, learning_rate)
        {
            return checks::finite_cost(cost, 0);
        }
        self.step_any(x, y, learning_rate, workspace)
    }

    /// [`step`](Self::step) at a rate of 0, or at one that is refused.
    #[cold]
    fn step_at_zero(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        learning_rate: T,
        workspace: &mut TrainingWorkspace<T>,
    ) -> Result<f64> {
        checks::learning_rate(learning_rate)?;
        checks::finite_cost(self.backward(x, y, workspace)?, 0)
    }

    /// [`step`](Self::step) for networks and batches of any size.
    fn step_any(
        &mut self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        learning_rate: T,
        workspace: &mut TrainingWorkspace<T>,
    ) -> Result<f64> {
        self.check_all_but_x(x, y, &workspace.buffers)?;
        y.check_rate(learning_rate.to_f64())?;
        let cost = self.step_checked(&x, &y, learning_rate, workspace, self.checks)?;
        checks::finite_cost(cost, 0)
    }

    /// [`step`](Self::step) on arguments that have been checked, but perhaps for x's values, at a
    /// rate above 0. If the cost that it returns is not finite, no parameter has changed: the
    /// caller adds the step's number to the error.
    pub(crate) fn step_checked(
        &mut self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        learning_rate: T,
        workspace: &mut TrainingWorkspace<T>,
        check_x: Checks,
    ) -> Result<f64> {
        if self.is_tiny_sample(x, &workspace.buffers)
            && let Some(cost) = self.step_tiny(x, y, learning_rate)
        {
            return Ok(cost);
        }
        let TrainingWorkspace { buffers, backward, gradients } = workspace;
        let transposed = Some(backward.transposed.as_mut_slice());
        let cost = self.propagate(x, y, buffers, transposed, check_x)?;
        if !cost.is_finite() {
            return Ok(cost);
        }
        // The sums go into the parameters; the gradient buffer is scratch.
        let task = WeightSums {
            shape: &self.shape,
            parallelism: self.parallelism,
            regions: &buffers.regions,
            x: x.as_slice(),
            tiles: buffers.tiles.as_slice(),
            factor: T::from_f64(-learning_rate.to_f64() / y.total()),
        };
        let (sums, stretch) = (gradients.buffer.as_mut_slice(), backward.stretch.as_mut_slice());
        let parameters = Some(self.parameters.as_mut_slice());
        self.engine.sum_weights(&task, Destination { sums, stretch, parameters });
        Ok(cost)
    }

    /// [`step`](Self::step) on one sample of a tiny network, if there is a shorter path for it, and
    /// if the sample is finite.
    #[inline]
    fn step_tiny(
        &mut self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        learning_rate: T,
    ) -> Option<f64> {
        let total = y.total();
        let mut task = tiny_back::Step {
            shape: &self.shape,
            loss: &self.loss,
            parameters: self.parameters.as_mut_slice(),
            weights: y.weights,
            total,
            factor: T::from_f64(-learning_rate.to_f64() / total),
        };
        self.engine.step_tiny(&mut task, x.as_slice(), y.y.as_slice())
    }
}
