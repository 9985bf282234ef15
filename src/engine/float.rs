//! What each element type brings to the engines: its GEMMs and its `wide` register.

use fearless_simd::{Simd, SimdBase};

use super::elementwise::{self, Function};
use super::optimizer::{self, Update};
use super::pass::{Prediction, Propagation};
use super::sums::{Destination, WeightSums};
use super::{Engine, custom, run, tiny};
use crate::ffi::{self, Product};
use crate::kernels::exp::ExpElement;
use crate::kernels::lanes::{F32x8, F32x16, F64x4, F64x8, Lanes};
use crate::kernels::shuffle::{Paired, Shuffle};
use crate::kernels::wide_lanes::{WideF32, WideF64};

/// A panel's weights of one input, side by side: an array.
pub trait Row<T>: Copy + Send + Sync + core::fmt::Debug + AsRef<[T]> + AsMut<[T]> {
    /// Units.
    const LEN: usize;

    /// Weights as rows; a rest is left out.
    fn rows(weights: &[T]) -> &[Self];

    /// The same, writable.
    fn rows_mut(weights: &mut [T]) -> &mut [Self];
}

impl<T: Copy + Send + Sync + core::fmt::Debug, const N: usize> Row<T> for [T; N] {
    const LEN: usize = N;

    #[inline(always)]
    fn rows(weights: &[T]) -> &[Self] {
        weights.as_chunks().0
    }

    #[inline(always)]
    fn rows_mut(weights: &mut [T]) -> &mut [Self] {
        weights.as_chunks_mut().0
    }
}

/// Sealed supertrait of [`Scalar`](crate::Scalar): not nameable outside the crate.
pub trait Float: ExpElement + Sized {
    /// The register of the `portable` backend's epilogues.
    type Wide: Lanes<Elem = Self, Token = ()>;

    /// The register of the `fused` backend's kernels: 64 bytes at every level (one machine
    /// register with AVX-512, two with AVX2), so that layouts don't depend on the level.
    type Register<S: Simd>: Paired<Elem = Self, Token = S, Half = Self::Half<S>>;

    /// Half of a [`Register`](Self::Register), for layers that would leave more than half empty.
    type Half<S: Simd>: Shuffle<Elem = Self, Token = S>;

    /// Lanes of [`Register`](Self::Register): units a panel of weights.
    const PANEL: usize;

    /// A panel's weights of one input.
    type Panel: Row<Self>;

    /// The same, where a panel has half as many units: see [`Shape`](crate::shape::Shape).
    type HalfPanel: Row<Self>;

    /// Weights as panels; a rest is left out.
    #[inline(always)]
    fn panels(weights: &[Self]) -> &[Self::Panel] {
        Self::Panel::rows(weights)
    }

    /// The same, writable.
    #[inline(always)]
    fn panels_mut(weights: &mut [Self]) -> &mut [Self::Panel] {
        Self::Panel::rows_mut(weights)
    }

    /// Machine registers that a [`Register`](Self::Register) takes at this level.
    fn registers<S: Simd>() -> usize;

