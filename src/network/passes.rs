//! The calls of a network that leave its parameters as they are: predict, cost, backward. (Steps:
//! `step`.)

use super::parameters::Network;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::targets::Targets;
use crate::engine::pass::{Prediction, Propagation};
use crate::engine::sums::{Destination, WeightSums};
use crate::engine::tiles::Samples;
use crate::engine::tiny;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::network::buffers::Buffers;
use crate::network::workspace::{TrainingWorkspace, Workspace};
use crate::scalar::Scalar;
use crate::words::choices::Checks;

impl<T: Scalar> Network<T> {
    /// Forward propagation: the output activations of every sample of `x`, column after column,
    /// into `out` (n_y * m values). O(m * weights); on the same thread for small work.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// let mut out = [0.0];
    /// net.predict(x, &mut out, &mut workspace)?;
    /// assert_eq!(out, [0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Features`], [`Error::EmptyBatch`], [`Error::Length`] of `out`, [`Error::Capacity`],
    /// [`Error::Mismatch`]; [`Error::NotFinite`] in `x` under [`Checks::Full`].
    // Inlined, so that what the caller knows of `x` and `out` stays in registers: see
    // `engine::tiny`.
    #[inline]
    pub fn predict(
        &self,
        x: Columns<'_, T>,
        out: &mut [T],
        workspace: &mut (impl Workspace<T> + ?Sized),
    ) -> Result<()> {
        let buffers = workspace.buffers();
        if self.is_tiny_sample(&x, buffers) && out.len() == self.outputs() {
            let net = tiny::Net { shape: &self.shape, parameters: self.parameters.as_slice() };
            if self.engine.predict_tiny(&net, x.as_slice(), out) {
                return Ok(());
            }
        }
        self.predict_any(x, out, buffers)
    }

    /// [`predict`](Self::predict) for networks and batches of any size.
    fn predict_any(
        &self,
        x: Columns<'_, T>,
        out: &mut [T],
        buffers: &mut Buffers<T>,
    ) -> Result<()> {
        self.check_x_shape(x)?;
        checks::length("out", self.outputs() * x.samples(), out.len())?;
        buffers.check(&self.shape, x.samples())?;
        let mut task = Prediction {
            model: self.model(),
            regions: &buffers.regions,
            x: &x,
            tiles: buffers.tiles.as_mut_slice(),
            out,
            check_x: self.checks == Checks::Full,
        };
        // A pass fails only because of a value in x.
        if self.engine.predict(&mut task) { Ok(()) } else { self.check_finite_x(x) }
    }

