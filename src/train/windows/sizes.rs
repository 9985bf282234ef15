//! How much memory a training from a source takes, and which window a limit allows.

use super::data::SourceData;
use super::plan::Plan;
use crate::data::buffer::ALIGNMENT;
use crate::data::source::Source;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::batch_size::BatchSize;
use crate::train::options::Training;
use crate::train::validation;
use crate::train::window::Window;

/// Bytes of a block, about, where nothing else was asked for: disks and their caches are at their best.
const BLOCK: usize = 1 << 20;

/// Blocks of a window: as few as this, so that samples of many places come together.
const LEAST_BLOCKS: usize = 16;

/// Blocks of a window where there is no limit to its memory.
const BLOCKS: usize = 64;

const WHAT: &str = "a training from a source";

/// Small parts that are not counted one by one: the state's and the trainer's own fields, the channels
/// to the reader, ends of buffers.
const SMALL: usize = 1 << 13;

/// The memory of a training but for its windows, and what these take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    samples: usize,
    held: usize,
    batch: usize,
    fixed: usize,
    /// Of a sample in both windows, and its place in the order.
    of_sample: usize,
    /// Of a sample in one window.
    of_value: usize,
}

impl Sizes {
    /// O(layers); nothing is allocated.
    pub(super) fn new<T: Scalar, S: Source<T>>(
        net: &Network<T>,
        training: &Training,
        data: &SourceData<'_, T, S>,
    ) -> Result<Self> {
        let samples = data.samples.len();
        let batch = match training.batch_size {
            BatchSize::Mini(size) => size.min(samples),
            BatchSize::Full => samples,
        };
        let values = net.inputs().saturating_add(net.targets());
        let of_value = values.saturating_mul(size_of::<T>());
        let parameters = (net.parameter_buffer().as_slice().len() + ALIGNMENT) * size_of::<T>();
        let moments = training.optimizer.moments().into_iter().filter(|&there| there).count();
        let best = usize::from(training.early_stopping.is_some());
        // The state's moments and best network; what a rollback keeps, twice.
        let copies = moments + best + 2 * (1 + moments + best);
        let judges = data.judges().min(validation::SAMPLES);
        let fixed = [
            net.workspace_bytes(batch)?,
            batch.saturating_mul(of_value),
            parameters.saturating_mul(copies),
            // No less than a workspace for predictions takes.
            if judges > 0 { net.workspace_bytes(judges)? } else { 0 },
            data.source.bytes(),
            SMALL,
        ];
        let fixed = fixed.into_iter().fold(0, usize::saturating_add);
        let of_sample = of_value.saturating_mul(2).saturating_add(size_of::<usize>());
        let held = data.held.as_ref().map_or(0, ExactSizeIterator::len);
        Ok(Self { samples, held, batch, fixed, of_sample, of_value })
    }

    /// All bytes with this window.
    pub(super) fn bytes(&self, window: Window) -> Result<usize> {
        let held = Some(0..self.held).filter(|held| !held.is_empty());
        let plan = Plan::new(0..self.samples, held, window, 0);
        let windows = plan.capacity().saturating_mul(self.of_sample);
        let orders = plan.blocks().saturating_mul(size_of::<usize>());
        match self.fixed.saturating_add(windows).saturating_add(orders) {
            usize::MAX => Err(Error::TooLarge { what: WHAT }),
            bytes => Ok(bytes),
        }
    }

    /// Where neither window nor limit was asked for.
    pub(super) fn usual(&self) -> Window {
        Window { block: self.block(), blocks: BLOCKS }
    }

    /// Samples of about a megabyte.
    fn block(&self) -> usize {
        (BLOCK / self.of_value.max(1)).clamp(1, self.samples.max(1))
    }

    /// The largest window that this much memory has room for, and that holds a batch.
    pub(super) fn within(&self, limit: usize) -> Result<Window> {
        let all = Window { block: self.block(), blocks: self.samples.div_ceil(self.block()) };
        if self.bytes(all)? <= limit {
            return Ok(all);
        }
        let room = limit.saturating_sub(self.fixed);
        let most = (room / self.of_sample.max(1)).min(self.samples);
        // Smaller blocks are mixed better, and there are more of them to be ordered.
        let mut block = self.block().min(most / LEAST_BLOCKS).max(1);
        while block <= most {
            let orders = self.samples.div_ceil(block).saturating_mul(size_of::<usize>());
            let samples = room.saturating_sub(orders) / self.of_sample.max(1);
            let window = Window { block, blocks: samples / block };
            let holds_a_batch = window.blocks.saturating_mul(block) >= self.batch;
            if window.blocks > 0 && holds_a_batch && self.bytes(window)? <= limit {
                return Ok(window);
            }
            block = block.saturating_mul(2);
        }
        let least = self.least();
        let what = "a training from a source, with a window of a batch,";
        match self.bytes(least)? {
            bytes if bytes > limit => Err(Error::Memory { what, bytes, limit }),
            _ => Ok(least),
        }
    }

    /// The smallest window that holds a batch.
    fn least(&self) -> Window {
        let of_block = size_of::<usize>().saturating_mul(self.samples);
        // Larger blocks are fewer, whose order takes less: the least of both together.
        let best = (of_block / self.of_sample.max(1)).isqrt();
        let block = best.max(self.batch).max(self.held.min(validation::SAMPLES));
        Window { block: block.clamp(1, self.samples.max(1)), blocks: 1 }
    }
}
