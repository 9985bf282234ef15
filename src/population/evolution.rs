//! Evolution strategies: members around a centre, and the way that their fitness points.

use super::building::{Members, Population};
use super::in_lanes::Lanes;
use super::noise::{Noise, check_counters};
use super::walk::{By, share};
use super::workspace::{PopulationWorkspace, Rooms};
use crate::data::checks;
use crate::engine::noise::{InLanes, Job};
use crate::error::{Error, Result};
use crate::kernels::noise::{FOUR, TILE, width_of_sums};
use crate::network::parameters::Network;
use crate::scalar::Scalar;

/// Deviates that are worth a thread of its own: about 50 us.
const THREAD_DEVIATES: usize = 50_000;

impl<T: Scalar> Population<T> {
    /// Sets every member to the centre and noise: p(member) = centre + sigma e(member), where e is
    /// standard normal, as [`Noise`] says. Results that are subnormal become 0. Threads share the
    /// members; the bits do not depend on them, nor on anything but the centre, sigma and the noise.
    /// O(members times parameters); allocates nothing.
    ///
    /// Evolution strategies are this, an evaluation of the members, and
    /// [`recombine`](Self::recombine). ([`Noise`] of the next generation is other noise.)
    ///
    /// ```
    /// use shallownet::evolution::Noise;
    /// use shallownet::{Activation, Network, Population, PopulationWorkspace};
    ///
    /// let centre = Network::<f32>::builder(4).layer(8, Activation::Tanh).build()?;
    /// let mut population = Population::from_copies(&centre, 100)?;
    /// let mut workspace = PopulationWorkspace::new(&population, 1)?;
    /// population.perturb(&centre, 0.1, Noise::new(7, 0), &mut workspace)?;
    /// // Any member's noise can be had alone.
    /// let mut e = [0.0; 40];
    /// Noise::new(7, 0).values_into(42, &mut e)?;
    /// let (w, found) = (centre.weights(0)?, population.get(42)?.weights(0)?);
    /// assert_eq!(found[31], w[31] + 0.1 * e[31]);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OtherSizes`] and [`Error::OtherLoss`] for a centre of another shape or loss;
    /// [`Error::Range`] unless sigma is finite and not negative; [`Error::Mismatch`] for a workspace of
    /// another population; [`Error::TooLarge`] for more than 2^32 members.
    pub fn perturb(
        &mut self,
        centre: &Network<T>,
        sigma: T,
        noise: Noise,
        workspace: &mut PopulationWorkspace<T>,
    ) -> Result<()> {
        self.model.check_alike(centre)?;
        if !(sigma.is_finite() && sigma >= T::ZERO) {
            let (argument, expected) = ("sigma", "finite and not negative");
            return Err(Error::Range { argument, expected, given: sigma.to_f64() });
        }
        workspace.check(self, 0)?;
        let (members, parameters) = (self.members(), self.parameter_count());
        check_counters::<T>(members - 1, parameters)?;
        let source = noise.source();
        let functions = &*self.model.engine;
        match (&mut self.members, &mut workspace.rooms) {
            (Members::Lanes(Lanes { grouping, parameters: values, .. }), Rooms::Lanes(rooms)) => {
                let most = parts(members * parameters, rooms.len());
                let values = By::new(values.as_mut_slice(), grouping.group());
                share(
                    0..grouping.groups(),
                    &mut rooms[..most],
                    values,
                    &|groups, room, mut values| {
                        let flat = &mut room.parts().total[..parameters];
                        centre.gather(flat);
                        for group in groups {
                            let (first, lanes) = (group * grouping.lanes, grouping.lanes);
                            let members =
                                InLanes { first, present: grouping.present(group), lanes };
                            let group = values.next();
                            let job = Job::Lanes { members, centre: flat, sigma, group };
                            functions.noise(source, job);
                        }
                    },
                );
            }
            (Members::Networks(networks), Rooms::Networks(rooms)) => {
                let most = parts(members * parameters, rooms.len());
                let networks = By::new(networks, 1);
                share(0..members, &mut rooms[..most], networks, &|members, room, mut networks| {
                    // A place for as many values.
                    let flat = &mut room.gradients.buffer.as_mut_slice()[..parameters];
                    for member in members {
                        centre.gather(flat);
                        functions.noise(source, Job::Shift { member, sigma, values: flat });
                        networks.next().iter_mut().for_each(|net| net.assign(flat));
                    }
                });
            }
            _ => unreachable!("the workspace is checked"),
        }
        Ok(())
    }

