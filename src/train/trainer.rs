//! The loop: epochs of shuffled batches, validation, early stopping, the way back from divergence.

use core::ops::ControlFlow;

use crate::data::buffer::AlignedBuffer;
use crate::data::columns::Columns;
use crate::data::data_set::DataSet;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::{PredictionWorkspace, TrainingWorkspace};
use crate::scalar::Scalar;
use crate::train::rollback::{Snapshots, all_finite};
use crate::train::samples::{gather, shuffle};
use crate::train::{Best, Training, TrainingState};
use crate::words::choices::Checks;

/// What the callback sees after each epoch.
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{Activation, Columns, DataSet, Network, Training};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let data = DataSet::new(x, y).validation(x, y);
/// let mut costs = Vec::new();
/// Training::new(5, 2).run(&mut net, data, |epoch| {
///     costs.push((epoch.epoch, epoch.validation_cost));
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(costs.len(), 5);
/// assert!(costs[4].1 < costs[0].1);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Epoch<'a, T> {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The mean over all training samples of the cost that each had before its batch's update; L2
    /// not counted.
    pub training_cost: f64,
    /// The cost of the validation set after the epoch, if there is one.
    pub validation_cost: Option<f64>,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// The network after the epoch.
    pub network: &'a Network<T>,
    /// What a run needs to go on from here, with the network: to be saved, for instance.
    pub state: &'a TrainingState<T>,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// All epochs are done.
    Finished,
    /// Early stopping.
    Patience,
    /// The callback said so.
    Callback,
}

/// What a run did.
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{Activation, Columns, DataSet, Network, Stop, Training};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let report = Training::new(5, 2).run(&mut net, DataSet::new(x, y), |_| ControlFlow::Break(()))?;
/// assert_eq!((report.epochs, report.steps, report.stop), (1, 1, Stop::Callback));
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TrainingReport {
    /// Epochs done, those of earlier runs of the same training included.
    pub epochs: usize,
    /// Steps done, likewise.
    pub steps: u64,
    /// Why this run ended.
    pub stop: Stop,
    /// The training cost of the run's last epoch; `None` if there was nothing left to do.
    pub training_cost: Option<f64>,
    /// The validation cost of the run's last epoch, before best parameters are restored.
    pub validation_cost: Option<f64>,
    /// The best epoch, with early stopping.
    pub best: Option<Best>,
}

/// A training run: its state, and the memory that its epochs need.
///
/// [`run`](Self::run) trains until the last epoch, until patience is at an end, or until the
/// callback says stop; then it can be called again to go on, and the result has the same bits as if
/// it had never stopped. [`into_state`](Self::into_state) and [`resume`](Self::resume) do the same
/// across programs.
///
/// **Divergence.** A cost that is not finite, in a batch or in the validation set, or a parameter or
/// moment that is not, at an epoch's end, ends the run with [`Error::Diverged`], which names the step
/// (from 0, over all epochs). Network and state, the best epoch included, are then those of the
/// beginning of that epoch, or of the one before if the epoch's first step already failed: they can
/// be saved, and gone on with.
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
    workspace: TrainingWorkspace<T>,
    /// For the validation set.
    evaluation: Option<PredictionWorkspace<T>>,
    snapshots: Snapshots<T>,
    /// The samples in the epoch's order.
    order: Vec<usize>,
    /// One batch, gathered.
    x: AlignedBuffer<T>,
    y: AlignedBuffer<T>,
    weights: AlignedBuffer<T>,
}

/// Validation samples that go through the network at once. A constant, so that the sum of their
/// costs is cut the same way whatever the memory.
const EVALUATION_SAMPLES: usize = 1024;

