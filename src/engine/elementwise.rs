//! Functions of single values over whole slices, at the level of the `fused` backend.

use fearless_simd::Simd;

use super::flat;
use super::float::Float;
use super::fused::Fused;
use super::noise;
use super::optimizer::{Update, over_parameters};
use super::passes::{Elementwise, Function};
use super::squares::{self, job, room::Room};
use crate::kernels::epilogue::update_lanes;
use crate::kernels::noise::Source;
use crate::kernels::{exp, finite, gauss, ln_1p, optimizer, sigmoid, sine, tanh};

/// Fewer values than this are checked in less time than it takes to enter a level's instructions.
const FEW: usize = 64;

impl<T: Float, S: Simd> Elementwise<T> for Fused<S> {
    fn apply(&self, function: Function, values: &mut [T]) {
        self.0.vectorize(
            #[inline(always)]
            || over_lanes(self.0, values, function),
        );
    }

    fn all_finite(&self, values: &[T]) -> bool {
        if values.len() < FEW {
            // 0 v is 0 if v is finite, else NaN.
            return values.iter().fold(T::ZERO, |sum, &v| sum + v * T::ZERO) == T::ZERO;
        }
        self.0.vectorize(
            #[inline(always)]
            || finite::all_finite::<T::Register<S>>(self.0, values),
        )
    }

    fn optimize(&self, update: &mut Update<'_, T>) {
        self.0.vectorize(
            #[inline(always)]
            || over_parameters(self.0, update),
        );
    }

    fn sum_of_squares(&self, scale: f64, values: &[T]) -> f64 {
        self.0.vectorize(
            #[inline(always)]
            || optimizer::sum_of_squares(scale, values),
        )
    }

    fn noise(&self, source: Source, job: noise::Job<'_, T>) {
        self.0.vectorize(
            #[inline(always)]
            || noise::run(source, job),
        );
    }

    fn flat(&self, job: flat::Job<'_>) -> f64 {
        flat::run(self.0, job)
    }

    fn squares(&self, room: &mut Room, job: job::Job<'_>) -> Option<f64> {
        squares::run::run(self.0, room, job)
    }
}

#[inline(always)]
#[expect(
    clippy::redundant_closure,
    reason = "a closure can be inline(always), the call of a function by its path can't"
)]
fn over_lanes<T: Float, S: Simd>(simd: S, values: &mut [T], function: Function) {
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
        Function::Erf => update_lanes::<T::Register<S>>(
            simd,
            values,
            #[inline(always)]
            |x| gauss::erf(x),
        ),
        Function::Sin => update_lanes::<T::Register<S>>(
            simd,
            values,
            #[inline(always)]
            |x| sine::sin_and_cos(x).0,
        ),
        Function::Ln1p => update_lanes::<T::Register<S>>(
            simd,
            values,
            #[inline(always)]
            |x| ln_1p::ln_1p(x),
        ),
    }
}
