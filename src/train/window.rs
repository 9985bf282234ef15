//! How samples that are not in memory are read: in blocks, some of which are shuffled together.

use crate::error::{Error, Result};

/// See [`Training::window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Samples a block.
    pub(crate) block: usize,
    /// Blocks a window.
    pub(crate) blocks: usize,
}

impl Window {
    /// Refuses blocks of no sample, and windows of no block.
    pub(super) fn check(self) -> Result<()> {
        if self.block == 0 {
            return Err(Error::Zero { argument: "samples of a block" });
        }
        if self.blocks == 0 {
            return Err(Error::Zero { argument: "blocks of a window" });
        }
        Ok(())
    }
}
