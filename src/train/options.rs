//! The options of a training.

use crate::data::checks;
use crate::data::domains;
use crate::error::{Error, Result};
use crate::train::batch_size::BatchSize;
use crate::train::early_stopping::EarlyStopping;
use crate::train::schedule::Schedule;
use crate::words::optimizer::Optimizer;

/// The options of a training: how long, in which batches, by which optimiser, and when to stop
/// early. [`Fit`](crate::Fit) is the short form for full batches and plain gradient descent.
///
/// Defaults: SGD, learning rate 0.01, constant, no L2, no clipping, no early stopping, seed 0. An
/// option is set by the method of its name and read by the one that begins with `get_`; values
/// outside their ranges are refused when the training begins.
///
/// ```
/// use shallownet::{Optimizer, Training};
///
/// let training = Training::new(30, 32).optimizer(Optimizer::adam()).learning_rate(0.02);
/// assert_eq!((training.get_epochs(), training.get_batch_size()), (30, Some(32)));
/// assert_eq!(training.get_learning_rate(), 0.02);
/// ```
///
/// A whole training:
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
pub struct Training {
    pub(crate) epochs: usize,
    pub(crate) batch_size: BatchSize,
    pub(crate) optimizer: Optimizer,
    pub(crate) learning_rate: f64,
    pub(crate) schedule: Schedule,
    pub(crate) l2: f64,
    pub(crate) clip_norm: Option<f64>,
    pub(crate) dropout: f64,
    pub(crate) early_stopping: Option<EarlyStopping>,
    pub(crate) seed: u64,
    pub(crate) shards: usize,
    pub(crate) window: Option<crate::train::window::Window>,
}

impl Training {
    /// `epochs` passes over the data in batches of `batch_size` samples, at least 1; the last batch
    /// of an epoch is smaller if the samples are no whole number of batches.
    ///
    /// Each epoch takes the samples in a new order ([`seed`](Self::seed)), and copies each batch so
    /// that its samples lie side by side. It does so for a batch size that covers all samples, too:
    /// its steps differ from those of a [`full_batch`](Self::full_batch) in the last bits, since
    /// sums are added up in another order.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).get_batch_size(), Some(64));
    /// ```
    pub fn new(epochs: usize, batch_size: usize) -> Self {
        Self::of(epochs, BatchSize::Mini(batch_size))
    }

    /// `epochs` steps, each on all samples as they are: neither shuffled nor copied, so that a run
    /// has the bits of as many calls of [`Network::step_with`](crate::Network::step_with). The seed
    /// is not used.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use shallownet::{Activation, Columns, DataSet, Network, Optimizer, Training};
    ///
    /// let (x, y) = (Columns::new(&[-1.0_f64, 1.0], 1)?, Columns::new(&[0.0, 1.0], 1)?);
    /// let mut net = Network::builder(1).layer(1, Activation::Sigmoid).build()?;
    /// let training = Training::full_batch(100).optimizer(Optimizer::adam()).learning_rate(0.1);
    /// let report =
    ///     training.run(&mut net, DataSet::new(x, y), |_| ControlFlow::Continue(()))?;
    /// assert_eq!(report.steps, 100);
    /// assert!(report.cost.unwrap() < 0.05);
    /// # Ok::<(), shallownet::Error>(())
    /// ```
    pub fn full_batch(epochs: usize) -> Self {
        Self::of(epochs, BatchSize::Full)
    }

