//! One rank.

use super::communicator::Communicator;

/// One rank, which has all samples.
///
/// ```
/// use shallownet::ranks::{Alone, Communicator};
///
/// assert_eq!((Alone.rank(), Alone.ranks()), (0, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alone;

impl Communicator for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn ranks(&self) -> usize {
        1
    }

    fn exchange(&mut self, send: &[u8], _: &[usize], receive: &mut [u8], _: &[usize]) {
        receive.copy_from_slice(send);
    }

    fn gather(&mut self, own: &[u8], all: &mut [u8], _: &[usize]) {
        all.copy_from_slice(own);
    }
}
