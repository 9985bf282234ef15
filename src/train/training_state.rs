//! All that a run needs to go on later: what a checkpoint holds, besides the network.

use crate::data::checks;
use crate::data::data_set::DataSet;
use crate::data::domains;
use crate::error::{Error, Result};
#[cfg(feature = "safetensors")]
use crate::network::gradients::Gradients;
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::best::{Best, BestSoFar};
use crate::train::optimizer_state::{OptimizerState, check_rate};
use crate::train::options::Training;
use crate::words::fingerprint::Fingerprint;

/// How far a training has come. With the network's parameters and the data it determines every
/// later step, bit for bit: there is no other state (the order of an epoch follows from the seed).
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let (data, training) = (DataSet::new(x, y), Training::new(10, 1));
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut trainer = Trainer::new(&net, training, data)?;
/// trainer.run(&mut net, data, |epoch| {
///     if epoch.epoch == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// })?;
/// // Put away (`io::checkpoint` writes it to a file), and taken up again.
/// let state = trainer.into_state();
/// assert_eq!((state.epochs(), state.steps()), (4, 8));
/// let report = Trainer::resume(&net, state, data)?.run(&mut net, data, |_| ControlFlow::Continue(()))?;
/// assert_eq!(report.epochs, 10);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct TrainingState<T> {
    pub(crate) training: Training,
    /// The number of training samples, since the steps of an epoch depend on it.
    pub(crate) samples: usize,
    /// The data that it was trained on; `None` if that is not known, or no longer required.
    pub(crate) data: Option<Fingerprint>,
    /// Epochs done.
    pub(crate) epochs: usize,
    /// Epochs that were done when patience had ended and more were asked for: patience begins anew
    /// there.
    pub(crate) patient_from: usize,
    pub(crate) optimizer: OptimizerState<T>,
    /// Present if there is early stopping.
    pub(crate) best: Option<BestSoFar<T>>,
}

/// All of a [`TrainingState`] but its buffers.
#[cfg(feature = "safetensors")]
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Done {
    pub(crate) training: Training,
    pub(crate) samples: usize,
    pub(crate) epochs: usize,
    pub(crate) steps: u64,
    pub(crate) best: Option<Best>,
    /// Absent in files of version 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Fingerprint>,
    /// Absent in files of version 0.1, and where it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) patient_from: usize,
}

#[cfg(feature = "safetensors")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Are the options within their ranges, and the numbers those of the element type?
pub(crate) fn check_as<T: Scalar>(training: &Training) -> Result<()> {
    training.check()?;
    domains::constants_as::<T>(training.optimizer)?;
    checks::finite_as::<T>("l2", training.l2)?;
    if let Some(norm) = training.clip_norm {
        checks::least_as::<T>("clip norm", norm)?;
    }
    // A rate may be 0 only if 0 was asked for, not by rounding.
    if training.learning_rate != 0.0 {
        checks::least_as::<T>("learning rate", training.learning_rate)?;
    }
    check_rate::<T>(training.optimizer, training.learning_rate)
}

impl<T: Scalar> TrainingState<T> {
    pub(crate) fn new(net: &Network<T>, training: Training, samples: usize) -> Result<Self> {
        check_as::<T>(&training)?;
        let mut optimizer = OptimizerState::new(net, training.optimizer)?.l2(training.l2)?;
        if let Some(norm) = training.clip_norm {
            optimizer = optimizer.clip_norm(norm)?;
        }
        let best = training.early_stopping.map(|_| BestSoFar::of(net)).transpose()?;
        Ok(Self { training, samples, data: None, epochs: 0, patient_from: 0, optimizer, best })
    }

