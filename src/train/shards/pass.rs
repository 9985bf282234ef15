//! An epoch over shards: each step's gradient from the sums of each shard, added in the tree's order.

use core::ops::Range;

use super::agreement::on_any;
use super::reduction::{Cost, Reduction, add, add_pairs, divide};
use super::tree;
use crate::data::buffer::AlignedBuffer;
use crate::data::checks;
use crate::data::columns::Columns;
use crate::data::data_set::DataSet;
use crate::data::targets::Targets;
use crate::error::{Error, Result};
use crate::network::parameters::Network;
use crate::network::workspace::TrainingWorkspace;
use crate::ranks::{Communicator, Shards};
use crate::scalar::Scalar;
use crate::train::batch_size::BatchSize;
use crate::train::epochs::{Costs, Steps};
use crate::train::options::Training;
use crate::train::rollback::{Rollback, all_finite};
use crate::train::samples::Batches;
use crate::train::training_state::TrainingState;
use crate::train::validation::Validation;
use crate::words::choices::Checks;
use crate::words::dropout::Dropout;

/// The memory of a training in shards, on one rank.
#[derive(Debug)]
pub(in crate::train) struct Memory<T> {
    shards: Shards,
    /// Of the validation samples, if there are any.
    held: Option<Shards>,
    rank: usize,
    ranks: usize,
    workspace: TrainingWorkspace<T>,
    /// `None` with full batches: a shard lies as it is.
    batches: Option<Batches<T>>,
    /// The sums of nodes one below another.
    sums: Vec<AlignedBuffer<T>>,
    /// `None` of one rank.
    reduction: Option<Reduction>,
    validation: Validation<T>,
    /// A pair for each shard.
    costs: Vec<Cost>,
}

impl<T: Scalar> Memory<T> {
    /// For `data`, the samples of one rank's shards; everything has been checked.
    pub(super) fn new(
        net: &Network<T>,
        state: &TrainingState<T>,
        data: DataSet<'_, T>,
        (shards, held): (Shards, Option<Shards>),
        (rank, ranks): (usize, usize),
    ) -> Result<Self> {
        let longest = longest(shards, (rank, ranks));
        let (most, batches) = match state.training.batch_size {
            BatchSize::Full => (longest, None),
            BatchSize::Mini(_) => {
                let most = longest.div_ceil(state.steps_an_epoch());
                (most, Some(Batches::new(net, data.x.samples(), most)?))
            }
        };
        let validation = Validation::new(net, data)?;
        Self::of(net, (most, batches), (shards, held, validation), (rank, ranks))
    }

    /// For full batches of samples of which none are held out.
    pub(super) fn full(net: &Network<T>, shards: Shards, place: (usize, usize)) -> Result<Self> {
        let none_held = Validation::for_samples(net, 0)?;
        Self::of(net, (longest(shards, place), None), (shards, None, none_held), place)
    }

    fn of(
        net: &Network<T>,
        (most, batches): (usize, Option<Batches<T>>),
        (shards, held, validation): (Shards, Option<Shards>, Validation<T>),
        (rank, ranks): (usize, usize),
    ) -> Result<Self> {
        let parameters = net.parameter_buffer().as_slice().len();
        let buffer = |_| AlignedBuffer::zeros(parameters, "the sums of the shards");
        let reduction = match ranks {
            1 => None,
            _ => Some(Reduction::new::<T>(shards, (rank, ranks), parameters)?),
        };
        Ok(Self {
            shards,
            held,
            rank,
            ranks,
            workspace: TrainingWorkspace::new(net, most)?,
            batches,
            sums: (0..tree::depth(shards.count())).map(buffer).collect::<Result<_>>()?,
            reduction,
            validation,
            costs: vec![[0.0; 2]; shards.count()],
        })
    }

    pub(super) fn shards(&self) -> (Shards, Option<Shards>) {
        (self.shards, self.held)
    }

    pub(super) fn workspace(&self) -> &TrainingWorkspace<T> {
        &self.workspace
    }

    pub(super) fn place(&self) -> (usize, usize) {
        (self.rank, self.ranks)
    }

    /// A pair of numbers for each of this rank's shards, from every rank: their sum.
    fn add_pairs(&mut self, ranks: &mut dyn Communicator, own: &[Cost]) -> Cost {
        let (shards, count) = (self.shards, self.ranks);
        let counts: Vec<usize> =
            (0..count).map(|r| shards.of_rank(r, count).len() * size_of::<Cost>()).collect();
        let all = bytemuck::cast_slice_mut(&mut self.costs);
        ranks.gather(bytemuck::cast_slice(own), all, &counts);
        let each = (0..shards.count()).map(|shard| shard..shard + 1);
        add_pairs(shards.count(), &mut self.costs, each)
    }
}

/// The most samples that a shard of this rank has.
fn longest(shards: Shards, (rank, ranks): (usize, usize)) -> usize {
    shards.of_rank(rank, ranks).map(|shard| shards.samples_of(shard).len()).max().unwrap_or(0)
}