impl<T: Scalar> Trainer<T> {
    /// Everything a run needs, allocated: [`run`](Self::run) allocates nothing on the fused backend
    /// (as [`Network::step`] says, and unless its callback does). Memory: the workspace of a batch,
    /// two copies of the parameters and moments, three more of the parameters with early stopping,
    /// one index a sample, one batch.
    ///
    /// # Errors
    /// [`Error::Zero`] and [`Error::Range`] for options outside their ranges; as
    /// [`Network::backward`] for the data; [`Error::NoValidation`] for early stopping without
    /// validation samples; [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn new(net: &Network<T>, training: Training, data: DataSet<'_, T>) -> Result<Self> {
        Self::resume(net, TrainingState::new(net, training, data.x.samples())?, data)
    }

    /// Goes on where `state` was put away. `net` must have the parameters that it had then (its shape
    /// is checked, its values can't be), and `data` must be the same, by its
    /// [`fingerprint`](DataSet::fingerprint), unless the state is
    /// [`on_any_data`](TrainingState::on_any_data).
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Mismatch`], [`Error::Samples`] or [`Error::OtherData`] for
    /// the state of another network, another number of samples, or other data.
    pub fn resume(
        net: &Network<T>,
        mut state: TrainingState<T>,
        data: DataSet<'_, T>,
    ) -> Result<Self> {
        state.check(net, data)?;
        state.recognise(data)?;
        let samples = state.samples;
        let batch = state.training.batch_size.min(samples);
        let evaluation = data
            .validation
            .map(|(x, _)| PredictionWorkspace::new(net, x.samples().min(EVALUATION_SAMPLES)));
        let mut order = Vec::new();
        order.try_reserve_exact(samples).map_err(|_| Error::OutOfMemory {
            what: "the order of the samples",
            bytes: samples.saturating_mul(size_of::<usize>()),
        })?;
        order.resize(samples, 0);
        // Within the data, so no overflow.
        let buffer = |features: usize| AlignedBuffer::zeros(batch * features, "a batch");
        Ok(Self {
            workspace: TrainingWorkspace::new(net, batch)?,
            evaluation: evaluation.transpose()?,
            snapshots: Snapshots::of(net, &state)?,
            order,
            x: buffer(net.inputs())?,
            y: buffer(net.outputs())?,
            weights: buffer(1)?,
            state,
        })
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
        mut watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
    ) -> Result<TrainingReport> {
        self.state.check(net, data)?;
        self.check_evaluation(data)?;
        self.snapshots.begin(net, &self.state);
        let (mut training_cost, mut validation_cost) = (None, None);
        while !self.state.is_finished() {
            let epoch = self.state.epochs;
            let (mean, learning_rate) =
                self.epoch(net, data).map_err(|error| self.go_back(net, error))?;
            self.state.epochs += 1;
            let validated = self.validate(net, data);
            validation_cost = validated.map_err(|error| self.go_back(net, error))?;
            training_cost = Some(mean);
            if let Some(cost) = validation_cost {
                self.state.judge(net, epoch, cost);
            }
            let (network, state) = (&*net, &self.state);
            let seen = Epoch {
                epoch,
                training_cost: mean,
                validation_cost,
                learning_rate,
                network,
                state,
            };
            if watch(&seen).is_break() {
                let stop = Stop::Callback;
                return Ok(self.report(stop, training_cost, validation_cost));
            }
        }
        // Of a run that has found nothing left to do, no epoch has looked.
        if !all_finite(net, &self.state) {
            return Err(self.go_back(net, Error::Diverged { step: 0, cost: f64::NAN }));
        }
        self.state.restore_best(net);
        let patience = self.state.is_out_of_patience();
        let stop = if patience { Stop::Patience } else { Stop::Finished };
        Ok(self.report(stop, training_cost, validation_cost))
    }

    fn report(
        &self,
        stop: Stop,
        training_cost: Option<f64>,
        validation_cost: Option<f64>,
    ) -> TrainingReport {
        let (epochs, steps) = (self.state.epochs, self.state.steps());
        let best = self.state.best();
        TrainingReport { epochs, steps, stop, training_cost, validation_cost, best }
    }

    /// Every batch once, in the epoch's order; the mean cost and the last learning rate.
    fn epoch(&mut self, net: &mut Network<T>, data: DataSet<'_, T>) -> Result<(f64, f64)> {
        let Training { batch_size, learning_rate, schedule, seed, .. } = self.state.training;
        shuffle(&mut self.order, seed, self.state.epochs as u64);
        self.snapshots.offer(net, &self.state);
        let batches = self.state.samples.div_ceil(batch_size);
        let (n_x, n_y) = (net.inputs(), net.outputs());
        let (mut sum, mut rate) = (0.0, learning_rate);
        for index in 0..batches {
            let start = index * batch_size;
            let batch = &self.order[start..self.order.len().min(start.saturating_add(batch_size))];
            let m = batch.len();
            let x = &mut self.x.as_mut_slice()[..m * n_x];
            let y = &mut self.y.as_mut_slice()[..m * n_y];
            gather(data.x, batch, x);
            gather(data.y, batch, y);
            let weights = &mut self.weights.as_mut_slice()[..m];
            if let Some(all) = data.weights {
                gather(Columns::new(all, 1)?, batch, weights);
            }
            let (x, y) = (Columns::new(x, n_x)?, Columns::new(y, n_y)?);
            let y = Targets { y, weights: data.weights.map(|_| &*weights) };
            // As `step_with` takes it: a run is so many calls of that, bit for bit.
            let factor = schedule.factor(self.state.steps(), batches);
            rate = T::from_f64(learning_rate * factor).to_f64();
            let optimizer = &mut self.state.optimizer;
            let checks = Checks::ShapesOnly;
            match net.step_with_checked(x, y, optimizer, rate, &mut self.workspace, checks) {
                Ok(cost) => sum += cost * y.total(),
                Err(error) => return Err(error),
            }
            self.snapshots.commit();
        }
        Ok((sum / data.targets().total(), rate))
    }

    /// The validation set's cost, if there is one, of an epoch that has left everything finite.
    fn validate(&mut self, net: &Network<T>, data: DataSet<'_, T>) -> Result<Option<f64>> {
        let diverged = |cost| Error::Diverged { step: 0, cost };
        if !all_finite(net, &self.state) {
            return Err(diverged(f64::NAN));
        }
        let (Some((x, y)), Some(workspace)) = (data.validation, &mut self.evaluation) else {
            return Ok(None);
        };
        let (n_x, n_y) = (x.features(), y.features());
        let mut sum = 0.0;
        let parts = x.as_slice().chunks(EVALUATION_SAMPLES * n_x);
        for (x, y) in parts.zip(y.as_slice().chunks(EVALUATION_SAMPLES * n_y)) {
            let (x, y) = (Columns::new(x, n_x)?, Columns::new(y, n_y)?);
            sum += net.cost_checked(x, y.into(), workspace)? * x.samples() as f64;
        }
        let cost = sum / x.samples() as f64;
        if cost.is_finite() { Ok(Some(cost)) } else { Err(diverged(cost)) }
    }

    /// Goes back, whatever the error; divergence names the step that was due.
    fn go_back(&mut self, net: &mut Network<T>, error: Error) -> Error {
        let step = usize::try_from(self.state.steps()).unwrap_or(usize::MAX);
        self.snapshots.restore(net, &mut self.state);
        match error {
            Error::Diverged { cost, .. } => Error::Diverged { step, cost },
            other => other,
        }
    }

    /// Refuses validation samples that no memory was made for.
    fn check_evaluation(&self, data: DataSet<'_, T>) -> Result<()> {
        let Some((x, _)) = data.validation else { return Ok(()) };
        let capacity = self.evaluation.as_ref().map_or(0, PredictionWorkspace::capacity);
        let given = x.samples().min(EVALUATION_SAMPLES);
        if given <= capacity { Ok(()) } else { Err(Error::Capacity { capacity, given }) }
    }
}
