//! The vector functions over whole slices, at a level picked by the caller.

use fearless_simd::Simd;

use super::Engine;
use super::level::with_level;
use crate::kernels::epilogue::update_lanes;
use crate::kernels::{exp, finite, sigmoid, tanh};
use crate::scalar::Scalar;

/// Which function.
#[derive(Debug, Clone, Copy)]
pub enum Function {
    /// e^x.
    Exp,
    /// tanh x.
    Tanh,
    /// 1 / (1 + e^-x).
    Sigmoid,
}

/// The body of the functions in [`vector`](crate::vector), for one element type.
pub(crate) fn apply<T: Scalar>(level: fearless_simd::Level, function: Function, values: &mut [T]) {
    with_level!(level, simd => simd.vectorize(
        #[inline(always)]
        || over_lanes(simd, values, function),
    ));
}

/// Fewer values than this are looked at before a level's instructions would be entered.
const FEW: usize = 64;

/// Is no value NaN or infinite?
pub(crate) fn all_finite<T: Scalar>(engine: Engine, values: &[T]) -> bool {
    match engine {
        Engine::Fused(level) if values.len() >= FEW => with_level!(level, simd => simd.vectorize(
            #[inline(always)]
            || finite::all_finite::<T::Register<_>>(simd, values),
        )),
        // 0 v is 0 if v is finite, else NaN.
        _ if values.len() < FEW => {
            values.iter().fold(T::ZERO, |sum, &v| sum + v * T::ZERO) == T::ZERO
        }
        _ => values.iter().fold(true, |ok, v| ok & v.is_finite()),
    }
}

#[inline(always)]
#[expect(
    clippy::redundant_closure,
    reason = "a closure can be inline(always), the call of a function by its path can't"
)]
fn over_lanes<T: Scalar, S: Simd>(simd: S, values: &mut [T], function: Function) {
    match function {
        Function::Exp => update_lanes::<T::Register<S>>(
            simd,
            values,
            #[inline(always)]
            |x| exp::exp(x),
        ),
        Function::Tanh => update_lanes::<T::Register<S>>(
            simd,
            values,
            #[inline(always)]
            |x| tanh::tanh(x),
        ),
        Function::Sigmoid => update_lanes::<T::Register<S>>(
            simd,
            values,
            #[inline(always)]
            |x| sigmoid::sigmoid(x),
        ),
    }
}
