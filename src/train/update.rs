//! One step of an optimiser on a network.

use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::targets::Targets;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::network::buffers::check_layout;
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::scalar::Scalar;
use crate::train::factors::Factors;
use crate::train::optimizer_state::OptimizerState;
use crate::words::choices::Checks;
use crate::words::dropout::Dropout;

impl<T: Scalar> Network<T> {
    /// Moves the parameters and the optimiser's moments by one step along the given gradients. One
    /// pass over parameters, gradient and moments (clipping reads the gradient once before), on the
    /// calling thread; allocates nothing. Gradients that are not finite give what IEEE 754 says.
    ///
    /// A step at a learning rate of 0 is counted and moves the moments as the formulas say (they do
    /// not depend on the rate); no bit of the parameters changes.
    ///
    /// ```
    /// use shallownet::{
    ///     Activation, Columns, Init, Network, Optimizer, OptimizerState, TrainingWorkspace,
    /// };
    ///
    /// let mut net =
    ///     Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// let mut state = OptimizerState::new(&net, Optimizer::momentum())?;
    /// let mut workspace = TrainingWorkspace::new(&net, 1)?;
    /// let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    ///
    /// net.backward(x, y, &mut workspace)?; // dW = [-1.5, 0.5], db = [-0.5]
    /// net.update(&mut state, workspace.gradients(), 2.0)?;
    /// assert_eq!(net.weights(0)?, [3.0, -1.0]);
    /// net.update(&mut state, workspace.gradients(), 2.0)?; // m = 0.9 dW + dW
    /// assert!((net.weights(0)?[0] - (3.0 + 2.0 * 1.9 * 1.5)).abs() < 1e-14);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] for a learning rate that is negative or not finite, or becomes infinite in
    /// Adam's correction or with AdamW's decay; [`Error::Mismatch`] for a state or gradients of
    /// another network.
    pub fn update(
        &mut self,
        state: &mut OptimizerState<T>,
        gradients: &Gradients<T>,
        learning_rate: T,
    ) -> Result<()> {
        checks::learning_rate(learning_rate)?;
        state.check(&self.shape)?;
        state.check_rate(learning_rate.to_f64())?;
        check_layout("gradients", &gradients.shape, &self.shape)?;
        let factors = state.factors(learning_rate.to_f64());
        self.update_checked(state, gradients, &factors);
        Ok(())
    }

    pub(super) fn update_checked(
        &mut self,
        state: &mut OptimizerState<T>,
        gradients: &Gradients<T>,
        factors: &Factors<T>,
    ) {
        let (functions, parameters) = (&*self.engine, self.parameters.as_mut_slice());
        state.step(functions, gradients.buffer.as_slice(), parameters, factors);
    }

    /// [`step_with_checked`](Self::step_with_checked) with hidden units dropped.
    pub(crate) fn step_dropped(
        &mut self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        dropout: Dropout,
        (state, learning_rate): (&mut OptimizerState<T>, f64),
        workspace: &mut TrainingWorkspace<T>,
    ) -> Result<f64> {
        let step = state.steps();
        let factors = state.factors(learning_rate);
        let cost = self.backward_dropped(x, y, dropout, workspace, Checks::ShapesOnly)?;
        let cost = checks::finite_cost(cost, step)?;
        self.update_checked(state, workspace.gradients(), &factors);
        Ok(cost)
    }

    /// One step of an optimiser on the batch: [`backward`](Self::backward), then
    /// [`update`](Self::update). Returns the cost J before the update, L2 not counted.
    ///
    /// SGD without L2 and clipping is [`step`](Self::step), with the update fused into the sums of
    /// the gradient: what the workspace's gradients hold afterwards is unspecified then.
    ///
    /// ```
    /// use shallownet::{
    ///     Activation, Columns, Network, Optimizer, OptimizerState, TrainingWorkspace,
    /// };
    ///
    /// let (x, y) = (Columns::new(&[-1.0_f32, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let mut workspace = TrainingWorkspace::new(&net, 2)?;
    /// let mut state = OptimizerState::new(&net, Optimizer::adam())?;
    /// let before = net.step_with(x, y, &mut state, 0.01, &mut workspace)?;
    /// assert!(net.cost(x, y, &mut workspace)? < before);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`step`](Self::step), and [`Error::Mismatch`] for the state of another network.
    /// [`Error::Diverged`] if the cost is not finite, with parameters and state unchanged; it names
    /// the state's step.
    #[inline]
    pub fn step_with<'a>(
        &mut self,
        x: Columns<'_, T>,
        y: impl Into<Targets<'a, T>>,
        state: &mut OptimizerState<T>,
        learning_rate: T,
        workspace: &mut TrainingWorkspace<T>,
    ) -> Result<f64> {
        let y = y.into();
        checks::learning_rate(learning_rate)?;
        if !(self.is_tiny_sample(&x, &workspace.buffers) && self.is_sample_of_targets(&y)) {
            self.check_all_but_x(x, y, &workspace.buffers)?;
        }
        state.check(&self.shape)?;
        state.check_rate(learning_rate.to_f64())?;
        self.step_with_checked(&x, &y, state, learning_rate.to_f64(), workspace, self.checks)
    }

    /// [`step_with`](Self::step_with) on arguments that have been checked, but perhaps for x's
    /// values.
    #[inline]
    pub(crate) fn step_with_checked(
        &mut self,
        x: &Columns<'_, T>,
        y: &Targets<'_, T>,
        state: &mut OptimizerState<T>,
        learning_rate: f64,
        workspace: &mut TrainingWorkspace<T>,
        check_x: Checks,
    ) -> Result<f64> {
        let step = state.steps();
        if state.is_plain() && learning_rate > 0.0 {
            y.check_rate(learning_rate)?;
            let rate = T::from_f64(learning_rate);
            let cost = self.step_checked(x, y, rate, workspace, check_x)?;
            let cost = checks::finite_cost(cost, step)?;
            state.count();
            return Ok(cost);
        }
        let factors = state.factors(learning_rate);
        let cost = self.backward_checked(x, y, workspace, check_x)?;
        let cost = checks::finite_cost(cost, step)?;
        self.update_checked(state, workspace.gradients(), &factors);
        Ok(cost)
    }
}
