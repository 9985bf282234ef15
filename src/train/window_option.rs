//! The option of a training that says how samples from a source are read.

use crate::error::{Error, Result};
use crate::train::options::Training;
use crate::train::window::Window;

impl Training {
    /// For a training from a [`Source`](crate::source::Source): how samples are read, and how far they
    /// are shuffled. `block` samples that follow one another are read at once, in an order of blocks that
    /// is new in every epoch; `blocks` of them are a window, within which samples are shuffled. Both are
    /// at least 1.
    ///
    /// The order of epoch e (from 0) follows from the seed, as [`seed`](Self::seed) says: that of blocks
    /// is drawn from stream e, that of the samples of window w (from 0) from stream 2^40 (w + 1) + e.
    /// With blocks of one sample the order of blocks is all there is; a window that holds all samples
    /// leaves the blocks as they are, and has the order of stream e. In both cases the training has the
    /// bits of a [`Trainer`](crate::Trainer) that has the samples in memory.
    ///
    /// [`SourceTrainer`](crate::source::SourceTrainer) chooses both where nothing is asked for. A trainer
    /// of samples in memory refuses this option.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).window(1000, 32).get_window(), Some((1000, 32)));
    /// ```
    pub fn window(mut self, block: usize, blocks: usize) -> Self {
        self.window = Some(Window { block, blocks });
        self
    }

    /// Samples a block and blocks a window, if they were chosen.
    ///
    /// ```
    /// # use shallownet::Training;
    /// assert_eq!(Training::new(10, 64).get_window(), None);
    /// ```
    pub fn get_window(&self) -> Option<(usize, usize)> {
        self.window.map(|Window { block, blocks }| (block, blocks))
    }

    /// Refuses windows where the samples are in memory.
    pub(super) fn refuse_window(&self) -> Result<()> {
        let Some(Window { blocks, .. }) = self.window else { return Ok(()) };
        let (argument, expected) = ("window", "none, for samples that are in memory");
        Err(Error::Range { argument, expected, given: blocks as f64 })
    }
}
