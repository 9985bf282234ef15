//! What the networks of a group see.

use crate::kernels::group::blocks::Places;

/// Values of samples, and where those of a group's networks are among them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a, T> {
    pub(crate) values: &'a [T],
    pub(crate) places: Places<'a>,
}

/// A batch for each network of a group: as many samples for each.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a, T> {
    pub(crate) samples: usize,
    pub(crate) x: Values<'a, T>,
    /// Not for predictions.
    pub(crate) y: Option<Values<'a, T>>,
    /// How much each sample counts, if they differ.
    pub(crate) weights: Option<Values<'a, T>>,
}

impl<T> Values<'_, T> {
    /// Those of the networks from a lane on, of a register that has `lanes`.
    #[inline(always)]
    fn starting_at(self, lane: usize, lanes: usize) -> Self {
        Self { places: self.places.starting_at(lane, lanes), ..self }
    }
}

impl<T: Copy> Batch<'_, T> {
    /// The batch of the networks from a lane on, of a register that has `lanes`.
    #[inline(always)]
    pub(super) fn starting_at(&self, lane: usize, lanes: usize) -> Self {
        Self {
            samples: self.samples,
            x: self.x.starting_at(lane, lanes),
            y: self.y.map(|y| y.starting_at(lane, lanes)),
            weights: self.weights.map(|weights| weights.starting_at(lane, lanes)),
        }
    }
}
