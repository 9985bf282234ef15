//! A source whose values are standardized as they are read.

use core::ops::Range;

use super::Source;
use crate::data::standardization::Standardization;
use crate::element::Element;
use crate::error::{Error, Result};

/// A source with a [`Standardization`] of its samples, and perhaps one of its targets, applied to what
/// it reads.
///
/// ```
/// use shallownet::source::{InMemory, Source, SourceMoments, Standardized};
/// use shallownet::{Columns, Standardization};
///
/// let (x, y) = (Columns::new(&[1.0_f64, 2.0, 3.0], 1)?, Columns::new(&[0.0, 1.0, 1.0], 1)?);
/// let mut source = InMemory::new(x, y)?;
/// // Of the samples trained on, here all.
/// let moments = SourceMoments::of(&mut source, 0..3)?;
/// let standardization = Standardization::of_moments(&moments.x)?;
/// let mut source = Standardized::new(source, standardization)?;
/// let (mut x, mut y) = ([0.0; 3], [0.0; 3]);
/// source.read(0..3, &mut x, &mut y)?;
/// assert_eq!((x[0], x[1], y), (-x[2], 0.0, [0.0, 1.0, 1.0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Standardized<S> {
    source: S,
    x: Standardization,
    y: Option<Standardization>,
}

impl<S> Standardized<S> {
    /// Standardizes samples.
    ///
    /// # Errors
    /// [`Error::Length`] for a standardization of another number of features.
    pub fn new<T>(source: S, x: Standardization) -> Result<Self>
    where
        S: Source<T>,
    {
        check("means and deviations of x", source.features(), &x)?;
        Ok(Self { source, x, y: None })
    }

    /// Standardizes targets, too.
    ///
    /// # Errors
    /// [`Error::Length`] for a standardization of another number of targets.
    pub fn targets<T>(mut self, y: Standardization) -> Result<Self>
    where
        S: Source<T>,
    {
        check("means and deviations of y", self.source.targets(), &y)?;
        self.y = Some(y);
        Ok(self)
    }

    /// The source as it was.
    pub fn into_inner(self) -> S {
        self.source
    }
}

fn check(argument: &'static str, expected: usize, given: &Standardization) -> Result<()> {
    let lengths = [given.means.len(), given.stds.len()];
    match lengths.into_iter().find(|&given| given != expected) {
        Some(given) => Err(Error::Length { argument, expected, given }),
        None => Ok(()),
    }
}

impl<T: Element, S: Source<T>> Source<T> for Standardized<S> {
    type Error = S::Error;

    fn samples(&self) -> usize {
        self.source.samples()
    }

    fn features(&self) -> usize {
        self.source.features()
    }

    fn targets(&self) -> usize {
        self.source.targets()
    }

    fn read(&mut self, samples: Range<usize>, x: &mut [T], y: &mut [T]) -> Result<(), Self::Error> {
        self.source.read(samples, x, y)?;
        self.x.apply(x);
        if let Some(of_targets) = &self.y {
            of_targets.apply(y);
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.source.bytes()
    }
}
