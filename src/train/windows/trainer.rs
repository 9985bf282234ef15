//! Training from a source, with memory of its own.

use core::ops::ControlFlow;
use std::sync::Mutex;

use super::batch::Batch;
use super::data::SourceData;
use super::feed::Feed;
use super::pass::{Memory, Pass};
use super::plan::Plan;
use super::reader::{Buffer, Reader};
use super::sizes::Sizes;
use crate::data::data_set::DataSet;
use crate::data::source::{Source, SourceError};
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::scalar::Scalar;
use crate::train::batch_size::BatchSize;
use crate::train::epochs;
use crate::train::options::Training;
use crate::train::report::{Epoch, TrainingReport};
use crate::train::rollback::Rollback;
use crate::train::training_state::TrainingState;
use crate::train::validation::Validation;

/// A training run on samples that are read from a [`Source`] and need not fit in memory.
///
/// Samples are read in blocks, in a new order in every epoch; some blocks are a window, within which
/// samples are shuffled ([`Training::window`]). There are two windows: a thread reads the one while the
/// network is trained on the other. Steps are those of a [`Trainer`](crate::Trainer): a batch goes on
/// from one window to the next, so that their size changes the order of samples and nothing else.
/// Parameters have the same bits on any number of threads, however fast the source is, and after a
/// break; with blocks of one sample, or a window that holds all, they are those of a `Trainer`.
///
/// Optimisers, schedules, L2, clipping, dropout, early stopping and the state are those of a `Trainer`,
/// too, and so is what happens on divergence. Refused are full batches, shards, and weights of samples,
/// which a source does not have.
///
/// **Faults.** What a source can't read ends the run with the source's own error. Network and state are
/// then those of the beginning of that epoch, and the reading thread has ended; a read that has begun is
/// waited for. Values are checked as they are read: one that is not finite, or a target outside the
/// loss's domain, is an error that names the sample. So is data that is not what the training began
/// with: what was read in an epoch is compared at its end, in whichever order it was read.
///
/// ```
/// use std::ops::ControlFlow;
/// use shallownet::source::{InMemory, SourceData, SourceTrainer};
/// use shallownet::{Activation, Columns, EarlyStopping, Network, Optimizer, Training};
///
/// // y = x^2 on 10,000 points, of which the last 1,000 are held out.
/// let x: Vec<f32> = (0..10_000).map(|i| ((i * 7919) % 10_000) as f32 / 5_000.0 - 1.0).collect();
/// let y: Vec<f32> = x.iter().map(|x| x * x).collect();
/// let mut source = InMemory::new(Columns::new(&x, 1)?, Columns::new(&y, 1)?)?;
/// let mut data = SourceData::new(&mut source).samples(0..9_000).hold_out(9_000..10_000);
///
/// let mut net = Network::builder(1)
///     .layer(16, Activation::Tanh)
///     .layer(1, Activation::Identity)
///     .init(shallownet::Init::XavierNormal, 1)
///     .build()?;
/// let training = Training::new(20, 32)
///     .optimizer(Optimizer::adam())
///     .early_stopping(EarlyStopping::new(5));
/// let limit = 400_000; // bytes
/// let mut trainer = SourceTrainer::within(&net, training, &data, limit)?;
/// assert!(SourceTrainer::bytes_for(&net, trainer.state().training(), &data)? <= limit);
/// let report = trainer.run(&mut net, &mut data, |_| ControlFlow::Continue(()))?;
/// assert!(report.best.unwrap().cost < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SourceTrainer<T> {
    state: TrainingState<T>,
    rollback: Rollback<T>,
    memory: Memory<T>,
    /// Both, between runs.
    windows: Vec<Buffer<T>>,
    /// The order of the blocks.
    blocks: Vec<usize>,
    plan: Plan,
}

