//! The user's BLAS behind a safe signature.
#![allow(unsafe_code, reason = "a C interface of raw pointers; see each SAFETY comment")]

use cblas_sys::{CBLAS_LAYOUT, CBLAS_TRANSPOSE};

use super::{Product, Strided};

/// How a stored matrix looks to column-major BLAS: its transpose flag and leading dimension.
/// `None` if neither its rows nor its columns are contiguous, or a size exceeds C's int.
fn operand(m: Strided) -> Option<(CBLAS_TRANSPOSE, i32)> {
    // BLAS wants a leading dimension of at least the contiguous side's length, also where there is
    // only one column and the stride is never used.
    let (flag, contiguous, stride) = if m.row_stride == 1 {
        (CBLAS_TRANSPOSE::CblasNoTrans, m.rows, m.column_stride)
    } else if m.column_stride == 1 {
        (CBLAS_TRANSPOSE::CblasTrans, m.columns, m.row_stride)
    } else {
        return None;
    };
    Some((flag, i32::try_from(stride.max(contiguous).max(1)).ok()?))
}

macro_rules! gemm {
    ($name:ident, $t:ty, $call:path) => {
        /// C = alpha A B + beta C with the linked BLAS. With beta = 0, C's old contents are not
        /// read. Returns the product as the error if BLAS can't take it (a size beyond C's int).
        #[expect(
            clippy::result_large_err,
            reason = "the product handed back for another GEMM to do"
        )]
        pub(crate) fn $name(product: Product<'_, $t>) -> Result<(), Product<'_, $t>> {
            product.check();
            let (lc, inner) = (product.c.1, product.a.1.columns);
            // A row-major C is the column-major C^T = B^T A^T.
            let (first, second, lc) = if lc.row_stride == 1 {
                (product.a, product.b, lc)
            } else {
                let transposed = |(s, m): (_, Strided)| (s, m.transposed());
                (transposed(product.b), transposed(product.a), lc.transposed())
            };
            let sizes = (i32::try_from(lc.rows), i32::try_from(lc.columns), i32::try_from(inner));
            let (Some((ta, lda)), Some((tb, ldb)), Some((_, ldc)), (Ok(m), Ok(n), Ok(k))) =
                (operand(first.1), operand(second.1), operand(lc), sizes)
            else {
                return Err(product);
            };
            let Product { alpha, beta, c: (c, _), .. } = product;
            // SAFETY: `check` has asserted that every element of each operand lies inside its
            // slice and that C's are distinct; transposing an operand names the same elements.
            // Each leading dimension is the stride between contiguous runs (or, where there is one
            // run only, at least its length and unused). All sizes fit C's int. The slices live
            // through the call and `c` is borrowed mutably, so it aliases neither input.
            unsafe {
                $call(
                    CBLAS_LAYOUT::CblasColMajor,
                    ta,
                    tb,
                    m,
                    n,
                    k,
                    alpha,
                    first.0.as_ptr(),
                    lda,
                    second.0.as_ptr(),
                    ldb,
                    beta,
                    c.as_mut_ptr(),
                    ldc,
                );
            }
            Ok(())
        }
    };
}

gemm!(gemm_f32, f32, cblas_sys::cblas_sgemm);
gemm!(gemm_f64, f64, cblas_sys::cblas_dgemm);
