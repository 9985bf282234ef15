//! The door: what a population asks of the engine, at a level.

use core::fmt::Debug;
use core::panic::{RefUnwindSafe, UnwindSafe};

use fearless_simd::Simd;

use super::batch::Batch;
use super::room::{BLOCK, Room};
use super::{one, pass};
use crate::engine::float::Float;
use crate::engine::fused::Fused;
use crate::engine::shape::Shape;
use crate::kernels::group::GROUP_LANES;
use crate::kernels::head::OutputHead;
use crate::kernels::lanes::Lanes;
use crate::kernels::several::Several;
use crate::kernels::shuffle::Shuffle;
use crate::words::layer::Layer;

/// A group's networks, but for their parameters.
#[derive(Debug, Clone, Copy)]
pub struct Net<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) head: OutputHead,
}

/// What is to be done with a group: `[parameter][lane]` is how parameters and gradients lie.
#[derive(Debug)]
pub enum Job<'a, T> {
    /// Predictions, network by network, to `out`.
    Predict { parameters: &'a [T], out: &'a mut [T] },
    /// The sums of the losses alone.
    Cost { parameters: &'a [T] },
    /// The sums of the gradients, times a factor for each lane.
    Gradient { parameters: &'a [T], factors: &'a [T], into: &'a mut [T] },
    /// The same added to the parameters; those of lanes whose loss is not finite stay as they are.
    Step { parameters: &'a mut [T], factors: &'a [T] },
}

/// The passes of groups, at a level.
pub trait Groups<T>: Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Networks a group.
    fn lanes(&self) -> usize;

    /// Does the job for a group's first `present` networks, of shapes that are checked. Returns the
    /// sum of L over each network's samples; of predictions, nothing.
    fn run(
        &self,
        net: Net<'_>,
        batch: &Batch<'_, T>,
        job: Job<'_, T>,
        present: usize,
        room: &mut Room<T>,
    ) -> [f64; GROUP_LANES];
}

impl Net<'_> {
    /// Parameters of a network.
    #[inline(always)]
    pub(crate) fn parameters(self) -> usize {
        self.shape.layers.iter().map(Layer::parameters).sum()
    }
}

impl<T: Float, S: Simd> Groups<T> for Fused<S> {
    fn lanes(&self) -> usize {
        match T::registers::<S>() {
            1 => Several::<T::Register<S>, 4>::LEN,
            _ => Several::<T::Half<S>, 2>::LEN,
        }
    }

    fn run(
        &self,
        net: Net<'_>,
        batch: &Batch<'_, T>,
        job: Job<'_, T>,
        present: usize,
        room: &mut Room<T>,
    ) -> [f64; GROUP_LANES] {
        let simd = self.0;
        // Registers side by side, and the sums of a tile: as many as stay in 32 registers, or in 16.
        simd.vectorize(
            #[inline(always)]
            || match T::registers::<S>() {
                1 => through::<T::Register<S>, 4, BLOCK>(simd, net, batch, job, present, room),
                _ => through::<T::Half<S>, 2, 4>(simd, net, batch, job, present, room),
            },
        )
    }
}

/// N registers at once of one sample a network; of more, C samples of each register at once.
#[inline(always)]
fn through<V, const N: usize, const C: usize>(
    t: V::Token,
    net: Net<'_>,
    batch: &Batch<'_, V::Elem>,
    mut job: Job<'_, V::Elem>,
    present: usize,
    room: &mut Room<V::Elem>,
) -> [f64; GROUP_LANES]
where
    V: Shuffle,
    V::Elem: Float,
{
    let pitch = N * V::LEN;
    if batch.samples == 1 {
        return if present <= V::LEN {
            one::run::<V, V>(t, net, batch, job, pitch, room.parts())
        } else {
            one::run::<V, Several<V, N>>(t, net, batch, job, pitch, room.parts())
        };
    }
    let mut losses = [0.0; GROUP_LANES];
    let mut lane = 0;
    while lane < present {
        let of_register = batch.from_lane(lane, V::LEN);
        let part = job.from_lane(lane, batch.samples * net.shape.n_y());
        let sums = pass::run::<V, C>(t, net, &of_register, part, pitch, room.parts());
        losses[lane..lane + V::LEN].copy_from_slice(&sums[..V::LEN]);
        lane += V::LEN;
    }
    losses
}

impl<T> Job<'_, T> {
    /// The job from a lane on, of which each predicts `outputs` values.
    fn from_lane(&mut self, lane: usize, outputs: usize) -> Job<'_, T> {
        match self {
            Job::Predict { parameters, out } => {
                Job::Predict { parameters: &parameters[lane..], out: &mut out[lane * outputs..] }
            }
            Job::Cost { parameters } => Job::Cost { parameters: &parameters[lane..] },
            Job::Gradient { parameters, factors, into } => Job::Gradient {
                parameters: &parameters[lane..],
                factors: &factors[lane..],
                into: &mut into[lane..],
            },
            Job::Step { parameters, factors } => {
                Job::Step { parameters: &mut parameters[lane..], factors: &factors[lane..] }
            }
        }
    }
}