    /// See `run`: instantiated in this crate.
    fn propagate(engine: Engine, task: Propagation<'_, Self>) -> Option<f64>;

    /// See `run`.
    fn sum_weights(engine: Engine, task: &WeightSums<'_, Self>, into: Destination<'_, Self>);

    /// See `run`.
    fn predict(engine: Engine, task: &mut Prediction<'_, Self>) -> bool;

    /// See `run`.
    fn predict_tiny(
        engine: Engine,
        net: &tiny::Net<'_, Self>,
        x: &[Self],
        out: &mut [Self],
    ) -> bool;

    /// See `run`.
    fn step_tiny(
        engine: Engine,
        task: &mut tiny::Step<'_, Self>,
        x: &[Self],
        y: &[Self],
    ) -> Option<f64>;

    /// See `run`.
    fn forward(engine: Engine, task: custom::Forward<'_, Self>);

    /// See `run`.
    fn backward_from(engine: Engine, task: custom::Backward<'_, Self>);

    /// See [`vector`](crate::vector).
    fn apply(level: fearless_simd::Level, function: Function, values: &mut [Self]);

    /// Is no value NaN or infinite?
    fn all_finite(engine: Engine, values: &[Self]) -> bool;

    /// One step of an optimiser, at this level.
    fn optimize(level: fearless_simd::Level, update: Update<'_, Self>);

    /// The sum of the squares of `scale` times each value, in f64, in an order that the length
    /// fixes; computed at this level, with the same bits at all.
    fn sum_of_squares(level: fearless_simd::Level, scale: f64, values: &[Self]) -> f64;

    /// C = alpha A B + beta C by `matrixmultiply`.
    fn matrixmultiply(product: Product<'_, Self>);

    /// The same by the linked BLAS; hands back what BLAS can't take.
    #[cfg(feature = "cblas")]
    #[allow(clippy::result_large_err, reason = "the product handed back for another GEMM to do")]
    fn cblas(product: Product<'_, Self>) -> Result<(), Product<'_, Self>>;
}

macro_rules! float {
    ($t:ty, $wide:ty, $register:ident, $half:ident, $native:ident, $gemm:ident) => {
        impl Float for $t {
            type Wide = $wide;
            type Register<S: Simd> = $register<S>;
            type Half<S: Simd> = $half<S>;
            const PANEL: usize = 64 / size_of::<$t>();
            type Panel = [$t; 64 / size_of::<$t>()];
            type HalfPanel = [$t; 32 / size_of::<$t>()];

            #[inline(always)]
            fn registers<S: Simd>() -> usize {
                Self::PANEL / <S::$native as SimdBase<S>>::LEN
            }

            fn propagate(engine: Engine, task: Propagation<'_, Self>) -> Option<f64> {
                run::propagate(engine, task)
            }

            fn sum_weights(
                engine: Engine,
                task: &WeightSums<'_, Self>,
                into: Destination<'_, Self>,
            ) {
                run::sum_weights(engine, task, into);
            }

            fn predict(engine: Engine, task: &mut Prediction<'_, Self>) -> bool {
                run::predict(engine, task)
            }

            fn predict_tiny(
                engine: Engine,
                net: &tiny::Net<'_, Self>,
                x: &[Self],
                out: &mut [Self],
            ) -> bool {
                run::predict_tiny(engine, net, x, out)
            }

            fn step_tiny(
                engine: Engine,
                task: &mut tiny::Step<'_, Self>,
                x: &[Self],
                y: &[Self],
            ) -> Option<f64> {
                run::step_tiny(engine, task, x, y)
            }

            fn forward(engine: Engine, task: custom::Forward<'_, Self>) {
                run::forward(engine, task);
            }

            fn backward_from(engine: Engine, task: custom::Backward<'_, Self>) {
                run::backward_from(engine, task);
            }

            fn apply(level: fearless_simd::Level, function: Function, values: &mut [Self]) {
                elementwise::apply(level, function, values);
            }

            fn all_finite(engine: Engine, values: &[Self]) -> bool {
                elementwise::all_finite(engine, values)
            }

            fn optimize(level: fearless_simd::Level, update: Update<'_, Self>) {
                optimizer::optimize(level, update);
            }

            fn sum_of_squares(level: fearless_simd::Level, scale: f64, values: &[Self]) -> f64 {
                optimizer::sum_of_squares(level, scale, values)
            }

            fn matrixmultiply(product: Product<'_, Self>) {
                ffi::matrixmultiply::$gemm(product);
            }

            #[cfg(feature = "cblas")]
            fn cblas(product: Product<'_, Self>) -> Result<(), Product<'_, Self>> {
                ffi::cblas::$gemm(product)
            }
        }
    };
}

float!(f32, WideF32, F32x16, F32x8, f32s, gemm_f32);
float!(f64, WideF64, F64x8, F64x4, f64s, gemm_f64);
