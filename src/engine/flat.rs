//! Vectors of f64, at a level.

use fearless_simd::Simd;

use crate::kernels::flat::{self, Resilient, ResilientRule};

/// What is wanted of some vectors of one length. All of it has the same bits at all levels.
#[derive(Debug)]
pub enum Job<'a> {
    /// The sum of a_i b_i, which is returned.
    Dot { a: &'a [f64], b: &'a [f64] },
    /// into = a + factor b
    Sum { a: &'a [f64], factor: f64, b: &'a [f64], into: &'a mut [f64] },
    /// into += factor x
    Add { factor: f64, x: &'a [f64], into: &'a mut [f64] },
    /// into = factor into + x
    ScaleAdd { factor: f64, x: &'a [f64], into: &'a mut [f64] },
    /// A step of RPROP.
    Resilient(ResilientRule, Resilient<'a>),
}

/// 0 where nothing is returned.
pub(super) fn run<S: Simd>(simd: S, job: Job<'_>) -> f64 {
    simd.vectorize(
        #[inline(always)]
        || match job {
            Job::Dot { a, b } => flat::dot(a, b),
            Job::Sum { a, factor, b, into } => {
                flat::sum(a, factor, b, into);
                0.0
            }
            Job::Add { factor, x, into } => {
                flat::add(factor, x, into);
                0.0
            }
            Job::ScaleAdd { factor, x, into } => {
                flat::scale_add(factor, x, into);
                0.0
            }
            Job::Resilient(rule, mut at) => {
                flat::resilient(rule, &mut at);
                0.0
            }
        },
    )
}