/// An epoch over the samples of all ranks. Everything has been checked.
pub(in crate::train) struct Pass<'a, T> {
    pub(super) memory: &'a mut Memory<T>,
    /// Of this rank.
    pub(super) data: DataSet<'a, T>,
    pub(super) ranks: &'a mut dyn Communicator,
}

/// Where the sums of one of this rank's nodes are sent from.
type Message<'a> = (&'a mut Reduction, usize);

/// What a step does with each shard.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) index: usize,
    pub(super) count: usize,
    pub(super) dropout: Option<Dropout>,
}

/// The part of some data that is a stretch of its samples.
pub(super) fn part<'a, T: Scalar>(
    x: Columns<'a, T>,
    y: Targets<'a, T>,
    range: Range<usize>,
) -> (Columns<'a, T>, Targets<'a, T>) {
    let (n_x, n_y) = (x.features(), y.y.features());
    let columns =
        |values: &'a [T], n: usize| Columns::checked(&values[range.start * n..range.end * n], n);
    let weights = y.weights.map(|all| &all[range.clone()]);
    (columns(x.as_slice(), n_x), Targets { y: columns(y.y.as_slice(), n_y), weights })
}

/// The sum of the weights; m without weights.
fn total<T: Scalar>(y: &Targets<'_, T>) -> f64 {
    match y.weights {
        Some(weights) => weights.iter().map(|w| w.to_f64()).sum(),
        None => y.y.samples() as f64,
    }
}

