//! The end of a network, column by column: n_y values a sample, so plain loops will do.

use crate::engine::float::Float;
use crate::engine::ops::LayerOps;
use crate::kernels::curvature::Curvature;
use crate::kernels::head::OutputHead;
use crate::words::activation::Activation;
use crate::words::loss::Loss;

/// A of the output in place of Z, g'(Z) and g''(Z), in columns `stride` apart; of softmax A alone.
/// `packed` has room for the outputs side by side.
pub(super) fn values<T: Float>(
    ops: &dyn LayerOps<T>,
    head: OutputHead,
    stride: usize,
    [z, first, second, packed]: [&mut [T]; 4],
) {
    if !matches!(head.g, Activation::Softmax | Activation::Exp) {
        return ops.curvature(Curvature::Values { g: head.g, z, first, second });
    }
    for (z, packed) in z.chunks(stride).zip(packed.chunks_exact_mut(head.n_y)) {
        packed.copy_from_slice(&z[..head.n_y]);
    }
    ops.output(head, packed);
    for (z, packed) in z.chunks_mut(stride).zip(packed.chunks_exact(head.n_y)) {
        z[..head.n_y].copy_from_slice(packed);
    }
    if head.g == Activation::Exp {
        first.copy_from_slice(z);
        second.copy_from_slice(z);
    }
}

/// sum_k a_k t_k.
pub(super) fn mean<T: Float>(a: &[T], t: &[T]) -> T {
    a.iter().zip(t).map(|(&a, &t)| a * t).sum()
}

/// Through softmax: a_k (t_k - sum_j a_j t_j), in place of t.
pub(super) fn through_softmax<T: Float>(a: &[T], t: &mut [T]) {
    let mean = mean(a, t);
    t.iter_mut().zip(a).for_each(|(t, &a)| *t = a * (*t - mean));
}

/// One sample's outputs on their way back along a direction.
#[derive(Debug)]
pub(super) struct Column<'a, T> {
    pub(super) a: &'a [T],
    pub(super) first: &'a [T],
    pub(super) second: &'a [T],
    /// R{Z}.
    pub(super) r_z: &'a [T],
}

impl<T: Float> Column<'_, T> {
    /// R{A} to `into`.
    fn r_a(&self, g: Activation, into: &mut [T]) {
        into.copy_from_slice(self.r_z);
        match g {
            Activation::Softmax => through_softmax(self.a, into),
            _ => into.iter_mut().zip(self.first).for_each(|(r, &first)| *r *= first),
        }
    }

    /// R{dZ} of the loss of a sample with these targets.
    pub(super) fn of_loss(&self, head: OutputHead, y: &[T], r_dz: &mut [T]) {
        self.r_a(head.g, r_dz);
        let n = y.len();
        match head.loss {
            // dZ = a - y
            Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy | Loss::Poisson => {}
            // dmu = (mu - y) e^-s, ds = (1 - (mu - y)^2 e^-s) / 2, in the roots of e^-s
            Loss::GaussianNll => {
                for k in 0..n {
                    let root = (-self.a[n + k].to_f64() / 2.0).exp();
                    let q = (self.a[k].to_f64() - y[k].to_f64()) * root;
                    let (r_mu, r_s) = (r_dz[k].to_f64() * root, r_dz[n + k].to_f64());
                    r_dz[k] = T::from_f64((r_mu - q * r_s) * root);
                    r_dz[n + k] = T::from_f64(q * (q * r_s / 2.0 - r_mu));
                }
            }
            // dA = L'(a - y) and R{dA} = L''(a - y) R{A}
            loss => {
                let da = |k: usize| {
                    let d = self.a[k].to_f64() - y[k].to_f64();
                    T::from_f64(loss.of_difference(d).map_or(0.0, |(_, slope)| slope))
                };
                let bend = |k: usize| {
                    let d = self.a[k].to_f64() - y[k].to_f64();
                    T::from_f64(loss.bend_of_difference(d))
                };
                self.back(head.g, da, bend, r_dz);
            }
        }
    }

    /// dZ and R{dZ} of the sum of the outputs times u.
    pub(super) fn of_sum(&self, head: OutputHead, u: &[T], dz: &mut [T], r_dz: &mut [T]) {
        dz.copy_from_slice(u);
        match head.g {
            Activation::Softmax => through_softmax(self.a, dz),
            _ => dz.iter_mut().zip(self.first).for_each(|(dz, &first)| *dz *= first),
        }
        self.r_a(head.g, r_dz);
        self.back(head.g, |k| u[k], |_| T::ZERO, r_dz);
    }

    /// From R{A} to R{dZ}, with dA and R{dA} = bend R{A}.
    fn back(&self, g: Activation, da: impl Fn(usize) -> T, bend: impl Fn(usize) -> T, r: &mut [T]) {
        let a = self.a;
        if g != Activation::Softmax {
            for (k, r) in r.iter_mut().enumerate() {
                *r = bend(k) * *r * self.first[k] + da(k) * self.second[k] * self.r_z[k];
            }
            return;
        }
        // dz_k = a_k (da_k - s) with s = sum_j a_j da_j
        let (mut s, mut r_s) = (T::ZERO, T::ZERO);
        for (j, &r) in r.iter().enumerate() {
            s += a[j] * da(j);
            r_s += r * da(j) + a[j] * bend(j) * r;
        }
        for (k, r) in r.iter_mut().enumerate() {
            *r = *r * (da(k) - s) + a[k] * (bend(k) * *r - r_s);
        }
    }
}
