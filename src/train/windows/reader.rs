//! Reads a part: its values, whether they can be trained on, and what they are known by later.

use core::fmt;

use super::plan::{Part, Plan};
use crate::data::buffer::AlignedBuffer;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::domains;
use crate::data::source::{Source, SourceError};
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::words::choices::Checks;
use crate::words::fingerprint::xxh64;
use crate::words::loss::Loss;

/// A window's memory: some samples, as they lie in the source.
pub(super) struct Buffer<T> {
    pub(super) x: AlignedBuffer<T>,
    pub(super) y: AlignedBuffer<T>,
    /// How many there are.
    pub(super) samples: usize,
    /// The sum of the hashes of its stretches, whatever their order.
    pub(super) hash: u64,
}

/// Without the values, which may be all that memory holds.
impl<T> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} samples)", self.samples)
    }
}

impl<T: Scalar> Buffer<T> {
    pub(super) fn new(net: &Network<T>, capacity: usize) -> Result<Self> {
        let what = "a window of samples";
        let buffer = |features: usize| {
            let len = capacity.checked_mul(features).ok_or(Error::TooLarge { what })?;
            AlignedBuffer::zeros(len, what)
        };
        Ok(Self { x: buffer(net.inputs())?, y: buffer(net.targets())?, samples: 0, hash: 0 })
    }
}

/// A source, and where its samples go.
#[derive(Debug)]
pub(super) struct Reader<'a, S> {
    source: &'a mut S,
    plan: &'a Plan,
    /// The order of the blocks, and the epoch that it is of.
    order: &'a mut [usize],
    epoch: Option<u64>,
    loss: Loss,
    checks: Checks,
}

impl<'a, S> Reader<'a, S> {
    /// `order` has a place for each block.
    pub(super) fn new<T: Scalar>(
        net: &Network<T>,
        source: &'a mut S,
        plan: &'a Plan,
        order: &'a mut [usize],
    ) -> Self {
        Self { source, plan, order, epoch: None, loss: net.loss(), checks: net.checks }
    }

    /// Reads a part, stretch after stretch. Nothing is allocated.
    pub(super) fn fill<T: Scalar>(
        &mut self,
        part: Part,
        buffer: &mut Buffer<T>,
    ) -> Result<(), SourceError<S::Error>>
    where
        S: Source<T>,
    {
        let (Part::Window { epoch, .. } | Part::Held { epoch, .. }) = part;
        if self.epoch != Some(epoch) {
            self.plan.order_blocks(self.order, epoch);
            self.epoch = Some(epoch);
        }
        let (n_x, n_y) = (self.source.features(), self.source.targets());
        (buffer.samples, buffer.hash) = (0, 0);
        for stretch in self.plan.stretches(part, self.order) {
            let (start, from, to) = (stretch.start, buffer.samples, buffer.samples + stretch.len());
            let x = &mut buffer.x.as_mut_slice()[from * n_x..to * n_x];
            let y = &mut buffer.y.as_mut_slice()[from * n_y..to * n_y];
            self.source.read(stretch, x, y).map_err(SourceError::Source)?;
            if self.checks == Checks::Full {
                check(self.loss, (x, n_x), (y, n_y), start)?;
            }
            buffer.hash = buffer.hash.wrapping_add(hash(x, y, start));
            buffer.samples = to;
        }
        Ok(())
    }
}

/// Refuses values that no network can take; messages count samples from the source's first.
fn check<T: Scalar>(
    loss: Loss,
    (x, n_x): (&[T], usize),
    (y, n_y): (&[T], usize),
    start: usize,
) -> Result<()> {
    let moved = |error| match error {
        Error::NotFinite { argument: "x", index, value } => {
            Error::NotFinite { argument: "x", index: index + start * n_x, value }
        }
        Error::NotFinite { argument, index, value } => {
            Error::NotFinite { argument, index: index + start * n_y, value }
        }
        Error::Target { loss, sample, output, value, expected } => {
            Error::Target { loss, sample: sample + start, output, value, expected }
        }
        other => other,
    };
    checks::finite("x", x).map_err(moved)?;
    domains::targets(loss, Columns::checked(y, n_y)).map_err(moved)
}

/// Of the samples from `start` on: where they are counts, and what they are.
fn hash<T: Scalar>(x: &[T], y: &[T], start: usize) -> u64 {
    let of = |values: &[T]| xxh64(values, |v| v.to_f64().to_bits());
    xxh64(&[start as u64, of(x), of(y)], |word| word)
}
