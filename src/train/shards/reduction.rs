//! The sums of all shards from those of each rank's nodes: two messages a step.
//!
//! Each rank adds up one stretch of the gradient for all. First every rank sends every other what its
//! nodes have of that one's stretch; then every rank gives all others the stretch that it has added up.
//! Of P parameters a rank that has one node sends P (R - 1) / R numbers in each message, which is the
//! least that any way to add on R ranks takes; a rank has one node where ranks are 2^k and shards a
//! multiple of them, and at most 2 log2(shards) otherwise.

use core::ops::Range;

use bytemuck::{cast_slice, cast_slice_mut, pod_read_unaligned};

use super::tree;
use crate::error::{Error, Result};
use crate::ranks::shards::stretch;
use crate::ranks::{Communicator, Shards};
use crate::scalar::Scalar;

/// A cost's numerator and denominator: the sum of the weighted losses, and that of the weights.
pub(super) type Cost = [f64; 2];

/// The memory of the messages.
#[derive(Debug)]
pub(super) struct Reduction {
    shards: usize,
    rank: usize,
    /// The nodes of each rank.
    nodes: Vec<Vec<Range<usize>>>,
    /// The stretch of each rank, in bytes.
    stretches: Vec<Range<usize>>,
    /// The bytes that go to each rank, and come from each.
    sent: Vec<usize>,
    received: Vec<usize>,
    /// The messages, in words so that numbers lie as they must.
    outgoing: Vec<u64>,
    incoming: Vec<u64>,
    costs: Vec<Cost>,
    /// Where the sums of each node lie among what was received.
    places: Vec<usize>,
    /// The bytes of each stretch.
    lengths: Vec<usize>,
}

const OF_COST: usize = size_of::<Cost>();

