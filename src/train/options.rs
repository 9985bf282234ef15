//! What a training run is asked for.

use crate::data::checks;
use crate::data::data_set::DataSet;
use crate::data::domains;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::optimizer_state::{check_clip_norm, check_l2};
use crate::train::{Epoch, Schedule, Trainer, TrainingReport};
use crate::words::optimizer::Optimizer;

/// Mini-batch training: how long, in which batches, by which optimiser, and when to stop early.
///
/// Defaults: SGD, learning rate 0.01, constant, no L2, no clipping, no early stopping, seed 0.
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::{Activation, Columns, DataSet, Network, Optimizer, Schedule, Training};
///
/// // Is x + y > 1? 400 points of the unit square.
/// let points: Vec<[f32; 2]> =
///     (0..400).map(|i| [(i % 20) as f32 / 20.0, (i / 20) as f32 / 20.0]).collect();
/// let labels: Vec<f32> = points.iter().map(|p| f32::from(p[0] + p[1] > 1.0)).collect();
/// let (x, y) = (Columns::new(points.as_flattened(), 2)?, Columns::new(&labels, 1)?);
///
/// let mut net = Network::builder(2)
///     .layer(8, Activation::Tanh)
///     .layer(1, Activation::Sigmoid)
///     .build()?;
/// let report = Training::new(30, 32)
///     .optimizer(Optimizer::adam())
///     .learning_rate(0.02)
///     .schedule(Schedule::cosine(30, 0.1))
///     .l2(1e-5)
///     .seed(7)
///     .run(&mut net, DataSet::new(x, y), |epoch| {
///         println!("{} {:.4}", epoch.epoch, epoch.training_cost);
///         ControlFlow::Continue(())
///     })?;
/// assert_eq!(report.epochs, 30);
/// assert!(report.training_cost.unwrap() < 0.1);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "safetensors", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "safetensors", serde(deny_unknown_fields))]
pub struct Training {
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    pub(crate) optimizer: Optimizer,
    pub(crate) learning_rate: f64,
    pub(crate) schedule: Schedule,
    pub(crate) l2: f64,
    pub(crate) clip_norm: Option<f64>,
    pub(crate) early_stopping: Option<EarlyStopping>,
    pub(crate) seed: u64,
}

/// When to stop before the last epoch: if the validation cost has not fallen by more than
/// `min_delta` below its best for `patience` epochs.
///
/// ```
/// use shallownet::EarlyStopping;
///
/// let stopping = EarlyStopping::new(5);
/// assert_eq!(stopping, EarlyStopping { patience: 5, min_delta: 0.0, restore_best: true });
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "safetensors", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "safetensors", serde(deny_unknown_fields))]
pub struct EarlyStopping {
    /// Epochs to wait for a better one, at least 1.
    pub patience: usize,
    /// How far below the best a cost must be to count as better, at least 0.
    pub min_delta: f64,
    /// When training ends, after the last epoch or before, does the network get the parameters of
    /// its best epoch?
    pub restore_best: bool,
}

impl EarlyStopping {
    /// So much patience, any improvement counts, and the best parameters are restored.
    pub fn new(patience: usize) -> Self {
        Self { patience, min_delta: 0.0, restore_best: true }
    }
}

impl Training {
    /// `epochs` passes over the data in batches of `batch_size` samples; the last batch of an epoch
    /// is smaller if the samples are no whole number of batches.
    pub fn new(epochs: usize, batch_size: usize) -> Self {
        Self {
            epochs,
            batch_size,
            optimizer: Optimizer::Sgd,
            learning_rate: 0.01,
            schedule: Schedule::constant(),
            l2: 0.0,
            clip_norm: None,
            early_stopping: None,
            seed: 0,
        }
    }

    /// The optimiser.
    ///
    /// ```
    /// # use shallownet::{Optimizer, Training};
    /// let training = Training::new(10, 64).optimizer(Optimizer::adam());
    /// ```
    pub fn optimizer(mut self, optimizer: Optimizer) -> Self {
        self.optimizer = optimizer;
        self
    }

    /// The learning rate before the schedule's factor.
    ///
    /// ```
    /// # use shallownet::Training;
    /// let training = Training::new(10, 64).learning_rate(0.1);
    /// ```
    pub fn learning_rate(mut self, learning_rate: f64) -> Self {
        self.learning_rate = learning_rate;
        self
    }

    /// The learning rate's course.
    ///
    /// ```
    /// # use shallownet::{Schedule, Training};
    /// let training = Training::new(10, 64).schedule(Schedule::cosine(10, 0.0).after_warm_up(1.0));
    /// ```
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// An L2 penalty on the weights: see [`OptimizerState::l2`](crate::OptimizerState::l2).
    ///
    /// ```
    /// # use shallownet::Training;
    /// let training = Training::new(10, 64).l2(1e-4);
    /// ```
    pub fn l2(mut self, l2: f64) -> Self {
        self.l2 = l2;
        self
    }

    /// A limit for the gradient's norm: see
    /// [`OptimizerState::clip_norm`](crate::OptimizerState::clip_norm).
    ///
    /// ```
    /// # use shallownet::Training;
    /// let training = Training::new(10, 64).clip_norm(1.0);
    /// ```
    pub fn clip_norm(mut self, norm: f64) -> Self {
        self.clip_norm = Some(norm);
        self
    }

    /// Stop early; needs a validation set.
    ///
    /// ```
    /// # use shallownet::{EarlyStopping, Training};
    /// let training = Training::new(100, 64).early_stopping(EarlyStopping::new(5));
    /// ```
    pub fn early_stopping(mut self, early_stopping: EarlyStopping) -> Self {
        self.early_stopping = Some(early_stopping);
        self
    }

    /// Fixes the order of the samples in every epoch.
    ///
    /// Epoch e (from 0) has the order of a Fisher-Yates shuffle of 0, 1, ..., m - 1 with ChaCha8
    /// (`rand_chacha`), seeded by `seed_from_u64(seed)`, stream number e: it follows from seed, e
    /// and m alone. So a run that is taken up again goes on with the order it would have had.
    ///
    /// ```
    /// # use shallownet::Training;
    /// let training = Training::new(10, 64).seed(42);
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Trains from the beginning: [`Trainer::new`] and [`Trainer::run`].
    ///
    /// # Errors
    /// As these two.
    pub fn run<T: Scalar>(
        self,
        net: &mut Network<T>,
        data: DataSet<'_, T>,
        watch: impl FnMut(&Epoch<'_, T>) -> core::ops::ControlFlow<()>,
    ) -> Result<TrainingReport> {
        Trainer::new(net, self, data)?.run(net, data, watch)
    }

    /// Refuses what no run can be made of.
    pub(crate) fn check(&self) -> Result<()> {
        if self.batch_size == 0 {
            return Err(Error::Zero { argument: "batch size" });
        }
        checks::learning_rate(self.learning_rate)?;
        domains::constants(self.optimizer)?;
        self.schedule.check()?;
        check_l2(self.l2)?;
        if let Some(norm) = self.clip_norm {
            check_clip_norm(norm)?;
        }
        let Some(EarlyStopping { patience, min_delta: given, .. }) = self.early_stopping else {
            return Ok(());
        };
        if patience == 0 {
            return Err(Error::Zero { argument: "patience" });
        }
        if !(given.is_finite() && given >= 0.0) {
            let expected = "finite and not negative";
            return Err(Error::Range { argument: "min_delta", expected, given });
        }
        Ok(())
    }
}
