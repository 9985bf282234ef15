//! Many networks of one shape, a network a lane.
//!
//! Every value of a network is a lane of a register here, whose other lanes are the same value of
//! other networks. A *group* is as many networks as a few registers have lanes: of a single sample
//! they are computed together, as one wide register ([`several`](super::several)); of more samples,
//! register by register.
//!
//! ```text
//! parameters  [p][lane of the group]   in the textbook's order: W row-major, then b, layer by layer
//! a block     [row][sample][lane]      C samples of x, y, A or dZ
//! ```
//!
//! No sum runs over lanes, so a network's values depend on nothing but itself: not on its lane, and
//! not on its neighbours. The order of each sum is the same for every C, so that all levels with
//! FMA give the same bits.

pub(crate) mod back;
pub(crate) mod blocks;
pub(crate) mod elementwise;
pub(crate) mod forward;
pub(crate) mod loss;
pub(crate) mod one;
pub(crate) mod one_loss;
pub(crate) mod update;

use super::epilogue::MAX_LANES;
use super::lanes::Lanes;

/// The most lanes a group has.
pub(crate) const GROUP_LANES: usize = 4 * MAX_LANES;

/// The sizes of a layer, and how its parameters lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// n_{l-1}.
    pub(crate) inputs: usize,
    /// n_l.
    pub(crate) units: usize,
    /// Elements from one parameter's lanes to the next one's.
    pub(crate) pitch: usize,
}

impl Size {
    /// Weights and biases.
    pub(crate) fn parameters(self) -> usize {
        self.units * (self.inputs + 1)
    }
}

/// Register `index` of values that lie `pitch` apart.
#[inline(always)]
fn at<V: Lanes>(t: V::Token, values: &[V::Elem], index: usize, pitch: usize) -> V {
    V::load(t, &values[index * pitch..])
}

/// Writes register `index`.
#[inline(always)]
fn put<V: Lanes>(v: V, values: &mut [V::Elem], index: usize, pitch: usize) {
    v.store(&mut values[index * pitch..]);
}
