//! A population: how it is built, and what it is.

use super::in_lanes::Lanes;
use super::plan;
use super::store::Grouping;
use crate::engine::groups::job::{Groups, Net};
use crate::error::{Error, Result};
use crate::network::builder::Builder;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::layer::Layer;
use crate::words::loss::Loss;

/// Many networks of one shape, the *members*, for which every call is one call: ensembles,
/// evolution strategies, sweeps over seeds and learning rates, a model for each user or sensor.
///
/// Members see the same samples, or each its own: [`Samples`](crate::Samples). What a call returns
/// of each of them it writes in their order.
///
/// **How it computes.** Up to 2,048 parameters a network, 256 inputs a layer and 16 outputs (8 in
/// `f64`), on the fused backend, a register holds one value of 16 networks (of 8 with AVX2, or in
/// `f64`): a group of them costs little more than one. Larger networks are computed one by one, as
/// a [`Network`] is. Threads share the groups, or the networks. The shape alone decides; so does
/// not the number of members, whose results would then depend on it.
///
/// **Same bits.** What a member computes does not depend on the other members, their number, its
/// place among them, the threads, or the SIMD level (of those with FMA). A batch of one sample gives
/// the bits that a [`Network`] gives; so does every batch where networks are computed one by one. In
/// lanes, the sums of a longer batch (gradients, costs, and an error's way back through a layer's
/// units) run in another order than a network's: sample by sample, 64 at a time. Predictions of
/// hidden layers and logits have the same bits.
///
/// **Divergence.** A member whose cost is not finite is not updated, and stays as it was; the others
/// are. The call then returns [`Error::MembersDiverged`].
///
/// ```
/// use shallownet::{Activation, Columns, Network, Population, PopulationWorkspace};
///
/// // XOR, learned by a hundred networks that begin differently.
/// let x = [0.0_f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
/// let y = [0.0_f32, 1.0, 1.0, 0.0];
/// let (x, y) = (Columns::new(&x, 2)?, Columns::new(&y, 1)?);
///
/// let builder = Network::builder(2).layer(4, Activation::Tanh).layer(1, Activation::Sigmoid);
/// let mut population = Population::from_seeds(&builder, 0..100)?;
/// let mut workspace = PopulationWorkspace::new(&population, 4)?;
/// let mut costs = [0.0; 100];
/// for _ in 0..1000 {
///     population.step(x, y, 1.0, &mut costs, &mut workspace)?;
/// }
/// let best = (0..100).min_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap();
/// let net: Network<f32> = population.get(best)?;
/// assert!(costs[best] < 0.05);
/// # assert_eq!(net.layers().len(), 2);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct Population<T> {
    /// What the members have in common: a network whose parameters stand for nobody's.
    pub(super) model: Network<T>,
    pub(super) members: Members<T>,
}

#[derive(Debug)]
pub(super) enum Members<T> {
    Lanes(Lanes<T>),
    Networks(Vec<Network<T>>),
}

impl<T: Scalar> Population<T> {
    /// A member for each seed: what [`Builder::init`] with this seed builds.
    ///
    /// ```
    /// # use shallownet::{Activation, Init, Network, Population};
    /// let builder = Network::<f64>::builder(2).layer(1, Activation::Sigmoid);
    /// let population = Population::from_seeds(&builder, [7, 11])?;
    /// let second = builder.init(Init::Auto, 11).build()?;
    /// assert_eq!(population.get(1)?.weights(0)?, second.weights(0)?);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`] seeds; those of [`Builder::build`].
    pub fn from_seeds(builder: &Builder<T>, seeds: impl IntoIterator<Item = u64>) -> Result<Self> {
        let init = builder.configuration().init;
        let mut networks = Vec::new();
        for seed in seeds {
            networks.push(builder.clone().init(init, seed).build()?);
        }
        Self::from_networks(networks)
    }