impl Reduction {
    /// For `parameters` numbers of type T.
    pub(super) fn new<T: Scalar>(
        shards: Shards,
        (rank, ranks): (usize, usize),
        parameters: usize,
    ) -> Result<Self> {
        let nodes: Vec<_> =
            (0..ranks).map(|r| tree::nodes(shards.count(), shards.of_rank(r, ranks))).collect();
        let of = |r: usize| {
            let numbers = stretch(parameters, r, ranks);
            numbers.start * size_of::<T>()..numbers.end * size_of::<T>()
        };
        let stretches: Vec<Range<usize>> = (0..ranks).map(of).collect();
        let own = nodes[rank].len();
        let sent: Vec<usize> =
            stretches.iter().map(|stretch| own * (stretch.len() + OF_COST)).collect();
        let of_own = stretches[rank].len() + OF_COST;
        let received: Vec<usize> = nodes.iter().map(|nodes| nodes.len() * of_own).collect();
        let words = |bytes: &[usize]| {
            let bytes: usize = bytes.iter().sum();
            let (mut words, len) = (Vec::new(), bytes.div_ceil(8));
            let what = "the sums of the shards";
            words.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { what, bytes })?;
            words.resize(len, 0_u64);
            Ok::<_, Error>(words)
        };
        let (outgoing, incoming) = (words(&sent)?, words(&received)?);
        let costs = vec![[0.0; 2]; nodes.iter().map(Vec::len).sum()];
        let (mut places, mut start, len) = (Vec::new(), 0, stretches[rank].len());
        for (nodes, received) in nodes.iter().zip(&received) {
            places.extend((0..nodes.len()).map(|node| start + node * len));
            start += received;
        }
        let (shards, lengths) = (shards.count(), stretches.iter().map(Range::len).collect());
        Ok(Self {
            shards,
            rank,
            nodes,
            stretches,
            sent,
            received,
            outgoing,
            incoming,
            costs,
            places,
            lengths,
        })
    }

    /// This rank's nodes.
    pub(super) fn own(&self) -> &[Range<usize>] {
        &self.nodes[self.rank]
    }

    /// Lays out what one of this rank's nodes costs.
    pub(super) fn lay_out_cost(&mut self, node: usize, cost: Cost) {
        let own = self.own().len();
        let mut rest = cast_slice_mut::<u64, u8>(&mut self.outgoing);
        for (stretch, &sent) in self.stretches.iter().zip(&self.sent) {
            let block;
            (block, rest) = rest.split_at_mut(sent);
            let at = own * stretch.len() + node * OF_COST;
            block[at..at + OF_COST].copy_from_slice(cast_slice(&cost));
        }
    }

    /// Where the sums of one of this rank's nodes are to be laid out: which of the parameters, and their
    /// places.
    pub(super) fn places_of<T: Scalar>(
        &mut self,
        node: usize,
    ) -> impl Iterator<Item = (Range<usize>, &mut [T])> {
        let mut rest = cast_slice_mut::<u64, u8>(&mut self.outgoing);
        self.stretches.iter().zip(&self.sent).map(move |(stretch, &sent)| {
            let block;
            (block, rest) = core::mem::take(&mut rest).split_at_mut(sent);
            let (len, size) = (stretch.len(), size_of::<T>());
            let place = cast_slice_mut(&mut block[node * len..(node + 1) * len]);
            (stretch.start / size..stretch.end / size, place)
        })
    }

    /// The sums of all shards divided by the sum of their weights, into `sums`; the cost's two parts.
    /// Sums and costs of all nodes must have been laid out.
    pub(super) fn run<T: Scalar>(&mut self, ranks: &mut dyn Communicator, sums: &mut [T]) -> Cost {
        let (out, into) = (self.sent.iter().sum::<usize>(), self.received.iter().sum::<usize>());
        ranks.exchange(
            &cast_slice::<u64, u8>(&self.outgoing)[..out],
            &self.sent,
            &mut cast_slice_mut::<u64, u8>(&mut self.incoming)[..into],
            &self.received,
        );
        let cost = self.add_costs();
        let len = self.stretches[self.rank].len();
        let starts = &self.places;
        let incoming = cast_slice_mut::<u64, u8>(&mut self.incoming);
        let mut given = self.nodes.iter().flatten().cloned().enumerate().peekable();
        let root = tree::add_up(0..self.shards, &mut given, &mut |a, b| {
            // What is added lies behind what it is added to.
            let (before, behind) = incoming.split_at_mut(starts[b]);
            let sum = cast_slice_mut::<u8, T>(&mut before[starts[a]..starts[a] + len]);
            add::<T>(sum, cast_slice(&behind[..len]));
        });
        let start = root.map_or(0, |root| starts[root]);
        let own = cast_slice_mut::<u8, T>(&mut incoming[start..start + len]);
        divide(own, cost[1]);
        ranks.gather(cast_slice(own), cast_slice_mut(sums), &self.lengths);
        cost
    }

    fn add_costs(&mut self) -> Cost {
        let (mut start, len) = (0, self.stretches[self.rank].len());
        let incoming = cast_slice::<u64, u8>(&self.incoming);
        let mut costs = self.costs.iter_mut();
        for (nodes, received) in self.nodes.iter().zip(&self.received) {
            let behind = start + nodes.len() * len;
            let of_rank = incoming[behind..start + received].chunks_exact(OF_COST);
            of_rank.zip(&mut costs).for_each(|(bytes, cost)| *cost = pod_read_unaligned(bytes));
            start += received;
        }
        add_pairs(self.shards, &mut self.costs, self.nodes.iter().flatten().cloned())
    }
}

/// The sum of the pairs of some nodes that cover all shards.
pub(super) fn add_pairs(
    shards: usize,
    costs: &mut [Cost],
    nodes: impl Iterator<Item = Range<usize>>,
) -> Cost {
    let root = tree::add_up(0..shards, &mut nodes.enumerate().peekable(), &mut |a, b| {
        let [cost, weights] = costs[b];
        costs[a][0] += cost;
        costs[a][1] += weights;
    });
    root.map_or([0.0; 2], |root| costs[root])
}

/// Adds one sum to another.
pub(super) fn add<T: Scalar>(to: &mut [T], more: &[T]) {
    to.iter_mut().zip(more).for_each(|(to, &more)| *to += more);
}

/// Divides by a sum of weights. If that is 0 so are the sums: dividing them by 1 leaves 0.
pub(super) fn divide<T: Scalar>(sums: &mut [T], total: f64) {
    let factor = T::from_f64(1.0 / if total == 0.0 { 1.0 } else { total });
    sums.iter_mut().for_each(|sum| *sum *= factor);
}