impl<T: Scalar> SourceTrainer<T> {
    /// With the window of the options; where they have none, with 64 blocks of about a megabyte each.
    ///
    /// # Errors
    /// [`Error::Zero`] and [`Error::Range`] for options outside their ranges, full batches, shards, and
    /// samples that the source does not have, or that are trained on and held out; [`Error::Features`]
    /// for a source that does not fit the network; [`Error::NoValidation`] for early stopping without
    /// samples to judge by; [`Error::TooLarge`], [`Error::OutOfMemory`].
    pub fn new<S: Source<T>>(
        net: &Network<T>,
        training: Training,
        data: &SourceData<'_, T, S>,
    ) -> Result<Self> {
        let usual = || Ok(Sizes::new(net, &training, data)?.usual());
        Self::with(net, training, data, usual)
    }

    /// With the largest window that leaves the training in so many bytes of memory, counted as
    /// [`bytes_for`](Self::bytes_for) does.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Memory`] if not even a window of one batch fits, or not the
    /// one that the options have.
    pub fn within<S: Source<T>>(
        net: &Network<T>,
        training: Training,
        data: &SourceData<'_, T, S>,
        bytes: usize,
    ) -> Result<Self> {
        let sizes = || Sizes::new(net, &training, data);
        if let Some(window) = training.window {
            training.check()?;
            data.check(net)?;
            let (what, limit, bytes) =
                ("a training with this window", bytes, sizes()?.bytes(window)?);
            if bytes > limit {
                return Err(Error::Memory { what, bytes, limit });
            }
        }
        Self::with(net, training, data, || sizes()?.within(bytes))
    }

    fn with<S: Source<T>>(
        net: &Network<T>,
        mut training: Training,
        data: &SourceData<'_, T, S>,
        window: impl FnOnce() -> Result<crate::train::window::Window>,
    ) -> Result<Self> {
        training.check()?;
        data.check(net)?;
        if training.window.is_none() {
            training.window = Some(window()?);
        }
        Self::resume(net, TrainingState::new(net, training, data.samples.len())?, data)
    }

    /// Continues the training whose `state` was saved, with the parameters that `net` had then and with
    /// the same samples: these are compared at the end of each epoch, unless the state is
    /// [`on_any_data`](TrainingState::on_any_data). The window is that of the state.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`Error::Mismatch`] or [`Error::Samples`] for the state of another
    /// network, or of another number of samples.
    pub fn resume<S: Source<T>>(
        net: &Network<T>,
        state: TrainingState<T>,
        data: &SourceData<'_, T, S>,
    ) -> Result<Self> {
        let training = state.training;
        check(net, &state, data)?;
        let window = match training.window {
            Some(window) => window,
            None => Sizes::new(net, &training, data)?.usual(),
        };
        let plan = Plan::new(data.samples.clone(), data.held.clone(), window, training.seed);
        let size = training.get_batch_size().unwrap_or(state.samples).min(state.samples);
        let (mut blocks, count) = (Vec::new(), plan.blocks());
        let (what, bytes) = ("the order of the blocks", count.saturating_mul(size_of::<usize>()));
        blocks.try_reserve_exact(count).map_err(|_| Error::OutOfMemory { what, bytes })?;
        blocks.resize(count, 0);
        let memory = Memory {
            workspace: TrainingWorkspace::new(net, size)?,
            batch: Batch::new(net, size, plan.longest())?,
            validation: Validation::for_samples(net, data.judges())?,
        };
        let windows = (0..2).map(|_| Buffer::new(net, plan.capacity())).collect::<Result<_>>()?;
        Ok(Self {
            rollback: Rollback::of_each_epoch(net, &state)?,
            state,
            memory,
            windows,
            blocks,
            plan,
        })
    }

