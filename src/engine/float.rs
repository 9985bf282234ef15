//! What each element type brings to the engines: its registers and its GEMMs.

use fearless_simd::{Simd, SimdBase};

use crate::element::Element;
use crate::ffi::{self, Product};
use crate::kernels::constants::ExpElement;
use crate::kernels::lanes::{F32x8, F32x16, F64x4, F64x8, Lanes};
use crate::kernels::normal::NormalElement;
use crate::kernels::shuffle::{Paired, Shuffle};
use crate::kernels::wide_lanes::{WideF32, WideF64};

/// Sealed supertrait of [`Scalar`](crate::Scalar): not nameable outside the crate.
pub trait Float: ExpElement + NormalElement {
    /// The register of the `portable` backend's epilogues.
    type Wide: Lanes<Elem = Self, Token = ()>;

    /// The register of the `fused` backend's kernels: 64 bytes at every level (one machine
    /// register with AVX-512, two with AVX2), so that layouts don't depend on the level.
    type Register<S: Simd>: Paired<Elem = Self, Token = S, Half = Self::Half<S>>;

    /// Half of a [`Register`](Self::Register), for layers that would leave more than half empty.
    type Half<S: Simd>: Shuffle<Elem = Self, Token = S>;

    /// Machine registers that a [`Register`](Self::Register) takes at this level.
    fn registers<S: Simd>() -> usize;

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

            #[inline(always)]
            fn registers<S: Simd>() -> usize {
                Self::PANEL / <S::$native as SimdBase<S>>::LEN
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
