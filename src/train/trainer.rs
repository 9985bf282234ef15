//! Training with memory of its own: everything that a run needs besides network and data.

use core::ops::ControlFlow;

use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::data_set::DataSet;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::ranks::{Alone, Communicator};
use crate::scalar::Scalar;
use crate::train::batch_size::BatchSize;
use crate::train::epochs::{self, Costs, Steps};
use crate::train::one_step::step;
use crate::train::options::Training;
use crate::train::report::{Epoch, TrainingReport};
use crate::train::rollback::{Rollback, all_finite};
use crate::train::samples::Batches;
use crate::train::shards::Sharded;
use crate::train::training_state::TrainingState;
use crate::train::validation::Validation;

impl Training {
    /// Trains from the beginning: [`Trainer::new`] and [`Trainer::run`].
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use shallownet::{Activation, Columns, DataSet, Network, Training};
    ///
    /// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let data = DataSet::new(x, y);
    /// let report = Training::new(5, 1).run(&mut net, data, |_| ControlFlow::Continue(()))?;
    /// assert_eq!((report.epochs, report.steps), (5, 10));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As these two.
    pub fn run<T: Scalar>(
        self,
        net: &mut Network<T>,
        data: DataSet<'_, T>,
        watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
    ) -> Result<TrainingReport> {
        Trainer::new(net, self, data)?.run(net, data, watch)
    }
}

