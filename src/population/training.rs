//! The training of all members: mini-batches, schedules, early stopping.

use core::ops::ControlFlow;

use super::building::{Members, Population};
use super::in_lanes::Lanes;
use super::lanes_training::{Going, LaneTraining};
use super::training_options::{MemberEpoch, PopulationData, PopulationTraining};
use super::walk::{By, share};
use crate::data::data_set::DataSet;
use crate::engine::groups::job::Net;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::report::{Stop, TrainingReport};
use crate::train::training_state::check_as;
use crate::train::{Best, Training};

impl<T: Scalar> Population<T> {
    /// Trains every member to its end, each as [`Training::run`] trains a network: its epochs, its
    /// early stopping (a member that stops holds up no other), its best parameters. `watch` is told
    /// of every epoch of every member, from several threads at once, in no particular order, and can
    /// stop that member.
    ///
    /// Returns a report for each member, or [`Error::Diverged`] for one whose cost or parameters were
    /// no longer finite: in lanes it goes back to the last beginning of an epoch from which a step
    /// had a finite cost; one by one, as [`Training::run`] does. The others are not touched.
    ///
    /// In lanes a group of members is trained to the end before the next: its parameters stay in the
    /// cache. Memory besides the population, for each thread: some copies of a group, and the orders of its
    /// members' samples, if they have seeds or samples of their own.
    ///
    /// ```
    /// use shallownet::{Activation, Columns, Network, Optimizer, Population, PopulationData};
    /// use shallownet::{PopulationTraining, Training};
    /// use std::ops::ControlFlow;
    ///
    /// // XOR, from a hundred beginnings.
    /// let (x, y) = ([0.0_f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 0.0]);
    /// let data = PopulationData::new(Columns::new(&x, 2)?, Columns::new(&y, 1)?);
    /// let builder =
    ///     Network::builder(2).layer(4, Activation::Tanh).layer(1, Activation::Sigmoid);
    /// let mut population = Population::from_seeds(&builder, 0..100)?;
    /// let training = Training::full_batch(200).optimizer(Optimizer::adam()).learning_rate(0.1);
    /// let reports = population.train(data, PopulationTraining::new(training), |_| {
    ///     ControlFlow::Continue(())
    /// })?;
    /// let learned = |cost: Option<f64>| cost.is_some_and(|cost| cost < 0.1);
    /// assert!(reports.iter().filter(|r| r.as_ref().is_ok_and(|r| learned(r.cost))).count() > 50);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Training::run`], for any member, before anything has changed; [`Error::Length`];
    /// [`Error::OutOfMemory`].
    pub fn train(
        &mut self,
        data: PopulationData<'_, T>,
        training: PopulationTraining<'_>,
        watch: impl Fn(&MemberEpoch) -> ControlFlow<()> + Sync,
    ) -> Result<Vec<Result<TrainingReport>>> {
        let members = self.members();
        training.check(members)?;
        let given = self.check_data(data.x, data.targets)?;
        let judged = data.validation.map(|(x, y)| self.check_data(x, y)).transpose()?;
        if training.training.get_early_stopping().is_some() && judged.is_none() {
            return Err(Error::NoValidation);
        }
        for member in 0..members {
            check_as::<T>(&training.of(member))?;
        }
        let mut reports: Vec<Result<TrainingReport>> = vec![Ok(NOTHING_DONE); members];
        let threads = self.threads().min(members);
        match &mut self.members {
            Members::Networks(networks) => {
                let slices = (By::new(networks, 1), By::new(&mut reports, 1));
                let mut rooms = vec![(); threads];
                share(0..members, &mut rooms, slices, &|members, (), mut slices| {
                    for member in members {
                        let ([net], [report]) = (slices.0.next(), slices.1.next()) else {
                            unreachable!("a unit is a network")
                        };
                        let (x, targets) = given.of(member);
                        let mut set = DataSet::new(x, targets.y);
                        if let Some(weights) = targets.weights {
                            set = set.weights(weights);
                        }
                        if let Some((x, y)) = judged.as_ref().map(|judged| judged.of(member)) {
                            set = set.validation(x, y);
                        }
                        *report = one(net, training.of(member), set, member, &watch);
                    }
                });
            }
            Members::Lanes(lanes) => {
                let net = Net { shape: &self.model.shape, head: self.model.head() };
                let Lanes { engine, grouping, parameters } = lanes;
                let grouping = *grouping;
                let sets = (&given, judged.as_ref());
                let training = LaneTraining::new(&**engine, grouping, net, sets, &training);
                let mut rooms = (0..threads.min(grouping.groups()))
                    .map(|_| Going::new(&training))
                    .collect::<Result<Vec<_>>>()?;
                let parameters = By::new(parameters.as_mut_slice(), grouping.group());
                let slices = (parameters, By::new(&mut reports, grouping.lanes));
                share(0..grouping.groups(), &mut rooms, slices, &|groups, room, mut slices| {
                    for group in groups {
                        let (parameters, reports) = (slices.0.next(), slices.1.next());
                        room.train(&training, group, parameters, reports, &watch);
                    }
                });
            }
        }
        Ok(reports)
    }
}

const NOTHING_DONE: TrainingReport = TrainingReport {
    epochs: 0,
    steps: 0,
    stop: Stop::Finished,
    cost: None,
    training_cost: None,
    validation_cost: None,
    best: None::<Best>,
};

/// One member that is a network of its own.
fn one<T: Scalar>(
    net: &mut Network<T>,
    training: Training,
    data: DataSet<'_, T>,
    member: usize,
    watch: &(impl Fn(&MemberEpoch) -> ControlFlow<()> + Sync),
) -> Result<TrainingReport> {
    training.run(net, data, |epoch| {
        watch(&MemberEpoch {
            member,
            epoch: epoch.epoch,
            training_cost: epoch.training_cost,
            validation_cost: epoch.validation_cost,
        })
    })
}