    /// A state as it was saved, for a network of this shape. `moments` and `best` fill in the
    /// values of every layer: weights and biases.
    #[cfg(feature = "safetensors")]
    pub(crate) fn restore<P: From<Error>>(
        net: &Network<T>,
        done: Done,
        mut moments: impl FnMut(usize, &mut Gradients<T>) -> core::result::Result<(), P>,
        best: impl FnOnce(&mut Network<T>) -> core::result::Result<(), P>,
    ) -> core::result::Result<Self, P> {
        let mut state = Self::new(net, done.training, done.samples)?;
        (state.epochs, state.data) = (done.epochs, done.data);
        state.patient_from = done.patient_from;
        state.optimizer.set_steps(done.steps);
        for (which, moment) in state.optimizer.moments_mut().iter_mut().enumerate() {
            if let Some(moment) = moment {
                moments(which, moment)?;
            }
        }
        if let (Some(so_far), Some(judged)) = (&mut state.best, done.best) {
            best(&mut so_far.network)?;
            so_far.judged = Some(judged);
        }
        Ok(state)
    }

    /// The parameters of the best epoch, once there is one.
    #[cfg(feature = "safetensors")]
    pub(crate) fn best_network(&self) -> Option<&Network<T>> {
        self.best.as_ref().filter(|best| best.judged.is_some()).map(|best| &best.network)
    }

    /// The counts and choices.
    #[cfg(feature = "safetensors")]
    pub(crate) fn done(&self) -> Done {
        Done {
            training: self.training,
            samples: self.samples,
            epochs: self.epochs,
            steps: self.steps(),
            best: self.best(),
            data: self.data,
            patient_from: self.patient_from,
        }
    }

