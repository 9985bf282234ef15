//! Means and deviations of a source, in one pass over it.

use core::ops::Range;

use super::{Source, SourceError};
use crate::data::moments::Moments;
use crate::element::Element;
use crate::error::{Error, Result};

/// Values that are read at once, about.
const VALUES: usize = 1 << 16;

/// The [`Moments`] of each feature and of each target of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceMoments {
    /// Of each feature.
    pub x: Vec<Moments>,
    /// Of each target.
    pub y: Vec<Moments>,
}

impl SourceMoments {
    /// Reads these samples once, in their order, and no more of them at once than have some 65,000
    /// values; the moments of stretches are added in pairs, in an order that follows from the number of
    /// samples and values alone. They are those of all samples in memory but for rounding.
    ///
    /// ```
    /// use shallownet::source::{InMemory, SourceMoments};
    /// use shallownet::{Columns, Standardization};
    ///
    /// let values: Vec<f64> = (0..100).map(f64::from).collect();
    /// let columns = Columns::new(&values, 1)?;
    /// let moments = SourceMoments::of(&mut InMemory::new(columns, columns)?, 0..100)?;
    /// let whole = Standardization::of(&values, 1)?;
    /// assert_eq!(Standardization::of_moments(&moments.x)?, whole);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The source's own; [`Error::Range`] for samples that it does not have; [`Error::OutOfMemory`].
    pub fn of<T: Element, S: Source<T>>(
        source: &mut S,
        samples: Range<usize>,
    ) -> Result<Self, SourceError<S::Error>> {
        let (n_x, n_y) = (source.features(), source.targets());
        if samples.start > samples.end || samples.end > source.samples() {
            let (argument, expected) = ("samples to be read", "no more than the source has");
            return Err(Error::Range { argument, expected, given: samples.end as f64 }.into());
        }
        let block = (VALUES / n_x.saturating_add(n_y).max(1)).clamp(1, samples.len().max(1));
        let (mut x, mut y) = (room(block, n_x)?, room(block, n_y)?);
        let mut sums = Sums::default();
        let mut start = samples.start;
        while start < samples.end {
            let end = samples.end.min(start + block);
            let (x, y) = (&mut x[..(end - start) * n_x], &mut y[..(end - start) * n_y]);
            source.read(start..end, x, y).map_err(SourceError::Source)?;
            let mut moments = Moments::of(x, n_x);
            moments.extend(Moments::of(y, n_y));
            sums.add(moments);
            start = end;
        }
        let mut x = sums.finish(n_x + n_y);
        let y = x.split_off(n_x);
        Ok(Self { x, y })
    }
}

fn room<T: Element>(block: usize, features: usize) -> Result<Vec<T>> {
    let (mut values, what) = (Vec::new(), "a block of samples");
    let len = block.checked_mul(features).ok_or(Error::TooLarge { what })?;
    let bytes = len.saturating_mul(size_of::<T>());
    values.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { what, bytes })?;
    values.resize(len, T::ZERO);
    Ok(values)
}

/// Sums of 1, 2, 4, ... blocks, as a binary number has digits: as many blocks are added one to the
/// other as have a common length, so that roundings grow with the logarithm of their number.
#[derive(Debug, Default)]
struct Sums {
    digits: Vec<Option<Vec<Moments>>>,
}

impl Sums {
    fn add(&mut self, mut moments: Vec<Moments>) {
        for digit in &mut self.digits {
            match digit.take() {
                Some(earlier) => moments = together(&earlier, &moments),
                None => {
                    *digit = Some(moments);
                    return;
                }
            }
        }
        self.digits.push(Some(moments));
    }

    /// Of all blocks; without any, that of no sample, for each of `columns`.
    fn finish(self, columns: usize) -> Vec<Moments> {
        let mut parts = self.digits.into_iter().flatten();
        let none = || (0..columns).map(|_| Moments::together(&[])).collect();
        let first = parts.next().unwrap_or_else(none);
        parts.fold(first, |later, earlier| together(&earlier, &later))
    }
}

fn together(earlier: &[Moments], later: &[Moments]) -> Vec<Moments> {
    earlier.iter().zip(later).map(|(a, b)| Moments::together(&[*a, *b])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::columns::Columns;
    use crate::data::source::InMemory;
    use crate::data::standardization::Standardization;

    /// Many blocks, the last one shorter, of columns near and far from 0, and a constant one.
    #[test]
    fn moments_of_a_source_are_those_of_its_samples() {
        let m = 70_001;
        let row = |i: usize| {
            let v = ((i * 7919 + 13) % 100_003) as f64 / 1000.0;
            [v - 50.0, 1e6 + v, 0.1, f64::from(u8::from(i.is_multiple_of(3))), 1e-300 * v]
        };
        let x: Vec<f64> = (0..m).flat_map(row).collect();
        let y: Vec<f64> = (0..m).map(|i| (i % 2) as f64).collect();
        let columns = (Columns::new(&x, 5).unwrap(), Columns::new(&y, 1).unwrap());
        let mut source = InMemory::new(columns.0, columns.1).unwrap();
        for samples in [0..m, 3..4, 100..65_000] {
            let found = SourceMoments::of(&mut source, samples.clone()).unwrap();
            let part = &x[samples.start * 5..samples.end * 5];
            let expected = Standardization::of(part, 5).unwrap();
            let given = Standardization::of_moments(&found.x).unwrap();
            for k in 0..5 {
                let (mean, std) = (expected.means[k], expected.stds[k]);
                assert!((given.means[k] - mean).abs() <= 1e-14 * mean.abs().max(std), "{k}");
                assert!((given.stds[k] / std - 1.0).abs() < 1e-13, "{k}: {given:?} {expected:?}");
            }
            assert_eq!((given.means[2], given.stds[2]), (0.1, 1.0));
            assert!(found.x[3].is_binary() && found.y[0].is_binary() && !found.x[0].is_binary());
            // Again, to the bit.
            assert_eq!(SourceMoments::of(&mut source, samples).unwrap(), found);
        }
        let none = SourceMoments::of(&mut source, 5..5).unwrap();
        assert_eq!((none.x.len(), none.y[0].mean_and_std()), (5, None));
        assert!(SourceMoments::of(&mut source, 5..m + 1).is_err());
    }
}
