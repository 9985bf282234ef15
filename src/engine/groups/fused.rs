//! The passes of groups on the `fused` backend.

use fearless_simd::Simd;

use super::batch::Batch;
use super::job::{Groups, Job, Net};
use super::optimize::Update;
use super::room::Room;
use super::{one, optimize, pass};
use crate::engine::float::Float;
use crate::engine::fused::Fused;
use crate::kernels::group::GROUP_LANES;
use crate::kernels::lanes::Lanes;
use crate::kernels::several::Several;
use crate::kernels::shuffle::Shuffle;

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
        // Sums of a tile: as many as stay in 32 registers, or in 16.
        simd.vectorize(
            #[inline(always)]
            || match T::registers::<S>() {
                1 => through::<T::Register<S>, 4, 2, 8>(simd, net, batch, job, present, room),
                _ => through::<T::Half<S>, 2, 2, 4>(simd, net, batch, job, present, room),
            },
        )
    }
}

/// N registers at once of one sample a network; of more, register by register, blocks of C samples
/// with U units side by side.
#[inline(always)]
fn through<V, const N: usize, const U: usize, const C: usize>(
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
    let mut parts = room.parts();
    let gradients = core::mem::take(&mut parts.gradients);
    let mut losses = [0.0; GROUP_LANES];
    if batch.samples == 1 {
        let pass = job.of_pass(0, 0, gradients);
        losses = one::run::<V, Several<V, N>>(t, net, batch, pass, parts.lend());
    } else {
        let mut lane = 0;
        while lane < present {
            let of_register = batch.starting_at(lane, V::LEN);
            let pass = job.of_pass(lane, batch.samples * net.shape.n_y(), gradients);
            let sums = pass::run::<V, U, C>(t, net, &of_register, pass, pitch, parts.lend());
            losses[lane..lane + V::LEN].copy_from_slice(&sums[..V::LEN]);
            lane += V::LEN;
        }
    }
    if let Job::Optimize { parameters, moments, by, .. } = job {
        let update = Update { net, pitch, losses: &losses, gradients, by };
        optimize::run::<Several<V, N>>(t, &update, parameters, moments, parts);
    }
    losses
}
