//! Where the members' values are: parameters, gradients, moments.

use crate::data::buffer::AlignedBuffer;
use crate::element::Element;
use crate::error::{Error, Result};

/// How members lie in groups: `[group][parameter][lane]`, parameters in the textbook's order; lanes
/// behind the last member are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grouping {
    pub(super) members: usize,
    pub(super) lanes: usize,
    /// Parameters of a member.
    pub(super) parameters: usize,
}

const WHAT: &str = "the population";

impl Grouping {
    #[inline]
    pub(super) fn groups(self) -> usize {
        self.members.div_ceil(self.lanes)
    }

    /// Elements of a group.
    #[inline]
    pub(super) fn group(self) -> usize {
        self.parameters * self.lanes
    }

    /// Elements of all groups.
    pub(super) fn len(self) -> Result<usize> {
        let group = self.parameters.checked_mul(self.lanes);
        let len = group.and_then(|group| group.checked_mul(self.groups()));
        len.ok_or(Error::TooLarge { what: WHAT })
    }

    /// Zeros for all groups.
    pub(super) fn zeros<T: Element>(self) -> Result<AlignedBuffer<T>> {
        AlignedBuffer::zeros(self.len()?, WHAT)
    }

    /// Members of a group that are there.
    #[inline]
    pub(super) fn present(self, group: usize) -> usize {
        self.lanes.min(self.members - group * self.lanes)
    }

    /// Writes a member's values, in the textbook's order.
    pub(super) fn gather<T: Copy>(self, values: &[T], member: usize, into: &mut [T]) {
        let from = values[self.first(member)..].iter().step_by(self.lanes);
        into.iter_mut().zip(from).for_each(|(into, &v)| *into = v);
    }

    /// Sets a member's values.
    pub(super) fn scatter<T: Copy>(
        self,
        values: &mut [T],
        member: usize,
        from: &[T],
        of: impl Fn(T) -> T,
    ) {
        let into = values[self.first(member)..].iter_mut().step_by(self.lanes);
        into.zip(from).for_each(|(into, &v)| *into = of(v));
    }

    fn first(self, member: usize) -> usize {
        member / self.lanes * self.group() + member % self.lanes
    }
}