    /// The options of the training.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let training = Training::new(10, 1);
    /// let trainer = Trainer::new(&net, training, DataSet::new(x, y))?;
    /// assert_eq!(trainer.state().training(), training);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn training(&self) -> Training {
        self.training
    }

    /// Epochs done.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(Trainer::new(&net, Training::new(10, 1), DataSet::new(x, y))?.state().epochs(), 0);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// Steps done.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(Trainer::new(&net, Training::new(10, 1), DataSet::new(x, y))?.state().steps(), 0);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn steps(&self) -> u64 {
        self.optimizer.steps()
    }

    /// Steps of one epoch.
    pub(super) fn steps_an_epoch(&self) -> usize {
        self.training.batch_size.steps(self.samples)
    }

    /// The best epoch so far, if there is early stopping and an epoch has been judged.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// assert_eq!(Trainer::new(&net, Training::new(10, 1), DataSet::new(x, y))?.state().best(), None);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn best(&self) -> Option<Best> {
        self.best.as_ref().and_then(|best| best.judged)
    }

    /// Is nothing left to do, because all epochs are done or patience has ended?
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let trainer = Trainer::new(&net, Training::new(0, 1), DataSet::new(x, y))?;
    /// assert!(trainer.state().is_finished());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    #[inline]
    pub fn is_finished(&self) -> bool {
        self.epochs >= self.training.epochs || self.is_out_of_patience()
    }

    #[inline]
    pub(super) fn is_out_of_patience(&self) -> bool {
        let Some(stopping) = self.training.early_stopping else { return false };
        match self.best() {
            Some(best) => {
                // Counts the epochs since the best one, at whose end best.epoch + 1 epochs were
                // done.
                let from = best.epoch.saturating_add(1).max(self.patient_from);
                self.epochs.saturating_sub(from) >= stopping.patience
            }
            _ => false,
        }
    }

    /// The same training for another number of epochs in all, those done included. A finished
    /// training goes on, with the bits of one that had this number from the start (unless the
    /// network was given its best parameters in between, see
    /// [`EarlyStopping`](crate::EarlyStopping)).
    ///
    /// A cosine that ended with the training now ends with the new number of epochs, and goes on
    /// from the step reached (earlier steps keep the old cosine's rates); other schedules stay. If
    /// patience had ended, it begins anew; the best epoch stays the one to beat.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    ///
    /// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// let data = DataSet::new(x, y);
    /// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let mut trainer = Trainer::new(&net, Training::new(10, 1), data)?;
    /// trainer.run(&mut net, data, |_| ControlFlow::Continue(()))?;
    ///
    /// let state = trainer.into_state().until(25)?;
    /// let mut trainer = Trainer::resume(&net, state, data)?;
    /// let report = trainer.run(&mut net, data, |_| ControlFlow::Continue(()))?;
    /// assert_eq!((report.epochs, report.steps), (25, 50));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] if that many epochs are done already.
    pub fn until(mut self, epochs: usize) -> Result<Self> {
        if epochs <= self.epochs {
            return Err(Error::Range {
                argument: "number of epochs in all",
                expected: "more than are done",
                given: epochs as f64,
            });
        }
        if self.is_out_of_patience() {
            self.patient_from = self.epochs;
        }
        self.training.schedule.end_moves(self.training.epochs, epochs);
        self.training.epochs = epochs;
        Ok(self)
    }

    /// The data that it was trained on; `None` in a checkpoint of version 0.1, and after
    /// [`on_any_data`](Self::on_any_data).
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let data = DataSet::new(x, y);
    /// let trainer = Trainer::new(&net, Training::new(10, 1), data)?;
    /// assert_eq!(trainer.state().data(), Some(data.fingerprint()));
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn data(&self) -> Option<Fingerprint> {
        self.data
    }

    /// Lets [`Trainer::resume`](crate::Trainer::resume) take other data of as many samples.
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Error, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let state = || Ok(Trainer::new(&net, Training::new(10, 1), DataSet::new(x, y))?.into_state());
    /// let other = DataSet::new(y, y);
    /// assert!(matches!(Trainer::resume(&net, state()?, other), Err(Error::OtherData { .. })));
    /// assert!(Trainer::resume(&net, state()?.on_any_data(), other).is_ok());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn on_any_data(mut self) -> Self {
        self.data = None;
        self
    }

    /// Refuses data that the training did not begin with; if none was known, remembers this data.
    pub(super) fn recognise(&mut self, data: DataSet<'_, T>) -> Result<()> {
        self.recognise_as(data.fingerprint())
    }

    /// The same of data with this fingerprint.
    pub(super) fn recognise_as(&mut self, given: Fingerprint) -> Result<()> {
        match *self.data.get_or_insert(given) {
            expected if expected != given => Err(Error::OtherData { expected, given }),
            _ => Ok(()),
        }
    }

    /// Refuses a network or data that the state does not belong to, and data that no network could
    /// take.
    pub(super) fn check(&self, net: &Network<T>, data: DataSet<'_, T>) -> Result<()> {
        self.optimizer.check(net.shape())?;
        net.check_samples(data.x, data.targets())?;
        if data.x.samples() != self.samples {
            return Err(Error::Samples {
                argument: "x",
                expected: self.samples,
                given: data.x.samples(),
            });
        }
        match data.validation {
            Some((x, y)) => net.check_samples(x, y),
            None if self.training.early_stopping.is_some() => Err(Error::NoValidation),
            None => Ok(()),
        }
    }

    /// Counts the epoch that has just been done, and judges it by its validation cost.
    #[inline]
    pub(super) fn count(&mut self, net: &Network<T>, validation_cost: Option<f64>) {
        let epoch = self.epochs;
        self.epochs += 1;
        if let (Some(stopping), Some(best), Some(cost)) =
            (self.training.early_stopping, &mut self.best, validation_cost)
        {
            best.judge(net, Best { epoch, cost }, stopping.min_delta);
        }
    }

    /// At the end of training, gives the network the best parameters, if they are wanted and known.
    /// Returns whether it did.
    pub(super) fn restore_best(&self, net: &mut Network<T>) -> bool {
        let wanted = self.training.early_stopping.is_some_and(|stopping| stopping.restore_best);
        wanted && self.best.as_ref().is_some_and(|best| best.restore(net))
    }
}
