//! What each element type brings to the engines: its GEMMs and its `wide` register.

use crate::ffi::{self, Product};
use crate::kernels::exp::ExpElement;
use crate::kernels::lanes::{Lanes, WideF32, WideF64};

/// Sealed supertrait of [`Scalar`](crate::Scalar): not nameable outside the crate.
pub trait Float: ExpElement + Sized {
    /// The register of the `portable` backend's epilogues.
    type Wide: Lanes<Elem = Self, Token = ()>;

    /// C = alpha A B + beta C by `matrixmultiply`.
    fn matrixmultiply(product: Product<'_, Self>);

    /// The same by the linked BLAS; hands back what BLAS can't take.
    #[cfg(feature = "cblas")]
    fn cblas(product: Product<'_, Self>) -> Result<(), Product<'_, Self>>;
}

macro_rules! float {
    ($t:ty, $wide:ty, $gemm:ident) => {
        impl Float for $t {
            type Wide = $wide;

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

float!(f32, WideF32, gemm_f32);
float!(f64, WideF64, gemm_f64);
