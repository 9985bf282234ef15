//! Columns as a source: for tests, and to measure what reading costs.

use core::ops::Range;

use super::Source;
use crate::data::columns::Columns;
use crate::element::Element;
use crate::error::{Error, Result};

/// Samples in memory, read as any source.
///
/// ```
/// use shallownet::Columns;
/// use shallownet::source::{InMemory, Source};
///
/// let (x, y) = (Columns::new(&[1.0_f32, 2.0, 3.0, 4.0], 2)?, Columns::new(&[0.0, 1.0], 1)?);
/// let mut source = InMemory::new(x, y)?;
/// let (mut x, mut y) = ([0.0; 2], [0.0; 1]);
/// source.read(1..2, &mut x, &mut y)?;
/// assert_eq!((x, y), ([3.0, 4.0], [1.0]));
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct InMemory<'a, T> {
    x: Columns<'a, T>,
    y: Columns<'a, T>,
}

impl<'a, T> InMemory<'a, T> {
    /// # Errors
    /// [`Error::Samples`] for another number of targets than of samples.
    pub fn new(x: Columns<'a, T>, y: Columns<'a, T>) -> Result<Self> {
        let (expected, given) = (x.samples(), y.samples());
        if given == expected {
            Ok(Self { x, y })
        } else {
            Err(Error::Samples { argument: "y", expected, given })
        }
    }
}

impl<T: Element> Source<T> for InMemory<'_, T> {
    type Error = Error;

    fn samples(&self) -> usize {
        self.x.samples()
    }

    fn features(&self) -> usize {
        self.x.features()
    }

    fn targets(&self) -> usize {
        self.y.features()
    }

    fn read(&mut self, samples: Range<usize>, x: &mut [T], y: &mut [T]) -> Result<()> {
        copy("x", self.x, &samples, x)?;
        copy("y", self.y, &samples, y)
    }
}

fn copy<T: Copy>(
    argument: &'static str,
    from: Columns<'_, T>,
    samples: &Range<usize>,
    into: &mut [T],
) -> Result<()> {
    let features = from.features();
    let range = samples.start.saturating_mul(features)..samples.end.saturating_mul(features);
    let Some(values) = from.as_slice().get(range) else {
        let (argument, expected) = ("samples to be read", "no more than the source has");
        return Err(Error::Range { argument, expected, given: samples.end as f64 });
    };
    let (expected, given) = (values.len(), into.len());
    if given != expected {
        return Err(Error::Length { argument, expected, given });
    }
    into.copy_from_slice(values);
    Ok(())
}
