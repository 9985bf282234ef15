//! Noise for parameters, at a level.

use crate::kernels::noise::{self, Source};
use crate::kernels::normal::NormalElement;

/// What is to be done with noise e. All of it has the same bits at all levels.
#[derive(Debug)]
pub enum Job<'a, T> {
    /// centre + sigma e for the members of a group, which lie `[parameter][lane]`.
    Lanes { members: InLanes, centre: &'a [T], sigma: T, group: &'a mut [T] },
    /// sigma e of a member, added to values in the textbook's order.
    Shift { member: usize, sigma: T, values: &'a mut [T] },
    /// factor * sum_k weights[k] e(k), of the parameters from a quadruple on: as many as a tile has.
    Sum { quadruple: usize, factor: T, weights: &'a [f64], into: &'a mut [T] },
}

/// The members of a group.
#[derive(Debug, Clone, Copy)]
pub struct InLanes {
    pub(crate) first: usize,
    pub(crate) present: usize,
    pub(crate) lanes: usize,
}

#[inline(always)]
pub(super) fn run<T: NormalElement>(source: Source, job: Job<'_, T>) {
    match job {
        Job::Lanes { members: InLanes { first, present, lanes }, centre, sigma, group } => {
            noise::shift_lanes(source, (first, present, lanes), (centre, sigma), group);
        }
        Job::Shift { member, sigma, values } => noise::shift(source, member, sigma, values),
        Job::Sum { quadruple, factor, weights, into } => {
            noise::sum(source, quadruple, (factor, weights), into);
        }
    }
}