    /// The networks as members, in their order. Backend, level, parallelism and checks are those of
    /// the first.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// let population = Population::from_networks([net.clone(), net])?;
    /// assert_eq!(population.members(), 2);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`] networks; [`Error::OtherSizes`] for one whose layers are others;
    /// [`Error::Mismatch`] for one with another loss; [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn from_networks(networks: impl IntoIterator<Item = Network<T>>) -> Result<Self> {
        let networks: Vec<_> = networks.into_iter().collect();
        let Some(first) = networks.first() else {
            return Err(Error::Zero { argument: "networks" });
        };
        for net in &networks {
            first.check_alike(net)?;
        }
        let model = first.try_clone()?;
        let Some((engine, grouping)) = lanes(&model, networks.len()) else {
            return Ok(Self { model, members: Members::Networks(networks) });
        };
        let mut parameters = grouping.zeros::<T>()?;
        let mut flat = vec![T::ZERO; grouping.parameters];
        for (member, net) in networks.iter().enumerate() {
            net.parameters_into(&mut flat)?;
            grouping.scatter(parameters.as_mut_slice(), member, &flat, |p| p);
        }
        let members = Members::Lanes(Lanes { engine, grouping, parameters });
        Ok(Self { model, members })
    }

    /// Members that all begin as `net`.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// let population = Population::from_copies(&net, 1000)?;
    /// assert_eq!(population.get(999)?.weights(0)?, net.weights(0)?);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`] members; [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn from_copies(net: &Network<T>, members: usize) -> Result<Self> {
        if members == 0 {
            return Err(Error::Zero { argument: "members" });
        }
        let model = net.try_clone()?;
        let Some((engine, grouping)) = lanes(&model, members) else {
            let networks = (0..members).map(|_| net.try_clone()).collect::<Result<_>>()?;
            return Ok(Self { model, members: Members::Networks(networks) });
        };
        let mut parameters = grouping.zeros()?;
        let mut flat = vec![T::ZERO; grouping.parameters];
        net.parameters_into(&mut flat)?;
        for member in 0..members {
            grouping.scatter(parameters.as_mut_slice(), member, &flat, |p| p);
        }
        let members = Members::Lanes(Lanes { engine, grouping, parameters });
        Ok(Self { model, members })
    }

    /// The number of members.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// # let net = Network::<f64>::builder(2).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(Population::from_copies(&net, 3)?.members(), 3);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn members(&self) -> usize {
        match &self.members {
            Members::Lanes(lanes) => lanes.grouping.members,
            Members::Networks(networks) => networks.len(),
        }
    }

    /// The layers of each member, first to last.
    pub fn layers(&self) -> &[Layer] {
        self.model.layers()
    }

    /// The inputs of each member (n_x).
    pub fn inputs(&self) -> usize {
        self.model.inputs()
    }

    /// The outputs of each member (n_y).
    pub fn outputs(&self) -> usize {
        self.model.outputs()
    }

    /// The targets of a sample: as many as outputs, but half of them for
    /// [`Loss::GaussianNll`](crate::Loss::GaussianNll).
    pub fn targets(&self) -> usize {
        self.model.targets()
    }

    /// The weights and biases of each member.
    pub fn parameter_count(&self) -> usize {
        self.model.parameter_count()
    }

    /// The loss that training minimises.
    pub fn loss(&self) -> Loss {
        self.model.loss()
    }

    /// Does a register hold a value of many members? Otherwise they are computed one by one.
    ///
    /// ```
    /// # use shallownet::{Activation, Level, Network, Population};
    /// let of = |units| {
    ///     let net = Network::<f32>::builder(8).layer(units, Activation::Tanh).build()?;
    ///     Population::from_copies(&net, 10)
    /// };
    /// assert_eq!(of(4)?.is_in_lanes(), Level::detect().has_fma());
    /// assert!(!of(1000)?.is_in_lanes());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn is_in_lanes(&self) -> bool {
        matches!(self.members, Members::Lanes(_))
    }

    /// The same members, computed one by one whatever their shape, with the bits of networks. With
    /// fewer than eight members, or a thread for every two or three, lanes gain nothing: they cost as
    /// much as sixteen.
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// let net = Network::<f32>::builder(8).layer(4, Activation::Tanh).build()?;
    /// let few = Population::from_copies(&net, 3)?.one_by_one()?;
    /// assert!(!few.is_in_lanes());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn one_by_one(self) -> Result<Self> {
        let model = self.model.try_clone()?;
        Ok(Self { model, members: Members::Networks(self.into_networks()?) })
    }

    /// The memory that the parameters of so many members take, in bytes, without building them:
    /// members times parameters times the element's size, rounded up to whole groups (or, one by
    /// one, to whole registers). O(layers).
    ///
    /// ```
    /// # use shallownet::{Activation, Network, Population};
    /// let net = Network::<f32>::builder(3).layer(4, Activation::Tanh).build()?;
    /// let bytes = Population::bytes_of(&net, 1024)?;
    /// assert!(bytes >= 1024 * 16 * 4);
    /// assert_eq!(Population::from_copies(&net, 1024)?.bytes(), bytes);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Zero`] members, [`Error::TooLarge`].
    pub fn bytes_of(net: &Network<T>, members: usize) -> Result<usize> {
        if members == 0 {
            return Err(Error::Zero { argument: "members" });
        }
        let elements = match lanes(net, members) {
            Some((_, grouping)) => Some(grouping.len()?),
            None => members.checked_mul(net.parameter_buffer().as_slice().len()),
        };
        let bytes = elements.and_then(|n| n.checked_mul(size_of::<T>()));
        bytes.ok_or(Error::TooLarge { what: "the population" })
    }

    /// The memory that the parameters take, in bytes.
    pub fn bytes(&self) -> usize {
        match &self.members {
            Members::Lanes(lanes) => size_of_val(lanes.parameters.as_slice()),
            Members::Networks(networks) => {
                networks.iter().map(|net| size_of_val(net.parameter_buffer().as_slice())).sum()
            }
        }
    }

    /// A copy with its own parameters.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn try_clone(&self) -> Result<Self> {
        let members = match &self.members {
            Members::Networks(networks) => {
                Members::Networks(networks.iter().map(Network::try_clone).collect::<Result<_>>()?)
            }
            Members::Lanes(Lanes { grouping, parameters, .. }) => {
                let Some((engine, _)) = lanes(&self.model, grouping.members) else {
                    unreachable!("it lies in lanes")
                };
                let parameters = parameters.try_clone("the population")?;
                Members::Lanes(Lanes { engine, grouping: *grouping, parameters })
            }
        };
        Ok(Self { model: self.model.try_clone()?, members })
    }

    /// What the engine needs to know of a group.
    pub(super) fn net(&self) -> Net<'_> {
        Net { shape: &self.model.shape, head: self.model.head() }
    }
}

/// The way in lanes, for shapes and backends that have it.
pub(super) fn lanes<T: Scalar>(
    model: &Network<T>,
    members: usize,
) -> Option<(Box<dyn Groups<T>>, Grouping)> {
    if !plan::in_lanes::<T>(&model.shape) {
        return None;
    }
    let engine = model.engine.groups()?;
    let (lanes, parameters) = (engine.lanes(), model.parameter_count());
    Some((engine, Grouping { members, lanes, parameters }))
}
