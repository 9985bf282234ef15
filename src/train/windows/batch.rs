//! A batch out of windows: the last samples of one, and the first of the next.

use super::feed::Feed;
use super::plan::{Part, Plan};
use super::reader::Buffer;
use crate::data::buffer::AlignedBuffer;
use crate::data::columns::Columns;
use crate::data::source::{Source, SourceError};
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::scalar::Scalar;
use crate::train::samples::gather;

/// The memory of a batch, and of the order of a window.
#[derive(Debug)]
pub(super) struct Batch<T> {
    x: AlignedBuffer<T>,
    y: AlignedBuffer<T>,
    order: Vec<usize>,
}

impl<T: Scalar> Batch<T> {
    /// Of `size` samples, out of windows of up to `longest`.
    pub(super) fn new(net: &Network<T>, size: usize, longest: usize) -> Result<Self> {
        let buffer = |features: usize| {
            let len = size.checked_mul(features).ok_or(Error::TooLarge { what: "a batch" })?;
            AlignedBuffer::zeros(len, "a batch")
        };
        let (mut order, bytes) = (Vec::new(), longest.saturating_mul(size_of::<usize>()));
        let what = "the order of a window";
        order.try_reserve_exact(longest).map_err(|_| Error::OutOfMemory { what, bytes })?;
        order.resize(longest, 0);
        Ok(Self { x: buffer(net.inputs())?, y: buffer(net.targets())?, order })
    }
}

/// A batch as a step takes it.
type Samples<'b, T> = (Columns<'b, T>, Targets<'b, T>);

/// How far an epoch has come in its windows.
#[derive(Debug)]
pub(super) struct Course<T> {
    epoch: u64,
    /// Windows taken.
    windows: usize,
    window: Option<Buffer<T>>,
    /// The next sample of the window, in its order.
    at: usize,
    /// The sum of the hashes of all stretches so far.
    pub(super) hash: u64,
}

impl<T: Scalar> Course<T> {
    pub(super) fn of_epoch(epoch: u64) -> Self {
        Self { epoch, windows: 0, window: None, at: 0, hash: 0 }
    }

    /// The next `count` samples, no more than a batch has, and no more than the epoch has left.
    pub(super) fn gather<'b, S: Source<T>>(
        &mut self,
        plan: &Plan,
        feed: &mut Feed<'_, '_, T, S>,
        batch: &'b mut Batch<T>,
        (count, n_x, n_y): (usize, usize, usize),
    ) -> Result<Samples<'b, T>, SourceError<S::Error>> {
        let Batch { x, y, order } = batch;
        let x = &mut x.as_mut_slice()[..count * n_x];
        let y = &mut y.as_mut_slice()[..count * n_y];
        let mut have = 0;
        while have < count {
            let window = match self.window.take_if(|window| self.at == window.samples) {
                None => &self.window,
                Some(done) => {
                    feed.give_back(done);
                    &self.window
                }
            };
            let Some(window) = window else {
                self.next(plan, feed, order)?;
                continue;
            };
            let more = (count - have).min(window.samples - self.at);
            let (places, to) = (&order[self.at..self.at + more], have + more);
            let columns = |values, n| Columns::checked(values, n);
            let (from_x, from_y) = (window.x.as_slice(), window.y.as_slice());
            gather(columns(from_x, n_x), places, &mut x[have * n_x..to * n_x]);
            gather(columns(from_y, n_y), places, &mut y[have * n_y..to * n_y]);
            (have, self.at) = (to, self.at + more);
        }
        let y = Targets { y: Columns::checked(y, n_y), weights: None };
        Ok((Columns::checked(x, n_x), y))
    }

    /// Takes the next window.
    fn next<S: Source<T>>(
        &mut self,
        plan: &Plan,
        feed: &mut Feed<'_, '_, T, S>,
        order: &mut [usize],
    ) -> Result<(), SourceError<S::Error>> {
        let (epoch, index) = (self.epoch, self.windows);
        let window = feed.take(Part::Window { epoch, index })?;
        plan.order_samples(&mut order[..window.samples], epoch, index);
        self.hash = self.hash.wrapping_add(window.hash);
        (self.windows, self.at) = (index + 1, 0);
        self.window = Some(window);
        Ok(())
    }

    /// Gives back the window that it had last. To be called however the epoch ended.
    pub(super) fn end<S: Source<T>>(&mut self, feed: &mut Feed<'_, '_, T, S>) {
        if let Some(window) = self.window.take() {
            feed.give_back(window);
        }
    }
}
