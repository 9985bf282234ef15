//! A job at a level.

use fearless_simd::Simd;

use super::job::Job;
use super::pass;
use super::plan::Plan;
use super::room::Room;
use crate::engine::float::Float;
use crate::kernels::lanes::F64x8;
use crate::kernels::squares::factor::{self, PANEL, System};

/// What the job returns; `None` from a matrix that is not positive definite.
pub(crate) fn run<S: Simd>(simd: S, room: &mut Room, job: Job<'_>) -> Option<f64> {
    match job {
        Job::Errors { parameters } => Some(simd.vectorize(
            #[inline(always)]
            || pass::errors::<S, F64x8<S>>(simd, room, parameters),
        )),
        Job::Equations { parameters, scale, penalties } => {
            // Sums of a tile: as many as stay in 32 registers, or in 16.
            match f64::registers::<S>() {
                1 => simd.vectorize(
                    #[inline(always)]
                    || pass::equations::<S, F64x8<S>, 4>(simd, room, parameters, scale, penalties),
                ),
                _ => simd.vectorize(
                    #[inline(always)]
                    || pass::equations::<S, F64x8<S>, 2>(simd, room, parameters, scale, penalties),
                ),
            }
            Some(0.0)
        }
        Job::Solve { damping, x } => simd.vectorize(
            #[inline(always)]
            || solve(simd, room, damping, x),
        ),
        Job::Trace => {
            let Plan { n, parameters, .. } = room.plan;
            let Room { factored, inverse, scratch, .. } = room;
            let (a, inverse) = (factored.as_mut_slice(), inverse.as_mut_slice());
            let system = System { n, a, inverse, scratch: &mut [] };
            // The scratch of the factorization is free.
            let y = &mut scratch.as_mut_slice()[..n];
            Some(simd.vectorize(
                #[inline(always)]
                || factor::trace_of_inverse(&system, parameters, y),
            ))
        }
    }
}

#[inline(always)]
fn solve<S: Simd>(simd: S, room: &mut Room, damping: f64, x: &mut [f64]) -> Option<f64> {
    let Plan { n, parameters, .. } = room.plan;
    let Room { h, factored, inverse, scratch, .. } = room;
    let (pitch, a) = (n + PANEL, factored.as_mut_slice());
    let rows = a.chunks_exact_mut(pitch).zip(h.as_slice().chunks_exact(pitch));
    for (i, (into, from)) in rows.enumerate() {
        let start = i / PANEL * PANEL;
        into[start..].copy_from_slice(&from[start..]);
        // Rows without a parameter have a 1 there, and 0 elsewhere.
        into[i] = if i < parameters { from[i] + damping } else { 1.0 };
    }
    let (inverse, scratch) = (inverse.as_mut_slice(), scratch.as_mut_slice());
    let mut system = System { n, a, inverse, scratch };
    if !factor::factor::<F64x8<S>>(simd, &mut system) {
        return None;
    }
    factor::solve::<F64x8<S>>(simd, &system, x);
    Some(0.0)
}