impl<T: Scalar> Pass<'_, T> {
    /// Where a shard of this rank lies among the rank's samples.
    fn here(&self, shard: usize) -> Range<usize> {
        let Memory { shards, rank, ranks, .. } = *self.memory;
        let from = shards.samples_of_rank(rank, ranks).start;
        let Range { start, end } = shards.samples_of(shard);
        start - from..end - from
    }

    /// The sums of a node's shards, into `sums[at]`, or into the message if they are to be sent; those
    /// below it use the buffers behind.
    fn node(
        &mut self,
        net: &Network<T>,
        node: Range<usize>,
        (at, message): (usize, Option<Message<'_>>),
        step: Step,
    ) -> Result<Cost> {
        if node.len() == 1 {
            return self.shard(net, node.start, (at, message), step);
        }
        let mid = tree::middle(&node);
        let [mut a, mut of] = self.node(net, node.start..mid, (at, None), step)?;
        let [b, of_b] = self.node(net, mid..node.end, (at + 1, None), step)?;
        let (to, more) = self.memory.sums.split_at_mut(at + 1);
        let (to, more) = (to[at].as_mut_slice(), more[0].as_slice());
        match message {
            None => add(to, more),
            Some((reduction, node)) => {
                for (range, sums) in reduction.places_of::<T>(node) {
                    let both = to[range.clone()].iter().zip(&more[range]);
                    sums.iter_mut().zip(both).for_each(|(sum, (&a, &b))| *sum = a + b);
                }
            }
        }
        a += b;
        of += of_b;
        Ok([a, of])
    }

    /// The sums of one shard.
    fn shard(
        &mut self,
        net: &Network<T>,
        shard: usize,
        (at, message): (usize, Option<Message<'_>>),
        step: Step,
    ) -> Result<Cost> {
        let here = self.here(shard);
        let Memory { shards, workspace, batches, sums, .. } = &mut *self.memory;
        let places = shards.of_step(shard, step.index, step.count);
        if places.is_empty() {
            match message {
                None => sums[at].as_mut_slice().fill(T::ZERO),
                Some((reduction, node)) => {
                    reduction.places_of::<T>(node).for_each(|(_, sums)| sums.fill(T::ZERO));
                }
            }
            return Ok([0.0; 2]);
        }
        let (x, y) = match batches {
            Some(batches) => {
                batches.gather_places(self.data, here.start + places.start..here.start + places.end)
            }
            None => part(self.data.x, self.data.targets(), here),
        };
        let cost = match step.dropout {
            Some(mut dropout) => {
                dropout.first_sample = shards.before(shard, step.index, step.count);
                net.backward_dropped(&x, &y, dropout, workspace, Checks::ShapesOnly)?
            }
            None => net.backward_checked(&x, &y, workspace, Checks::ShapesOnly)?,
        };
        let total = total(&y);
        let factor = T::from_f64(total);
        let gradient = workspace.gradients().buffer.as_slice();
        let scale = |sums: &mut [T], gradient: &[T]| {
            sums.iter_mut().zip(gradient).for_each(|(sum, &g)| *sum = g * factor);
        };
        match message {
            None => scale(sums[at].as_mut_slice(), gradient),
            Some((reduction, node)) => {
                for (range, sums) in reduction.places_of::<T>(node) {
                    scale(sums, &gradient[range]);
                }
            }
        }
        Ok([cost * total, total])
    }

    /// The gradient of a step, of all ranks' samples, into the workspace. Its cost's two parts.
    pub(super) fn gradient(&mut self, net: &Network<T>, step: Step) -> Result<Cost> {
        let Some(mut reduction) = self.memory.reduction.take() else {
            let all = 0..self.memory.shards.count();
            let cost = self.node(net, all, (0, None), step)?;
            let Memory { sums, workspace, .. } = &mut *self.memory;
            let gradient = workspace.gradients.buffer.as_mut_slice();
            gradient.copy_from_slice(sums[0].as_slice());
            divide(gradient, cost[1]);
            return Ok(cost);
        };
        for node in 0..reduction.own().len() {
            let shards = reduction.own()[node].clone();
            let cost = self.node(net, shards, (0, Some((&mut reduction, node))), step);
            // Shapes have been checked: no rank fails alone.
            reduction.lay_out_cost(node, cost.unwrap_or([f64::NAN; 2]));
        }
        let gradient = self.memory.workspace.gradients.buffer.as_mut_slice();
        let cost = reduction.run(&mut *self.ranks, gradient);
        self.memory.reduction = Some(reduction);
        Ok(cost)
    }

    /// Every sample once: the mean cost, and the last learning rate.
    fn steps(
        &mut self,
        net: &mut Network<T>,
        state: &mut TrainingState<T>,
        rollback: &mut Rollback<T>,
    ) -> Result<(f64, f64)> {
        let (count, epoch) = (state.steps_an_epoch(), state.epochs as u64);
        let Training { learning_rate, schedule, seed, dropout, .. } = state.training;
        let Memory { shards, batches, rank, ranks, .. } = &mut *self.memory;
        if let Some(batches) = batches {
            let own = shards.of_rank(*rank, *ranks);
            batches.shuffle_stretches(seed, epoch, own.map(|s| (s, shards.samples_of(s).len())));
        }
        let ([mut sum, mut of], mut last) = ([0.0; 2], 0.0);
        for index in 0..count {
            let factor = schedule.factor(state.steps(), count);
            last = T::from_f64(learning_rate * factor).to_f64();
            let at = state.steps();
            let dropout = (dropout > 0.0).then(|| Dropout::new(dropout).seed(seed).step(at));
            let factors = state.optimizer.factors(last);
            let [cost, total] = self.gradient(net, Step { index, count, dropout })?;
            checks::finite_cost(cost / if total == 0.0 { 1.0 } else { total }, at)?;
            net.update_checked(&mut state.optimizer, self.memory.workspace.gradients(), &factors);
            rollback.commit();
            sum += cost;
            of += total;
        }
        Ok((sum / if of == 0.0 { 1.0 } else { of }, last))
    }

    /// The mean cost of all ranks' validation samples, if there are any.
    fn validation(&mut self, net: &Network<T>) -> Result<Option<f64>> {
        let Some(held) = self.memory.held else { return Ok(None) };
        let Memory { rank, ranks, validation, .. } = &mut *self.memory;
        let (own, from) = (held.of_rank(*rank, *ranks), held.samples_of_rank(*rank, *ranks).start);
        let mut costs = Vec::with_capacity(own.len());
        for shard in own {
            let Range { start, end } = held.samples_of(shard);
            let samples = self.data.validation.map(|(x, y)| part(x, y, start - from..end - from));
            costs.push(match samples {
                Some((x, y)) => [validation.sum(net, x, y)?, total(&y)],
                None => [0.0; 2],
            });
        }
        let [sum, of] = self.memory.add_pairs(&mut *self.ranks, &costs);
        Ok(Some(sum / if of == 0.0 { 1.0 } else { of }))
    }
}

impl<T: Scalar> Steps<T> for Pass<'_, T> {
    type Error = Error;

    fn epoch(
        &mut self,
        net: &mut Network<T>,
        state: &mut TrainingState<T>,
        rollback: &mut Rollback<T>,
    ) -> Result<Costs> {
        let (training, learning_rate) = self.steps(net, state, rollback)?;
        let step = state.steps();
        if !all_finite(net, state) {
            return Err(Error::Diverged { step, cost: f64::NAN });
        }
        let validation = self.validation(net)?;
        let validation = validation.map(|cost| checks::finite_cost(cost, step)).transpose()?;
        Ok(Costs { training, validation, learning_rate })
    }

    fn cost(&mut self, net: &Network<T>) -> Result<Option<f64>> {
        if self.memory.batches.is_some() {
            return Ok(None);
        }
        let own = self.memory.shards.of_rank(self.memory.rank, self.memory.ranks);
        let mut costs = Vec::with_capacity(own.len());
        for shard in own {
            let (x, y) = part(self.data.x, self.data.targets(), self.here(shard));
            let cost = net.cost_checked(x, y, &mut self.memory.workspace.buffers)?;
            costs.push([cost * total(&y), total(&y)]);
        }
        let [sum, of] = self.memory.add_pairs(&mut *self.ranks, &costs);
        Ok(Some(sum / if of == 0.0 { 1.0 } else { of }))
    }

    /// A rank that wants to stop stops all.
    fn is_stopped(&mut self, here: bool) -> bool {
        on_any(&mut *self.ranks, here)
    }
}
