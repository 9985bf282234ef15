//! One contiguous allocation that starts at a cache line.

use crate::element::Element;
use crate::error::{Error, Result};

/// Cache line, and the widest vector register in use: both are 64 bytes.
pub(crate) const ALIGNMENT: usize = 64;

/// A zeroed buffer whose first element lies at a multiple of 64 bytes.
///
/// Safe by over-allocating less than one line and starting at the first aligned element: a `Vec`'s
/// heap block does not move when the `Vec` does.
#[derive(Debug)]
pub(crate) struct AlignedBuffer<T> {
    storage: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Element> AlignedBuffer<T> {
    /// `len` zeros; `what` names the buffer in errors.
    pub(crate) fn zeros(len: usize, what: &'static str) -> Result<Self> {
        let slack = ALIGNMENT / size_of::<T>();
        let total = len.checked_add(slack).ok_or(Error::TooLarge { what })?;
        let bytes = total.checked_mul(size_of::<T>()).ok_or(Error::TooLarge { what })?;
        let mut storage = Vec::new();
        storage.try_reserve_exact(total).map_err(|_| Error::OutOfMemory { what, bytes })?;
        storage.resize(total, T::ZERO);
        Ok(Self { start: start(&storage), storage, len })
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[T] {
        &self.storage[self.start..self.start + self.len]
    }

    #[inline]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.storage[self.start..self.start + self.len]
    }

    /// A copy in an aligned allocation of its own.
    pub(crate) fn try_clone(&self, what: &'static str) -> Result<Self> {
        let mut copy = Self::zeros(self.len, what)?;
        copy.as_mut_slice().copy_from_slice(self.as_slice());
        Ok(copy)
    }
}

/// As any clone of a `Vec`, it aborts where there is no memory: see `try_clone`.
impl<T: Clone> Clone for AlignedBuffer<T> {
    fn clone(&self) -> Self {
        let mut storage = self.storage.clone();
        // The copy's first element may lie at another place in its allocation.
        let start = start(&storage);
        match start.checked_sub(self.start) {
            Some(more) => storage.rotate_right(more),
            None => storage.rotate_left(self.start - start),
        }
        Self { storage, start, len: self.len }
    }
}

/// The index of the first element at a cache line, in a `Vec` that is one line longer than needed.
fn start<T>(storage: &[T]) -> usize {
    // `align_offset` may decline (it never does at run time on today's targets): start at 0
    // then, which is slower and still right.
    let offset = storage.as_ptr().align_offset(ALIGNMENT);
    if offset < ALIGNMENT / size_of::<T>() { offset } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_at_a_cache_line_wherever_it_is_moved_or_copied() {
        // Blocks of many sizes are kept, so that they start at different offsets from a cache line.
        let (mut kept, mut starts) = (Vec::new(), std::collections::BTreeSet::new());
        for len in [0, 1, 7, 16, 1000].into_iter().chain(20..80) {
            let mut buffer = AlignedBuffer::<f32>::zeros(len, "test").unwrap();
            let values: Vec<f32> = (0..len).map(|i| i as f32 + 0.5).collect();
            buffer.as_mut_slice().copy_from_slice(&values);
            let boxed = Box::new(buffer);
            let copies = [boxed.try_clone("test").unwrap(), (*boxed).clone(), *boxed];
            for b in &copies {
                assert_eq!(b.as_slice().len(), len);
                assert_eq!(b.as_slice().as_ptr() as usize % ALIGNMENT, 0);
                assert_eq!(b.as_slice(), values);
                starts.insert(b.start);
            }
            kept.push((copies, vec![0_u8; len]));
        }
        assert!(starts.len() > 1, "{starts:?}: nothing was moved");
    }

    #[test]
    fn absurd_sizes_are_errors() {
        assert!(matches!(
            AlignedBuffer::<f64>::zeros(usize::MAX, "test"),
            Err(Error::TooLarge { .. })
        ));
        assert!(matches!(
            AlignedBuffer::<f64>::zeros(usize::MAX / 16, "test"),
            Err(Error::OutOfMemory { .. })
        ));
    }
}
