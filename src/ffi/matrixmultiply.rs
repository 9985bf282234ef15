//! `matrixmultiply`'s GEMMs behind a safe signature.
#![allow(
    unsafe_code,
    reason = "its interface is raw pointers and strides; see each SAFETY comment"
)]

use super::Product;

macro_rules! gemm {
    ($name:ident, $t:ty, $call:path) => {
        /// C = alpha A B + beta C. With beta = 0, C's old contents are not read.
        pub(crate) fn $name(product: Product<'_, $t>) {
            product.check();
            let Product { alpha, a: (a, la), b: (b, lb), beta, c: (c, lc) } = product;
            // SAFETY: `check` has asserted that for each operand the largest offset, (rows - 1) *
            // row_stride + (columns - 1) * column_stride, lies inside its slice and fits isize,
            // that the dimensions agree, and that no two elements of C share a place. The slices
            // live through the call, and `c` is borrowed mutably, so it aliases neither input.
            unsafe {
                $call(
                    lc.rows,
                    la.columns,
                    lc.columns,
                    alpha,
                    a.as_ptr(),
                    la.row_stride as isize,
                    la.column_stride as isize,
                    b.as_ptr(),
                    lb.row_stride as isize,
                    lb.column_stride as isize,
                    beta,
                    c.as_mut_ptr(),
                    lc.row_stride as isize,
                    lc.column_stride as isize,
                );
            }
        }
    };
}

gemm!(gemm_f32, f32, matrixmultiply::sgemm);
gemm!(gemm_f64, f64, matrixmultiply::dgemm);
