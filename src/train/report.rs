//! What a training reports: after each epoch, and at its end.

use crate::network::parameters::Network;
use crate::train::best::Best;
use crate::train::training_state::TrainingState;

/// What the callback sees after each epoch; a full batch's epoch is one iteration.
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
    /// not counted. With a full batch, the cost J before the epoch's one update.
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
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{Activation, Columns, Fit, Network, Stop, TrainingWorkspace};
///
/// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
/// let mut workspace = TrainingWorkspace::new(&net, 2)?;
/// let report =
///     Fit::new(10, 0.5).run(&mut net, x, y, &mut workspace, |_| ControlFlow::Continue(()))?;
/// assert_eq!(report.stop, Stop::Finished);
/// # Ok::<(), shallownet::Error>(())
/// ```
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
    /// With full batches, the cost J of the training samples at the parameters that the run leaves.
    /// `None` with mini-batches, where it would take another pass over the data.
    pub cost: Option<f64>,
    /// The training cost of the run's last epoch; `None` if there was nothing left to do.
    pub training_cost: Option<f64>,
    /// The validation cost of the run's last epoch, before best parameters are restored.
    pub validation_cost: Option<f64>,
    /// The best epoch, with early stopping.
    pub best: Option<Best>,
}