    /// factor * sum_k weights\[k\] e(k), with a weight for each member k: the same noise that
    /// [`perturb`](Self::perturb) added, computed anew, so that the members are not read. (They may have
    /// learned meanwhile, or have been replaced.) The sum is written in the textbook's order of parameters.
    ///
    /// With [`centred_ranks`](crate::evolution::centred_ranks) as weights and factor = -1 / (members
    /// sigma), it is the estimated gradient of a cost for
    /// [`Gradients::set_values`](crate::Gradients::set_values) and any optimiser; with a positive factor, a
    /// step that is to be added to the centre.
    ///
    /// The order of the sum depends on the number of members alone, not on threads, the level or the
    /// machine. Of an antithetic pair, its noise is multiplied by the difference of its weights. O(members
    /// times parameters); allocates nothing.
    ///
    /// ```
    /// use shallownet::evolution::{Noise, centred_ranks};
    /// use shallownet::{
    ///     Activation, Columns, Gradients, Network, Optimizer, OptimizerState, Population,
    ///     PopulationWorkspace,
    /// };
    ///
    /// // A network that learns from its neighbours' costs alone.
    /// let (x, y) = ([-1.0_f32, 0.0, 1.0, 2.0], [1.0, 0.0, 1.0, 4.0]);
    /// let (x, y) = (Columns::new(&x, 1)?, Columns::new(&y, 1)?);
    /// let mut centre =
    ///     Network::builder(1).layer(4, Activation::Tanh).layer(1, Activation::Identity).build()?;
    /// let mut population = Population::from_copies(&centre, 64)?;
    /// let mut workspace = PopulationWorkspace::new(&population, 4)?;
    /// let mut adam = OptimizerState::new(&centre, Optimizer::adam())?;
    /// let mut gradients = Gradients::zeros(&centre)?;
    /// let (mut costs, mut weights, mut estimate) = ([0.0; 64], [0.0; 64], [0.0; 13]);
    /// for generation in 0..200 {
    ///     let noise = Noise::antithetic(1, generation);
    ///     population.perturb(&centre, 0.1, noise, &mut workspace)?;
    ///     population.cost(x, y, &mut costs, &mut workspace)?;
    ///     centred_ranks(&costs.map(|cost| -cost), &mut weights)?;
    ///     population.recombine(noise, &weights, -1.0 / (64.0 * 0.1), &mut estimate)?;
    ///     gradients.set_values(&estimate)?;
    ///     centre.update(&mut adam, &gradients, 0.05)?;
    /// }
    /// population.perturb(&centre, 0.0, Noise::new(1, 200), &mut workspace)?;
    /// population.cost(x, y, &mut costs, &mut workspace)?;
    /// assert!(costs[0] < 0.05);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`]; [`Error::NotFinite`] for weights, [`Error::Range`] for a factor that is not
    /// finite; [`Error::TooLarge`] for more than 2^32 members.
    pub fn recombine(
        &self,
        noise: Noise,
        weights: &[f64],
        factor: T,
        into: &mut [T],
    ) -> Result<()> {
        checks::length("weights", self.members(), weights.len())?;
        checks::length("into", self.parameter_count(), into.len())?;
        checks::finite("weights", weights)?;
        if !factor.is_finite() {
            let (argument, expected) = ("factor", "a finite number");
            return Err(Error::Range { argument, expected, given: factor.to_f64() });
        }
        check_counters::<T>(weights.len() - 1, into.len())?;
        let (source, functions) = (noise.source(), &*self.model.engine);
        let streams = if source.antithetic { weights.len().div_ceil(2) } else { weights.len() };
        let quadruples = TILE / width_of_sums(streams);
        let tiles = into.len().div_ceil(FOUR * quadruples);
        let most = parts(streams * into.len(), self.threads()).min(tiles);
        // Rooms without a size take no memory.
        let mut rooms = vec![(); most];
        let into = By::new(into, FOUR * quadruples);
        share(0..tiles, &mut rooms, into, &|tiles, _, mut into| {
            for tile in tiles {
                let (quadruple, into) = (tile * quadruples, into.next());
                functions.noise(source, Job::Sum { quadruple, factor, weights, into });
            }
        });
        Ok(())
    }
}

/// The parts that noise is cut into: no more than `most`, and none smaller than is worth a thread.
fn parts(deviates: usize, most: usize) -> usize {
    most.min(deviates / THREAD_DEVIATES).max(1)
}
