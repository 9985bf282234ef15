//! Which samples of a source are trained on, and by which a training is judged.

use core::ops::Range;

use crate::data::columns::Columns;
use crate::data::source::Source;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::checking::features;
use crate::network::parameters::Network;
use crate::scalar::Scalar;

/// A source, the samples of it that are trained on, and the samples that a training is judged by: some
/// of the source's, or others in memory.
///
/// ```
/// use shallownet::Columns;
/// use shallownet::source::{InMemory, SourceData};
///
/// let values: Vec<f32> = (0..100).map(|i| i as f32 / 100.0).collect();
/// let columns = Columns::new(&values, 1)?;
/// let mut source = InMemory::new(columns, columns)?;
/// // The last tenth is held out.
/// let data = SourceData::new(&mut source).samples(0..90).hold_out(90..100);
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug)]
pub struct SourceData<'a, T, S> {
    pub(super) source: &'a mut S,
    pub(super) samples: Range<usize>,
    pub(super) held: Option<Range<usize>>,
    pub(super) validation: Option<(Columns<'a, T>, Targets<'a, T>)>,
}

impl<'a, T: Scalar, S: Source<T>> SourceData<'a, T, S> {
    /// All samples of a source, to be trained on.
    pub fn new(source: &'a mut S) -> Self {
        let samples = 0..source.samples();
        Self { source, samples, held: None, validation: None }
    }

    /// Only these samples are trained on.
    #[must_use]
    pub fn samples(mut self, samples: Range<usize>) -> Self {
        self.samples = samples;
        self
    }

    /// The cost of these samples is computed after each epoch; they are not among those that are trained
    /// on, which is checked. They are read once an epoch.
    #[must_use]
    pub fn hold_out(mut self, samples: Range<usize>) -> Self {
        self.held = Some(samples);
        self
    }

    /// The same with other samples, in memory, instead of some of the source's.
    #[must_use]
    pub fn validation(mut self, x: Columns<'a, T>, y: impl Into<Targets<'a, T>>) -> Self {
        self.validation = Some((x, y.into()));
        self
    }

    /// The source itself.
    pub fn source_mut(&mut self) -> &mut S {
        self.source
    }

    /// How many samples a training is judged by.
    pub(super) fn judges(&self) -> usize {
        let in_memory = self.validation.map_or(0, |(x, _)| x.samples());
        self.held.as_ref().map_or(in_memory, ExactSizeIterator::len)
    }

    /// Refuses samples that there are not, that are in two parts, or that the network can't take.
    pub(super) fn check(&self, net: &Network<T>) -> Result<()> {
        features("x of the source", net.inputs(), self.source.features())?;
        features("y of the source", net.targets(), self.source.targets())?;
        let given = self.source.samples();
        let inside = |argument, range: &Range<usize>| {
            if range.is_empty() {
                return Err(Error::EmptyBatch { argument });
            }
            let expected = "no more than the samples of the source";
            let past = Error::Range { argument, expected, given: range.end as f64 };
            if range.end <= given { Ok(()) } else { Err(past) }
        };
        inside("samples to be trained on", &self.samples)?;
        if let Some(held) = &self.held {
            inside("samples held out", held)?;
            if held.start < self.samples.end && self.samples.start < held.end {
                let (argument, expected) = ("samples held out", "none that is trained on");
                let given = held.start.max(self.samples.start) as f64;
                return Err(Error::Range { argument, expected, given });
            }
            if self.validation.is_some() {
                let (argument, expected) = ("samples held out", "none beside others in memory");
                return Err(Error::Range { argument, expected, given: held.len() as f64 });
            }
        }
        self.validation.map_or(Ok(()), |(x, y)| net.check_samples(x, y))
    }
}
