//! What the steps by hand leave to a library: matrix products, and the exponentials.

use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::{Array1, Array2, NdFloat};

pub trait Products<T> {
    /// C = alpha A B + beta C, of A^T or B^T where it says `true`.
    fn multiply(
        &self,
        alpha: T,
        a: (&Array2<T>, bool),
        b: (&Array2<T>, bool),
        beta: T,
        c: &mut Array2<T>,
    );
    /// y += A x.
    fn multiply_vector(&self, a: &Array2<T>, x: &Array1<T>, y: &mut Array1<T>);
    fn tanh(&self, z: &mut [T]);
    fn exp(&self, z: &mut [T]);
}

/// ndarray's own, with the standard library's functions.
pub struct Matrixmultiply;

impl<T: NdFloat> Products<T> for Matrixmultiply {
    fn multiply(
        &self,
        alpha: T,
        (a, a_turned): (&Array2<T>, bool),
        (b, b_turned): (&Array2<T>, bool),
        beta: T,
        c: &mut Array2<T>,
    ) {
        let a = if a_turned { a.t() } else { a.view() };
        let b = if b_turned { b.t() } else { b.view() };
        general_mat_mul(alpha, &a, &b, beta, c);
    }

    fn multiply_vector(&self, a: &Array2<T>, x: &Array1<T>, y: &mut Array1<T>) {
        general_mat_vec_mul(T::one(), a, x, T::one(), y);
    }

    fn tanh(&self, z: &mut [T]) {
        z.iter_mut().for_each(|z| *z = z.tanh());
    }

    fn exp(&self, z: &mut [T]) {
        z.iter_mut().for_each(|z| *z = z.exp());
    }
}
