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
        // Registers side by side, and sums of a tile: as many as stay in 32 registers, or in 16.
        match T::registers::<S>() {
            1 => through::<S, T::Register<S>, 4, 2, 8>(simd, net, batch, job, present, room),
            _ => through::<S, T::Half<S>, 2, 2, 4>(simd, net, batch, job, present, room),
        }
    }
}

/// N registers at once of one sample a network; of more, register by register, blocks of C samples
/// with U units side by side. Each part enters the level by itself: the compiler takes long over
/// very long functions.
fn through<S, V, const N: usize, const U: usize, const C: usize>(
    t: S,
    net: Net<'_>,
    batch: &Batch<'_, V::Elem>,
    mut job: Job<'_, V::Elem>,
    present: usize,
    room: &mut Room<V::Elem>,
) -> [f64; GROUP_LANES]
where
    S: Simd,
    V: Shuffle<Token = S>,
    V::Elem: Float,
{
    let pitch = N * V::LEN;
    let mut parts = room.parts();
    let gradients = core::mem::take(&mut parts.gradients);
    let losses = if batch.samples == 1 {
        let pass = job.of_pass(0, 0, gradients);
        t.vectorize(
            #[inline(always)]
            || one::run::<V, Several<V, N>>(t, net, batch, pass, parts.lend()),
        )
    } else {
        t.vectorize(
            #[inline(always)]
            || {
                let (mut losses, mut lane) = ([0.0; GROUP_LANES], 0);
                while lane < present {
                    let part = batch.starting_at(lane, V::LEN);
                    let pass = job.of_pass(lane, batch.samples * net.shape.n_y(), gradients);
                    let sums = pass::run::<V, U, C>(t, net, &part, pass, pitch, parts.lend());
                    losses[lane..lane + V::LEN].copy_from_slice(&sums[..V::LEN]);
                    lane += V::LEN;
                }
                losses
            },
        )
    };
    if let Job::Optimize { parameters, moments, by, .. } = job {
        let update = Update { net, pitch, losses: &losses, gradients, by };
        t.vectorize(
            #[inline(always)]
            || optimize::run::<Several<V, N>>(t, &update, parameters, moments, parts),
        );
    }
    losses
}
