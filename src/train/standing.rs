//! All that a run needs to go on later: what a checkpoint holds, besides the network.

use crate::checks;
use crate::error::{Error, Result};
#[cfg(feature = "safetensors")]
use crate::gradients::Gradients;
use crate::network::Network;
use crate::scalar::Scalar;
use crate::train::{DataSet, OptimizerState, Training};

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
    /// Training samples: with another number of them, epochs would have other steps.
    pub(crate) samples: usize,
    /// Epochs done.
    pub(crate) epochs: usize,
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
}

/// The parameters of the best epoch so far.
#[derive(Debug)]
pub(crate) struct BestSoFar<T> {
    /// Allocated at the beginning; the starting parameters while no epoch has been judged.
    pub(crate) network: Network<T>,
    pub(crate) judged: Option<Best>,
}

/// Which epoch was the best, by its validation cost.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "safetensors", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "safetensors", serde(deny_unknown_fields))]
pub struct Best {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Its validation cost.
    pub cost: f64,
}

impl<T: Scalar> TrainingState<T> {
    pub(crate) fn new(net: &Network<T>, training: Training, samples: usize) -> Result<Self> {
        training.check()?;
        let mut optimizer = OptimizerState::new(net, training.optimizer)?.l2(training.l2)?;
        if let Some(norm) = training.clip_norm {
            optimizer = optimizer.clip_norm(norm)?;
        }
        checks::least_as::<T>("learning rate", training.learning_rate)?;
        optimizer.check_rate(training.learning_rate)?;
        let copy = |_| Ok(BestSoFar { network: net.try_clone()?, judged: None });
        let best = training.early_stopping.map(copy).transpose()?;
        Ok(Self { training, samples, epochs: 0, optimizer, best })
    }

    /// A state as it was put away, for a network of this shape. `moments` and `best` fill in the
    /// values of every layer: weights and biases.
    #[cfg(feature = "safetensors")]
    pub(crate) fn restore<P: From<Error>>(
        net: &Network<T>,
        done: Done,
        mut moments: impl FnMut(usize, &mut Gradients<T>) -> core::result::Result<(), P>,
        best: impl FnOnce(&mut Network<T>) -> core::result::Result<(), P>,
    ) -> core::result::Result<Self, P> {
        let mut state = Self::new(net, done.training, done.samples)?;
        state.epochs = done.epochs;
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
        let (training, samples, best) = (self.training, self.samples, self.best());
        Done { training, samples, epochs: self.epochs, steps: self.steps(), best }
    }

    /// What was asked for.
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

    /// Is there nothing left to do: all epochs done, or patience at an end?
    ///
    /// ```
    /// # use shallownet::{Activation, Columns, DataSet, Network, Trainer, Training};
    /// # let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// # let net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let trainer = Trainer::new(&net, Training::new(0, 1), DataSet::new(x, y))?;
    /// assert!(trainer.state().is_finished());
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn is_finished(&self) -> bool {
        self.epochs >= self.training.epochs || self.is_out_of_patience()
    }

    pub(super) fn is_out_of_patience(&self) -> bool {
        match (self.training.early_stopping, self.best()) {
            (Some(stopping), Some(best)) => {
                // Epochs since the best one, which was number best.epoch + 1.
                self.epochs.saturating_sub(best.epoch.saturating_add(1)) >= stopping.patience
            }
            _ => false,
        }
    }

    /// Refuses networks and data that the state is not of, and data that no network could take.
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
            Some((x, y)) => net.check_samples(x, y.into()),
            None if self.training.early_stopping.is_some() => Err(Error::NoValidation),
            None => Ok(()),
        }
    }

    /// Judges the epoch that has just been done.
    pub(super) fn judge(&mut self, net: &Network<T>, epoch: usize, cost: f64) {
        let (Some(stopping), Some(best)) = (self.training.early_stopping, &mut self.best) else {
            return;
        };
        if best.judged.is_none_or(|judged| cost < judged.cost - stopping.min_delta) {
            best.judged = Some(Best { epoch, cost });
            copy_parameters(net, &mut best.network);
        }
    }

    /// At the end of training: the best parameters, where they are wanted and known.
    pub(super) fn restore_best(&self, net: &mut Network<T>) {
        let wanted = self.training.early_stopping.is_some_and(|stopping| stopping.restore_best);
        if let Some(best) = self.best.as_ref().filter(|best| wanted && best.judged.is_some()) {
            copy_parameters(&best.network, net);
        }
    }
}

/// Of networks of one shape.
fn copy_parameters<T: Scalar>(from: &Network<T>, to: &mut Network<T>) {
    let from = from.parameter_buffer().as_slice();
    to.parameter_buffer_mut().as_mut_slice().copy_from_slice(from);
}