    fn of(epochs: usize, batch_size: BatchSize) -> Self {
        Self {
            epochs,
            batch_size,
            optimizer: Optimizer::Sgd,
            learning_rate: 0.01,
            schedule: Schedule::constant(),
            l2: 0.0,
            clip_norm: None,
            dropout: 0.0,
            early_stopping: None,
            seed: 0,
            shards: 1,
            window: None,
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

    /// The learning rate before the schedule's factor; at 0 no parameter changes (see
    /// [`Network::update`](crate::Network::update)).
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

    /// Leaves out units of the hidden layers in every step, at this rate (from 0 to less than 1), with
    /// the training's seed and the number of the step: see [`Dropout`](crate::Dropout). Training costs
    /// are then those of the thinned networks; validation costs are not.
    ///
    /// ```
    /// # use shallownet::Training;
    /// let training = Training::new(10, 64).dropout(0.2);
    /// ```
    pub fn dropout(mut self, rate: f64) -> Self {
        self.dropout = rate;
        self
    }

    /// Stops early; needs a validation set.
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
    /// Epoch e (from 0) has the order of a Fisher-Yates shuffle of 0, 1, ..., m - 1 with
    /// xoshiro256++ (`rand_xoshiro`), whose seed is the beginning of stream e of ChaCha8
    /// (`rand_chacha`, `seed_from_u64(seed)`): it follows from seed, e and m alone. So a run that is
    /// resumed goes on with the order it would have had.
    ///
    /// ```
    /// # use shallownet::Training;
    /// let training = Training::new(10, 64).seed(42);
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Cuts the samples into this many shards, at least 1: stretches that follow one another
    /// ([`ranks::Shards`](crate::ranks::Shards)), each with an order of its own. A step takes its share
    /// of each, and adds up their gradients in the order of a binary tree over the shards. So the
    /// training has the same bits on any number of ranks up to this one, and in one process: see
    /// [`Trainer::among`](crate::Trainer::among).
    ///
    /// With one shard, the default, a step's sums are as fast as they can be, and the order is that of
    /// [`seed`](Self::seed) over all samples. A shard's order in epoch e is that of stream 2^40 s + e,
    /// for shard s. Where a batch is no multiple of the shards, steps differ by up to a sample a shard.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).shards(8).get_shards(), 8);
    /// ```
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = shards;
        self
    }

    /// Epochs in all.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).get_epochs(), 10);
    /// ```
    pub fn get_epochs(&self) -> usize {
        self.epochs
    }

    /// Samples a step; `None` of full batches.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::full_batch(10).get_batch_size(), None);
    /// ```
    pub fn get_batch_size(&self) -> Option<usize> {
        match self.batch_size {
            BatchSize::Mini(size) => Some(size),
            BatchSize::Full => None,
        }
    }

    /// The optimiser.
    ///
    /// ```
    /// # use shallownet::{Optimizer, Training};
    /// assert_eq!(Training::new(10, 64).get_optimizer(), Optimizer::Sgd);
    /// ```
    pub fn get_optimizer(&self) -> Optimizer {
        self.optimizer
    }

    /// The learning rate before the schedule's factor.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).get_learning_rate(), 0.01);
    /// ```
    pub fn get_learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// The learning rate's course.
    ///
    /// ```
    /// # use shallownet::{Schedule, Training};
    /// assert_eq!(Training::new(10, 64).get_schedule(), Schedule::constant());
    /// ```
    pub fn get_schedule(&self) -> Schedule {
        self.schedule
    }

    /// The L2 penalty's factor; 0 is none.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).get_l2(), 0.0);
    /// ```
    pub fn get_l2(&self) -> f64 {
        self.l2
    }

    /// The limit of the gradient's norm, if there is one.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).clip_norm(1.0).get_clip_norm(), Some(1.0));
    /// ```
    pub fn get_clip_norm(&self) -> Option<f64> {
        self.clip_norm
    }

    /// The rate of dropout; 0 is none.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).get_dropout(), 0.0);
    /// ```
    pub fn get_dropout(&self) -> f64 {
        self.dropout
    }

    /// When to stop early, if at all.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).get_early_stopping(), None);
    /// ```
    pub fn get_early_stopping(&self) -> Option<EarlyStopping> {
        self.early_stopping
    }

    /// The seed of the orders.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).seed(42).get_seed(), 42);
    /// ```
    pub fn get_seed(&self) -> u64 {
        self.seed
    }

    /// How many shards the samples are cut into; 1 if nothing else was asked for.
    pub fn get_shards(&self) -> usize {
        self.shards
    }

    /// Refuses options outside their ranges.
    pub(crate) fn check(&self) -> Result<()> {
        if self.batch_size == BatchSize::Mini(0) {
            return Err(Error::Zero { argument: "batch size" });
        }
        if self.shards == 0 {
            return Err(Error::Zero { argument: "shards" });
        }
        checks::learning_rate(self.learning_rate)?;
        domains::constants(self.optimizer)?;
        self.schedule.check()?;
        domains::l2(self.l2)?;
        domains::dropout(self.dropout)?;
        self.window.map_or(Ok(()), |window| window.check())?;
        if let Some(norm) = self.clip_norm {
            domains::clip_norm(norm)?;
        }
        self.early_stopping.map_or(Ok(()), |stopping| stopping.check())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_is_read() {
        let stopping = EarlyStopping::new(3).min_delta(0.5);
        let training = Training::new(7, 5)
            .optimizer(Optimizer::adam())
            .learning_rate(0.25)
            .schedule(Schedule::step(2, 0.5))
            .l2(1e-4)
            .clip_norm(2.0)
            .dropout(0.5)
            .early_stopping(stopping)
            .seed(9)
            .shards(4);
        assert_eq!((training.get_epochs(), training.get_batch_size()), (7, Some(5)));
        assert_eq!(training.get_optimizer(), Optimizer::adam());
        assert_eq!(training.get_learning_rate(), 0.25);
        assert_eq!(training.get_schedule(), Schedule::step(2, 0.5));
        assert_eq!((training.get_l2(), training.get_clip_norm()), (1e-4, Some(2.0)));
        assert_eq!(training.get_dropout(), 0.5);
        assert_eq!(training.get_early_stopping(), Some(stopping));
        assert_eq!((training.get_seed(), training.get_shards()), (9, 4));
        let full = Training::full_batch(7);
        assert_eq!((full.get_epochs(), full.get_batch_size()), (7, None));
    }
}
