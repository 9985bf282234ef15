//! Panels of weights, and the blocks and pieces that their inputs are summed in.

use super::lanes::Lanes;
use crate::element::Element;

/// Inputs a block. A panel's weights of one input are 64 bytes: 16 KiB a panel.
pub(crate) const BLOCK_INPUTS: usize = 256;

/// The same for a single panel: 2 KiB or more of each column at a stretch, which memory that is
/// far away delivers three times as fast as pieces of 512 bytes.
const SINGLE_BLOCK_INPUTS: usize = 512;

/// Inputs a piece of a block, of layers that are a single panel.
const PIECE_INPUTS: usize = 16;

/// Units side by side, as [`Shape`](crate::engine::shape::Shape) lays them out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panels<'a, T: Element> {
    pub(crate) count: usize,
    pub(crate) inputs: usize,
    /// [count][inputs].
    pub(crate) w: &'a [T::Panel],
    /// [count][PANEL]: where the sums start; `None` for 0.
    pub(crate) start: Option<&'a [T]>,
}

impl<T: Element> Panels<'_, T> {
    /// Where the sums of a panel start.
    #[inline(always)]
    pub(crate) fn start<V: Lanes<Elem = T>>(&self, t: V::Token, panel: usize) -> V {
        match self.start {
            Some(start) => V::load(t, &start[panel * T::PANEL..]),
            None => V::splat(t, T::ZERO),
        }
    }
}

/// Where the block that begins at `from` ends, if `panels` panels have `inputs` inputs: a rest of
/// half a block and less belongs to the block before it.
#[inline(always)]
pub(crate) fn block_end(panels: usize, inputs: usize, from: usize) -> usize {
    end(if panels == 1 { SINGLE_BLOCK_INPUTS } else { BLOCK_INPUTS }, inputs, from)
}

/// The same for the pieces of a block of `inputs` inputs.
#[inline(always)]
pub(crate) fn piece_end(panels: usize, inputs: usize, from: usize) -> usize {
    if panels == 1 { end(PIECE_INPUTS, inputs, from) } else { inputs }
}

#[inline(always)]
fn end(longest: usize, inputs: usize, from: usize) -> usize {
    if inputs - from <= longest + longest / 2 { inputs } else { from + longest }
}
