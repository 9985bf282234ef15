//! Single members, and all of them as one slice.

use super::building::{Members, Population};
use super::in_lanes::Lanes;
use crate::data::checks;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;

impl<T: Scalar> Population<T> {
    /// A member, as a network of its own.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// let builder = Network::<f32>::builder(2).layer(1, Activation::Sigmoid);
    /// let population = Population::from_seeds(&builder, 0..5)?;
    /// assert_eq!(population.get(3)?.inputs(), 2);
    /// assert!(population.get(5).is_err());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Member`] past the last one; [`Error::OutOfMemory`].
    pub fn get(&self, member: usize) -> Result<Network<T>> {
        self.check_member(member)?;
        match &self.members {
            Members::Networks(networks) => networks[member].try_clone(),
            Members::Lanes(Lanes { grouping, parameters, .. }) => {
                let mut flat = vec![T::ZERO; grouping.parameters];
                grouping.gather(parameters.as_slice(), member, &mut flat);
                let mut net = self.model.try_clone()?;
                net.assign(&flat);
                Ok(net)
            }
        }
    }

    /// Replaces a member.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// let builder = Network::<f32>::builder(2).layer(1, Activation::Sigmoid);
    /// let mut population = Population::from_seeds(&builder, 0..5)?;
    /// let first = population.get(0)?;
    /// population.set(4, &first)?;
    /// assert_eq!(population.get(4)?.weights(0)?, first.weights(0)?);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Member`] past the last one; [`Error::OtherSizes`] and [`Error::Mismatch`] for a
    /// network of another shape or loss.
    pub fn set(&mut self, member: usize, net: &Network<T>) -> Result<()> {
        self.check_member(member)?;
        self.model.check_alike(net)?;
        let mut flat = vec![T::ZERO; self.parameter_count()];
        net.parameters_into(&mut flat)?;
        self.assign(member, &flat);
        Ok(())
    }

    /// Writes a member's parameters in the textbook's order: layer by layer, W row-major
    /// (n_l, n_{l-1}), then b.
    ///
    /// # Errors
    /// [`Error::Member`], [`Error::Length`].
    pub fn parameters_into(&self, member: usize, into: &mut [T]) -> Result<()> {
        self.check_member(member)?;
        checks::length("into", self.parameter_count(), into.len())?;
        self.gather(member, into);
        Ok(())
    }

    /// Sets a member's parameters from the textbook's order. Subnormal values become 0.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// let mut population = Population::from_copies(&net, 10)?;
    /// population.set_parameters(7, &[1.0, 2.0, 3.0])?;
    /// let mut found = [0.0; 3];
    /// population.parameters_into(7, &mut found)?;
    /// assert_eq!(found, [1.0, 2.0, 3.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Member`], [`Error::Length`]; [`Error::NotFinite`] under
    /// [`Checks::Full`](crate::Checks::Full).
    pub fn set_parameters(&mut self, member: usize, parameters: &[T]) -> Result<()> {
        self.check_member(member)?;
        checks::length("parameters", self.parameter_count(), parameters.len())?;
        self.model.check_finite("parameters", parameters)?;
        self.assign(member, parameters);
        Ok(())
    }

    /// Writes the parameters of all members, one member after the other.
    ///
    /// # Errors
    /// [`Error::Length`].
    pub fn all_parameters_into(&self, into: &mut [T]) -> Result<()> {
        let count = self.parameter_count();
        checks::length("into", count * self.members(), into.len())?;
        let members = into.chunks_exact_mut(count).enumerate();
        members.for_each(|(member, into)| self.gather(member, into));
        Ok(())
    }

    /// Sets the parameters of all members, given one member after the other. Subnormal values become
    /// 0.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// let net = Network::<f64>::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let mut population = Population::from_copies(&net, 2)?;
    /// population.set_all_parameters(&[1.0, 2.0, 3.0, 4.0])?;
    /// assert_eq!(population.get(1)?.weights(0)?, [3.0]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::NotFinite`] under [`Checks::Full`](crate::Checks::Full).
    pub fn set_all_parameters(&mut self, parameters: &[T]) -> Result<()> {
        let count = self.parameter_count();
        checks::length("parameters", count * self.members(), parameters.len())?;
        self.model.check_finite("parameters", parameters)?;
        let members = parameters.chunks_exact(count).enumerate();
        members.for_each(|(member, parameters)| self.assign(member, parameters));
        Ok(())
    }

    /// The members, each as a network of its own.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// let builder = Network::<f32>::builder(2).layer(1, Activation::Sigmoid);
    /// let networks = Population::from_seeds(&builder, 0..5)?.into_networks()?;
    /// assert_eq!(networks.len(), 5);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn into_networks(self) -> Result<Vec<Network<T>>> {
        match self.members {
            Members::Networks(networks) => Ok(networks),
            Members::Lanes(_) => (0..self.members()).map(|member| self.get(member)).collect(),
        }
    }

    fn check_member(&self, given: usize) -> Result<()> {
        let last = self.members() - 1;
        if given <= last { Ok(()) } else { Err(Error::Member { last, given }) }
    }

    /// Writes the parameters of a member that is there.
    pub(super) fn gather(&self, member: usize, into: &mut [T]) {
        match &self.members {
            Members::Networks(networks) => networks[member].gather(into),
            Members::Lanes(Lanes { grouping, parameters, .. }) => {
                grouping.gather(parameters.as_slice(), member, into);
            }
        }
    }

    /// Sets the parameters of a member that is there.
    pub(super) fn assign(&mut self, member: usize, from: &[T]) {
        match &mut self.members {
            Members::Networks(networks) => networks[member].assign(from),
            Members::Lanes(Lanes { grouping, parameters, .. }) => {
                grouping.scatter(parameters.as_mut_slice(), member, from, checks::normal);
            }
        }
    }
}