/// A training run: its state, and the memory that its epochs need.
///
/// [`run`](Self::run) trains until the last epoch, until patience ends, or until the callback says
/// stop. It can then be called again, and the result has the same bits as if it had never stopped.
/// [`into_state`](Self::into_state) and [`resume`](Self::resume) do the same across programs.
///
/// **Divergence.** A cost that is not finite, in a batch or in the validation set, or a parameter
/// or moment that is not, at an epoch's end, ends the run with [`Error::Diverged`], which names the
/// step (from 0, over all epochs). Network and state, the best epoch included, are then those of
/// the beginning of that epoch, or of the one before if the epoch's first step already failed: they
/// can be saved, and gone on with. With full batches, where an epoch is one step, that is: the last
/// parameters that have a finite cost, those after the last update included.
///
/// (Short epochs are not copied one by one: a run goes back to a copy of at most 64 steps before,
/// and repeats them, with the same bits.)
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{
///     Activation, Columns, DataSet, EarlyStopping, Network, Optimizer, Stop, Trainer, Training,
/// };
///
/// // y = x^2 on 64 points; every fourth is for validation.
/// let points: Vec<f32> = (0..64).map(|i| i as f32 / 32.0 - 1.0).collect();
/// let pick = |wanted: bool| -> (Vec<f32>, Vec<f32>) {
///     let chosen = points.iter().enumerate().filter(|(i, _)| (i % 4 == 0) == wanted);
///     chosen.map(|(_, &x)| (x, x * x)).unzip()
/// };
/// let ((x, y), (xv, yv)) = (pick(false), pick(true));
/// let column = |values| Columns::new(values, 1);
/// let data = DataSet::new(column(&x)?, column(&y)?).validation(column(&xv)?, column(&yv)?);
///
/// let mut net = Network::builder(1)
///     .layer(16, Activation::Tanh)
///     .layer(1, Activation::Identity)
///     .init(shallownet::Init::XavierNormal, 1)
///     .build()?;
/// let training = Training::new(500, 16)
///     .optimizer(Optimizer::adam())
///     .learning_rate(0.01)
///     .early_stopping(EarlyStopping::new(20));
/// let mut trainer = Trainer::new(&net, training, data)?;
/// let report = trainer.run(&mut net, data, |_| ControlFlow::Continue(()))?;
/// let best = report.best.unwrap();
/// assert!(best.cost < 1e-3 && best.cost <= report.validation_cost.unwrap());
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer<T> {
    state: TrainingState<T>,
    rollback: Rollback<T>,
    memory: Room<T>,
}

/// The memory of a run.
#[derive(Debug)]
enum Room<T> {
    Whole(Box<Memory<T>>),
    Sharded(Box<Sharded<T>>),
}

/// What an epoch writes besides network and state.
#[derive(Debug)]
struct Memory<T> {
    workspace: TrainingWorkspace<T>,
    /// `None` with full batches, which are not gathered.
    batches: Option<Batches<T>>,
    validation: Validation<T>,
}

impl<T: Scalar> Trainer<T> {
    /// Everything a run needs, allocated: [`run`](Self::run) allocates nothing on the fused backend
    /// (as [`Network::step`] says, and unless its callback does). Memory: the workspace of a batch,
    /// two copies of the parameters and moments, three more of the parameters with early stopping;
    /// with mini-batches one index a sample, and one batch.
    ///
    /// # Errors
    /// [`Error::Zero`] and [`Error::Range`] for options outside their ranges; as
    /// [`Network::backward`] for the data; [`Error::NoValidation`] for early stopping without
    /// validation samples; [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn new(net: &Network<T>, training: Training, data: DataSet<'_, T>) -> Result<Self> {
        Self::resume(net, TrainingState::new(net, training, data.x.samples())?, data)
    }

    /// Continues the training whose `state` was saved. `net` must have the parameters that it had
    /// then (its shape is checked, its values can't be), and `data` must be the same, by its
    /// [`fingerprint`](DataSet::fingerprint), unless the state is
    /// [`on_any_data`](TrainingState::on_any_data).
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Mismatch`], [`Error::Samples`] or [`Error::OtherData`]
    /// for the state of another network, another number of samples, or other data.
    pub fn resume(
        net: &Network<T>,
        mut state: TrainingState<T>,
        data: DataSet<'_, T>,
    ) -> Result<Self> {
        state.training.refuse_window()?;
        if state.training.shards > 1 {
            return Self::resume_among(net, state, data, &mut Alone);
        }
        state.check(net, data)?;
        state.recognise(data)?;
        let samples = state.samples;
        let (size, batches) = match state.training.batch_size {
            BatchSize::Mini(size) => (size.min(samples), Some(Batches::new(net, samples, size)?)),
            BatchSize::Full => (samples, None),
        };
        let workspace = TrainingWorkspace::new(net, size)?;
        let memory = Memory { workspace, batches, validation: Validation::new(net, data)? };
        Ok(Self {
            rollback: Rollback::new(net, &state)?,
            memory: Room::Whole(Box::new(memory)),
            state,
        })
    }

    /// [`new`](Self::new) on one of several ranks that train together: processes of an MPI job
    /// (`ranks::Mpi`), or threads. Each has the same network and options, and of the data its own share,
    /// [`Shards::samples_of_rank`](crate::ranks::Shards::samples_of_rank), of the samples as of those
    /// for validation; no rank sees the others' samples. [`Training::shards`] says into how many shards
    /// samples are cut, at least as many as ranks.
    ///
    /// Parameters, costs, the best epoch and the state are the same on every rank, and have the bits
    /// of the same training with as many shards on any other number of ranks, one included. A step
    /// takes two messages (see [`Communicator`]); a rank's own step is not allocated for, what a
    /// connection does is its own.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use shallownet::ranks::{Alone, Communicator, Shards};
    /// use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    ///
    /// let mut ranks = Alone; // or Mpi::new()?, in a program that mpirun starts
    /// let all: Vec<f64> = (0..100).map(|i| f64::from(i) / 100.0).collect();
    /// let share = Shards::new(100, 8)?.samples_of_rank(ranks.rank(), ranks.ranks());
    /// let own = Columns::new(&all[share], 1)?;
    ///
    /// let mut net = Network::builder(1).layer(4, Activation::Tanh).layer(1, Activation::Identity).build()?;
    /// let (training, data) = (Training::new(5, 20).shards(8), DataSet::new(own, own));
    /// let mut trainer = Trainer::among(&net, training, data, &mut ranks)?;
    /// let report = trainer.run_among(&mut net, data, &mut ranks, |_| ControlFlow::Continue(()))?;
    /// assert_eq!(report.steps, 25);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new), on every rank: [`Error::OtherRank`] where only another's data is refused.
    /// [`Error::Range`] for fewer shards than ranks, or more than samples.
    pub fn among(
        net: &Network<T>,
        training: Training,
        share: DataSet<'_, T>,
        ranks: &mut dyn Communicator,
    ) -> Result<Self> {
        let [samples, _] = Sharded::samples(share, ranks);
        Self::resume_among(net, TrainingState::new(net, training, samples)?, share, ranks)
    }

    /// [`resume`](Self::resume) on one of several ranks, not necessarily as many as before. All have the
    /// same network and state.
    ///
    /// # Errors
    /// As [`among`](Self::among) and [`resume`](Self::resume).
    pub fn resume_among(
        net: &Network<T>,
        mut state: TrainingState<T>,
        share: DataSet<'_, T>,
        ranks: &mut dyn Communicator,
    ) -> Result<Self> {
        state.training.refuse_window()?;
        let sharded = Box::new(Sharded::new(net, &mut state, share, ranks)?);
        let rollback = Rollback::new(net, &state)?;
        Ok(Self { state, rollback, memory: Room::Sharded(sharded) })
    }

    /// [`run`](Self::run) on one of several ranks, all of which call it: until there is nothing left to
    /// do, or the `watch` of any rank says stop, which is then told to all.
    ///
    /// # Errors
    /// As [`run`](Self::run) and [`among`](Self::among). [`Error::Range`] for a trainer that
    /// [`new`](Self::new) made for one shard, or other ranks than it was made for.
    pub fn run_among(
        &mut self,
        net: &mut Network<T>,
        share: DataSet<'_, T>,
        ranks: &mut dyn Communicator,
        watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
    ) -> Result<TrainingReport> {
        let Room::Sharded(sharded) = &mut self.memory else {
            let (argument, expected) = ("shards", "a trainer that was made among ranks");
            return Err(Error::Range { argument, expected, given: 1.0 });
        };
        sharded.run(net, (&mut self.state, &mut self.rollback), share, ranks, watch)
    }

    /// How far the training has come.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let trainer = Trainer::new(&net, Training::new(10, 1), DataSet::new(x, y))?;
    /// assert_eq!(trainer.state().epochs(), 0);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn state(&self) -> &TrainingState<T> {
        &self.state
    }

    /// The state alone, to [`resume`](Self::resume) from; the memory is given back.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// # let data = DataSet::new(x, y);
    /// let state = Trainer::new(&net, Training::new(10, 1), data)?.into_state();
    /// let trainer = Trainer::resume(&net, state, data)?;
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn into_state(self) -> TrainingState<T> {
        self.state
    }

    /// Trains `net` until there is nothing left to do or `watch`, called after every epoch, says
    /// stop. The data is checked once, at the start.
    ///
    /// Where early stopping restores the best parameters, it does so at the end of the training
    /// (last epoch or patience), not when `watch` stops the run: that can go on.
    ///
    /// # Errors
    /// As [`resume`](Self::resume) for network and data, and [`Error::Capacity`] for a validation
    /// set where there was none before. [`Error::Diverged`]: see [`Trainer`].
    pub fn run(
        &mut self,
        net: &mut Network<T>,
        data: DataSet<'_, T>,
        watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
    ) -> Result<TrainingReport> {
        let memory = match &mut self.memory {
            Room::Whole(memory) => memory,
            Room::Sharded(_) => return self.run_among(net, data, &mut Alone, watch),
        };
        let (state, rollback) = (&mut self.state, &mut self.rollback);
        state.check(net, data)?;
        memory.validation.check(data)?;
        epochs::run(net, state, rollback, &mut Pass { memory, data }, watch)
    }
}

/// An epoch over the data, full batch or mini-batches, and its validation. Everything has been
/// checked.
struct Pass<'a, T> {
    memory: &'a mut Memory<T>,
    data: DataSet<'a, T>,
}

impl<T: Scalar> Pass<'_, T> {
    /// Every sample once: the mean cost, and the last learning rate.
    fn steps(
        &mut self,
        net: &mut Network<T>,
        state: &mut TrainingState<T>,
        rollback: &mut Rollback<T>,
    ) -> Result<(f64, f64)> {
        let Memory { workspace, batches, .. } = &mut *self.memory;
        let (data, count, epoch) = (self.data, state.steps_an_epoch(), state.epochs as u64);
        let seed = state.training.seed;
        let mut step = |x: Columns<'_, T>, y: Targets<'_, T>| {
            let done = step(net, state, count, x, y, workspace)?;
            rollback.commit();
            Ok(done)
        };
        let Some(batches) = batches else { return step(data.x, data.targets()) };
        batches.shuffle(seed, epoch);
        let (mut sum, mut last) = (0.0, 0.0);
        for index in 0..count {
            let (x, y) = batches.gather(data, index);
            let cost;
            (cost, last) = step(x, y)?;
            sum += cost * y.total();
        }
        Ok((sum / data.targets().total(), last))
    }
}

impl<T: Scalar> Steps<T> for Pass<'_, T> {
    type Error = Error;

    fn epoch(
        &mut self,
        net: &mut Network<T>,
        state: &mut TrainingState<T>,
        rollback: &mut Rollback<T>,
    ) -> Result<Costs> {
        let (training, learning_rate) = self.steps(net, state, rollback)?;
        let step = state.steps();
        if !all_finite(net, state) {
            return Err(Error::Diverged { step, cost: f64::NAN });
        }
        let validation = self.memory.validation.cost(net, self.data)?;
        let validation = validation.map(|cost| checks::finite_cost(cost, step)).transpose()?;
        Ok(Costs { training, validation, learning_rate })
    }

    fn cost(&mut self, net: &Network<T>) -> Result<Option<f64>> {
        if self.memory.batches.is_some() {
            return Ok(None);
        }
        net.cost_checked(self.data.x, self.data.targets(), &mut self.memory.workspace.buffers)
            .map(Some)
    }
}
