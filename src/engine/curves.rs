//! Entrances to `kernels::curves`, `curvature` and `dropout`, which are compiled once for each level and
//! element type.

use fearless_simd::Simd;

use super::float::Float;
use crate::kernels::curvature::{self, Curvature};
use crate::kernels::curves::{self, Curve};
use crate::kernels::dropout::{self, Drop};
use crate::words::activation::Activation;

/// Values, derivatives or both of an activation that is computed apart; for others nothing is done, and
/// no call is made.
#[inline(always)]
pub(super) fn run<T: Float, S: Simd>(simd: S, g: Activation, curve: Curve<'_, T>) {
    if g.is_apart() {
        run_apart(simd, g, curve);
    }
}

#[inline(never)]
fn run_apart<T: Float, S: Simd>(simd: S, g: Activation, curve: Curve<'_, T>) {
    simd.vectorize(
        #[inline(always)]
        || curves::run::<T::Register<S>>(simd, g, curve),
    );
}

/// The same with the registers of the portable backend.
#[inline(never)]
pub(super) fn run_wide<T: Float>(g: Activation, curve: Curve<'_, T>) {
    curves::run::<T::Wide>((), g, curve);
}

/// A job of the derivatives beyond the gradient.
#[inline(never)]
pub(super) fn run_curvature<T: Float, S: Simd>(simd: S, job: Curvature<'_, T>) {
    simd.vectorize(
        #[inline(always)]
        || curvature::run::<T::Register<S>>(simd, job),
    );
}

/// Drops units of a layer.
#[inline(never)]
pub(super) fn run_dropout<T: Float, S: Simd>(simd: S, job: Drop<'_, T>) {
    simd.vectorize(
        #[inline(always)]
        || dropout::run::<T::Register<S>>(simd, job),
    );
}