    /// The most bytes that a trainer with these options will take, without allocating them: both
    /// windows, a batch and its workspace, the state and the copies for the way back from divergence,
    /// and the source's own buffers. The network is not counted, nor the thread's stack. O(layers).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn bytes_for<S: Source<T>>(
        net: &Network<T>,
        training: Training,
        data: &SourceData<'_, T, S>,
    ) -> Result<usize> {
        training.check()?;
        data.check(net)?;
        let sizes = Sizes::new(net, &training, data)?;
        sizes.bytes(training.window.unwrap_or_else(|| sizes.usual()))
    }

    /// How far the training has come, and its options, the window among them.
    pub fn state(&self) -> &TrainingState<T> {
        &self.state
    }

    /// The state alone, to [`resume`](Self::resume) from; the memory is given back.
    pub fn into_state(self) -> TrainingState<T> {
        self.state
    }

    /// Trains `net` until there is nothing left to do or `watch`, called after every epoch, says stop;
    /// then it can be called again. An epoch's steps allocate nothing on the fused backend, unless the
    /// source does; a run allocates for its thread, which has ended when it returns.
    ///
    /// # Errors
    /// [`SourceError::Source`] is the source's own. [`SourceError::Refused`]: as [`resume`](Self::resume)
    /// for network and data; [`Error::NotFinite`] and [`Error::Target`] for values that were read;
    /// [`Error::OtherData`]; [`Error::Diverged`]: see [`Trainer`](crate::Trainer).
    ///
    /// # Panics
    /// Where the source does, with its panic.
    pub fn run<S: Source<T>>(
        &mut self,
        net: &mut Network<T>,
        data: &mut SourceData<'_, T, S>,
        watch: impl FnMut(&Epoch<'_, T>) -> ControlFlow<()>,
    ) -> Result<TrainingReport, SourceError<S::Error>> {
        check(net, &self.state, data)?;
        let Self { state, rollback, memory, windows, blocks, plan } = self;
        let window = state.training.window;
        let given = Plan::new(
            data.samples.clone(),
            data.held.clone(),
            window.unwrap_or_else(|| plan.window()),
            state.training.seed,
        );
        if given != *plan {
            return Err(Error::Mismatch { argument: "the trainer of other samples" }.into());
        }
        memory.validation.check_samples(data.judges())?;
        while windows.len() < 2 {
            // A watching closure panicked, and somebody caught that.
            windows.push(Buffer::new(net, plan.capacity())?);
        }
        let (validation, held) = (data.validation, data.held.as_ref().map_or(0, |held| held.len()));
        let known = validation.map_or(0, |(x, y)| {
            DataSet { x, y: y.y, weights: y.weights, validation: None }.fingerprint().0
        });
        let given = core::mem::take(windows);
        let reader = Mutex::new(Reader::new(net, &mut *data.source, plan, blocks));
        let (result, kept) = std::thread::scope(|scope| {
            let feed = Feed::start(scope, &reader, plan, given, state.training.epochs);
            let mut pass = Pass { memory, plan, feed, validation, known, held };
            let result = epochs::run(net, state, rollback, &mut pass, watch);
            (result, pass.feed.into_windows())
        });
        *windows = kept;
        result
    }
}

/// Refuses a network or data that the state does not belong to, and options that need all samples.
fn check<T: Scalar, S: Source<T>>(
    net: &Network<T>,
    state: &TrainingState<T>,
    data: &SourceData<'_, T, S>,
) -> Result<()> {
    state.optimizer.check(net.shape())?;
    data.check(net)?;
    let Training { batch_size, shards, early_stopping, .. } = state.training;
    if data.samples.len() != state.samples {
        let (expected, given) = (state.samples, data.samples.len());
        return Err(Error::Samples { argument: "the source", expected, given });
    }
    if batch_size == BatchSize::Full {
        let (argument, expected) = ("batch size", "mini-batches, for samples from a source");
        return Err(Error::Range { argument, expected, given: state.samples as f64 });
    }
    if shards > 1 {
        let (argument, expected) = ("shards", "1, for samples from a source");
        return Err(Error::Range { argument, expected, given: shards as f64 });
    }
    if early_stopping.is_some() && data.judges() == 0 {
        return Err(Error::NoValidation);
    }
    Ok(())
}