    /// The cost J of the batch, computed from the logits. Any workspace will do.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// // An undecided network: -ln(1/2).
    /// assert!((net.cost(x, y, &mut workspace)? - 2.0_f64.ln()).abs() < 1e-15);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and [`Error::Samples`] or [`Error::Features`] of `y`,
    /// [`Error::Target`] for targets outside the loss's domain under [`Checks::Full`].
    #[inline]
    pub fn cost<'a>(
        &self,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        workspace: &mut (impl Workspace<T> + ?Sized),
    ) -> Result<f64> {
        let (y, buffers) = (y.into(), workspace.buffers());
        if self.is_tiny_sample(&x, buffers)
            && self.is_sample_of_targets(&y)
            && let Some(cost) = self.cost_tiny(&x, &y)
        {
            return Ok(cost);
        }
        self.cost_any(x, y, buffers)
    }

    /// [`cost`](Self::cost) for networks and batches of any size.
    fn cost_any(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        buffers: &mut Buffers<T>,
    ) -> Result<f64> {
        self.check_all_but_x(x, y, buffers)?;
        self.propagate(&x, &y, buffers, None, self.checks)
    }

    /// [`cost`](Self::cost) on arguments that have been checked.
    pub(crate) fn cost_checked(
        &self,
        x: Columns<'_, T>,
        y: Targets<'_, T>,
        buffers: &mut Buffers<T>,
    ) -> Result<f64> {
        self.propagate(&x, &y, buffers, None, Checks::ShapesOnly)
    }

    /// [`cost`](Self::cost) of one sample of a tiny network, if there is a shorter path for it, and
    /// if the sample is finite.
    #[inline]
    fn cost_tiny(&self, x: &Columns<'_, T>, y: &Targets<'_, T>) -> Option<f64> {
        self.engine.cost_tiny(&self.tiny_sample(y), x.as_slice(), y.y.as_slice())
    }

    #[inline]
    fn tiny_sample<'a>(&'a self, y: &Targets<'a, T>) -> tiny::Sample<'a, T> {
        tiny::Sample {
            shape: &self.shape,
            loss: &self.loss,
            parameters: self.parameters.as_slice(),
            weights: y.weights,
            total: y.total(),
        }
    }

    /// Forward and backward propagation: returns the cost J and leaves every dW and db in
    /// [`TrainingWorkspace::gradients`]. The parameters stay as they are.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, TrainingWorkspace};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// # let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// # let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// net.backward(x, y, &mut workspace)?;
    /// // dZ = a - y = -0.5, dW = dZ x^T.
    /// assert_eq!(workspace.gradients().weights(0)?, [-1.5, 0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`cost`](Self::cost).
    #[inline]
    pub fn backward<'a>(
        &self,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        workspace: &mut TrainingWorkspace<T>,
    ) -> Result<f64> {
        let y = y.into();
        if self.is_tiny_sample(&x, &workspace.buffers)
            && self.is_sample_of_targets(&y)
            && let Some(cost) = self.backward_tiny(&x, &y, workspace)
        {
            return Ok(cost);
        }
        self.check_all_but_x(x, y, &workspace.buffers)?;
        self.backward_any(&x, &y, workspace, self.checks)
    }

    /// [`backward`](Self::backward) on arguments that have been checked, but perhaps for x's
    /// values.
    #[inline]
    pub(crate) fn backward_checked(
        &self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        workspace: &mut TrainingWorkspace<T>,
        check_x: Checks,
    ) -> Result<f64> {
        if self.is_tiny_sample(x, &workspace.buffers)
            && let Some(cost) = self.backward_tiny(x, y, workspace)
        {
            return Ok(cost);
        }
        self.backward_any(x, y, workspace, check_x)
    }

    /// [`backward`](Self::backward) of one sample of a tiny network, if there is a shorter path for
    /// it, and if the sample is finite.
    #[inline]
    fn backward_tiny(
        &self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        workspace: &mut TrainingWorkspace<T>,
    ) -> Option<f64> {
        let (task, sums) = (self.tiny_sample(y), workspace.gradients.buffer.as_mut_slice());
        self.engine.backward_tiny(&task, x.as_slice(), y.y.as_slice(), sums)
    }

    /// [`backward_checked`](Self::backward_checked) for networks and batches of any size.
    fn backward_any(
        &self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        workspace: &mut TrainingWorkspace<T>,
        check_x: Checks,
    ) -> Result<f64> {
        let TrainingWorkspace { buffers, backward, gradients } = workspace;
        let transposed = Some(backward.transposed.as_mut_slice());
        let cost = self.propagate(x, y, buffers, transposed, check_x)?;
        let task = self.gradient_sums(x, y, buffers);
        let (sums, stretch) = (gradients.buffer.as_mut_slice(), backward.stretch.as_mut_slice());
        self.engine.sum_weights(&task, Destination { sums, stretch, parameters: None });
        Ok(cost)
    }

    /// The second region of a step, for the gradient itself.
    pub(super) fn gradient_sums<'a>(
        &'a self,
        x: &Columns<'a, T>,
        y: &Targets<'_, T>,
        buffers: &'a Buffers<T>,
    ) -> WeightSums<'a, T> {
        WeightSums {
            shape: &self.shape,
            parallelism: self.parallelism,
            regions: &buffers.regions,
            x: x.as_slice(),
            tiles: buffers.tiles.as_slice(),
            factor: T::from_f64(1.0 / y.total()),
        }
    }

    /// Forward and loss, and backward if there is room for transposed weights, on checked
    /// arguments; x's values are checked on the way.
    pub(super) fn propagate(
        &self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        buffers: &mut Buffers<T>,
        backward: Option<&mut [T]>,
        check_x: Checks,
    ) -> Result<f64> {
        let mut task = self.propagation(x, y, buffers, backward, check_x);
        self.cost_of(self.engine.propagate(&mut task), x)
    }

    /// The first region of a step, or a cost alone.
    pub(super) fn propagation<'a>(
        &'a self,
        x: &Columns<'a, T>,
        y: &Targets<'a, T>,
        buffers: &'a mut Buffers<T>,
        backward: Option<&'a mut [T]>,
        check_x: Checks,
    ) -> Propagation<'a, T> {
        Propagation {
            model: self.model(),
            regions: &buffers.regions,
            samples: Samples { x: x.as_slice(), y: y.y.as_slice(), weights: y.weights },
            total: y.total(),
            tiles: buffers.tiles.as_mut_slice(),
            costs: &mut buffers.costs,
            backward,
            check_x: check_x == Checks::Full,
        }
    }

    /// What a pass says: a cost, or else that x is refused.
    pub(super) fn cost_of(&self, said: Option<f64>, x: &Columns<'_, T>) -> Result<f64> {
        match said {
            Some(cost) => Ok(cost),
            // A pass fails only because of a value that this finds.
            None => self.check_finite_x(*x).map(|()| f64::NAN),
        }
    }
}
