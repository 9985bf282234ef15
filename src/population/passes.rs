//! The calls of a population: predict, cost, backward, step.

use super::building::{Members, Population};
use super::checking::diverged;
use super::given::Given;
use super::gradients::PopulationGradients;
use super::samples::{OfMembers, PopulationTargets, Samples};
use super::workspace::{PopulationWorkspace, Rooms};
use super::{one_by_one, plan};
use crate::data::checks;
use crate::engine::groups::job::Net;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::scalar::Scalar;

impl<T: Scalar> Population<T> {
    /// What each member predicts: `out` gets the columns of member 0, then those of member 1, and so
    /// on.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Network, Population, PopulationWorkspace};
    /// let builder = Network::<f32>::builder(2).layer(1, Activation::Sigmoid);
    /// let population = Population::from_seeds(&builder, 0..3)?;
    /// let mut workspace = PopulationWorkspace::new(&population, 2)?;
    /// let x = Columns::new(&[0.5, 1.0, -1.0, 2.0], 2)?;
    /// let mut out = [0.0; 3 * 2];
    /// population.predict(x, &mut out, &mut workspace)?;
    /// # assert!(out.iter().all(|a| *a > 0.0 && *a < 1.0));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Network::predict`](crate::Network::predict), for the samples and `out` of all
    /// members.
    pub fn predict<'a>(
        &self,
        x: impl Into<Samples<'a, T>>,
        out: &mut [T],
        workspace: &mut PopulationWorkspace<T>,
    ) -> Result<()> {
        let x = x.into();
        let samples = self.check_x(x, workspace)?;
        let of_member = samples * self.outputs();
        checks::length("out", of_member * self.members(), out.len())?;
        let most = self.parts(samples, workspace);
        match (&self.members, &mut workspace.rooms) {
            (Members::Lanes(lanes), Rooms::Lanes(rooms)) => {
                lanes.predict(self.net(), x, samples, out, &mut rooms[..most]);
            }
            (Members::Networks(networks), Rooms::Networks(rooms)) => {
                one_by_one::predict(networks, x, samples, out, &mut rooms[..most]);
            }
            _ => unreachable!("the workspace is checked"),
        }
        Ok(())
    }

    /// The cost J of each member, to `costs`.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, Population, PopulationWorkspace};
    /// let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// let population = Population::from_copies(&net, 3)?;
    /// let mut workspace = PopulationWorkspace::new(&population, 1)?;
    /// let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// let mut costs = [0.0; 3];
    /// population.cost(x, y, &mut costs, &mut workspace)?;
    /// assert_eq!(costs, [2.0_f64.ln(); 3]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Network::cost`](crate::Network::cost), for the samples of all members. A cost that
    /// is not finite is no error here.
    pub fn cost<'a>(
        &self,
        x: impl Into<Samples<'a, T>>,
        y: impl Into<PopulationTargets<'a, T>>,
        costs: &mut [f64],
        workspace: &mut PopulationWorkspace<T>,
    ) -> Result<()> {
        let given = self.check_batch(x.into(), y.into(), costs, workspace)?;
        self.backward_checked(&given, None, costs, workspace);
        Ok(())
    }

    /// The cost of each member, to `costs`, and its gradients.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, Population, PopulationGradients};
    /// # use shallownet::PopulationWorkspace;
    /// let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// let population = Population::from_copies(&net, 3)?;
    /// let mut workspace = PopulationWorkspace::new(&population, 1)?;
    /// let mut gradients = PopulationGradients::zeros(&population)?;
    /// let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// let mut costs = [0.0; 3];
    /// population.backward(x, y, &mut gradients, &mut costs, &mut workspace)?;
    /// let mut of_member = [0.0; 3];
    /// gradients.values_into(2, &mut of_member)?;
    /// assert_eq!(of_member, [-1.5, 0.5, -0.5]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Network::backward`](crate::Network::backward), for the samples of all members;
    /// [`Error::Mismatch`] for gradients of another population. A cost that is not finite is no error
    /// here.
    pub fn backward<'a>(
        &self,
        x: impl Into<Samples<'a, T>>,
        y: impl Into<PopulationTargets<'a, T>>,
        gradients: &mut PopulationGradients<T>,
        costs: &mut [f64],
        workspace: &mut PopulationWorkspace<T>,
    ) -> Result<()> {
        let given = self.check_batch(x.into(), y.into(), costs, workspace)?;
        gradients.check(self)?;
        let into = gradients.values.as_mut_slice();
        self.backward_checked(&given, Some(into), costs, workspace);
        Ok(())
    }

    /// Costs, and gradients if there is a place for them, of arguments that have been checked.
    pub(super) fn backward_checked(
        &self,
        given: &Given<'_, T>,
        into: Option<&mut [T]>,
        costs: &mut [f64],
        workspace: &mut PopulationWorkspace<T>,
    ) {
        let most = self.parts(given.samples, workspace);
        match (&self.members, &mut workspace.rooms) {
            (Members::Lanes(lanes), Rooms::Lanes(rooms)) => {
                lanes.backward(self.net(), given, into, costs, &mut rooms[..most]);
            }
            (Members::Networks(networks), Rooms::Networks(rooms)) => {
                one_by_one::backward(networks, given, into, costs, &mut rooms[..most]);
            }
            _ => unreachable!("the workspace is checked"),
        }
    }

    /// One step of gradient descent of each member on its batch, at its learning rate. Its cost
    /// before the update goes to `costs`.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, Init, Network, Population, PopulationWorkspace};
    /// let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).init(Init::Zeros, 0).build()?;
    /// let mut population = Population::from_copies(&net, 2)?;
    /// let mut workspace = PopulationWorkspace::new(&population, 1)?;
    /// let (x, y) = (Columns::new(&[3.0, -1.0], 2)?, Columns::new(&[1.0], 1)?);
    /// let mut costs = [0.0; 2];
    /// // Each at a learning rate of its own.
    /// population.step(x, y, &[1.0, 2.0][..], &mut costs, &mut workspace)?;
    /// assert_eq!(population.get(0)?.weights(0)?, [1.5, -0.5]);
    /// assert_eq!(population.get(1)?.weights(0)?, [3.0, -1.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Network::step`](crate::Network::step), for the samples and rates of all members:
    /// then nothing has changed. [`Error::MembersDiverged`] if costs are not finite: those members
    /// have not changed, the others have.
    pub fn step<'a>(
        &mut self,
        x: impl Into<Samples<'a, T>>,
        y: impl Into<PopulationTargets<'a, T>>,
        learning_rate: impl Into<OfMembers<'a, T>>,
        costs: &mut [f64],
        workspace: &mut PopulationWorkspace<T>,
    ) -> Result<()> {
        let given = self.check_batch(x.into(), y.into(), costs, workspace)?;
        let rates = learning_rate.into();
        self.check_rates(rates, &given)?;
        let most = self.parts(given.samples, workspace);
        let net = Net { shape: &self.model.shape, head: self.model.head() };
        match (&mut self.members, &mut workspace.rooms) {
            (Members::Lanes(lanes), Rooms::Lanes(rooms)) => {
                lanes.step(net, &given, rates, costs, &mut rooms[..most]);
            }
            (Members::Networks(networks), Rooms::Networks(rooms)) => {
                one_by_one::step(networks, &given, rates, costs, &mut rooms[..most]);
            }
            _ => unreachable!("the workspace is checked"),
        }
        diverged(costs)
    }

    /// The rooms that are worth using.
    pub(super) fn parts(&self, samples: usize, workspace: &PopulationWorkspace<T>) -> usize {
        let most = match &workspace.rooms {
            Rooms::Lanes(rooms) => rooms.len(),
            Rooms::Networks(rooms) => rooms.len(),
        };
        plan::parts(&self.model.shape, samples, self.members(), most)
    }
}
